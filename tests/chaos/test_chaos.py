"""Sequences of faults and floods against the running gateway, over real sockets: what must hold, holds."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sandbox import Switches
from gateway.upstream.breaker import RECOVERY
from tests.chaos.asking import Operation, ask, ask_and_leave
from tests.chaos.leftovers import files, kept, logged, tasks
from tests.chaos.steps import STRUCTURE, Leaving, Step, steps
from tests.chaos.verdicts import asked_too_often, broken, failures, leaks, whole
from tests.chaos.world import CANARY, CONNECTIONS, UPSTREAM_TIMEOUT, World, until, world

pytestmark = pytest.mark.real_time

_SHOWN = 5
LONGEST_CALL = 15.0  # seconds that the upstream may work on for one who left
WORLDS = 3  # sequences that run side by side
LOOPS = {"production's": uvicorn.Config("").get_loop_factory(), "asyncio's": asyncio.new_event_loop}

profile = settings.default or settings()
sequences = st.lists(steps, min_size=1, max_size=profile.stateful_step_count // 10)


@given(st.sampled_from(tuple(LOOPS)), st.lists(sequences, min_size=1, max_size=WORLDS))
@settings(max_examples=profile.max_examples // 10)
def test_whatever_happens_upstream_answers_are_right_and_in_time_and_nothing_is_left(
    loop: str, side_by_side: list[list[Step]]
) -> None:
    with logged() as log, asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(_all(side_by_side))
    assert [*log.errors, *leaks("\n".join(log.lines))] == []


async def _all(side_by_side: list[list[Step]]) -> None:
    async with world(Switches()) as warm:  # what is made once for a process
        await whole(warm)
    before = (tasks(), files(), kept())
    async with asyncio.TaskGroup() as group:
        for sequence in side_by_side:
            group.create_task(_lived_through(sequence))
    assert await until(lambda: (tasks(), files(), kept()) == before, 2), (before, (tasks(), files(), kept()))


async def _lived_through(sequence: list[Step]) -> None:
    async with world(Switches()) as here:
        await whole(here)
        for number, step in enumerate(sequence):
            complaints = await _complaints(here, step)
            assert not complaints, "\n".join([*complaints[:_SHOWN], f"at step {number} of:", *map(str, sequence)])
        calm = {name: getattr(here.sandbox.switches, name) for name in STRUCTURE}
        here.sandbox.switches = Switches(canary=CANARY).changed(calm)
        await _closed_circuit(here)
        await whole(here)
        assert here.connections() <= CONNECTIONS
        assert await until(lambda: not here.unanswered(), LONGEST_CALL)


async def _closed_circuit(here: World) -> None:
    """Ask until there is an answer: in the breaker's time, and nothing but the open circuit is in its way."""
    now = asyncio.get_running_loop().time
    asked, last = now(), now() + RECOVERY
    while found := await failures(here, Operation("anna", ["1"])):
        assert all(each["extensions"].get("retryAfter", 60) <= RECOVERY for each in found), found
        assert asked <= last
        await asyncio.sleep(0.1)
        asked = now()


async def _complaints(here: World, step: Step) -> list[str]:
    """Live through a step; returns which invariants it broke."""
    if weather := step.weather():
        here.sandbox.switches = weather
    latest = here.sandbox.calls[-1].number
    complaints = [each for found in await asyncio.gather(*_flood(here, step)) for each in found]
    if not await until(lambda: not here.under_way(), UPSTREAM_TIMEOUT + 1):
        complaints.append(f"all are answered or have left, and still there are {here.under_way()}")
    return complaints + list(asked_too_often(here.sandbox.calls.since(latest)))


def _flood(here: World, step: Step) -> Iterator[Any]:
    place = 0
    for wish in step.flood:
        for copy in range(wish.copies):
            operation = Operation(wish.caller, wish.ids(place), wish.periods)
            after = wish.leaving and Leaving(wish.leaving.way, wish.leaving.after * (copy + 1) / wish.copies)
            yield _one(here, operation, after)
            place += 1


async def _one(here: World, operation: Operation, leaving: Leaving | None) -> list[str]:
    if leaving:
        await ask_and_leave(here, operation, leaving)
        return []
    answer = await ask(here, operation)
    return list(broken(here.sandbox, operation, answer))
