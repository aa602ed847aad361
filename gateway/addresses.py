"""Which addresses can be used for what: ValueError says why not."""

import re
from ipaddress import ip_address

from pydantic import AnyHttpUrl

_ORIGIN = re.compile(
    r"([a-z][a-z0-9+.-]*)://(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?"
)
_USUAL_PORTS = {"http": "80", "https": "443"}


def base_address(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.username or url.password or url.query or url.fragment:
        raise ValueError("a base address has no user, query or fragment")
    return url


def without_user(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.username or url.password or url.fragment:
        raise ValueError("an address here has no user or fragment")
    return url


def keys_address(url: AnyHttpUrl) -> AnyHttpUrl:
    """Take an address whose answer decides who is believed: nobody on its way may change it."""
    if url.scheme != "https" and not _is_loopback(url.host or ""):
        raise ValueError("keys are fetched by https, or by http from this machine alone")
    return without_user(url)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def cache_address(url: str) -> str:
    if url in {"memory://", "none://"} or re.match(r"(rediss?|unix)://.", url):
        return url
    raise ValueError("a cache is memory://, none://, or redis:// (rediss://, unix://) with the server's address")


def listing_origins(text: str) -> str:
    origins(text)
    return text


def origins(text: str) -> list[str]:
    """Return the origins of a list with commas; each is one that a browser would send."""
    read = [origin for part in text.split(",") if (origin := part.strip())]
    for origin in read:
        if not _is_origin(origin):
            raise ValueError(
                f"'{origin}' is no origin as browsers name it, such as https://app.example.com or "
                "http://localhost:3000: in lower case, without the usual port, without a path, and never *"
            )
    return read


def _is_origin(text: str) -> bool:
    parts = _ORIGIN.fullmatch(text)
    if parts is None:
        return False
    scheme, port = parts.groups()
    return port is None or (int(port) <= 65535 and _USUAL_PORTS.get(scheme) != port)
