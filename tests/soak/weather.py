"""What goes wrong, for how long, and which errors callers may see of it; and a record of when it did."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp

from gateway.errors import Code
from tests.chaos.callers import TOKENS
from tests.soak.processes import VOUCHED, World

_OUTAGE = frozenset({Code.UPSTREAM_TIMEOUT, Code.UPSTREAM_UNAVAILABLE, Code.UPSTREAM_THROTTLED, Code.UPSTREAM_ERROR})
_GARBAGE = _OUTAGE | {Code.UPSTREAM_CONTRACT}
_UNTIL_FORGOTTEN = VOUCHED + 4  # seconds: the vouching, what another process still has in its memory, and a look


@dataclass(frozen=True, slots=True)
class Weather:
    """``switches`` of the sandbox, or a ``hit``: what is done to a process; ``codes``: what callers may be told."""

    name: str
    switches: Mapping[str, Any] = field(default_factory=dict)
    hit: str = ""
    codes: frozenset[Code] = frozenset()
    seconds: float = 2.5

    @property
    def is_outage(self) -> bool:
        """Whether what is kept may stand in."""
        return bool(self.codes & _OUTAGE)


WEATHERS = (
    Weather("slow", {"latency_item": 0.004, "latency_call": 0.05}),
    Weather("500", {"fault": "500"}, codes=_OUTAGE),
    Weather("503 with a page", {"fault": "503", "fault_body": "html", "retry_after": "1"}, codes=_OUTAGE),
    Weather("a few 502", {"fault": "502", "fault_calls": 3}, codes=_OUTAGE),
    Weather("429 with Retry-After", {"fault": "429", "retry_after": "1"}, codes=_OUTAGE),
    Weather("hanging", {"fault": "hang"}, codes=_OUTAGE, seconds=4.0),
    Weather("garbage for one", {"fault": "html-200", "fault_on": "single"}, codes=_GARBAGE),
    Weather("half an answer for one", {"fault": "truncated", "fault_on": "single"}, codes=_GARBAGE),
    Weather("some customers fail", {"fail": {n: (500, 400, 503)[n % 3] for n in range(1, 400, 9)}}, codes=_GARBAGE),
    Weather("connections reset", {"fault": "reset"}, codes=_OUTAGE),
    Weather("no batch by POST", {"csharp_method": "Get"}),
    Weather(
        "a token revoked",
        {"revoked": [TOKENS["old"]]},
        codes=frozenset({Code.UNAUTHENTICATED}),
        seconds=_UNTIL_FORGOTTEN,
    ),
    Weather("the upstream killed", hit="upstream killed", codes=_OUTAGE),
    Weather("the cache killed", hit="cache killed", seconds=3.0),
    Weather("the cache standing still", hit="cache paused", seconds=2.0),
)
LAST = Weather(
    "batches a customer short",
    {"fault": "short", "fault_on": "batch", "fault_calls": 4},
    codes=frozenset({Code.UPSTREAM_TIMEOUT, Code.UPSTREAM_THROTTLED}),
)
"""It ends batching for ten minutes, so it comes last, and many single calls may take too long from then on."""

FORGOTTEN = VOUCHED + 3
"""Seconds after which nobody sees anything by a token that is revoked."""


@dataclass(slots=True)
class Spell:
    """From when to when (seconds since the epoch) a weather was; ``settled``: all was well again."""

    weather: Weather
    began: float
    ended: float = float("inf")
    settled: float = float("inf")


class Sky:
    """All weathers that there were."""

    def __init__(self) -> None:
        self.spells: list[Spell] = []

    def during(self, began: float, ended: float) -> Iterator[Spell]:
        """Yield what a request that ran from then to then may have met."""
        for each in reversed(self.spells):
            if each.began <= ended and began <= each.settled:
                yield each
            elif each.settled < began - 60:  # those before ended earlier
                return


async def set_weather(world: World, http: aiohttp.ClientSession, weather: Weather) -> None:
    """Bring it about."""
    match weather.hit:
        case "upstream killed":
            await asyncio.to_thread(world.upstream.kill)
        case "cache killed":
            await asyncio.to_thread(world.cache.stop)
        case "cache paused":
            world.cache.pause()
        case _:
            async with http.patch(f"{world.upstream.address}/_sandbox/switches", json=weather.switches) as response:
                response.raise_for_status()


async def clear(world: World, http: aiohttp.ClientSession, weather: Weather) -> None:
    match weather.hit:
        case "upstream killed":
            await asyncio.to_thread(world.upstream.start)
        case "cache killed" | "cache paused":
            await asyncio.to_thread(world.cache.start)
        case _:
            async with http.delete(f"{world.upstream.address}/_sandbox/switches") as response:
                response.raise_for_status()


def rounds(weathers: Sequence[Weather], chance: Random) -> Iterator[Weather]:
    """Yield all of them again and again, each round in another order."""
    while True:
        yield from chance.sample(weathers, len(weathers))


def allowed(spells: Iterable[Spell]) -> frozenset[Code]:
    return frozenset(code for spell in spells for code in spell.weather.codes)
