"""More requests at once than there are places for are told to come again, and cost nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack

import httpx
import hypothesis
import pytest
from hypothesis import strategies as st

from gateway.errors import RequestRefused
from gateway.places import Places
from gateway.sandbox import Sandbox, SandboxTransport
from tests.conftest import DEMO, PREFLIGHT, Gateway, serving

MOST = 2


@hypothesis.given(most=st.integers(1, 5), comings=st.lists(st.booleans()))
def test_there_are_never_more_than_the_most_and_who_leaves_makes_room(most: int, comings: list[bool]) -> None:
    places, inside = Places(most), list[ExitStack]()
    for coming in comings:
        if not coming and inside:
            inside.pop().close()
        elif coming and len(inside) == most:
            with pytest.raises(RequestRefused, match="GATEWAY_MAX_REQUESTS"):
                places.__enter__()
        elif coming:
            inside.append(ExitStack())
            inside[-1].enter_context(places)


class Hanging(httpx.AsyncBaseTransport):
    """An upstream that answers nobody before it may."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.may, self.asked = asyncio.Event(), asyncio.Semaphore(0)
        self._sandbox = SandboxTransport(sandbox)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.release()
        await self.may.wait()
        return await self._sandbox.handle_async_request(request)


@pytest.fixture
async def upstream(sandbox: Sandbox) -> Hanging:
    return Hanging(sandbox)


@pytest.fixture
async def full(upstream: Hanging) -> AsyncIterator[Gateway]:
    """Yield a gateway all of whose places are taken, until the upstream may answer."""
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(serving(upstream, max_requests=MOST))
        asking = await stack.enter_async_context(asyncio.TaskGroup())
        for number in range(MOST):
            asking.create_task(gateway.kpis([number + 1]))
            await upstream.asked.acquire()
        yield gateway
        upstream.may.set()


async def test_who_finds_no_place_is_told_when_to_come_again(full: Gateway) -> None:
    reply = await full.kpis([7])
    assert (reply.status, reply.headers["retry-after"], reply.codes) == (503, "1", ["REQUEST_LIMIT_EXCEEDED"])
    assert reply.errors[0]["extensions"] | {"retryable": True, "retryAfter": 1} == reply.errors[0]["extensions"]
    assert "GATEWAY_MAX_REQUESTS" in reply.errors[0]["message"]
    assert "data" not in reply.body


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_nothing_is_run_for_who_finds_no_place(full: Gateway, upstream: Hanging, method: str) -> None:
    ask = {"query": "{ customer(id: 7) { kpi { totalItems } } }"}
    sent = {"params": ask, "headers": DEMO | PREFLIGHT} if method == "GET" else {"json": ask, "headers": DEMO}
    assert (await full.http.request(method, "/graphql", **sent)).status_code == 503  # type: ignore[arg-type]
    assert upstream.asked.locked()


async def test_that_the_process_lives_is_told_however_full_it_is(full: Gateway) -> None:
    assert (await full.http.get("/health/live")).status_code == 200
    assert (await full.http.options("/graphql")).status_code == 204


async def test_a_place_is_free_again_when_its_request_is_answered(upstream: Hanging) -> None:
    async with serving(upstream, max_requests=1) as gateway, asyncio.TaskGroup() as tasks:
        first = tasks.create_task(gateway.kpis([1]))
        await upstream.asked.acquire()
        assert (await gateway.kpis([7])).status == 503
        upstream.may.set()
        assert [(await first).status, (await gateway.kpis([7])).status] == [200, 200]


async def test_a_place_is_free_again_after_a_request_that_was_refused(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), max_requests=1) as gateway:
        statuses = [(await gateway.ask(query)).status for query in ("{", "{ nope }", "{ __typename }")]
    assert statuses == [400, 422, 200]


async def test_a_body_that_is_on_its_way_takes_no_place(sandbox: Sandbox) -> None:
    arriving, may = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        arriving.set()
        await may.wait()
        yield b'{"query": "{ __typename }"}'

    async with serving(SandboxTransport(sandbox), max_requests=1) as gateway, asyncio.TaskGroup() as tasks:
        headers = {"Content-Type": "application/json"}
        sending = tasks.create_task(gateway.http.post("/graphql", content=slow(), headers=headers))
        await arriving.wait()
        assert (await gateway.ask("{ __typename }")).status == 200
        may.set()
        assert (await sending).status_code == 200
