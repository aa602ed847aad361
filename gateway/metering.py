"""What callers are charged for: their requests, and the KPIs that they ask for, until they have had their rate.

The header fields are those of "RateLimit header fields for HTTP", an IETF draft.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv6Address

from gateway.cache.opening import Place
from gateway.cache.shared_windows import SharedWindows
from gateway.cache.windows import OwnWindows, Taken, Windows
from gateway.errors import Code, RequestRefused
from gateway.identity.caller import Caller, partition
from gateway.rates import Rate, read

Name = Callable[[Caller | None, str], str]
"""By what a caller is counted who asks from a client's address: it says nothing of a credential or the address."""


def naming(key: bytes, *, by_address: bool) -> Name:
    """Count callers by who they are; by their addresses those without a credential, or all of them.

    An address of IPv6 counts as its network of 64 bits, the least that a client is given.
    """

    def name(caller: Caller | None, address: str) -> str:
        if caller is None or by_address:
            return partition(key, ("address", _network(address)))
        return caller.who

    return name


def _network(address: str) -> str:
    try:
        ip = IPv6Address(address)
    except ValueError:
        return address
    return str(ip.ipv4_mapped or int(ip) >> 64)


@dataclass(frozen=True, slots=True, eq=False)
class RateLimit:
    """A rate of a unit for each caller: ``setting`` is the one that says it, ``windows`` has what they had."""

    unit: str
    setting: str
    rate: Rate
    windows: Windows

    @property
    def policy(self) -> str:
        unit = "" if self.unit == "requests" else f';qu="{self.unit}"'
        return f'"{self.unit}";q={self.rate.amount};w={self.rate.seconds}{unit}'

    def standing(self, taken: Taken) -> str:
        left = self.rate.left(taken.counts)
        wait = self.rate.wait(taken.counts, taken.now, left + 1)
        return f'"{self.unit}";r={left};t={wait}' if wait else f'"{self.unit}";r={left}'

    def refusal(self, count: int, taken: Taken) -> RequestRefused:
        """Return why so many are not given, and when they will be, if ever."""
        wait = self.rate.wait(taken.counts, taken.now, count)
        told = f"{count} {self.unit} are more than a caller has left of {self.rate} (GATEWAY_{self.setting.upper()})."
        then = "Ask for less." if wait is None else f"Ask again in {wait} seconds."
        refused = RequestRefused(429, Code.RATE_LIMIT_EXCEEDED, f"{told} {then}")
        refused.retryable, refused.retry_after, refused.limit = wait is not None, wait, self.setting
        return refused


class RateLimits:
    """The rates that there are, of requests, of KPIs or of both."""

    def __init__(self, name: Name, requests: RateLimit | None, kpis: RateLimit | None) -> None:
        self.name = name
        self.requests = requests
        self.kpis = kpis
        self.policy = ", ".join(limit.policy for limit in (requests, kpis) if limit).encode()


@dataclass(frozen=True, slots=True)
class Reserved:
    """What was given for the most that an operation can ask for."""

    limit: RateLimit
    name: str
    count: int
    taken: Taken

    def settle(self, asked: int) -> None:
        """Give back what was not asked for."""
        if asked < self.count:
            self.limit.windows.give_back(self.name, self.taken, self.count - asked)


class Meter:
    """Charges the caller of one request, whose client has this address."""

    __slots__ = ("_address", "_limits", "_name", "_taken")

    def __init__(self, limits: RateLimits, address: str) -> None:
        self._limits = limits
        self._address = address
        self._name = ""
        self._taken: dict[RateLimit, Taken] = {}

    async def admit(self, caller: Caller | None) -> None:
        """Charge the request; RequestRefused (429) when its caller has had as many."""
        self._name = self._limits.name(caller, self._address)
        await self._charge(self._limits.requests, 1)

    async def charge(self, kpis: int) -> None:
        """Charge KPIs; RequestRefused (429) when as many are not left, and none of them is charged."""
        await self._charge(self._limits.kpis, kpis)

    def reserve(self, kpis: int) -> Reserved | Awaitable[Reserved | None] | None:
        """Charge the most KPIs that an operation can ask for; None when as many are not left."""
        limit = self._limits.kpis
        if limit is None:
            return None
        taken = limit.windows.take(self._name, kpis)
        return self._reserved(limit, kpis, taken) if isinstance(taken, Taken) else self._later(limit, kpis, taken)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return what tells the client of the rates, and of what is left where that is known."""
        told = [(b"ratelimit-policy", self._limits.policy)]
        if self._taken:
            standings = ", ".join(limit.standing(taken) for limit, taken in self._taken.items())
            told.append((b"ratelimit", standings.encode()))
        return told

    async def _charge(self, limit: RateLimit | None, count: int) -> None:
        if limit is None or not count:
            return
        taken = limit.windows.take(self._name, count)
        taken = self._taken[limit] = taken if isinstance(taken, Taken) else await taken
        if not taken.is_given:
            raise limit.refusal(count, taken)

    async def _later(self, limit: RateLimit, kpis: int, taken: Awaitable[Taken]) -> Reserved | None:
        return self._reserved(limit, kpis, await taken)

    def _reserved(self, limit: RateLimit, kpis: int, taken: Taken) -> Reserved | None:
        self._taken[limit] = taken
        return Reserved(limit, self._name, kpis, taken) if taken.is_given else None


def open_limits(name: Name, place: Place | None, *, requests: str | None, kpis: str | None) -> RateLimits | None:
    """Return the rates that are written, counted in the place that processes share, if any; None without any rate."""
    limits = [_limit(unit, text, place) if text else None for unit, text in (("requests", requests), ("kpis", kpis))]
    return RateLimits(name, *limits) if any(limits) else None


def _limit(unit: str, text: str, place: Place | None) -> RateLimit:
    rate = read(text)
    own = OwnWindows(rate, lambda: asyncio.get_running_loop().time())
    named = partial(place.names.rate, f"{unit}:{rate.seconds}") if place else None
    windows = SharedWindows(place.server, named, rate, own) if place and named else own
    return RateLimit(unit, f"rate_limit_{unit}", rate, windows)
