"""What a second worker brings: operations of one and of fifty customers, answered from memory, by one and by two.

Both gateways have the same load in turn: so many connections, each with its next operation as soon as the last is
answered. The load itself, and HTTP on this side, take a part of the machine: with two processors, two workers cannot be
twice as fast here. Run it by ``make bench``; it takes half a minute. It claims nothing, and fails when nothing can be
measured: how much two processes get of a machine is for who else is on it to say.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

import orjson

from bench.clients import Client, connected, post
from bench.operations import CREDENTIAL, DOCUMENT, WrongAnswer
from bench.processes import NotStarted, Program, heed_sigterm, running

ROUNDS, TURN = 7, 0.7  # seconds
WARM_UP = 60  # operations a connection: each worker has all of them in its memory then
CONNECTIONS = 16
CUSTOMERS = (1, 50)
WORKERS = (1, 2)
_PERIOD = {"from": "2022-01-01", "to": "2023-12-31"}


@dataclass(frozen=True, slots=True)
class Figures:
    """Of each turn: operations a second, and microseconds of processor an operation."""

    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return median(self.rates)

    @property
    def cost(self) -> float:
        return median(self.costs)


Case = tuple[int, int]
"""How many customers an operation has, and how many workers there are."""


async def measure(gateways: Mapping[int, Program]) -> Mapping[Case, Figures]:
    """Let the gateways have their turns; WrongAnswer if one of them does not answer with figures."""
    figures = {(customers, many): Figures() for customers in CUSTOMERS for many in gateways}
    for customers in CUSTOMERS:
        request = _request(customers)
        for gateway in gateways.values():
            await _asked(gateway, request, lambda done: done >= WARM_UP)
        for number in range(ROUNDS):
            for many in sorted(gateways, reverse=bool(number % 2)):
                await _turn(gateways[many], request, figures[customers, many])
    return figures


async def _turn(gateway: Program, request: Callable[[str], bytes], figures: Figures) -> None:
    cpu, began = gateway.cpu(), perf_counter()
    done = await _asked(gateway, request, lambda _: perf_counter() - began > TURN)
    seconds = perf_counter() - began
    figures.rates.append(done / seconds)
    figures.costs.append((gateway.cpu() - cpu) / done * 1e6)


async def _asked(gateway: Program, request: Callable[[str], bytes], is_enough: Callable[[int], bool]) -> int:
    """Ask over all connections until each has enough; returns how many operations that were."""
    async with connected(gateway.address, CONNECTIONS) as clients:
        done = await asyncio.gather(*(_ask(client, request(gateway.address), is_enough) for client in clients))
    return sum(done)


async def _ask(client: Client, request: bytes, is_enough: Callable[[int], bool]) -> int:
    done = 0
    while not is_enough(done):
        status, body = await client.ask(request)
        if status != 200 or b'"errors"' in body:
            raise WrongAnswer(f"{status} … {body[-300:]!r}")
        done += 1
    return done


def _request(customers: int) -> Callable[[str], bytes]:
    variables = {"ids": list(range(1, customers + 1)), **_PERIOD}
    return post("/graphql", CREDENTIAL, orjson.dumps({"query": DOCUMENT, "variables": variables}))


def report(figures: Mapping[Case, Figures]) -> Iterator[str]:
    yield f"{os.cpu_count()} processors, {CONNECTIONS} connections; the load is made on the same machine"
    yield f"{'customers':>9}  {'workers':>7}  {'a second':>8}  {'µs CPU':>6}  against one"
    for (customers, many), each in figures.items():
        ratio = each.rate / figures[customers, WORKERS[0]].rate
        yield f"{customers:9}  {many:7}  {each.rate:8.0f}  {each.cost:6.0f}  {ratio:.2f}"


def main() -> int:
    heed_sigterm()
    with ExitStack() as stack:
        try:
            sandbox = stack.enter_context(running(["sandbox", "--port", "0", "--csharp-method", "Any"], {}))
            common = {"UPSTREAM_URL": sandbox.address, "PORT": "0", "LOG_LEVEL": "error"}
            gateways = {
                many: stack.enter_context(running(["serve"], {**common, "WORKERS": str(many)})) for many in WORKERS
            }
            figures = asyncio.run(measure(gateways))
        except (NotStarted, WrongAnswer) as error:
            print(f"nothing was measured: {type(error).__name__} {error}", file=sys.stderr)
            return 1
    print(*report(figures), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
