"""Which way an address is reached, and what the environment has to say about it."""

import pytest

from gateway.app import create_app
from gateway.settings import Settings, SettingsError
from gateway.upstream.ways import Way, proxy_for, way_to


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://upstream.test/x", "http://proxy.test:3128"),
        ("https://upstream.test/x", None),
        ("http://inside.test/x", None),
        ("http://kpi.inside.test/x", None),
        ("http://127.0.0.1/x", None),
    ],
)
def test_which_proxy_is_the_environments_to_say(monkeypatch: pytest.MonkeyPatch, url: str, proxy: str | None) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "inside.test,127.0.0.1")
    assert proxy_for(url) == proxy


def test_a_proxy_may_be_named_without_its_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "proxy.test:3128")
    assert proxy_for("http://upstream.test/") == "http://proxy.test:3128"


@pytest.mark.parametrize("proxy", ["socks5://user:hunter2@proxy.test:1080", "http://", "//hunter2"])
def test_what_is_no_http_proxy_stops_the_start_and_is_not_repeated(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(SettingsError, match="HTTPS_PROXY is not the address of an HTTP proxy") as refusal:
        create_app(Settings.read(upstream_url="https://upstream.test"))
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("proxy", ["http://user:hunter2@proxy.test:hunter2", "http://[hunter2", "http://:3128"])
def test_neither_is_a_proxy_without_a_host_or_a_port(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(ValueError, match="HTTP_PROXY is not the address of an HTTP proxy") as refusal:
        proxy_for("http://upstream.test")
    assert "hunter2" not in f"{refusal.value}{refusal.value.__cause__}"


@pytest.mark.parametrize("origin", ["http://upstream.test:hunter2", "http://upstream.test:70000", "http://[hunter2"])
def test_an_origin_without_a_host_or_a_port_is_none(origin: str) -> None:
    with pytest.raises(ValueError, match="an address whose host or port is none") as refusal:
        way_to(origin)
    assert "hunter2" not in str(refusal.value)


def seen(way: Way) -> tuple[str, int, bool, str, str, str]:
    return way.host, way.port, way.is_tls, way.name, way.prefix, way.headers


@pytest.mark.parametrize(
    ("origin", "host", "port", "tls", "header"),
    [
        ("http://upstream.test", "upstream.test", 80, False, "upstream.test"),
        ("https://upstream.test:443", "upstream.test", 443, True, "upstream.test"),
        ("https://upstream.test:80", "upstream.test", 80, True, "upstream.test:80"),
        ("http://[::1]:8080", "::1", 8080, False, "[::1]:8080"),
    ],
)
def test_a_way_is_straight_without_a_proxy(origin: str, host: str, port: int, tls: bool, header: str) -> None:
    way = way_to(origin)
    assert seen(way) == (host, port, tls, host, "", f"Host: {header}\r\n")
    assert way.tunnel == b""


def test_a_proxy_reads_what_is_not_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "https://us%40er:hunter%3A2@proxy.test")
    way = way_to("http://upstream.test:81")
    headers = "Host: upstream.test:81\r\nProxy-Authorization: Basic dXNAZXI6aHVudGVyOjI=\r\n"
    assert seen(way) == ("proxy.test", 443, True, "upstream.test", "http://upstream.test:81", headers)
    assert way.tunnel == b""
    assert "aHVudGVyOjI" not in repr(way)


def test_a_proxy_reads_nothing_of_what_is_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user@proxy.test:3128")
    way = way_to("https://upstream.test")
    assert seen(way) == ("proxy.test", 3128, False, "upstream.test", "", "Host: upstream.test\r\n")
    assert way.tunnel.decode().split("\r\n") == [
        "CONNECT upstream.test:443 HTTP/1.1",
        "Host: upstream.test:443",
        "Proxy-Authorization: Basic dXNlcjo=",
        "",
        "",
    ]
    assert "dXNlcjo" not in repr(way)
