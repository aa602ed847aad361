"""Servers take turns: the same operations for each, their answers checked first, and what those cost taken down."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, NamedTuple

import orjson

from bench.clients import Client, connected, post
from bench.operations import CREDENTIAL, DOCUMENT, WrongAnswer
from bench.peer_programs import ROUNDS, Way
from bench.processes import Program
from bench.report import Sample

AT_ONCE = 8
CROWD = 32  # clients, of those that the longest latencies are measured with
_FIRST_CUSTOMER = 100_000  # all ids are of one length


class Turn(NamedTuple):
    """What a turn's operations cost in all, and how many seconds each of them took."""

    sample: Sample
    latencies: Sequence[float]


class Case(NamedTuple):
    way: str
    delay: int
    """Milliseconds that the upstream takes for an answer."""
    customers: int
    clients: int


Turns = Mapping[Case, Sequence[Turn]]


@dataclass(frozen=True, slots=True)
class Plan:
    """``at_most``: seconds after the first round began, after which none begins."""

    sizes: Sequence[int]
    rounds: int
    turn: float
    warm_up: float
    at_most: float


@dataclass(slots=True)
class Server:
    """A program that answers; ``checked``: its bytes for each request's body, after their values were found right."""

    way: Way
    program: Program
    clients: int = AT_ONCE
    checked: dict[bytes, bytes] = field(default_factory=dict)

    async def ask(self, body: bytes) -> bytes:
        async with connected(self.program.address) as (client,):
            status, answer = await client.ask(self.request(body))
        self.verify(body, status, answer)
        return answer

    def clients_for(self, customers: int) -> int:
        most = self.way.most_waiting
        return self.clients if most is None else max(1, min(self.clients, most // customers))

    def request(self, body: bytes) -> bytes:
        return post("/graphql", CREDENTIAL, body)(self.program.address)

    def verify(self, body: bytes, status: int, answer: bytes) -> None:
        if status != 200 or self.checked.get(body, answer) != answer:
            raise WrongAnswer(f"{self.way.name}: {status} … {answer[-300:]!r}")


def body(customers: int, client: int) -> bytes:
    first = _FIRST_CUSTOMER + client * customers
    ids = [str(each) for each in range(first, first + customers)]
    return orjson.dumps({"query": DOCUMENT, "variables": {"ids": ids, "from": "2022-01-01", "to": "2023-11-01"}})


async def check(servers: Sequence[Server], sizes: Sequence[int]) -> None:
    """See to it that all answer the same values; WrongAnswer if one does not."""
    for each in (body(size, client) for size in sizes for client in range(servers[0].clients)):
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


async def turn(server: Server, customers: int, seconds: float) -> Turn:
    """Let the clients ask, each one operation after the other, until the time is over; who began goes on to the end."""
    latencies: list[float] = []

    async def asking(client: Client, asked: bytes, began: float) -> None:
        request = server.request(asked)
        end = began + seconds
        while began < end:
            server.verify(asked, *await client.ask(request))
            now = perf_counter()
            latencies.append(now - began)
            began = now

    async with connected(server.program.address, server.clients_for(customers)) as clients:
        cpu, began = server.program.cpu(), perf_counter()
        await asyncio.gather(*(asking(each, body(customers, number), began) for number, each in enumerate(clients)))
        cpu, took = server.program.cpu() - cpu, perf_counter() - began
    return Turn(Sample(len(latencies), 0, len(latencies) * customers, took, cpu), latencies)


async def take_turns(programs: Sequence[tuple[Way, Program]], delay: int, plan: Plan) -> Turns:
    """Measure all ways side by side; who begins a round changes with its number."""
    servers = [Server(*each) for each in programs]
    await check(servers, plan.sizes)
    print(f"upstream {delay} ms: all answer the same values", file=sys.stderr)
    for server in (each for each in servers if each.way.turns == ROUNDS):
        for size in plan.sizes:
            await turn(server, size, plan.warm_up)
    turns: dict[Case, list[Turn]] = defaultdict(list)
    began = perf_counter()
    for number in range(plan.rounds):
        if perf_counter() - began > plan.at_most:
            break
        print(f"upstream {delay} ms: round {number + 1} of {plan.rounds}", file=sys.stderr)
        first = number % len(servers)
        in_turn = [each for each in (*servers[first:], *servers[:first]) if number < each.way.turns]
        for size in plan.sizes:
            for server in in_turn:
                turns[Case(server.way.name, delay, size, AT_ONCE)].append(await turn(server, size, plan.turn))
    return turns


async def take_crowds(programs: Sequence[tuple[Way, Program]], plan: Plan) -> Turns:
    """Measure each way with many clients at once, for its longest latencies."""
    servers = [Server(*each, clients=CROWD) for each in programs]
    await check(servers, plan.sizes)
    turns: dict[Case, list[Turn]] = defaultdict(list)
    for _ in range(plan.rounds):
        for size in plan.sizes:
            for server in servers:
                await turn(server, size, plan.warm_up)
                turns[Case(server.way.name, 0, size, CROWD)].append(await turn(server, size, plan.turn))
    return turns
