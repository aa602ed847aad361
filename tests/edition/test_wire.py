"""What HTTP itself bounds, over real sockets: time, lengths, and how much is taken on."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.sandbox import Sandbox, SandboxTransport
from tests.conftest import GRAPHQL, serving
from tests.served import exchange, served

pytestmark = pytest.mark.real_time
edition = pytest.mark.edition

STATUS = "Status Codes"
BODY = b'{"query": "{ customer(id: 1) { kpi { totalItems } } }"}'
LINE = b"POST /graphql HTTP/1.1\r\nHost: x\r\n"
HEADERS = (
    b"Authorization: Bearer demo\r\nAccept: application/graphql-response+json\r\nContent-Type: application/json\r\n"
)
WHOLE = LINE + HEADERS + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY


@pytest.fixture
async def address(sandbox: Sandbox) -> AsyncIterator[str]:
    """Yield the address of a gateway that does not wait long for a body."""
    async with (
        serving(SandboxTransport(sandbox), request_timeout=0.2, upstream_timeout=0.2) as gateway,
        served(gateway.app) as (address, _),
    ):
        yield address


def told(response: httpx.Response) -> tuple[int, str, str]:
    """Return a refusal's status, media type and code."""
    (error,) = response.json()["errors"]
    assert "data" not in response.json()
    return response.status_code, response.headers["content-type"], error["extensions"]["code"]


@edition(STATUS, "SHOULD", "A request that is not there in the time that the server waits is a 408")
async def test_a_request_that_does_not_arrive_in_time_is_a_408(address: str) -> None:
    assert told(await exchange(address, WHOLE[:-7])) == (408, f"{GRAPHQL}; charset=utf-8", "BAD_REQUEST")


@edition(STATUS, "SHOULD", "A URI that is too long is a 414")
async def test_a_uri_that_is_too_long_is_a_414(address: str) -> None:
    response = await exchange(address, b"GET /graphql?query=%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"{" * 20_000))
    assert told(response) == (414, f"{GRAPHQL}; charset=utf-8", "REQUEST_LIMIT_EXCEEDED")


@edition(STATUS, "SHOULD", "Headers, or one of them, that are too large are a 431")
@pytest.mark.parametrize(
    "headers", [b"Cookie: %s\r\n" % (b"x" * 60_000), b"X: y\r\n" * 1000, b"X: yyyyyyyyyy\r\n" * 9000]
)
async def test_headers_that_are_too_large_are_a_431(address: str, headers: bytes) -> None:
    response = await exchange(address, LINE + headers + b"\r\n")
    assert told(response) == (431, f"{GRAPHQL}; charset=utf-8", "REQUEST_LIMIT_EXCEEDED")


@edition(STATUS, "SHOULD", "A body that is too long is a 413")
@pytest.mark.parametrize("length", [b"Content-Length: 99999999\r\n", b"Transfer-Encoding: chunked\r\n"])
async def test_a_body_that_is_too_long_is_a_413(address: str, length: bytes) -> None:
    response = await exchange(
        address, LINE + HEADERS + length + b"\r\n", b"fa00\r\n" + b" " * 64_000 + b"\r\n", b"fa00\r\n" + b" " * 64_000
    )
    assert told(response) == (413, f"{GRAPHQL}; charset=utf-8", "REQUEST_LIMIT_EXCEEDED")


@edition(STATUS, "SHOULD", "A server that takes on no more just then says 503")
async def test_more_than_is_taken_on_at_once_is_a_503() -> None:
    asked, may = asyncio.Event(), asyncio.Event()

    async def hanging(_: httpx.Request) -> httpx.Response:
        asked.set()
        await may.wait()
        return httpx.Response(503)

    async with (
        serving(httpx.MockTransport(hanging), max_requests=1) as gateway,
        served(gateway.app) as (address, _),
        asyncio.TaskGroup() as tasks,
    ):
        first = tasks.create_task(exchange(address, WHOLE))
        await asked.wait()
        second = await exchange(address, WHOLE)
        may.set()
        assert (await first).status_code == 294
    assert told(second) == (503, f"{GRAPHQL}; charset=utf-8", "REQUEST_LIMIT_EXCEEDED")
    assert second.headers["retry-after"] == "1"


@edition("Response", "assertion", "HTTP itself (RFC 9110) is complied with")
@pytest.mark.parametrize("sent", [b"nonsense\r\n\r\n", b"POST /graphql HTTP/1.1\r\nno header\r\n\r\n"])
async def test_what_is_no_http_is_a_400(address: str, sent: bytes) -> None:
    assert (await exchange(address, sent)).status_code == 400
