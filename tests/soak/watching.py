"""What is seen from outside: memory, the log, and how often the upstream is asked for the same."""

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import time
from typing import Any

import aiohttp

from tests.chaos.verdicts import MOST_CALLS, leaks
from tests.soak.processes import Launched, World

EXPECTED = (
    "the circuit is open",
    "batching is off",
    "the shared cache fails, and is left alone",
    "the shared cache takes longer than",
)
"""How lines begin that are errors, and belong to the weather."""

_AT_THE_DOOR = {405, 411, 413, 415, 501}  # statuses to calls of which nothing was run
_AT_REST = re.compile(
    r"^(gateway_(?:requests_in_flight|upstream_calls_in_flight|upstream_queue))(?:\{.*\})? (\S+)$", re.MULTILINE
)
_EVERY = 0.5  # seconds
_LINE = re.compile(r"\S+ \S+ (DEBUG|INFO|WARNING|ERROR|CRITICAL) +\S+ \S+ \S+  (.*)")
_MEGA = 1_000_000


@dataclass(slots=True)
class Memory:
    """Bytes that a gateway held, each with its time (seconds since the epoch)."""

    seen: list[tuple[float, float]] = field(default_factory=list)

    async def watch(self, gateway: Launched) -> None:
        while True:
            self.seen.append((time(), gateway.program.memory()))
            await asyncio.sleep(_EVERY)

    def between(self, began: float, ended: float) -> float:
        """Return the median of that time, in MB; what was seen nearest to its beginning, if nothing was within it."""
        nearest = min(self.seen, key=lambda reading: abs(reading[0] - began))
        within = [each for at, each in self.seen if began <= at <= ended]
        return median(within or [nearest[1]]) / _MEGA


@dataclass(slots=True)
class Calls:
    """What the upstream was asked, by its own log; ``complaints``: of a KPI that a request asked for too often."""

    calls: int = 0
    items: int = 0
    complaints: list[str] = field(default_factory=list)
    _counts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    _latest: int = 0
    _life: int = 0

    async def watch(self, world: World, http: aiohttp.ClientSession) -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, IndexError):  # it was killed
                await self.look(world, http)
            await asyncio.sleep(_EVERY)

    async def look(self, world: World, http: aiohttp.ClientSession) -> None:
        life = world.upstream.lives[-1][1].program.pid
        if life != self._life:
            self._life, self._latest = life, 0
        url = f"{world.upstream.address}/_sandbox/calls"
        async with http.get(url, params={"since": str(self._latest)}) as response:
            calls = [call for call in await response.json() if call["duration"] is not None]
        for call in calls:
            self.count(call)
        if calls:
            self._latest = max(call["number"] for call in calls)
        if len(self._counts) > 200_000:
            self._counts.clear()  # of requests that were answered long ago, nearly all

    def count(self, call: dict[str, Any]) -> None:
        self.calls += 1
        self.items += len(call["items"])
        if call["kind"] == "batch" and call["status"] in _AT_THE_DOOR:
            return
        headers = {name.lower(): value for name, value in call["headers"].items()}
        for item in call["items"]:
            key = (headers.get("x-request-id", ""), *map(str, item.values()))
            self._counts[key] += 1
            if self._counts[key] == MOST_CALLS + 1:
                self.complaints.append(f"{item} was asked for more than {MOST_CALLS} times by one request")


async def busy_gauges(address: str, http: aiohttp.ClientSession) -> dict[str, float]:
    """Return the metrics of a gateway, if it has any, that are to be nothing when it has nothing to do."""
    async with http.get(f"{address}/metrics") as response:
        text = await response.text()
    gauges = {name: float(value) for name, value in _AT_REST.findall(text)}
    return {name: value for name, value in gauges.items() if value}


def lines(log: str) -> Iterator[tuple[str, str]]:
    """Read a log, as text or as JSON: the level and what it says; a line that is neither is an ERROR."""
    for line in log.splitlines():
        if line.startswith("{"):
            told = json.loads(line)
            yield str(told.get("level", "error")).upper(), str(told.get("event") or told.get("message"))
        else:
            found = _LINE.fullmatch(line)
            yield (found[1], found[2]) if found else ("ERROR", line)


def of_log(log: str) -> Iterator[str]:
    """Complain of errors in a log that no weather brings about, and of what should not be there."""
    strange = [said for level, said in lines(log) if level in {"ERROR", "CRITICAL"} and not said.startswith(EXPECTED)]
    if strange:
        yield "in the log: " + " | ".join(strange[:8])
    yield from leaks(log)


def kinds(logs: Sequence[str]) -> Counter[str]:
    """Count the lines by how they begin."""
    return Counter(" ".join(re.split(r"[:(]|\d", said)[0].split()[:8]) for log in logs for _, said in lines(log))
