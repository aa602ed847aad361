"""How keys are split into upstream calls: as planned, against GETs only and against one big batch.

Three gateways share one sandbox and take turns, each with operations of fifty customers, at 0 and at 20 ms an item.
A ratio is a time against one big batch's. Run it by ``make bench``; it takes about a minute and exits with 1 when what
is claimed does not hold.
"""

import asyncio
import signal
import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from time import perf_counter

import httpx

from bench.operations import CUSTOMERS, ControlRoom, Operations, WrongAnswer
from bench.processes import NotStarted, Program, running
from bench.report import Case, Claim, Results, Sample, Samples, print_report

ROUNDS = 5
LONGEST = 115.0  # seconds, for all of it
ITEM_MS = (0, 20)
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Way:
    """A way of asking: the settings that bring it about, and how many operations it needs to learn an item's time."""

    name: str
    settings: dict[str, str]
    warm_ups: int = 5


PLANNED = Way("planned", {})
GETS_ONLY = Way("GETs only", {"UPSTREAM_BATCHING": "off"}, warm_ups=2)
ONE_BIG_BATCH = Way(  # the only call at a time carries all that waits, however long that takes
    "one big batch",
    {
        "UPSTREAM_CONCURRENCY": "1",
        "UPSTREAM_BATCH_SIZE": str(AT_ONCE * CUSTOMERS),
        "UPSTREAM_TIMEOUT": "60",
        "REQUEST_TIMEOUT": "60",
    },
    warm_ups=1,
)
WAYS = (PLANNED, GETS_ONLY, ONE_BIG_BATCH)


@dataclass(frozen=True, slots=True)
class Gateway:
    way: Way
    program: Program
    client: httpx.AsyncClient


class Bench:
    def __init__(self, gateways: Sequence[Gateway], room: ControlRoom) -> None:
        self._gateways = gateways
        self._room = room
        self._operations = Operations()
        self._samples: dict[Case, list[Sample]] = defaultdict(list)

    async def run(self) -> Results:
        for gateway in self._gateways:  # the sandbox makes its customers, and the gateways see how batches are taken
            await self._measured(gateway, AT_ONCE)
        for number in range(ROUNDS):
            print(f"round {number + 1} of {ROUNDS}", file=sys.stderr)
            for item_ms in ITEM_MS:
                await self._room.take_for_an_item(item_ms / 1000)
                await self._turns(number, item_ms)
        cases = [
            Case(each.way.name, item_ms, at_once)
            for at_once in (1, AT_ONCE)
            for item_ms in ITEM_MS
            for each in self._gateways
        ]
        return {case: Samples(self._samples[case]) for case in cases}

    async def _turns(self, number: int, item_ms: int) -> None:
        """Let each gateway have its turn; who begins changes with the round."""
        first = number % len(self._gateways)
        for gateway in (*self._gateways[first:], *self._gateways[:first]):
            for _ in range(gateway.way.warm_ups):
                await self._measured(gateway, 1)
            await self._take(gateway, item_ms, at_once=1, samples=2 if item_ms else 10)
            if not item_ms:
                await self._take(gateway, item_ms, at_once=AT_ONCE, samples=3)
            elif number % 2:  # not in every round: it takes one big batch eight seconds
                await self._take(gateway, item_ms, at_once=AT_ONCE, samples=1)

    async def _take(self, gateway: Gateway, item_ms: int, *, at_once: int, samples: int) -> None:
        for _ in range(samples):
            sample = await self._measured(gateway, at_once)
            self._samples[Case(gateway.way.name, item_ms, at_once)].append(sample)

    async def _measured(self, gateway: Gateway, at_once: int) -> Sample:
        operations = self._operations.take(at_once)
        await self._room.new_calls()
        cpu, began = gateway.program.cpu(), perf_counter()
        await asyncio.gather(*(operation.ask(gateway.client) for operation in operations))
        seconds, cpu = perf_counter() - began, gateway.program.cpu() - cpu
        return Sample(at_once, await self._room.new_calls(), seconds, cpu)


def claims(results: Results) -> list[Claim]:
    slow, fast = results[Case(PLANNED.name, 20)], results[Case(PLANNED.name, 0)]
    yardsticks = [results[Case(ONE_BIG_BATCH.name, item_ms)] for item_ms in ITEM_MS]
    ratio = slow.milliseconds / yardsticks[1].milliseconds
    one_call = all(each.most_calls == 1 for each in yardsticks)
    return [
        Claim(f"20 ms an item: 50 customers in less than a quarter of one big batch's time: {ratio:.2f}", ratio < 0.25),
        Claim(
            f"0 ms an item: 50 customers in at most 2 calls: {fast.calls:g}, at most {fast.most_calls:g}",
            fast.calls <= 2,
        ),
        Claim("one big batch was one call whenever it was measured", one_call),
    ]


async def measure(sandbox: Program, programs: Sequence[Program]) -> Results:
    async with asyncio.timeout(LONGEST), AsyncExitStack() as stack:

        async def client(program: Program) -> httpx.AsyncClient:
            return await stack.enter_async_context(
                httpx.AsyncClient(base_url=program.address, timeout=LONGEST, trust_env=False)
            )

        gateways = [Gateway(way, program, await client(program)) for way, program in zip(WAYS, programs, strict=True)]
        return await Bench(gateways, ControlRoom(await client(sandbox))).run()


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended then, too
    with ExitStack() as stack:
        try:
            sandbox = stack.enter_context(running(["sandbox", "--port", "0", "--csharp-method", "Any"], {}))
            common = {"UPSTREAM_URL": sandbox.address, "PORT": "0", "LOG_LEVEL": "error"}
            programs = [stack.enter_context(running(["serve"], common | way.settings)) for way in WAYS]
            results = asyncio.run(measure(sandbox, programs))
        except TimeoutError:
            return _failed(f"it took longer than {LONGEST:g} s")
        except (NotStarted, WrongAnswer, httpx.HTTPError) as error:
            return _failed(f"{type(error).__name__} {error}")
    judged = claims(results)
    print_report(results, judged, yardstick=ONE_BIG_BATCH.name)
    return int(not all(claim.holds for claim in judged))


def _failed(why: str) -> int:
    print(f"nothing was measured: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
