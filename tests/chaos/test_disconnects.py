"""Two thousand callers who leave in the middle: afterwards the gateway is as it was."""

import asyncio
import random
from collections.abc import Iterator

import pytest

from gateway.sandbox import Switches
from tests.chaos.asking import Operation, ask_and_leave
from tests.chaos.leftovers import files, kept, logged, tasks
from tests.chaos.steps import WAYS, Leaving
from tests.chaos.verdicts import whole
from tests.chaos.world import CONNECTIONS, World, until, world

pytestmark = pytest.mark.real_time

LEAVING, HEALTHY, AT_ONCE = 2000, 100, 40
SOON = 2.0  # seconds
SLOW = Switches(csharp_method="Any", fault="hang", hang=1.0)  # the one wait in which the sandbox notices who leaves
PATIENCE = 0.4  # seconds at most: most leave before they are answered
CALLERS = ("anna", "bert", "cleo")


def _leavers() -> Iterator[tuple[Operation, Leaving]]:
    """Ask for customers of one's own and for some that others ask for, and leave at a random moment."""
    chance = random.Random(1)  # noqa: S311  # repeatable
    for _ in range(LEAVING):
        ids = [str(chance.randint(1, 3000)) for _ in range(chance.randint(1, 12))]
        operation = Operation(chance.choice(CALLERS), [*ids, str(chance.randint(1, 5))])
        yield operation, Leaving(chance.choice(WAYS), chance.uniform(0, PATIENCE))


async def _all_leave(here: World) -> None:
    """Let them come in one after the other, so many at once."""
    leavers = _leavers()

    async def queue() -> None:
        for operation, leaving in leavers:
            await ask_and_leave(here, operation, leaving)

    await asyncio.gather(*(queue() for _ in range(AT_ONCE)))


async def test_after_two_thousand_callers_who_left_everybody_is_answered_and_nothing_is_left() -> None:
    with logged() as log:
        async with world(Switches()) as warm:  # what is made once for a process
            await whole(warm)
        before = (tasks(), files(), kept())
        async with world(SLOW, upstream_timeout=10, request_timeout=20) as here:
            await _all_leave(here)
            assert await until(lambda: not here.under_way(), SOON), here.under_way()
            assert await until(lambda: not here.unanswered(), SOON)
            given_up = sum(call.status is None for call in here.sandbox.calls)
            assert given_up > LEAVING / 80
            here.sandbox.switches = Switches(csharp_method="Any")
            await whole(here, HEALTHY)
            assert here.connections() <= CONNECTIONS
        assert await until(lambda: (tasks(), files(), kept()) == before, 2), (before, tasks(), files(), kept())
    assert log.errors == []
