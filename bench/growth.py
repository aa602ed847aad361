"""How the cost of an operation grows: with its customers, its fields, the connections, and the documents in use.

One gateway that keeps no figures, over the light upstream; each point has its turns among the others'. The figure is
the processor time of the gateway's process, the median of the rounds, beside a straight line through all points. Run it
by ``make bench-growth``; it takes a minute and a half.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from statistics import linear_regression, median
from time import perf_counter

import orjson
import uvloop

from bench.clients import Client, Lost, connected, post
from bench.operations import CREDENTIAL, WrongAnswer
from bench.peer_programs import UPSTREAM, YARDSTICK
from bench.processes import NotStarted, Program, heed_sigterm, started

ROUNDS = 3
WARM_UP = 0.3
TURN = 0.7  # seconds; an operation that began is finished
LONGEST = 115.0  # seconds, for all of it
CONNECTIONS = 8
FEW = 4  # connections, where each asks for a thousand customers: of more the gateway refuses some
CUSTOMERS = 10
FIELDS = (
    "boosterCustomerId",
    "totalTransaction",
    "totalSales",
    "totalReturn",
    "totalItems",
    "averageBasketAmount",
    "totalSpendingAmount",
    "currencyCode",
    "asOf",
    "freshness",
)
_FIRST_CUSTOMER = 100_000


@dataclass(frozen=True, slots=True)
class Point:
    """``documents``: how many different ones are in rotation."""

    customers: int = CUSTOMERS
    fields: int = 8
    connections: int = CONNECTIONS
    documents: int = 1

    def requests(self, address: str, connection: int) -> list[bytes]:
        """Return what a connection asks again and again: all documents, beginning elsewhere than the others do."""
        first = _FIRST_CUSTOMER + connection * self.customers
        variables = {
            "ids": [str(each) for each in range(first, first + self.customers)],
            "from": "2022-01-01",
            "to": "2023-11-01",
        }
        bodies = (orjson.dumps({"query": self._document(n), "variables": variables}) for n in range(self.documents))
        requests = [post("/graphql", CREDENTIAL, body)(address) for body in bodies]
        begin = connection * len(requests) // self.connections
        return requests[begin:] + requests[:begin]

    def _document(self, number: int) -> str:
        kpi = f"kpi(from: $from, to: $to) {{ {' '.join(FIELDS[: self.fields])} }}"
        return f"query Q{number}($ids: [ID!]!, $from: Date, $to: Date) {{ customers(ids: $ids) {{ id {kpi} }} }}"


@dataclass(frozen=True, slots=True)
class Sweep:
    """``growing``: what a cost is told for each of; None where it is one operation's whatever the number."""

    title: str
    points: Mapping[int, Point]
    growing: str | None = None


def sweep(title: str, made: Callable[[int], Point], numbers: Sequence[int], growing: str | None = None) -> Sweep:
    return Sweep(title, {number: made(number) for number in numbers}, growing)


SWEEPS = (
    sweep("customers", lambda n: Point(customers=n, connections=FEW), (1, 3, 10, 30, 100, 300, 1000), "customer"),
    sweep("fields of a KPI, 50 customers", lambda n: Point(customers=50, fields=n), range(1, 11), "field"),
    sweep(f"connections, {CUSTOMERS} customers", lambda n: Point(connections=n), (1, 4, 16, 64, 256)),
    sweep(f"documents in rotation, {CUSTOMERS} customers", lambda n: Point(documents=n), (1, 100, 1000)),
)


async def turn(program: Program, point: Point, seconds: float, least: int = 1) -> float:
    """Let each connection ask again and again until the time is over; returns seconds of processor an operation."""
    done = 0

    async def asking(client: Client, requests: Sequence[bytes], end: float) -> None:
        nonlocal done
        for request in cycle(requests):
            status, answer = await client.ask(request)
            if status != 200 or b'"errors"' in answer or answer.count(b'"kpi":{') != point.customers:
                raise WrongAnswer(f"{point}: {status} … {answer[-300:]!r}")
            done += 1
            if perf_counter() >= end and done >= least:
                return

    async with connected(program.address, point.connections) as clients:
        asked = [point.requests(program.address, number) for number in range(len(clients))]
        cpu, end = program.cpu(), perf_counter() + seconds
        await asyncio.gather(*(asking(*each, end) for each in zip(clients, asked, strict=True)))
        return (program.cpu() - cpu) / done


async def measure(program: Program) -> Mapping[Point, float]:
    """Return the milliseconds of processor an operation, for each point."""
    taken: dict[Point, list[float]] = defaultdict(list)
    points = dict.fromkeys(point for each in SWEEPS for point in each.points.values())
    few = [point for point in points if point.documents == 1]
    many = [point for point in points if point.documents > 1]
    async with asyncio.timeout(LONGEST):
        for together in (few, many):  # apart: a thousand documents are all that a gateway keeps
            for point in together:
                await turn(program, point, WARM_UP, least=point.documents)
            for number in range(ROUNDS):
                print(f"round {number + 1} of {ROUNDS}", file=sys.stderr)
                for point in together:
                    taken[point].append(await turn(program, point, TURN))
    return {point: 1000 * median(each) for point, each in taken.items()}


def table(costs: Mapping[Point, float]) -> Iterator[str]:
    """Write each sweep with the line through it, and what is farthest from that."""
    for each in SWEEPS:
        cost = {number: costs[point] for number, point in each.points.items()}
        line = linear_regression(list(cost), list(cost.values()))
        fitted = {number: line.intercept + line.slope * number for number in cost}
        worst = max(cost, key=lambda number: abs(cost[number] - fitted[number]))
        yield ""
        head = f"{'CPU ms/op':>12}{'the line':>12}" + (f"{f'us/{each.growing}':>14}" if each.growing else "")
        yield f"{each.title:<40}{head}"
        for number, own in cost.items():
            unit = f"{1000 * own / number:>14.1f}" if each.growing else ""
            yield f"{number:<40}{own:>12.3f}{fitted[number]:>12.3f}{unit}"
        off = cost[worst] - fitted[worst]
        yield (
            f"line: {line.intercept:.3f} ms + {1000 * line.slope:.2f} us each; "
            f"worst at {worst}: {off:+.3f} ms, {100 * off / cost[worst]:+.0f} %"
        )


def main() -> int:
    heed_sigterm()
    try:
        with started(UPSTREAM, {}) as upstream, YARDSTICK.start(upstream.address) as program:
            costs = uvloop.run(measure(program))
    except (NotStarted, WrongAnswer, Lost, OSError, TimeoutError) as error:
        print(f"nothing was measured: {type(error).__name__} {error}", file=sys.stderr)
        return 1
    print(*table(costs), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
