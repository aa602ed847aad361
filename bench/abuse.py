"""What attacks cost the gateway: processor time of each, and the memory that all of them leave behind.

The attacks are those of tests/abuse, each sent again and again to a gateway on its own port, its documents new each
time, over an upstream that answers at once. A figure is the least of the rounds: what else the machine does only adds.
It exits with 1 when an attack costs more than 50 ms, or when memory grows from the first measured round to the last.
Run it by ``make bench-abuse``; it takes two minutes.
"""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from random import Random
from statistics import median
from urllib.parse import urlsplit

import uvloop

from bench.clients import Client, Lost, connected
from bench.peer_programs import UPSTREAM
from bench.processes import NotStarted, Program, heed_sigterm, running, started
from tests.abuse import bodies, documents, heads, schema, values
from tests.abuse.attack import Attack, Sent

ATTACKS: Sequence[Attack] = (*documents.ALL, *values.ALL, *bodies.ALL, *schema.ALL, *heads.ALL)
ROUNDS = 20
WARM_UP = 10  # rounds: until all is imported, and what is bounded is full
MOST = 50.0  # ms
MOST_GROWTH = 0.05  # of the memory, from the end of the warm-up to the last round
LONGEST = 600.0  # seconds, for all of it


class Gateways:
    """One with introspection and one without: each attack has its own."""

    def __init__(self, without: Program, with_introspection: Program) -> None:
        self._programs = {False: without, True: with_introspection}
        self._numbers = count()

    def memory(self) -> float:
        """Return the bytes that the one without introspection holds: it gets nearly all attacks."""
        return self._programs[False].memory()

    async def cost(self, attack: Attack) -> float:
        """Send an attack, see to it that it is answered as it is to be; returns the milliseconds of processor."""
        program = self._programs[attack.introspection]
        async with connected(program.address) as (client,):
            cpu = program.cpu()
            status, _ = await self._answer(client, program, attack)
            cost = program.cpu() - cpu
        if status != attack.status:
            raise Lost(f"{attack.name}: {status}")
        return 1000 * cost

    async def _answer(self, client: Client, program: Program, attack: Attack) -> tuple[int, bytes]:
        request = written(attack.sent.anew(next(self._numbers)), program.address)
        async with asyncio.timeout(10):
            return await client.ask(request)


def written(sent: Sent, address: str) -> bytes:
    """Return a request as it goes over the wire."""
    headers = (("Host", urlsplit(address).netloc), *sent.headers, ("Content-Length", str(len(sent.body))))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{sent.method} {sent.target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + sent.body


async def measure(gateways: Gateways) -> tuple[Mapping[str, Sequence[float]], Sequence[float]]:
    """Return the milliseconds of each attack, and the bytes of memory after each round."""
    costs: dict[str, list[float]] = {attack.name: [] for attack in ATTACKS}
    memory: list[float] = []
    async with asyncio.timeout(LONGEST):
        for number in range(WARM_UP + ROUNDS):
            print(f"round {number + 1} of {WARM_UP + ROUNDS}", file=sys.stderr)
            for attack in Random(number).sample(ATTACKS, len(ATTACKS)):  # noqa: S311  # whom the collector meets is chance
                cost = await gateways.cost(attack)
                costs[attack.name] += [cost] if number >= WARM_UP else []
            memory.append(gateways.memory())
    return costs, memory[WARM_UP - 1 :]


def table(costs: Mapping[str, Sequence[float]], memory: Sequence[float]) -> Iterator[str]:
    """Write the attacks, the dearest first, and the memory."""
    yield f"{f'CPU ms of an attack, in {ROUNDS} rounds':<60}{'least':>8}{'median':>8}{'most':>8}"
    for name, each in sorted(costs.items(), key=lambda entry: -min(entry[1])):
        yield f"{name:<60}{min(each):>8.1f}{median(each):>8.1f}{max(each):>8.1f}"
    least = [min(each) for each in costs.values()]
    yield f"{f'all {len(costs)}, on average':<60}{sum(least) / len(least):>8.1f}"
    told = ", ".join(f"{each / 1e6:.1f}" for each in memory)
    yield f"memory after each round, MB: {told}"


def main() -> int:
    heed_sigterm()
    settings = {"PORT": "0", "LOG_LEVEL": "error"}
    try:
        with started(UPSTREAM, {}) as upstream:
            settings["UPSTREAM_URL"] = upstream.address
            with (
                running(["serve"], settings) as without,
                running(["serve"], settings | {"INTROSPECTION": "true"}) as with_introspection,
            ):
                costs, memory = uvloop.run(measure(Gateways(without, with_introspection)))
    except (NotStarted, Lost, OSError, TimeoutError) as error:
        print(f"nothing was measured: {type(error).__name__} {error}", file=sys.stderr)
        return 1
    print(*table(costs, memory), sep="\n")
    costly = any(min(each) > MOST for each in costs.values())
    return int(costly or memory[-1] > (1 + MOST_GROWTH) * memory[0])


if __name__ == "__main__":
    sys.exit(main())
