"""The network, over real sockets: what leaves, what ends, and what is left after hundreds of calls that did not."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
import httpx
import pytest

from gateway.errors import UpstreamTimeout, UpstreamUnavailable
from gateway.upstream.exchange import Exchange
from gateway.upstream.transport import NetworkTransport, as_httpx
from tests.upstream.test_exchange import GET, all_of, ask, exchanging

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """Run a server on a real socket; yields its address."""

    serving: list[asyncio.Task[None]] = []

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side had enough, or the test is over
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.create_task(once(reader, writer)))

    async with await asyncio.start_server(begin, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


def sending(*pieces: bytes, again: bytes = b"") -> Serve:
    """Answer with the pieces, then with ``again`` for as long as anybody listens, or with silence."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
        while again:
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(0.01)
        await reader.read()

    return serve


OK = b"HTTP/1.1 200 OK\r\n"
ENDLESS = {
    "silence": sending(),
    "half a status line": sending(b"HTTP/1."),
    "headers that trickle": sending(OK, again=b"X-A: b\r\n"),
    "early hints without end": sending(again=b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
    "a body that trickles": sending(OK + b"Content-Length: 1000000\r\n\r\n", again=b"x"),
    "a chunk that never ends": sending(OK + b"Transfer-Encoding: chunked\r\n\r\n5", again=b";a=b"),
    "a name in gzip that never ends": sending(
        OK + b"Content-Encoding: gzip\r\nContent-Length: 1000000\r\n\r\n" + b"\x1f\x8b\x08\x08\0\0\0\0\0\x03",
        again=b"a",
    ),
}


@pytest.mark.parametrize("serve", ENDLESS.values(), ids=ENDLESS.keys())
async def test_no_answer_is_waited_for_without_end(serve: Serve) -> None:
    async with listening(serve) as base, exchanging(base=base, timeout=0.1) as exchange, asyncio.timeout(3):
        with pytest.raises((UpstreamTimeout, UpstreamUnavailable)):
            await exchange.send(ask(), GET)


async def test_the_deadline_of_the_operation_comes_before_the_time_of_a_call() -> None:
    async with listening(sending()) as base, exchanging(base=base, timeout=60) as exchange, asyncio.timeout(3):
        with pytest.raises(UpstreamTimeout):
            await exchange.send(ask(seconds=0.05), GET)


@pytest.mark.parametrize(
    "serve", [sending(b"hunter2\r\n\r\n"), sending(OK + b"Content-Length: x\r\n\r\n"), sending(OK + b"\0: x\r\n\r\n")]
)
async def test_a_garbled_answer_is_an_unavailable_upstream(serve: Serve) -> None:
    async with listening(serve) as base, exchanging(base=base) as exchange:
        with pytest.raises(UpstreamUnavailable) as failure:
            await exchange.send(ask(), GET)
    assert "hunter2" not in str(failure.value)


async def test_a_refused_and_a_dropped_connection_are_an_unavailable_upstream() -> None:
    async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 10\r\n\r\n")

    async with listening(drop) as base, exchanging(base=base) as exchange:
        with pytest.raises(UpstreamUnavailable):
            await exchange.send(ask(), GET)
    async with exchanging(base=base) as exchange:
        with pytest.raises(UpstreamUnavailable):
            await exchange.send(ask(), GET)


async def test_only_what_is_listed_leaves_and_no_cookie_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(OK + b"Content-Length: 0\r\nSet-Cookie: ss-id=alice; Path=/\r\n\r\n")

    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with listening(serve) as base, exchanging(base=base) as exchange:
        await exchange.send(ask(), GET)
        await exchange.send(ask(), GET)
    assert heads[1].decode().splitlines() == [
        "GET /customer/1/kpi HTTP/1.1",
        f"Host: {base.removeprefix('http://')}",
        "Accept: application/json",
        "Accept-Encoding: gzip",
        "X-Request-Id: id-7",
        "Authorization: Bearer demo",
        "",
    ]


class Upstream:
    """Keeps connections open and counts them; answers after a while, or never."""

    def __init__(self) -> None:
        self.connections = 0
        self.open = 0
        self.answers = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(OK + b"Content-Length: 2\r\n\r\n[")
                await asyncio.sleep(0.001)
                if not self.answers:
                    await reader.read()
                writer.write(b"]")
        finally:
            self.open -= 1


async def healthy(exchange: Exchange, upstream: Upstream) -> None:
    """Ask fifty times at once: all are answered, over no more connections than there may be."""
    upstream.answers, upstream.connections = True, 0
    answers = await asyncio.gather(*(exchange.send(ask(), GET) for _ in range(50)))
    assert [answer.body for answer in answers] == [b"[]"] * 50
    assert upstream.connections <= 4


async def test_calls_that_time_out_leave_every_slot_and_connection_free() -> None:
    upstream = Upstream()
    upstream.answers = False
    async with listening(upstream.serve) as base, exchanging(base=base, concurrency=4) as exchange:
        for _ in range(50):
            calls = [exchange.send(ask(seconds=0.01), GET) for _ in range(8)]
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {UpstreamTimeout}
        await healthy(exchange, upstream)


async def test_calls_cancelled_at_any_moment_leave_every_slot_and_connection_free() -> None:
    chance = random.Random(7)  # noqa: S311  # to be repeatable
    upstream = Upstream()
    async with listening(upstream.serve) as base, exchanging(base=base, concurrency=4) as exchange:
        for _ in range(50):
            calls = [asyncio.create_task(exchange.send(ask(), GET)) for _ in range(8)]
            await asyncio.sleep(chance.random() * 0.004)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        await healthy(exchange, upstream)
        assert upstream.open <= 4


@pytest.mark.parametrize("error", all_of(aiohttp.ClientError))
def test_each_of_aiohttps_failures_is_one_of_httpxs(error: type[Exception]) -> None:
    assert isinstance(as_httpx(error.__new__(error)), httpx.TransportError)


async def test_a_transport_that_was_never_used_closes() -> None:
    async with NetworkTransport(connections=1):
        pass
