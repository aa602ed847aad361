"""Alive, and ready between start and stop; what is amiss beside that is told, and makes nobody unready."""

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.app import create_app
from gateway.health import Readiness, Reason
from gateway.sandbox import Sandbox, SandboxTransport
from gateway.settings import Settings
from gateway.upstream.breaker import IN_A_ROW, RECOVERY
from tests.conftest import Gateway, serving

READY = {"status": "ready", "reasons": []}
OPEN = "the circuit is open: the upstream fails too often"
AWAY = "the shared cache fails, and is left alone"
HALF_OPEN = "the circuit is half open: the upstream fails too often"


async def told(http: httpx.AsyncClient) -> tuple[int, Any]:
    response = await http.get("/health/ready")
    assert response.headers["cache-control"] == "no-store"
    return response.status_code, response.json()


async def test_a_running_gateway_is_live_and_ready_and_asks_nobody(gateway: Gateway, sandbox: Sandbox) -> None:
    live = await gateway.http.get("/health/live")
    assert (live.json(), live.headers["cache-control"]) == ({"status": "live"}, "no-store")
    assert await told(gateway.http) == (200, READY)
    assert not sandbox.calls


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
async def test_a_probe_may_be_a_head(gateway: Gateway, path: str) -> None:
    assert (await gateway.http.head(path)).status_code == 200


async def test_before_the_start_and_after_the_stop_it_is_not_ready_but_alive() -> None:
    app = create_app(Settings.read(upstream_url="http://upstream.test"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as client:
        before = await told(client)
        async with app.router.lifespan_context(app):
            between = await told(client)
        after = await told(client)
        assert (await client.get("/health/live")).status_code == 200
    assert before == (503, {"status": "not ready", "reasons": ["the gateway is starting"]})
    assert between == (200, READY)
    assert after == (503, {"status": "not ready", "reasons": ["the gateway is stopping: it finishes what runs"]})


async def test_an_upstream_that_is_left_alone_is_told_and_asked_nothing(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "503"})
    for _ in range(IN_A_ROW):
        await gateway.kpis([1])
    calls = len(sandbox.calls)
    assert await told(gateway.http) == (200, {"status": "ready", "reasons": [OPEN]})
    await asyncio.sleep(RECOVERY)
    assert await told(gateway.http) == (200, {"status": "ready", "reasons": [HALF_OPEN]})
    assert len(sandbox.calls) == calls
    sandbox.switches = sandbox.switches.changed({"fault": "none"})
    await gateway.kpis([1])
    assert await told(gateway.http) == (200, READY)


@pytest.mark.real_time
async def test_a_shared_cache_that_is_away_is_told_and_keeps_nobody_from_asking(sandbox: Sandbox) -> None:
    nowhere = {"cache_url": "redis://127.0.0.1:1", "cache_secret": "no secret, for this machine alone"}
    async with serving(SandboxTransport(sandbox), **nowhere) as gateway:
        assert (await gateway.kpis([1])).status == 200
        assert await told(gateway.http) == (200, {"status": "ready", "reasons": [AWAY]})


def constant(said: str | None) -> Reason:
    return lambda: said


needed = st.lists(st.sampled_from([None, "no keys yet", "no manifest"]), max_size=4)


@given(state=st.sampled_from([None, "starting"]), needs=needed, notes=needed)
def test_it_is_ready_when_nothing_that_it_needs_is_amiss(
    state: str | None, needs: list[str | None], notes: list[str | None]
) -> None:
    readiness = Readiness([constant(it) for it in needs], [constant(it) for it in notes], state)
    assert bool(readiness.refusals()) == bool(state or any(needs))
    assert readiness.remarks() == [note for note in notes if note]


def test_without_an_upstream_there_is_no_gateway() -> None:
    with pytest.raises(ValueError, match="GATEWAY_UPSTREAM_URL"):
        create_app(Settings.read(upstream_url=None))
