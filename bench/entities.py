"""Entities beside customers: two hundred representations, as a router sends them, against two hundred ids.

Two gateways that keep nothing share one sandbox, which takes no time for an item, and take turns. A ratio is against
``customers``. Run it by ``make bench``; it takes about ten seconds and exits with 1 when what is claimed does not hold.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from math import isnan
from typing import Any

from bench.measuring import Bench, Way, run
from bench.operations import DOCUMENT, Operation
from bench.report import Case, Claim, Results

ROUNDS = 9
SAMPLES = 5  # of a turn
ITEM_MS = 0
MANY = 200
MOST = 1.25

CUSTOMERS = Way("customers", {}, warm_ups=3)
ENTITIES = Way("entities", {}, warm_ups=3)
ROUTERS_DOCUMENT = DOCUMENT.replace("$ids: [ID!]!", "$of: [_Any!]!").replace(
    "customers(ids: $ids) {", "_entities(representations: $of) { ... on Customer {"
) + "}"  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entities(Operation):
    @property
    def asked(self) -> tuple[str, dict[str, Any]]:
        return ROUTERS_DOCUMENT, {"of": [{"__typename": "Customer", "id": str(each)} for each in self.ids]}


def operations(way: Way) -> Iterator[Operation]:
    """Yield operations about the same customers, no two with the same period."""
    kind = Entities if way is ENTITIES else Operation
    first, last = date(2019, 1, 1), date(2026, 12, 31)
    return (kind(tuple(range(1, MANY + 1)), first + timedelta(days=day), last) for day in count())


async def measure(bench: Bench) -> Sequence[Claim]:
    supply = {gateway.way.name: operations(gateway.way) for gateway in bench.gateways}
    for number in range(ROUNDS):
        print(f"round {number + 1} of {ROUNDS}", file=sys.stderr)
        for gateway in bench.in_turn(number):
            for _ in range(gateway.way.warm_ups):
                await bench.ask(gateway, [next(supply[gateway.way.name])])
            for _ in range(SAMPLES):
                await bench.take(gateway, ITEM_MS, [next(supply[gateway.way.name])])
    return list(claims(bench.results()))


def claims(results: Results) -> Iterator[Claim]:
    """Claim no CPU where nobody can tell a process's."""
    entities, customers = (results[Case(way.name, ITEM_MS)] for way in (ENTITIES, CUSTOMERS))
    items = entities.items, customers.items
    yield Claim(f"{MANY} upstream items for {MANY} of either: {items[0]:g}, {items[1]:g}", set(items) == {MANY})
    ratio = entities.cpu_against(customers)
    if not isnan(ratio):
        yield Claim(f"entities: at most {MOST:g} times the CPU of customers: {ratio:.2f}", ratio <= MOST)


if __name__ == "__main__":
    sys.exit(run((CUSTOMERS, ENTITIES), measure, yardstick=CUSTOMERS))
