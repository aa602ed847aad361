"""How keys are split into upstream calls: as planned, against GETs only and against one big batch.

Three gateways that keep nothing share one sandbox and take turns, each with operations of fifty customers, at 0 and at
20 ms an item. A ratio is against one big batch's. Run it by ``make bench``; it takes about a minute and exits with 1
when what is claimed does not hold.
"""

import sys
from collections.abc import Sequence

from bench.measuring import Bench, Gateway, Way, run
from bench.operations import CUSTOMERS, Operations
from bench.report import Case, Claim, Results

ROUNDS = 5
ITEM_MS = (0, 20)
AT_ONCE = 8

PLANNED = Way("planned", {}, warm_ups=5)  # it learns an item's time
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


class Turns:
    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._operations = Operations()

    async def take_all(self) -> None:
        for gateway in self._bench.gateways:  # the sandbox makes its customers, the gateways see how batches are taken
            await self._bench.ask(gateway, self._operations.take(AT_ONCE))
        for number in range(ROUNDS):
            print(f"round {number + 1} of {ROUNDS}", file=sys.stderr)
            for item_ms in ITEM_MS:
                await self._bench.room.take_for_an_item(item_ms / 1000)
                for gateway in self._bench.in_turn(number):
                    await self._turn(gateway, number, item_ms)

    async def _turn(self, gateway: Gateway, number: int, item_ms: int) -> None:
        for _ in range(gateway.way.warm_ups):
            await self._bench.ask(gateway, self._operations.take(1))
        await self._take(gateway, item_ms, at_once=1, samples=2 if item_ms else 10)
        if not item_ms:
            await self._take(gateway, item_ms, at_once=AT_ONCE, samples=3)
        elif number % 2:  # not in every round: it takes one big batch eight seconds
            await self._take(gateway, item_ms, at_once=AT_ONCE, samples=1)

    async def _take(self, gateway: Gateway, item_ms: int, *, at_once: int, samples: int) -> None:
        for _ in range(samples):
            await self._bench.take(gateway, item_ms, self._operations.take(at_once))


def claims(results: Results) -> list[Claim]:
    slow, fast = results[Case(PLANNED.name, 20)], results[Case(PLANNED.name, 0)]
    yardsticks = [results[Case(ONE_BIG_BATCH.name, item_ms)] for item_ms in ITEM_MS]
    ratio = slow.time_against(yardsticks[1])
    one_call = all(each.most_calls == 1 for each in yardsticks)
    return [
        Claim(f"20 ms an item: 50 customers in less than a quarter of one big batch's time: {ratio:.2f}", ratio < 0.25),
        Claim(
            f"0 ms an item: 50 customers in at most 2 calls: {fast.calls:g}, at most {fast.most_calls:g}",
            fast.calls <= 2,
        ),
        Claim("one big batch was one call whenever it was measured", one_call),
    ]


async def measure(bench: Bench) -> Sequence[Claim]:
    await Turns(bench).take_all()
    return claims(bench.results())


if __name__ == "__main__":
    sys.exit(run(WAYS, measure, yardstick=ONE_BIG_BATCH))
