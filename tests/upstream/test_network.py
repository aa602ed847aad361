"""The network, over real sockets: what leaves, what ends, and what is left after hundreds of calls that did not."""

import asyncio
import gzip
import random
import socket

import pytest

from gateway.errors import UpstreamUnavailable
from gateway.upstream.breaker import RECOVERY
from gateway.upstream.network import IDLE, Network
from tests.upstream.sockets import OK, Serve, get, listening, network, sending, within

pytestmark = pytest.mark.real_time


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
async def test_no_answer_is_waited_for_beyond_the_callers_time(serve: Serve) -> None:
    async with listening(serve) as base, network() as exchange, asyncio.timeout(3):
        with pytest.raises((TimeoutError, UpstreamUnavailable)):
            await within(0.1, exchange, base)


@pytest.mark.parametrize(
    "serve", [sending(b"hunter2\r\n\r\n"), sending(OK + b"Content-Length: x\r\n\r\n"), sending(OK + b"\0: x\r\n\r\n")]
)
async def test_a_garbled_answer_is_an_unavailable_upstream(serve: Serve) -> None:
    async with listening(serve) as base, network() as exchange:
        with pytest.raises(UpstreamUnavailable) as failure:
            await exchange.send(get(base))
    assert "hunter2" not in str(failure.value)


async def test_a_refused_and_a_dropped_connection_are_an_unavailable_upstream() -> None:
    async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 10\r\n\r\n")

    async with listening(drop) as base, network() as exchange:
        with pytest.raises(UpstreamUnavailable):
            await exchange.send(get(base))
    async with network() as exchange:
        with pytest.raises(UpstreamUnavailable):
            await exchange.send(get(base))


async def test_a_connection_that_is_not_made_is_given_up_early() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, socket.socket() as first, socket.socket() as second:
        for waiting in (first, second):  # they fill the queue of a server that accepts nobody
            waiting.setblocking(False)  # as the standard library has it
            waiting.connect_ex(deaf.getsockname())
        async with network(connect_timeout=0.1) as exchange, asyncio.timeout(3):
            with pytest.raises(UpstreamUnavailable):
                await exchange.send(get(f"http://127.0.0.1:{deaf.getsockname()[1]}"))


class Counting:
    """Answers the first request of each connection, and breaks the connection at the next."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK + b"Content-Length: 0\r\nSet-Cookie: ss-id=alice; Path=/\r\n\r\n")
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))


async def test_nothing_leaves_but_what_is_listed_and_nothing_leaves_twice() -> None:
    upstream = Counting()
    async with listening(upstream.serve) as base, network() as exchange:
        await exchange.send(get(base))
        with pytest.raises(UpstreamUnavailable):
            await exchange.send(get(base))
    assert [head.decode().splitlines() for head in upstream.heads] == [
        [
            "GET /customer/1/kpi HTTP/1.1",
            f"Host: {base.removeprefix('http://')}",
            "Accept: application/json",
            "Authorization: Bearer demo",
            "",
        ]
    ] * 2


async def test_no_cookie_comes_back() -> None:
    """A jar would keep none of an address in digits: the name it is."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(OK + b"Content-Length: 0\r\nSet-Cookie: ss-id=alice; Path=/\r\n\r\n")

    async with listening(serve) as base, network() as exchange:
        for _ in range(2):
            await exchange.send(get(base.replace("127.0.0.1", "localhost")))
    assert [b"ookie" in head for head in heads] == [False, False]


async def test_a_compressed_answer_is_read() -> None:
    body = gzip.compress(b"[]")
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with listening(sending(head + body)) as base, network() as exchange:
        assert (await exchange.send(get(base))).body == b"[]"


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.test/\r\nContent-Length: 0\r\n\r\n"
    async with listening(sending(moved)) as base, network() as exchange:
        answer = await exchange.send(get(base))
    assert (answer.status, answer.headers["location"]) == (302, "http://elsewhere.test/")


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


async def healthy(exchange: Network, base: str, upstream: Upstream) -> None:
    """Ask fifty times at once: all are answered, over no more connections than there may be."""
    upstream.answers = True
    await within(5, exchange, base)  # by then the server has seen all that came before
    upstream.connections = 0
    answers = await asyncio.gather(*(within(5, exchange, base) for _ in range(50)))
    assert [answer.body for answer in answers] == [b"[]"] * 50
    assert upstream.connections <= 4
    assert upstream.open <= 4


@pytest.mark.parametrize(("idle", "connections"), [(60, 1), (0.05, 2)])
async def test_a_connection_that_was_idle_for_long_is_used_no_more(idle: float, connections: int) -> None:
    upstream = Upstream()
    async with listening(upstream.serve) as base, network(idle=idle) as exchange:
        await within(5, exchange, base)
        await asyncio.sleep(0.2)
        await within(5, exchange, base)
    assert upstream.connections == connections


def test_a_connection_is_used_no_more_by_the_time_that_a_probe_would_use_it() -> None:
    assert IDLE < RECOVERY


async def test_calls_that_time_out_leave_every_connection_free() -> None:
    upstream = Upstream()
    upstream.answers = False
    async with listening(upstream.serve) as base, network() as exchange:
        for _ in range(50):
            calls = (within(0.01, exchange, base) for _ in range(8))
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(outcome) for outcome in outcomes} == {TimeoutError}
        await healthy(exchange, base, upstream)


async def test_calls_cancelled_at_any_moment_leave_every_connection_free() -> None:
    chance = random.Random(7)  # noqa: S311  # to be repeatable
    upstream = Upstream()
    async with listening(upstream.serve) as base, network() as exchange:
        for _ in range(50):
            calls = [asyncio.create_task(within(5, exchange, base)) for _ in range(8)]
            await asyncio.sleep(chance.random() * 0.004)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        await healthy(exchange, base, upstream)


async def test_a_network_that_was_never_used_closes() -> None:
    async with network():
        pass
