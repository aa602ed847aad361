"""What an operation costs here and in other GraphQL servers over the same light upstream.

Every server answers the same query in the same values, which is checked first. Then they take turns: eight clients at
once, each with customers of its own, at 1, 10, 50 and 200 customers an operation; with an upstream that answers at
once, and those that keep nothing with one that takes 20 ms too. CPU is the processor time of the server's processes
alone, so what else the machine does, the clients and the upstream hardly matter to it; they do to rates and latencies.
A ratio is the median of the rounds', against the gateway that keeps nothing. Every way is one process with its usual
settings, in production, those with a cache with all that is asked for in it: ``bench/peer_servers`` has them. Turns
with 32 clients show the gateway's longest latencies. Run it by ``make bench-peers``; it takes about seven minutes,
writes ``bench/peers.svg`` and exits with 1 when what is claimed does not hold. With ``--only`` or ``--sizes`` no
picture is drawn.
"""

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import uvloop

from bench.chart import draw
from bench.clients import Lost
from bench.operations import WrongAnswer
from bench.peer_programs import CACHED, ROUNDS, STRAWBERRY, UPSTREAM, YARDSTICK, Ours, Way, peers
from bench.peer_report import Report
from bench.peer_turns import Plan, Turns, take_crowds, take_turns
from bench.processes import NotStarted, Program, heed_sigterm, started
from building.node import NotInstalled

SIZES = (1, 10, 50, 200)
SLOW = 20  # milliseconds
SLOW_SIZES = (1, 50)
SLOW_ROUNDS = 3
CROWD_ROUNDS = 3
LONGEST = 300.0  # seconds, for each upstream
PICTURE = Path(__file__).with_suffix(".svg")


def arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m bench.peers", description="Measure the gateway beside other servers.")
    parser.add_argument("--only", default="", help="names that begin so, with commas: gateway,Mercurius")
    parser.add_argument("--sizes", default="", help="customers an operation, with commas: 1,50")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser.parse_args()


def chosen(ways: Sequence[Way], only: str) -> Sequence[Way]:
    """Return those whose names begin with one that is wanted, and the yardstick."""
    wanted = tuple(only.split(","))
    return [way for way in ways if way is YARDSTICK or way.name.startswith(wanted)]


def measure(ways: Sequence[Way], sizes: Sequence[int], rounds: int) -> Report:
    """Measure with either upstream, one after the other: half as many programs are there at once."""
    memory: dict[str, float] = {}
    with ExitStack() as stack:
        programs = list(running(stack, ways, UPSTREAM))
        turns = dict(bounded(take_turns(programs, 0, Plan(sizes, rounds, turn=0.4, warm_up=1.0, at_most=200))))
        memory |= {way.name: program.peak_memory() for way, program in programs}
        ours = [each for each in programs if each[0] in (YARDSTICK, CACHED)]
        turns |= bounded(take_crowds(ours, Plan(sizes, CROWD_ROUNDS, turn=1.0, warm_up=0.5, at_most=60)))
    slow_sizes = [size for size in sizes if size in SLOW_SIZES]
    if slow_sizes:
        with ExitStack() as stack:
            programs = list(running(stack, [way for way in ways if not way.cached], (*UPSTREAM, str(SLOW))))
            plan = Plan(slow_sizes, min(rounds, SLOW_ROUNDS), turn=0.8, warm_up=1.2, at_most=60)
            turns |= bounded(take_turns(programs, SLOW, plan))
    return Report(turns, memory, ways)


def running(stack: ExitStack, ways: Sequence[Way], upstream: Sequence[str]) -> Iterator[tuple[Way, Program]]:
    """Start an upstream, and what can be started here: the gateway always."""
    address = stack.enter_context(started(upstream, {})).address
    for way in ways:
        try:
            yield way, stack.enter_context(way.start(address))
        except NotStarted as error:
            if isinstance(way, Ours):
                raise
            print(f"without {way.name}: {error}", file=sys.stderr)


def bounded(turns: Awaitable[Turns]) -> Turns:
    async def in_time() -> Turns:
        async with asyncio.timeout(LONGEST):
            return await turns

    return uvloop.run(in_time())


def main() -> int:
    heed_sigterm()
    asked = arguments()
    ways: list[Way] = [YARDSTICK, CACHED, STRAWBERRY]
    try:
        ways += peers()
    except NotInstalled as error:
        print(f"without those that npm installs: {error}", file=sys.stderr)
    sizes = sorted(map(int, asked.sizes.split(","))) if asked.sizes else SIZES
    try:
        report = measure(chosen(ways, asked.only), sizes, min(asked.rounds, ROUNDS))
    except TimeoutError:
        return _failed(f"it took longer than {LONGEST:g} s")
    except (NotStarted, WrongAnswer, Lost, OSError) as error:
        return _failed(f"{type(error).__name__} {error}")
    claims = list(report.claims())
    print(*report.lines(), "", *claims, sep="\n")
    if not (asked.only or asked.sizes):
        PICTURE.write_text(draw(report.bars(sizes)))
    return int(not all(claim.holds for claim in claims))


def _failed(why: str) -> int:
    print(f"nothing was measured: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
