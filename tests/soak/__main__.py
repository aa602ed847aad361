"""Mixed load with faults for a given time, against gateways, a sandbox and a Valkey that are processes.

Exits with 1 when a figure is wrong, an invariant does not hold, or something has grown or is left; Ctrl+C ends it at
once, with what was found until then. Run it by ``make soak``, ``make soak MINUTES=2``.
"""

import asyncio
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from random import SystemRandom

import aiohttp

from bench.processes import NotStarted
from tests.soak.processes import world
from tests.soak.report import report
from tests.soak.run import Findings, Plan, Soak
from tests.soak.weather import WEATHERS

_OTHER_TIME = 120.0  # seconds, for the start and for the end
_STOPPED = 130


def main() -> int:
    parser = ArgumentParser(
        prog="python -m tests.soak", description="Run mixed load with faults against real processes."
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (10)")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6), help="of all that is drawn")
    parser.add_argument("--logs", type=Path, help="a folder for what the gateways logged")
    options = parser.parse_args()
    seconds = 60 * options.minutes
    if not 30 <= seconds <= 86_400:
        parser.error("--minutes: from 0.5 to 1440")
    plan = Plan(seconds, WEATHERS, warm_up=min(60.0, seconds / 3), window=min(30.0, seconds / 6))
    sys.stderr.write(f"{options.minutes:g} minutes of load, seed {options.seed}; Ctrl+C ends it\n")
    try:
        found = asyncio.run(soaked(plan, options.seed))
    except (NotStarted, OSError, aiohttp.ClientError) as error:
        sys.stderr.write(f"the soak could not run: {type(error).__name__} {error}\n")
        return 1
    sys.stdout.write(report(found))
    for number, log in enumerate(found.logs if options.logs else ()):
        (options.logs / f"gateway-{number}.log").write_text(log)
    if found.all_complaints:
        return 1
    return 0 if found.is_whole else _STOPPED


async def soaked(plan: Plan, seed: int, gateways: int = 2) -> Findings:
    """Run a soak in processes of its own; SIGTERM and Ctrl+C end it early."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    with world(plan.seconds + _OTHER_TIME, gateways) as here:
        return await Soak(here, plan, seed).run(stop)


if __name__ == "__main__":
    sys.exit(main())
