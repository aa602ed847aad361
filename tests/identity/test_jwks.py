"""Keys over HTTP: within bounds of time and size, from nowhere else, and with nothing left behind."""

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import trustme

from gateway.app import create_app
from gateway.callers import open_issuer
from gateway.identity.jwks import MOST_BYTES, fetch
from gateway.identity.keys import UnusableKeysError
from gateway.sandbox import SandboxTransport, Switches, create_sandbox
from gateway.settings import Settings
from tests.issuing import JWKS_URL, JWT, Publisher, bearing, pair, public, token

BODY = json.dumps({"keys": [public(pair("RSA"))]}).encode()


async def published(answer: httpx.Response | Exception) -> int:
    """Return how many keys are found there."""
    publisher = Publisher()
    publisher.answer = answer
    return len((await fetch(JWKS_URL, lambda: httpx.AsyncClient(transport=publisher))).published)


async def test_keys_are_asked_for_with_no_credential_and_read_whatever_they_are_called() -> None:
    publisher = Publisher()
    await fetch(JWKS_URL, lambda: httpx.AsyncClient(transport=publisher))
    (request,) = publisher.asked
    assert (request.method, str(request.url)) == ("GET", JWKS_URL)
    assert not {"authorization", "cookie", "x-api-key"} & set(request.headers)
    assert await published(httpx.Response(200, content=BODY, headers={"Content-Type": "text/plain"})) == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.Response(302, headers={"Location": "https://evil.example/keys"}), "status 302"),
        (httpx.Response(503, content=BODY), "status 503"),
        (httpx.Response(204), "status 204"),
        (httpx.Response(200, content=BODY + b" " * MOST_BYTES), "longer than 262144 bytes"),
        (httpx.Response(200, content=gzip.compress(BODY), headers={"Content-Encoding": "gzip"}), "coding"),
        (httpx.Response(200, text="hunter2"), "no JWK Set"),
        (httpx.ConnectError("hunter2"), "^ConnectError$"),
        (httpx.ReadTimeout("hunter2"), "^ReadTimeout$"),
        (OSError("hunter2"), "^OSError$"),
    ],
    ids=range(9),
)
async def test_whatever_else_is_answered_is_no_keys(answer: httpx.Response | Exception, why: str) -> None:
    with pytest.raises(UnusableKeysError, match=why) as failure:
        await published(answer)
    assert "hunter2" not in str(failure.value)


async def test_keys_are_at_their_address_and_nowhere_that_it_points_to() -> None:
    publisher = Publisher()
    publisher.answer = httpx.Response(302, headers={"Location": "https://evil.example/keys"})
    issuer = open_issuer(Settings.read(**JWT), publisher)
    assert issuer
    assert not await issuer.renewed()
    assert [str(request.url) for request in publisher.asked] == [JWKS_URL]


def test_callers_that_need_not_prove_who_they_are_need_no_keys() -> None:
    assert open_issuer(Settings.read()) is None


@dataclass
class Server:
    """Answers each request in one way, and knows when nobody is connected any more."""

    answer: Callable[[asyncio.StreamWriter], object]
    connected: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.answer(writer)
            await reader.read()
        finally:
            self.connected -= 1
            writer.close()
            if not self.connected:
                self.left.set()

    @asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        """Yield the address of its keys."""
        async with await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=tls) as listening:
            host, port = listening.sockets[0].getsockname()
            yield f"{'https' if tls else 'http'}://{host}:{port}/keys"


def keys(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY))


def nothing(_: asyncio.StreamWriter) -> None:
    pass


def half(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + BODY)


def too_much(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b" " * 2 * MOST_BYTES)


@pytest.mark.real_time
@pytest.mark.parametrize("answer", [nothing, half, too_much])
async def test_a_fetch_that_is_given_up_leaves_no_connection(answer: Callable[[asyncio.StreamWriter], object]) -> None:
    server = Server(answer)
    async with server.running() as url, asyncio.timeout(10):
        fetches = [fetch(url, httpx.AsyncClient, end=0.3) for _ in range(5)]
        failures = await asyncio.gather(*fetches, return_exceptions=True)
        assert [type(failure) for failure in failures] == [UnusableKeysError] * 5
        await server.left.wait()


@pytest.mark.real_time
@pytest.mark.parametrize("is_named", [True, False])
async def test_keys_come_from_nobody_whose_certificate_is_not_trusted(
    is_named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, tls = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    if is_named:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with Server(keys).running(tls) as url:
        issuer = open_issuer(Settings.read(**JWT | {"jwks_url": url}))
        assert issuer
        assert (await issuer.renewed(), issuer.has_keys) == (is_named, is_named)


@pytest.mark.real_time
async def test_callers_are_known_by_keys_that_come_over_a_socket() -> None:
    upstream = SandboxTransport(create_sandbox(Switches(auth="none")))
    async with Server(keys).running() as url:
        settings = Settings.read(upstream_url="http://upstream.test", **JWT | {"jwks_url": url})
        app = create_app(settings, transport=upstream, clock=lambda: 0)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test")
        async with app.router.lifespan_context(app), client:
            statuses = []
            for text in (token(iat=0, exp=100), token({}, pair("RSA", 2), iat=0, exp=100), "demo"):
                query = {"query": "{ customer(id: 1) { kpi { totalItems } } }"}
                statuses.append((await client.post("/graphql", json=query, headers=bearing(text))).status_code)
        assert statuses == [200, 401, 401]
