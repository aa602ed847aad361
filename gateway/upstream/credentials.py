"""What opens the upstream: the caller's own credential passed on, or one of the gateway's.

The interface is two questions rather than httpx's Auth, for the data path makes no httpx requests.
"""

import base64
from dataclasses import dataclass, field
from typing import Protocol

from gateway.upstream.exchange import Headers

FORWARDED = ("Authorization", "X-Api-Key")
"""The only headers of a caller that ever reach the upstream."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A caller's headers as (name, value), in ASCII. Never printed."""

    headers: Headers = field(repr=False)


class Credentials(Protocol):
    """Where a call's credential comes from; ``own``: it is the gateway's, whoever calls."""

    @property
    def own(self) -> bool: ...

    async def headers(self, caller: Credential, end: float, /) -> Headers:
        """Return the headers to send on the caller's behalf, by ``end`` (the loop's clock) or with a GatewayError."""
        ...

    async def renewed(self, refused: Headers, end: float, /) -> Headers | None:
        """Return other headers than those that the upstream refused; None when there are none to be had."""
        ...

    async def aclose(self) -> None: ...


class Unchanging:
    """Shows the same headers for every caller, or, without any, what the caller shows."""

    def __init__(self, *headers: tuple[str, str]) -> None:
        self._headers = headers
        self.own = bool(headers)

    async def headers(self, caller: Credential, _end: float) -> Headers:
        return self._headers or caller.headers

    async def renewed(self, _refused: Headers, _end: float) -> None:
        return None

    async def aclose(self) -> None:
        return None


def basic(username: str, password: str) -> tuple[str, str]:
    """Return the header of HTTP Basic (RFC 7617), in UTF-8."""
    return "Authorization", "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
