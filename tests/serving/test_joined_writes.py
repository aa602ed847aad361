"""Head and body of an answer leave in one write, in their order, and nothing is lost when a connection closes."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import hypothesis
import pytest
import uvicorn
from hypothesis import strategies as st
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.serving.joined_writes import JoinedWrites
from gateway.serving.protocol import BoundedProtocol


class Recorded:
    """A transport that notes what it is given."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.writes.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str) -> str:
        return f"the {name}"


def joined() -> tuple[Any, Recorded]:
    transport: Any = Recorded()
    return JoinedWrites(transport, asyncio.get_running_loop()), transport


@hypothesis.given(turns=st.lists(st.lists(st.binary(max_size=4), min_size=1, max_size=4), max_size=5))
async def test_what_is_written_in_a_turn_leaves_as_one_and_in_order(turns: list[list[bytes]]) -> None:
    writing, transport = joined()
    for pieces in turns:
        for piece in pieces:
            writing.write(piece)
        assert b"".join(pieces) not in transport.writes[len(transport.writes) :]
        await asyncio.sleep(0)
    assert transport.writes == [b"".join(pieces) for pieces in turns]


async def test_what_was_written_leaves_before_the_end() -> None:
    writing, transport = joined()
    writing.write(b"last ")
    writing.write(b"words")
    writing.close()
    await asyncio.sleep(0)
    assert (transport.writes, transport.closed) == ([b"last words"], True)


async def test_what_is_written_to_a_connection_that_breaks_is_dropped() -> None:
    writing, transport = joined()
    writing.write(b"nobody reads it")
    transport.close()
    await asyncio.sleep(0)
    assert transport.writes == []


async def test_all_else_is_the_transports() -> None:
    writing, _ = joined()
    assert writing.get_extra_info("peername") == "the peername"


class Counting(BoundedProtocol):
    """Counts the writes of its connections."""

    writes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        write = transport.write

        def counted(data: bytes) -> None:
            Counting.writes += 1
            write(data)

        transport.write = counted  # type: ignore[method-assign,assignment]


@pytest.fixture
def _counting() -> Iterator[None]:
    Counting.writes = 0
    yield
    Counting.writes = 0


@pytest.mark.real_time
@pytest.mark.usefixtures("_counting")
async def test_over_a_socket_an_answer_is_one_write() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"x" * 100_000)(scope, receive, send)

    config = uvicorn.Config(app, http=Counting, log_config=None, lifespan="off")
    state, loop = uvicorn.server.ServerState(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Counting(config, state, {}), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answers = [await client.get("/") for _ in range(3)]
    assert [len(answer.content) for answer in answers] == [100_000] * 3
    assert Counting.writes == 3
