"""The sandbox behind a web server: connections that break, on either side."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.types import Message, Scope

from gateway.sandbox import Sandbox, Switches, create_sandbox, over_the_wire
from tests.sandbox.asking import EXAMPLE

SIGNED = {"Authorization": "Bearer demo", "Accept": "application/json"}


@asynccontextmanager
async def served(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the sandbox on a socket of this machine, for no longer than some seconds."""
    server = uvicorn.Server(uvicorn.Config(over_the_wire(sandbox), log_config=None, ws="none"))
    async with asyncio.timeout(20):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            running = asyncio.create_task(server.serve([listening]))
            address = "http://{}:{}".format(*listening.getsockname())
            try:
                async with httpx.AsyncClient(base_url=address, headers=SIGNED, timeout=10) as client:
                    yield client
            finally:
                server.should_exit = True
                await running


@pytest.mark.parametrize("fault", ["reset", "refuse"])
async def test_a_connection_breaks_without_a_traceback(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with served(create_sandbox(Switches(fault=fault, fault_calls=1))) as client:
        with pytest.raises(httpx.TransportError):
            await client.get("/customer/123456/kpi")
        assert (await client.get("/customer/123456/kpi")).text == EXAMPLE
    assert not [each for each in caplog.records if each.exc_info]


async def exchanged(sandbox: Sandbox, *messages: str, kind: str = "http") -> list[Message]:
    """Call the sandbox over the wire, with these messages from the client; return those to it."""
    sent: list[Message] = []
    ahead = iter(messages)

    async def receive() -> Message:
        return {"type": next(ahead)}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": kind, "method": "GET", "path": "/", "query_string": b"", "headers": []}
    await over_the_wire(sandbox)(scope, receive, send)
    return sent


async def test_a_broken_connection_is_an_answer_that_never_ends() -> None:
    sent = await exchanged(create_sandbox(Switches(fault="reset")), "http.request")
    assert sent == [{"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]}]


async def test_the_start_and_the_stop_of_a_server_are_passed_on() -> None:
    sent = await exchanged(create_sandbox(), "lifespan.startup", "lifespan.shutdown", kind="lifespan")
    assert [each["type"] for each in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_a_hanging_call_ends_when_the_client_leaves() -> None:
    sandbox = create_sandbox(Switches(fault="hang", hang=600))
    async with asyncio.timeout(30):
        await exchanged(sandbox, "http.request", "http.request", "http.disconnect")
    assert sandbox.calls[0].status is None
    assert (sandbox.calls[0].duration or 600) < 30


async def test_a_client_that_leaves_before_all_is_said_is_no_failure() -> None:
    sandbox = create_sandbox()
    await exchanged(sandbox, "http.disconnect")
    assert [call.status for call in sandbox.calls] == [None]
