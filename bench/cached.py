"""What a cache saves: queries of fifty customers over a closed period, kept in the process, in Valkey, or not at all.

The gateways share one sandbox, which takes no time for an item, and take turns. Three of them are asked for the same
eight operations again and again: "uncached", "memory" and "shared". "shared read" is asked once for each of many that
"shared" fetched, and so reads every value from the server. A ratio is against "uncached". Run it by ``make bench``; it
takes about half a minute and exits with 1 when what is claimed does not hold.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from itertools import cycle, islice
from math import ceil, isnan
from time import perf_counter

from bench.measuring import Bench, Gateway, Way, run
from bench.operations import Call, Operation, Operations
from bench.processes import NotStarted, heed_sigterm, valkey
from bench.report import Case, Claim, Results

ROUNDS = 9
AT_ONCE = 8
SAMPLES = {1: 6, AT_ONCE: 3}  # of a turn
ITEM_MS = 0
VOUCHED = 20  # seconds: a third of the default, so that it is renewed while this runs
RENEWED = 0.8 * VOUCHED
LAST_DAY = date(2025, 12, 31)  # long settled

UNCACHED = Way("uncached", {"CACHE_URL": "none://"}, warm_ups=5)
MEMORY = Way("memory", {"CACHE_URL": "memory://", "CACHE_VOUCHED": str(VOUCHED)}, warm_ups=AT_ONCE)
SHARED, SHARED_READ = "shared", "shared read"
READ_WARM_UPS = 2


def ways(server: str | None) -> Sequence[Way]:
    if server is None:
        return (UNCACHED, MEMORY)
    settings = {**MEMORY.settings, "CACHE_URL": server, "CACHE_SECRET": "no secret, for this machine alone"}
    return (
        UNCACHED,
        MEMORY,
        Way(SHARED, settings, warm_ups=AT_ONCE),
        Way(SHARED_READ, settings, warm_ups=READ_WARM_UPS),
    )


class Turns:
    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        operations = Operations(LAST_DAY)
        self._hot = cycle(operations.take(AT_ONCE))
        a_turn = sum(at_once * samples for at_once, samples in SAMPLES.items())
        self._many = operations.take(ROUNDS * (READ_WARM_UPS + a_turn))
        self._unread = iter(self._many)

    async def warm_up(self) -> None:
        """Have everything fetched that is going to be asked for: of what processes share, by one of them."""
        for gateway in self._bench.gateways:
            await self._bench.ask(gateway, self._next(self._hot, AT_ONCE))
            if gateway.way.name == SHARED:
                for start in range(0, len(self._many), AT_ONCE):
                    await self._bench.ask(gateway, self._many[start : start + AT_ONCE])

    async def take_all(self) -> None:
        for number in range(ROUNDS):
            print(f"round {number + 1} of {ROUNDS}", file=sys.stderr)
            for gateway in self._bench.in_turn(number):
                await self._turn(gateway)

    async def _turn(self, gateway: Gateway) -> None:
        supply = self._unread if gateway.way.name == SHARED_READ else self._hot
        for _ in range(gateway.way.warm_ups):
            await self._bench.ask(gateway, self._next(supply, 1))
        for at_once, samples in SAMPLES.items():
            for _ in range(samples):
                await self._bench.take(gateway, ITEM_MS, self._next(supply, at_once))

    @staticmethod
    def _next(supply: Iterator[Operation], many: int) -> Sequence[Operation]:
        return tuple(islice(supply, many))


async def measure(bench: Bench) -> Sequence[Claim]:
    turns = Turns(bench)
    await turns.warm_up()
    bench.calls.clear()
    began = perf_counter()
    await turns.take_all()
    return list(claims(bench.results(), bench.calls, perf_counter() - began))


def claims(results: Results, calls: Mapping[str, Sequence[Call]], seconds: float) -> Iterator[Claim]:
    """Claim no CPU of "shared read": what it reads costs about as much as an upstream that takes no time."""
    yield _little_vouching(sum(call.items for call in calls[MEMORY.name]), seconds)
    for way in dict.fromkeys(case.way for case in results if case.way != UNCACHED.name):
        yield _no_calls(way, results)
        if way != SHARED_READ:
            yield from _less_cpu(way, results)


def _no_calls(way: str, results: Results) -> Claim:
    """Claim it of the usual operation: one that cannot read the server's values in time asks the upstream."""
    calls = [results[Case(way, ITEM_MS, at_once)].calls for at_once in SAMPLES]
    return Claim(f"{way}: no upstream call an operation: {max(calls):g}", not any(calls))


def _little_vouching(items: int, seconds: float) -> Claim:
    most = ceil(seconds / RENEWED)
    text = f"{MEMORY.name}: at most {most} items in {seconds:.0f} s, to vouch for the caller: {items}"
    return Claim(text, items <= most)


def _less_cpu(way: str, results: Results) -> Iterator[Claim]:
    """Claim nothing where nobody can tell a process's CPU."""
    for at_once in SAMPLES:
        kept, fetched = (results[Case(each, ITEM_MS, at_once)] for each in (way, UNCACHED.name))
        ratio = kept.cpu_against(fetched)
        if not isnan(ratio):
            yield Claim(f"{way}: less CPU an operation than {UNCACHED.name}, {at_once} at once: {ratio:.2f}", ratio < 1)


def main() -> int:
    heed_sigterm()
    with ExitStack() as stack:
        try:
            server = stack.enter_context(valkey())
        except NotStarted as error:
            print(f"without a shared cache: {error}", file=sys.stderr)
            server = None
        return run(ways(server), measure, yardstick=UNCACHED)


if __name__ == "__main__":
    sys.exit(main())
