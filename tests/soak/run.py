"""One soak: load all the time, weathers one after another, and what is left of it in the end."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain
from random import Random
from time import time

import aiohttp

from tests.chaos.world import callers
from tests.soak.descriptors import Descriptors
from tests.soak.load import Front, Load, Tally
from tests.soak.processes import Launched, World
from tests.soak.questions import never_asked
from tests.soak.verdicts import broken
from tests.soak.watching import Calls, Memory, busy_gauges, of_log
from tests.soak.weather import LAST, Sky, Spell, Weather, clear, rounds, set_weather

RECOVERY = 12.0  # seconds, from the end of a fault until all is well
_CALM = 1.0  # seconds, between two weathers
_SETTLING = 15.0  # seconds, until what is idle is closed
_MOST_CACHE_CONNECTIONS = 16
_LATE = 0.85  # of the time: from then on there is only what comes last

UnderWay = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Plan:
    """``seconds`` of load; ``warm_up``: so many of them are none of the memory's; ``window``: those of one reading.

    ``growth``: how much memory may, as a part of what it was.
    """

    seconds: float
    weathers: Sequence[Weather]
    last: Weather | None = LAST
    warm_up: float = 60.0
    window: float = 30.0
    growth: float = 0.05


@dataclass(slots=True)
class Findings:
    """``memory`` in MB, after the warm-up and at the end, of each gateway, ``course``: of each tenth of the time.

    ``complaints``: what does not hold.
    """

    sky: Sky
    tally: Tally
    calls: Calls
    began: float = 0.0
    ended: float = 0.0
    is_whole: bool = False
    memory: list[tuple[float, float]] = field(default_factory=list)
    course: list[list[float]] = field(default_factory=list)
    open_before: list[Descriptors] = field(default_factory=list)
    open_after: list[Descriptors] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def all_complaints(self) -> list[str]:
        return [*self.complaints, *self.calls.complaints, *self.tally.complaints]


class Soak:
    def __init__(self, world: World, plan: Plan, seed: int) -> None:
        self._world = world
        self._plan = plan
        self._chance = Random(seed)  # noqa: S311  # repeatable
        self.found = Findings(Sky(), Tally(), Calls())
        self._memories = [Memory() for _ in world.gateways]

    async def run(self, stop: asyncio.Event) -> Findings:
        """Go through the plan, or as much of it as there is until it is to stop."""
        world, found = self._world, self.found
        async with _fronts(world) as (fronts, http):
            for front in fronts:
                await self._is_well(front)
            before = [await self._quiet(each) for each in world.gateways]
            found.open_before = [each for each, _ in before]
            found.began = time()
            stopped = await self._lived_through(fronts, http, stop)
            found.ended = time()
            if stopped:
                return found
            for front in fronts:
                await self._comes_to_rest(front)
        for gateway, (files, under_way) in zip(world.gateways, before, strict=True):
            await self._compare(gateway, files, under_way)
        self._weigh()
        found.logs = [gateway.log() for gateway in world.gateways]
        found.complaints += chain.from_iterable(map(of_log, found.logs))
        found.is_whole = True
        return found

    async def _lived_through(self, fronts: Sequence[Front], http: aiohttp.ClientSession, stop: asyncio.Event) -> bool:
        """Return whether it was told to stop before the time was up."""
        found = self.found
        loads = [Load(front, found.sky, found.tally, self._chance) for front in fronts]
        watches = [memory.watch(each) for memory, each in zip(self._memories, self._world.gateways, strict=True)]
        doing = [asyncio.ensure_future(each()) for load in loads for each in load.all()]
        doing += map(asyncio.ensure_future, (*watches, found.calls.watch(self._world, http)))
        weathers = asyncio.ensure_future(self._weathers(fronts, http))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            first, _ = await asyncio.wait({*doing, weathers, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for each in first:
                each.result()  # what fails here is no gateway's fault
        finally:
            for each in (*doing, weathers, stopping):
                each.cancel()
            await asyncio.gather(*doing, weathers, stopping, return_exceptions=True)
        return stop.is_set()

    async def _weathers(self, fronts: Sequence[Front], http: aiohttp.ClientSession) -> None:
        plan, began = self._plan, self.found.began
        turns = rounds(plan.weathers, self._chance)
        until = began + plan.seconds * (_LATE if plan.last else 1)
        await asyncio.sleep(_CALM)
        for weather in turns:
            if time() + weather.seconds + _CALM > until:
                break
            await self._spell(weather, fronts, http)
        if plan.last:
            await self._spell(plan.last, fronts, http)
        await asyncio.sleep(max(0, began + plan.seconds - time()))

    async def _spell(self, weather: Weather, fronts: Sequence[Front], http: aiohttp.ClientSession) -> None:
        spell = Spell(weather, time())
        self.found.sky.spells.append(spell)
        await set_weather(self._world, http, weather)
        await asyncio.sleep(weather.seconds)
        spell.ended = time()
        await clear(self._world, http, weather)
        for front in fronts:
            await self._is_well(front, weather.name)
        if weather is not LAST:
            spell.settled = time()
        await asyncio.sleep(_CALM)

    async def _is_well(self, front: Front, after: str = "the start") -> None:
        """Ask until what nobody has asked for yet is there."""
        last = time() + RECOVERY
        while True:
            question, began = never_asked(self._chance), time()
            answer = await Load(front, self.found.sky, Tally(), self._chance).answer(question)
            if not answer.body.get("errors") and not list(broken(self.found.sky, question, answer)):
                return
            if began > last:
                self.found.complaints.append(f"{RECOVERY:g} s after {after} there is still {str(answer.body)[:300]}")
                return
            await asyncio.sleep(0.1)

    async def _comes_to_rest(self, front: Front) -> None:
        """Complain of what is said to be under way when nobody asks any longer."""
        end = time() + _SETTLING
        while busy := await busy_gauges(front.address, front.http):
            if time() > end:
                self.found.complaints.append(f"all are answered or have left, and still there are {busy}")
                return
            await asyncio.sleep(0.2)

    async def _quiet(self, gateway: Launched) -> tuple[Descriptors, UnderWay]:
        """Wait until what is idle is closed; returns what is still open, and under way."""
        end = time() + _SETTLING
        while True:
            files, under_way = self._world.descriptors(gateway), await gateway.under_way()
            if (not files.clients + files.upstream and not under_way["kept"]) or time() > end:
                return files, under_way
            await asyncio.sleep(0.5)

    async def _compare(self, gateway: Launched, files: Descriptors, under_way: UnderWay) -> None:
        """Complain of what is left open or under way; the cache's connections stay, as many as there may be."""
        end = time() + _SETTLING
        while True:
            now_open, now_under_way = await self._quiet(gateway)
            is_back = now_open._replace(cache=0) == files._replace(cache=0) and now_under_way == under_way
            if is_back or time() > end:
                break
            await asyncio.sleep(0.5)
        self.found.open_after.append(now_open)
        if not is_back or now_open.cache > _MOST_CACHE_CONNECTIONS:
            what = f"{files} with {under_way} before, {now_open} with {now_under_way} after"
            self.found.complaints.append(f"left behind: {what}")

    def _weigh(self) -> None:
        """Complain of memory that grew."""
        plan, found = self._plan, self.found
        for memory in self._memories:
            settled = found.began + plan.warm_up
            before = memory.between(settled, settled + plan.window)
            after = memory.between(found.ended - plan.window, found.ended)
            found.memory.append((before, after))
            tenth = (found.ended - found.began) / 10
            starts = (found.began + number * tenth for number in range(10))
            found.course.append([memory.between(start, start + tenth) for start in starts])
            if after > before * (1 + plan.growth):
                found.complaints.append(f"memory grew from {before:.1f} to {after:.1f} MB")


@asynccontextmanager
async def _fronts(world: World) -> AsyncIterator[tuple[list[Front], aiohttp.ClientSession]]:
    fresh = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True), timeout=_timeout())
    async with callers() as http, fresh, aiohttp.ClientSession(timeout=_timeout()) as control:
        yield [Front(each.address, http, fresh) for each in world.gateways], control


def _timeout() -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=30)
