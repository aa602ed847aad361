"""Gateways in front of one sandbox: they take turns, and what their operations cost is taken down."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from time import perf_counter

import httpx

from bench.operations import Call, ControlRoom, Operation, WrongAnswer
from bench.processes import NotStarted, Program, heed_sigterm, running
from bench.report import Case, Claim, Results, Sample, Samples, print_report

LONGEST = 115.0  # seconds, for all of it


@dataclass(frozen=True, slots=True)
class Way:
    """What is measured: the settings that bring it about, and how many operations it needs before each turn."""

    name: str
    settings: Mapping[str, str]
    warm_ups: int

    @property
    def request_id(self) -> str:
        """Return the name that all of its operations go by, upstream too: so its calls are told from others'."""
        return self.name.replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Gateway:
    way: Way
    program: Program
    client: httpx.AsyncClient


class Bench:
    """``calls``: all that the upstream got of each way, those behind the answers included."""

    def __init__(self, gateways: Sequence[Gateway], room: ControlRoom) -> None:
        self.gateways = gateways
        self.room = room
        self.calls: dict[str, list[Call]] = defaultdict(list)
        self._samples: dict[Case, list[Sample]] = defaultdict(list)

    def in_turn(self, number: int) -> Sequence[Gateway]:
        """Return the gateways in the order of their turns; who begins changes with the round."""
        first = number % len(self.gateways)
        return (*self.gateways[first:], *self.gateways[:first])

    async def take(self, gateway: Gateway, item_ms: int, operations: Sequence[Operation]) -> None:
        """Keep what the operations cost."""
        sample = await self.ask(gateway, operations)
        self._samples[Case(gateway.way.name, item_ms, len(operations))].append(sample)

    async def ask(self, gateway: Gateway, operations: Sequence[Operation]) -> Sample:
        """Ask for the operations, all at once."""
        cpu, began = gateway.program.cpu(), perf_counter()
        await asyncio.gather(*(operation.ask(gateway.client) for operation in operations))
        seconds, cpu = perf_counter() - began, gateway.program.cpu() - cpu
        calls = await self._new_calls(gateway.way)
        return Sample(len(operations), len(calls), sum(call.items for call in calls), seconds, cpu)

    def results(self) -> Results:
        ways = [gateway.way.name for gateway in self.gateways]
        cases = sorted(self._samples, key=lambda case: (case.at_once, case.item_ms, ways.index(case.way)))
        return {case: Samples(self._samples[case]) for case in cases}

    async def _new_calls(self, way: Way) -> Sequence[Call]:
        new = await self.room.new_calls()
        for each in (gateway.way for gateway in self.gateways):
            self.calls[each.name] += (call for call in new if call.request_id == each.request_id)
        return [call for call in new if call.request_id == way.request_id]


Measure = Callable[[Bench], Awaitable[Sequence[Claim]]]
"""Lets gateways have their turns, and says what is claimed of it."""


def run(ways: Sequence[Way], measure: Measure, *, yardstick: Way) -> int:
    """Start a sandbox and the gateways, measure and report; returns 1 when a claim does not hold, else 0."""
    heed_sigterm()
    with ExitStack() as stack:
        try:
            sandbox = stack.enter_context(running(["sandbox", "--port", "0", "--csharp-method", "Any"], {}))
            common = {"UPSTREAM_URL": sandbox.address, "PORT": "0", "LOG_LEVEL": "error", "CACHE_URL": "none://"}
            programs = [(way, stack.enter_context(running(["serve"], {**common, **way.settings}))) for way in ways]
            results, claims = asyncio.run(_measured(sandbox, programs, measure))
        except TimeoutError:
            return _failed(f"it took longer than {LONGEST:g} s")
        except (NotStarted, WrongAnswer, httpx.HTTPError) as error:
            return _failed(f"{type(error).__name__} {error}")
    print_report(results, claims, yardstick=yardstick.name)
    return int(not all(claim.holds for claim in claims))


async def _measured(
    sandbox: Program, programs: Sequence[tuple[Way, Program]], measure: Measure
) -> tuple[Results, Sequence[Claim]]:
    async with asyncio.timeout(LONGEST), AsyncExitStack() as stack:

        async def client(program: Program, headers: Mapping[str, str]) -> httpx.AsyncClient:
            made = httpx.AsyncClient(base_url=program.address, timeout=LONGEST, trust_env=False, headers=headers)
            return await stack.enter_async_context(made)

        gateways = [
            Gateway(way, program, await client(program, {"X-Request-Id": way.request_id})) for way, program in programs
        ]
        bench = Bench(gateways, ControlRoom(await client(sandbox, {})))
        claims = await measure(bench)
        return bench.results(), claims


def _failed(why: str) -> int:
    print(f"nothing was measured: {why}", file=sys.stderr)
    return 1
