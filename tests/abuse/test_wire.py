"""Bodies that come slowly, not at all, or otherwise than their heads say, over real sockets: the server lives on."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest

from tests.test_main import running

pytestmark = pytest.mark.real_time

HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
BODY = b'{"query":"{__typename}"}'
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"

_LONGEST = 20.0  # seconds, until a test fails; none takes a tenth of it
_QUIET = 0.3  # seconds after which no more is expected


def sized(length: object) -> bytes:
    return f"Content-Length: {length}\r\n\r\n".encode()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Run a gateway; it waits a second for a body."""
    with running("serve", errors=[], port="0", upstream_url="http://127.0.0.1:1", request_timeout="1") as (address, _):
        yield address


async def answers(address: str, pieces: Sequence[bytes], *, pause: float = 0.0, leave: bool = False) -> list[bytes]:
    """Send the pieces one by one; returns the statuses of what came until nothing more did."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    with suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
    told = b""
    with suppress(ConnectionError, TimeoutError):
        while not leave and (piece := await asyncio.wait_for(reader.read(65_536), _QUIET if told else _LONGEST)):
            told += piece
    writer.transport.abort()
    return re.findall(rb"HTTP/1\.1 (\d{3}) ", told)


async def lives(address: str) -> bool:
    async with httpx.AsyncClient(base_url=address) as client:
        response = await client.post("/graphql", json={"query": "{ __typename }"})
    return bool(response.json() == {"data": {"__typename": "Query"}})


ATTACKS = {
    "a body that does not come": ([HEAD + sized(len(BODY))], [b"408"]),
    "half a body": ([HEAD + sized(len(BODY)) + BODY[:9]], [b"408"]),
    "a length that is too long": ([HEAD + sized(len(BODY) + 1) + BODY], [b"408"]),
    "a length that is too short": ([HEAD + sized(len(BODY) - 1) + BODY + b"\r\n"], [b"400"]),
    "two lengths": ([HEAD + b"Content-Length: 24\r\n" + sized(25) + BODY], [b"400"]),
    "a length and chunks": ([HEAD + b"Content-Length: 24\r\n" + CHUNKED + b"0\r\n\r\n"], [b"400"]),
    "chunks that another coding hides": ([HEAD + b"Transfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n"], [b"400"]),
    "a length with a sign": ([HEAD + sized("+24") + BODY], [b"400"]),
    "a length less than nought": ([HEAD + sized(-1) + BODY], [b"400"]),
    "a length in another base": ([HEAD + sized("0x18") + BODY], [b"400"]),
    "a length that no number holds": ([HEAD + sized("9" * 40) + BODY], [b"400"]),
    "a length that nobody sends": ([HEAD + sized(10**12)], [b"413"]),
    "a chunk of no size": ([HEAD + CHUNKED + b"zz\r\n" + BODY + b"\r\n0\r\n\r\n"], [b"400"]),
    "a chunk of a size that no number holds": ([HEAD + CHUNKED + b"f" * 40 + b"\r\n" + BODY], [b"400"]),
    "a chunk that is longer than it says": ([HEAD + CHUNKED + b"4\r\n" + BODY + b"\r\n0\r\n\r\n"], [b"400"]),
    "a chunk that does not end": ([HEAD + CHUNKED + b"18\r\n" + BODY], [b"408"]),
    "too many chunks": ([HEAD + CHUNKED, *[b"400\r\n" + b" " * 1024 + b"\r\n"] * 200], [b"413"]),
    "chunks of a byte": ([HEAD + CHUNKED, b"1\r\n \r\n" * 50_000 + b"0\r\n\r\n"], [b"400"]),
    "a line that is no request": ([b"GRAPHQL\r\n\r\n"], [b"400"]),
    "another protocol": ([b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], [b"400"]),
    "TLS": ([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500], [b"400"]),
    "requests in a row": ([(HEAD + sized(len(BODY)) + BODY) * 200], [b"200"] * 200),
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_a_body_that_is_not_as_it_is_said_is_refused_and_ends(address: str, attack: str) -> None:
    pieces, statuses = ATTACKS[attack]
    async with asyncio.timeout(_LONGEST):
        assert await answers(address, pieces) == statuses
        assert await lives(address)


async def test_a_body_that_comes_byte_by_byte_is_not_waited_for(address: str) -> None:
    pieces = [HEAD + sized(1000), *(BODY[at : at + 1] for at in range(len(BODY)))]
    async with asyncio.timeout(_LONGEST):
        assert await answers(address, pieces, pause=0.1) == [b"408"]
        assert await lives(address)


async def test_who_leaves_in_the_middle_of_a_body_is_no_fault() -> None:
    log: list[str] = []
    with running("serve", errors=log, port="0", upstream_url="http://127.0.0.1:1") as (address, _):
        for sent in range(0, len(BODY), 4):
            await answers(address, [HEAD + sized(len(BODY)) + BODY[:sent]], leave=True)
        assert await lives(address)
    assert log == []


async def test_many_slow_bodies_keep_nobody_from_being_answered(address: str) -> None:
    async with asyncio.timeout(_LONGEST):
        slow = [asyncio.create_task(answers(address, [HEAD + sized(len(BODY))])) for _ in range(200)]
        await asyncio.sleep(0.2)
        assert await lives(address)
        assert await asyncio.gather(*slow) == [[b"408"]] * 200
