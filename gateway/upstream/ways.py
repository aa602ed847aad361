"""The way to an address: straight, or by the proxy that the environment names."""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

_HTTP_PROXY = re.compile("https?://[^/]")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """Where connections for one origin go, and what stands in each request on them.

    ``tunnel`` asks the proxy for a tunnel to ``name``; without one nothing is asked. Where a proxy reads the requests,
    ``prefix`` makes their targets absolute. ``headers`` are whole lines.
    """

    host: str
    port: int
    is_tls: bool
    name: str
    prefix: str
    headers: str = field(repr=False)
    tunnel: bytes = field(default=b"", repr=False)


def way_to(origin: str) -> Way:
    """Return the way to ``scheme://host:port``; ValueError for none, or for a proxy that cannot be used."""
    place = _split(origin)
    name, port = place.hostname or "", place.port or _PORTS[place.scheme]
    authority = _authority(name, None if port == _PORTS[place.scheme] else port)
    is_tls, headers = place.scheme == "https", f"Host: {authority}\r\n"
    address = proxy_for(origin)
    if address is None:
        return Way(name, port, is_tls, name, "", headers)
    proxy = _split(address)
    via = proxy.hostname or "", proxy.port or _PORTS[proxy.scheme], proxy.scheme == "https"
    if not is_tls:
        return Way(*via, name, f"http://{authority}", headers + _authorization(proxy))
    host = _authority(name, port)
    tunnel = f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n{_authorization(proxy)}\r\n"
    return Way(*via, name, "", headers, tunnel.encode())


def proxy_for(url: str) -> str | None:
    """Return the address of the proxy that the environment names for ``url``, or None.

    ValueError, without the address, for one that is not an HTTP proxy's.
    """
    place = _split(url)
    proxy = None if proxy_bypass(place.hostname or "") else getproxies().get(place.scheme)
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    if proxy and not _is_http(proxy):
        raise ValueError(
            f"{place.scheme.upper()}_PROXY is not the address of an HTTP proxy: http://host:port is wanted"
        )
    return proxy or None


def _is_http(proxy: str) -> bool:
    try:
        return bool(_HTTP_PROXY.match(proxy) and _split(proxy).hostname)
    except ValueError:
        return False


def _split(address: str) -> SplitResult:
    """Split an address; ValueError, without it, for a host or a port that is none."""
    try:
        place = urlsplit(address)
        place.port  # noqa: B018  # it is read here, for what it raises quotes it
    except ValueError:
        raise ValueError("an address whose host or port is none") from None
    return place


def _authority(host: str, port: int | None) -> str:
    named = f"[{host}]" if ":" in host else host
    return named if port is None else f"{named}:{port}"


def _authorization(proxy: SplitResult) -> str:
    if proxy.username is None:
        return ""
    user = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return f"Proxy-Authorization: Basic {b64encode(user.encode()).decode()}\r\n"
