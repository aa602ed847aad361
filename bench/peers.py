"""What an operation costs in processor time, here and in other GraphQL servers over the same light upstream.

Every server answers the same query in the same values, which is checked first. Then they take turns: eight clients at
once, each with customers of its own, at 1, 10, 50 and 200 customers an operation. The figure is the processor time of
the server's process alone, so what else the machine does, the clients and the upstream hardly matter. A ratio is the
median of the rounds', against the gateway that keeps nothing. Every way is one process with its usual settings:
``bench/peer_servers`` has them. Run it by ``make bench-peers``; it takes about three minutes.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import aiohttp
import orjson
import uvloop

from bench.operations import CREDENTIAL, DOCUMENT, WrongAnswer
from bench.peer_programs import CACHED, ROUNDS, STRAWBERRY, UPSTREAM, YARDSTICK, NotInstalled, Ours, Peer, node_peers
from bench.processes import NotStarted, Program, heed_sigterm, started
from bench.report import Sample, Samples

SIZES = (1, 10, 50, 200)
AT_ONCE = 8
TURN = 0.4  # seconds; an operation that began is finished
WARM_UP = 1.2  # seconds of every size, for what compiles as it runs
LAST_ROUND = 150.0  # seconds after the first: no further round begins then
LONGEST = 230.0  # seconds, for all of it
_FIRST_CUSTOMER = 100_000  # all ids are of one length


@dataclass(slots=True)
class Server:
    """A program that answers; ``checked``: its bytes for each request, after their values were found right."""

    way: Ours | Peer
    program: Program
    session: aiohttp.ClientSession
    checked: dict[bytes, bytes] = field(default_factory=dict)

    async def ask(self, request: bytes) -> bytes:
        async with self.session.post(f"{self.program.address}/graphql", data=request) as response:
            body = await response.read()
        if response.status != 200 or self.checked.get(request, body) != body:
            raise WrongAnswer(f"{self.way.name}: {response.status} … {body[-300:]!r}")
        return body


def request(customers: int, client: int) -> bytes:
    first = _FIRST_CUSTOMER + client * customers
    ids = [str(each) for each in range(first, first + customers)]
    return orjson.dumps({"query": DOCUMENT, "variables": {"ids": ids, "from": "2022-01-01", "to": "2023-11-01"}})


REQUESTS: Mapping[int, Sequence[bytes]] = {size: [request(size, each) for each in range(AT_ONCE)] for size in SIZES}


async def check(servers: Sequence[Server]) -> None:
    """See to it that all answer the same values; WrongAnswer if one does not."""
    for each in (one for requests in REQUESTS.values() for one in requests):
        answers = [await server.ask(each) for server in servers]
        expected = _values(servers[0], answers[0], each)
        for server, answer in zip(servers, answers, strict=True):
            if _values(server, answer, each) != expected:
                raise WrongAnswer(f"{server.way.name} and {servers[0].way.name} differ: {answer[-300:]!r}")
            server.checked[each] = answer


def _values(server: Server, answer: bytes, asked: bytes) -> Any:
    read = orjson.loads(answer)
    ids = orjson.loads(asked)["variables"]["ids"]
    if "errors" in read or [each["kpi"] and each["id"] for each in read["data"]["customers"]] != ids:
        raise WrongAnswer(f"{server.way.name}: {answer[-300:]!r}")
    return read["data"]


async def turn(server: Server, customers: int, seconds: float) -> Sample:
    """Let eight clients ask, each one operation after the other, until the time is over."""
    end = perf_counter() + seconds

    async def client(asked: bytes) -> int:
        operations = 0
        while perf_counter() < end or not operations:
            await server.ask(asked)
            operations += 1
        return operations

    cpu, began = server.program.cpu(), perf_counter()
    operations = sum(await asyncio.gather(*(client(each) for each in REQUESTS[customers])))
    cpu, took = server.program.cpu() - cpu, perf_counter() - began
    return Sample(operations, 0, operations * customers, took, cpu)


Results = Mapping[tuple[str, int], Sequence[Sample]]


async def measure(programs: Sequence[tuple[Ours | Peer, Program]]) -> Results:
    async with asyncio.timeout(LONGEST), AsyncExitStack() as stack:
        servers = [Server(*each, await stack.enter_async_context(_session())) for each in programs]
        await check(servers)
        print("all answer the same values", file=sys.stderr)
        for server in (each for each in servers if each.way.turns == ROUNDS):
            for size in SIZES:
                await turn(server, size, WARM_UP)
        return await _rounds(servers)


async def _rounds(servers: Sequence[Server]) -> Results:
    samples: dict[tuple[str, int], list[Sample]] = defaultdict(list)
    began = perf_counter()
    for number in range(ROUNDS):
        if perf_counter() - began > LAST_ROUND:
            break
        print(f"round {number + 1} of {ROUNDS}", file=sys.stderr)
        first = number % len(servers)
        in_turn = [each for each in (*servers[first:], *servers[:first]) if number < each.way.turns]
        for size in SIZES:
            for server in in_turn:
                samples[server.way.name, size].append(await turn(server, size, TURN))
    return samples


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        headers=CREDENTIAL | {"Content-Type": "application/json", "Accept": "application/json"},
        connector=aiohttp.TCPConnector(limit=AT_ONCE),
    )


def table(results: Results, names: Sequence[str]) -> Iterator[str]:
    yield f"CPU ms of an operation (ratio to {YARDSTICK.name}), {AT_ONCE} clients at once, medians of the rounds"
    yield f"{'customers':<20}{'rounds':>8}" + "".join(f"{size:>20}" for size in SIZES)
    for name in names:
        rounds = len(results[name, SIZES[0]])
        yield f"{name:<20}{rounds:>8}" + "".join(_cell(results, name, size) for size in SIZES)


def _cell(results: Results, name: str, size: int) -> str:
    own = Samples(results[name, size])
    yardstick = Samples(results[YARDSTICK.name, size][: len(own)])
    return f"{own.cpu_milliseconds:>11.3f} ({own.cpu_against(yardstick):>6.2f})"


def main() -> int:
    heed_sigterm()
    ways: list[Ours | Peer] = [YARDSTICK, CACHED, STRAWBERRY]
    try:
        ways += node_peers()
    except NotInstalled as error:
        print(f"without those on Node: {error}", file=sys.stderr)
    with ExitStack() as stack:
        try:
            upstream = stack.enter_context(started(UPSTREAM, {}))
            programs = [(way, stack.enter_context(way.start(upstream.address))) for way in ways]
            results = uvloop.run(measure(programs))
        except TimeoutError:
            return _failed(f"it took longer than {LONGEST:g} s")
        except (NotStarted, WrongAnswer, aiohttp.ClientError) as error:
            return _failed(f"{type(error).__name__} {error}")
    print(*table(results, [way.name for way in ways]), sep="\n")
    return 0


def _failed(why: str) -> int:
    print(f"nothing was measured: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
