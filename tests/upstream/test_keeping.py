"""Which connections the network keeps, for whom, and for how long; whose turn it is; and how it ends."""

import asyncio
import time
from collections.abc import Callable

import pytest

from gateway.errors import InternalError, UpstreamUnavailable
from gateway.upstream.exchange import Answer, Request
from gateway.upstream.network import Network
from tests.upstream.sockets import EMPTY, OK, get, listening, network, within

pytestmark = pytest.mark.real_time

REUSED = {
    "chunks": OK + b"Transfer-Encoding: chunked\r\n\r\n1;a=b\r\n[\r\n0\r\nA: b\r\n\r\n",
    "no body": b"HTTP/1.1 204 No Content\r\n\r\n",
    "an early hint": b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n" + EMPTY,
    "an old server's that is kept": b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
}
LAST = {
    "the server's last": OK + b"Connection: close\r\nContent-Length: 0\r\n\r\n",
    "an old server's": b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "one with more behind it": EMPTY + b"hunter2",
    "two at once": EMPTY * 2,
}


class Server:
    """Answers as it is told, when it may, and counts its connections: all that came, and those that are open."""

    def __init__(self, answer: bytes = EMPTY) -> None:
        self._answer = answer
        self.came = 0
        self.open = 0
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came += 1
        self.open += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.asked.append(head.split()[1].decode())
                await self.may_answer.wait()
                writer.write(self._answer)
        finally:
            self.open -= 1


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not condition():  # noqa: ASYNC110  # a count is no event
            await asyncio.sleep(0.001)


def call(exchange: Network, url: str) -> asyncio.Task[Answer]:
    return asyncio.create_task(exchange.send(Request("GET", url, ())))


@pytest.mark.parametrize(
    ("answer", "connections"),
    [*((answer, 1) for answer in REUSED.values()), *((answer, 3) for answer in LAST.values())],
    ids=[*REUSED, *LAST],
)
async def test_a_connection_is_used_again_after_an_answer_that_allows_it(answer: bytes, connections: int) -> None:
    server = Server(answer)
    async with listening(server.serve) as base, network() as exchange:
        for _ in range(3):
            await within(3, exchange, base)
        assert server.came == connections


async def test_an_answer_may_end_with_the_connection() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"\r\n[")
        await asyncio.sleep(0.01)
        writer.write(b"]")

    async with listening(serve) as base, network(1) as exchange:
        for _ in range(2):
            assert (await within(3, exchange, base)).body == b"[]"


@pytest.mark.parametrize("behind", [b"", b"x", EMPTY], ids=["its end", "a byte", "an answer"])
async def test_a_connection_that_something_came_over_since_is_used_no_more(behind: bytes) -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(EMPTY)
        await asyncio.sleep(0.01)
        writer.write(behind)

    async with listening(serve) as base, network() as exchange:
        for _ in range(2):
            assert (await within(3, exchange, base)).status == 200
            await asyncio.sleep(0.05)
    assert connections == 2


async def test_idle_connections_are_closed_each_at_its_time() -> None:
    server = Server()
    async with listening(server.serve) as base, network(idle=0.3) as exchange:
        server.may_answer.clear()
        calls = [call(exchange, base) for _ in range(2)]
        await until(lambda: len(server.asked) == 2)
        server.may_answer.set()
        await asyncio.gather(*calls)
        await asyncio.sleep(0.15)
        await within(3, exchange, base)
        await until(lambda: server.open == 1)
        await until(lambda: server.open == 0)
    assert server.came == 2


async def test_a_connection_that_is_due_is_used_no_more_though_nobody_had_time_to_close_it() -> None:
    server = Server()
    async with listening(server.serve) as base, network(idle=0.05) as exchange:
        await within(3, exchange, base)
        time.sleep(0.1)  # noqa: ASYNC251  # the process is busy
        await within(3, exchange, base)
    assert server.came == 2


async def test_a_connection_to_one_origin_makes_room_for_another() -> None:
    one, other = Server(), Server()
    async with listening(one.serve) as first, listening(other.serve) as second, network(2) as exchange:
        one.may_answer.clear()
        calls = [call(exchange, first) for _ in range(2)]
        await until(lambda: len(one.asked) == 2)
        one.may_answer.set()
        await asyncio.gather(*calls)
        for base in (second, first, second):
            await within(3, exchange, base)
            await until(lambda: one.open + other.open == 2)
        assert (one.came, other.came) == (2, 1)


async def test_who_came_first_has_the_first_turn() -> None:
    server = Server()
    async with listening(server.serve) as base, network(1) as exchange:
        server.may_answer.clear()
        calls = [call(exchange, f"{base}/{number}") for number in range(5)]
        await until(lambda: len(server.asked) == 1)
        calls[2].cancel()
        server.may_answer.set()
        await asyncio.gather(*calls, return_exceptions=True)
    assert (server.asked, server.came) == (["/0", "/1", "/3", "/4"], 1)


async def test_a_turn_that_comes_to_who_just_left_goes_to_the_next() -> None:
    server = Server()

    async def first(exchange: Network, base: str) -> None:
        await within(3, exchange, base)
        calls[0].cancel()  # it has the turn by now, and does not know it

    async with listening(server.serve) as base, network(1) as exchange:
        server.may_answer.clear()
        asking = asyncio.create_task(first(exchange, base))
        await until(lambda: len(server.asked) == 1)
        calls = [call(exchange, f"{base}/{number}") for number in range(2)]
        await asyncio.sleep(0)
        server.may_answer.set()
        await asking
        assert (await calls[1]).status == 200
        assert calls[0].cancelled()


async def test_who_leaves_at_once_with_the_one_before_is_passed_over() -> None:
    server = Server()
    async with listening(server.serve) as base, network(1) as exchange:
        server.may_answer.clear()
        calls = [call(exchange, f"{base}/{number}") for number in range(3)]
        await until(lambda: len(server.asked) == 1)
        server.may_answer.set()
        for each in calls[:2]:
            each.cancel()
        assert (await calls[2]).status == 200
    assert "/1" not in server.asked


async def test_all_calls_fail_when_the_network_closes() -> None:
    server = Server()
    async with listening(server.serve) as base, network(2) as exchange:
        server.may_answer.clear()
        calls = [call(exchange, base) for _ in range(5)]
        await until(lambda: len(server.asked) == 2)
        closing = asyncio.create_task(exchange.aclose())
        calls[4].cancel()
        asyncio.get_running_loop().call_soon(calls[3].cancel)  # it has failed by then, and does not know it
        await closing
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(each) for each in outcomes] == [UpstreamUnavailable] * 3 + [asyncio.CancelledError] * 2
        server.may_answer.set()
        await until(lambda: server.open == 0)
        with pytest.raises(UpstreamUnavailable, match="the network is closed"):
            await exchange.send(get(base))


async def test_a_connection_that_is_made_after_the_end_is_closed() -> None:
    server = Server()
    async with listening(server.serve) as base, network() as exchange:
        connecting = call(exchange, base)
        await asyncio.sleep(0)
        await exchange.aclose()
        with pytest.raises(UpstreamUnavailable):
            await connecting
    assert server.asked == []


async def test_a_proxy_that_cannot_be_used_is_a_mistake_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "socks5://user:hunter2@proxy.test")
    async with network() as exchange:
        with pytest.raises(InternalError, match="HTTP_PROXY is not the address of an HTTP proxy"):
            await exchange.send(get("http://upstream.test"))
