"""What operations of each kind cost by a plan, and on graphql-core: none is to be slower by a plan.

In one process, with an upstream that answers at once; processor time, medians of interleaved rounds. Run it by
``make bench-classes``; it takes half a minute, and exits with 1 when a kind is slower by more than a tenth.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from statistics import median
from typing import Any, NamedTuple

from graphql import execute_root_selection_set

from gateway.context import Context
from gateway.documents import Documents
from gateway.domain import CustomerId, CustomerKpi, Freshness, KpiKey, Partition, Served
from gateway.errors import GatewayError, UpstreamUnavailable
from gateway.identity.caller import Caller
from gateway.limits import Allowance, Bounds
from gateway.loaders import KpiLoader
from gateway.plan.operation import Operation
from gateway.schema import build_schema
from gateway.upstream.credentials import Credential

ROUNDS = 9
BOUNDS = Bounds(tokens=4000, aliases=40)
_TAKEN_FOR_EQUAL = 1.1
_FIGURES = (
    "boosterCustomerId totalTransaction totalSales totalReturn totalItems averageBasketAmount totalSpendingAmount "
    "currencyCode asOf freshness __typename"
)
_KPI = f"kpi {{ {_FIGURES} }}"
_KPIS = f"query ($ids: [ID!]!) {{ customers(ids: $ids) {{ id {_KPI} }} }}"
_FAILING = range(7, 1000, 10)  # customers
_UNKNOWN = range(5, 1000, 10)


class Kind(NamedTuple):
    """``times``: how often it is run in a round; ``fails``: whether some of its customers do."""

    text: str
    variables: Mapping[str, Any] = {}
    times: int = 10
    fails: bool = False


def ids(many: int) -> list[str]:
    return [str(number) for number in range(1, many + 1)]


def entities(many: int) -> list[dict[str, str]]:
    return [{"__typename": "Customer", "id": each} for each in ids(many)]


KINDS: Mapping[str, Kind] = {
    "one, without its KPI": Kind("{ customer(id: 8) { id } }", times=100),
    "one": Kind(f"{{ customer(id: 8) {{ id {_KPI} }} }}", times=100),
    "fifty": Kind(_KPIS, {"ids": ids(50)}),
    "fifty, two periods": Kind(
        f'query ($ids: [ID!]!) {{ customers(ids: $ids) {{ a: {_KPI} b: kpi(to: "2022-01-01") {{ {_FIGURES} }} }} }}',
        {"ids": ids(50)},
    ),
    "fifty, some fail": Kind(_KPIS, {"ids": ids(50)}, fails=True),
    "fifty, some bad ids": Kind(_KPIS, {"ids": ids(45) + ["x"] * 5}),
    "fifty, a bad day": Kind(_KPIS.replace("kpi", 'kpi(from: "x")'), {"ids": ids(50)}),
    "fifty entities": Kind(
        f"query ($of: [_Any!]!) {{ _entities(representations: $of) {{ ... on Customer {{ id {_KPI} }} }} }}",
        {"of": entities(50)},
    ),
    "fragments, conditions": Kind(
        "query ($ids: [ID!]!, $is: Boolean!) { customers(ids: $ids) { ...A } } "
        f"fragment A on Customer {{ id @include(if: $is) kpi @include(if: $is) {{ {_FIGURES} }} ...B }} "
        f"fragment B on Customer {{ {_KPI.replace('kpi', 'again: kpi')} }}",
        {"ids": ids(20), "is": True},
    ),
    "forty aliases": Kind(
        "{" + " ".join(f"c{each}: customer(id: {each}) {{ id {_KPI} }}" for each in ids(40)) + "}", times=5
    ),
    "a type's name": Kind("{ __typename }", times=300),
    "introspection": Kind("{ __schema { types { name fields { name type { name } } } } }"),
}


def context(kind: Kind) -> Context:
    kpi = CustomerKpi(CustomerId(1), 1, 2, 3, 4, "2150.50", "25806.1", "EUR")

    async def fetch(keys: Sequence[KpiKey]) -> dict[KpiKey, Served | GatewayError]:
        outcomes: dict[KpiKey, Served | GatewayError] = dict.fromkeys(keys, Served(kpi, 1.0, Freshness.LIVE))
        for key in keys if kind.fails else ():
            if key.customer in _FAILING:
                outcomes[key] = UpstreamUnavailable()
            elif key.customer in _UNKNOWN:
                outcomes[key] = Served(None, 1.0, Freshness.LIVE)
        return outcomes

    return Context(Caller(Partition("p"), Credential(()), "p"), KpiLoader(fetch))


async def measure(kind: Kind) -> tuple[float, float, float]:
    """Return the microseconds by a plan and on graphql-core, and their ratio."""
    documents = Documents(build_schema()._schema, introspection=True, bounds=BOUNDS)  # noqa: SLF001  # Strawberry has no other name
    known = documents.operation(kind.text, None, Allowance(BOUNDS), queries_only=False)

    def run(execute: Callable[[Operation], Callable[[Any], Any]]) -> Callable[[], Awaitable[None]]:
        async def once() -> None:
            result = execute(known.operation)(
                documents.run(known, dict(kind.variables), context(kind), Allowance(BOUNDS))
            )
            if isawaitable(result):
                await result

        return once

    ways = run(lambda operation: operation.execute), run(lambda _: lambda run: execute_root_selection_set(run.executor))
    for way in ways:
        await cost(way, 3)
    rounds = [[await cost(way, kind.times) for way in ways] for _ in range(ROUNDS)]
    plan, core = (median(each) for each in zip(*rounds, strict=True))
    return plan, core, median(ours / theirs for ours, theirs in rounds)


async def cost(way: Callable[[], Awaitable[None]], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        await way()
    return (time.process_time() - began) / times * 1e6


def main() -> int:
    slower = 0
    print(f"{'CPU µs of an operation':<24}{'by a plan':>12}{'graphql-core':>14}{'ratio':>8}")
    for name, kind in KINDS.items():
        plan, core, ratio = asyncio.run(measure(kind))
        slower += ratio > _TAKEN_FOR_EQUAL
        print(f"{name:<24}{plan:>12.0f}{core:>14.0f}{ratio:>8.2f}", flush=True)
    return int(slower > 0)


if __name__ == "__main__":
    sys.exit(main())
