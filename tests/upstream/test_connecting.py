"""Connections over TLS and through proxies, on either loop."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
import uvicorn

from gateway.errors import UpstreamUnavailable
from tests.upstream.sockets import OK, Serve, answering, get, listening, network, sending, within

pytestmark = pytest.mark.real_time

LOOPS = {"production's": uvicorn.Config("").get_loop_factory(), "asyncio's": asyncio.new_event_loop}
Loop = Callable[[], asyncio.AbstractEventLoop]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Let the environment name the authority of a server's certificate."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return tls(authority)


async def test_a_private_authority_of_the_environment_is_trusted(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    serve = sending(OK + b"Content-Length: 2\r\n\r\n[]")
    async with listening(serve, tls(authority)) as base, network() as exchange:
        assert (await exchange.send(get(base))).body == b"[]"


async def test_an_authority_that_nobody_named_is_not_trusted(authority: trustme.CA) -> None:
    async with listening(sending(OK), tls(authority)) as base, network() as exchange:
        with pytest.raises(UpstreamUnavailable):
            await exchange.send(get(base))


async def test_the_proxy_of_the_environment_gets_the_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK + b"Content-Length: 2\r\n\r\n[]")

    async with listening(proxy) as address, network() as exchange:
        monkeypatch.setenv("HTTP_PROXY", address.replace("://", "://user:hunter2@"))
        assert (await exchange.send(get("http://upstream.test/v1"))).body == b"[]"
    lines = heads[0].decode().splitlines()
    assert lines[0] == "GET http://upstream.test/v1/customer/1/kpi HTTP/1.1"
    assert "Proxy-Authorization: Basic dXNlcjpodW50ZXIy" in lines


async def test_a_proxy_that_refuses_a_tunnel_is_an_unavailable_upstream(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(sending(b"HTTP/1.1 403 hunter2\r\nContent-Length: 0\r\n\r\n")) as proxy, network() as exchange:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        with pytest.raises(UpstreamUnavailable) as failure:
            await exchange.send(get("https://upstream.test"))
    assert "hunter2" not in str(failure.value)


async def test_a_server_is_told_its_name_and_that_it_is_to_speak_http_1(trusted: ssl.SSLContext) -> None:
    told: list[str | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.append(writer.get_extra_info("ssl_object").selected_alpn_protocol())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)

    trusted.set_alpn_protocols(["h2", "http/1.1"])
    trusted.sni_callback = lambda _socket, name, _context: told.append(name)
    async with listening(serve, trusted) as base, network() as exchange:
        await within(3, exchange, base.replace("127.0.0.1", "localhost"))
    assert told == ["localhost", "http/1.1"]


ANSWER = OK + b"Content-Length: 2\r\n\r\n[]"


class Proxy:
    """Opens tunnels, with ``granted``, to wherever it is asked to."""

    def __init__(self, granted: bytes = OK + b"\r\n") -> None:
        self._granted = granted
        self.heads: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        host, port = self.heads[-1].split()[1].decode().split(":")
        there, back = await asyncio.open_connection(host, int(port))
        writer.write(self._granted[:9])
        await asyncio.sleep(0.01)
        writer.write(self._granted[9:])
        await asyncio.gather(self._pipe(reader, back), self._pipe(there, writer))

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(65536):
                writer.write(piece)
        finally:
            writer.close()


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS.keys())
@pytest.mark.parametrize("is_encrypted", [False, True])
def test_a_tunnel_leads_to_the_upstream(
    loop: Loop, is_encrypted: bool, trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Proxy()

    async def through() -> None:
        async with (
            listening(sending(ANSWER), trusted) as base,
            listening(proxy.serve, trusted if is_encrypted else None) as address,
            network() as exchange,
        ):
            monkeypatch.setenv("HTTPS_PROXY", address.replace("://", "://user:hunter2@"))
            assert (await within(3, exchange, base)).body == b"[]"
            assert proxy.heads[0].startswith(f"CONNECT {base.removeprefix('https://')} HTTP/1.1\r\n".encode())

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(through())
    assert b"Proxy-Authorization: Basic dXNlcjpodW50ZXIy\r\n" in proxy.heads[0]
    assert b"demo" not in proxy.heads[0]


async def test_an_encrypted_proxy_gets_what_is_not_encrypted(
    trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening(sending(ANSWER), trusted) as address, network() as exchange:
        monkeypatch.setenv("HTTP_PROXY", address)
        assert (await within(3, exchange, "http://upstream.test")).body == b"[]"


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS.keys())
def test_an_answer_may_end_with_an_encrypted_connection(loop: Loop, trusted: ssl.SSLContext) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"\r\n[]")

    async def ended() -> None:
        async with listening(serve, trusted) as base, network() as exchange:
            assert (await within(3, exchange, base)).body == b"[]"

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(ended())


BAD_PROXIES = {
    "bytes after its head": Proxy(OK + b"\r\nhunter2").serve,
    "no HTTP": sending(b"hunter2\r\n\r\n"),
    "a head without end": sending(OK, again=b"hunter2" * 10_000),
    "half a head": sending(OK),
    "silence": sending(),
}


@pytest.mark.parametrize("serve", BAD_PROXIES.values(), ids=BAD_PROXIES.keys())
async def test_a_proxy_that_is_none_is_an_unavailable_upstream(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(sending()) as base, listening(serve) as proxy, network(connect_timeout=0.3) as exchange:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        with pytest.raises(UpstreamUnavailable) as failure:
            await within(3, exchange, base.replace("http:", "https:"))
    assert "hunter2" not in str(failure.value)


async def test_a_proxy_that_closes_is_an_unavailable_upstream(monkeypatch: pytest.MonkeyPatch) -> None:
    async def close(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async with listening(close) as proxy, network() as exchange:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        with pytest.raises(UpstreamUnavailable, match="the proxy closed the connection"):
            await within(3, exchange, "https://upstream.test")


@pytest.mark.parametrize("host", ["upstream.invalid", "a" * 64 + ".test", "."])
async def test_a_name_that_leads_nowhere_is_an_unavailable_upstream(host: str) -> None:
    async with network() as exchange:
        with pytest.raises(UpstreamUnavailable) as failure:
            await within(3, exchange, f"http://{host}")
    assert host not in str(failure.value).split()


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS.keys())
@pytest.mark.parametrize("is_encrypted", [False, True])
def test_connecting_may_be_cancelled_at_any_moment(loop: Loop, is_encrypted: bool, trusted: ssl.SSLContext) -> None:
    async def cancelled() -> None:
        async with listening(answering(ANSWER), trusted if is_encrypted else None) as server, network() as exchange:
            base = server.replace("127.0.0.1", "localhost")
            for moment in range(60):
                call = asyncio.create_task(exchange.send(get(base)))
                await asyncio.sleep(moment / 10_000)
                call.cancel()
                await asyncio.gather(call, return_exceptions=True)
            assert (await within(3, exchange, base)).body == b"[]"

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(cancelled())
