"""A client that goes away: what only it wanted is given up, and nobody else notices."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx
import orjson
import pytest
from starlette.types import ASGIApp, Message

from gateway.sandbox import Sandbox, SandboxTransport, Switches, create_sandbox
from tests.conftest import Gateway, serving


@pytest.fixture
def sandbox() -> Sandbox:
    return create_sandbox(Switches(csharp_method="Any", latency_call=1.0))


@pytest.fixture
async def gateway(sandbox: Sandbox) -> AsyncIterator[Gateway]:
    async with serving(SandboxTransport(sandbox)) as gateway:
        yield gateway


class Client:
    """Asks as a server would pass it on, and may leave; by ``ARRAY`` it asks twice in one request."""

    def __init__(self, gateway: Gateway, *ids: int, method: str = "POST") -> None:
        self.sent: list[Message] = []
        self._left = asyncio.Event()
        query = {"query": f"{{ customers(ids: {list(ids)}) {{ kpi {{ totalItems }} }} }}"}
        body = orjson.dumps([query, query] if method == "ARRAY" else query)
        method = method.replace("ARRAY", "POST")
        self._messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        headers = [(b"content-type", b"application/json"), (b"authorization", b"Bearer demo")]
        in_url = urlencode(query).encode() if method == "GET" else b""
        self._scope = {"type": "http", "method": method, "path": "/graphql", "query_string": in_url, "headers": headers}
        self.task = asyncio.create_task(self._ask(gateway.app))

    def leave(self) -> None:
        self._left.set()

    async def _ask(self, app: ASGIApp) -> None:
        await app(self._scope, self._receive, self._send)

    async def _receive(self) -> Message:
        if self._messages:
            return self._messages.pop()
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.sent.append(message)


@pytest.mark.parametrize("method", ["POST", "GET", "ARRAY"])
async def test_a_client_that_leaves_stops_its_work_at_once(gateway: Gateway, sandbox: Sandbox, method: str) -> None:
    began = asyncio.get_running_loop().time()
    client = Client(gateway, 1, 2, method=method)
    await asyncio.sleep(0.5)
    assert [call.duration for call in sandbox.calls] == [None]
    client.leave()
    await client.task
    await asyncio.sleep(0)
    assert asyncio.get_running_loop().time() - began == pytest.approx(0.5)
    assert [(call.status, call.duration is None) for call in sandbox.calls] == [(None, False)]
    assert client.sent[0]["status"] == 400  # nobody reads it


async def test_it_stops_nothing_that_another_waits_for(gateway: Gateway, sandbox: Sandbox) -> None:
    leaver = Client(gateway, 1, 2)
    await asyncio.sleep(0.1)
    other = asyncio.create_task(gateway.kpis([2]))
    await asyncio.sleep(0.1)
    leaver.leave()
    assert (await other).errors == []
    assert [call.status for call in sandbox.calls] == [200]


async def test_nothing_is_logged_and_nothing_is_left(
    gateway: Gateway, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    before = asyncio.all_tasks()
    clients = [Client(gateway, number, number + 1) for number in range(1, 40)]
    await asyncio.sleep(0.5)
    for client in clients:
        client.leave()
    await asyncio.gather(*(client.task for client in clients))
    await asyncio.sleep(0.1)
    assert asyncio.all_tasks() == before
    assert caplog.text == ""
    assert (await gateway.kpis([1])).errors == []
    assert {call.status for call in sandbox.calls} == {None, 200}


async def test_who_stays_is_answered_and_watched_no_longer(gateway: Gateway) -> None:
    before = asyncio.all_tasks()
    client = Client(gateway, 1)
    await client.task
    await asyncio.sleep(0.1)
    assert asyncio.all_tasks() == before
    assert client.sent[0]["status"] == 200
    assert orjson.loads(client.sent[1]["body"])["data"]["customers"][0]["kpi"]


async def test_what_is_under_way_ends_with_the_gateway(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox)) as gateway:
        client = Client(gateway, 1, 2)
        await asyncio.sleep(0.5)
    assert [(call.status, call.duration is None) for call in sandbox.calls] == [(None, False)]
    client.leave()
    await client.task


async def test_an_operation_cut_short_by_the_server_is_given_up_too(gateway: Gateway, sandbox: Sandbox) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway.app), base_url="http://gateway.test") as http:
        query = {"query": "{ customer(id: 1) { kpi { totalItems } } }"}
        asking = asyncio.create_task(http.post("/graphql", json=query, headers={"Authorization": "Bearer demo"}))
        await asyncio.sleep(0.5)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await asyncio.sleep(0.1)
    assert [(call.status, call.duration is None) for call in sandbox.calls] == [(None, False)]
