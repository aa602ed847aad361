"""Alive, and ready between start and stop."""

import httpx
import pytest

from gateway.app import create_app
from gateway.sandbox import Sandbox
from gateway.settings import Settings
from tests.conftest import Gateway


async def test_a_running_gateway_is_live_and_ready_and_asks_nobody(gateway: Gateway, sandbox: Sandbox) -> None:
    assert (await gateway.http.get("/health/live")).json() == {"status": "live"}
    assert (await gateway.http.get("/health/ready")).json() == {"status": "ready"}
    assert not sandbox.calls


async def test_before_the_start_and_after_the_stop_it_is_not_ready() -> None:
    app = create_app(Settings.read(upstream_url="http://upstream.test"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as client:

        async def status() -> int:
            return (await client.get("/health/ready")).status_code

        before = await status()
        async with app.router.lifespan_context(app):
            between = await status()
        assert (before, between, await status()) == (503, 200, 503)


def test_without_an_upstream_there_is_no_gateway() -> None:
    with pytest.raises(ValueError, match="GATEWAY_UPSTREAM_URL"):
        create_app(Settings.read(upstream_url=None))
