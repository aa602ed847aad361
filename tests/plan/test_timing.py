"""A timed run gives what any other gives, and its trace has all of it: each field, each item, each failure."""

from collections import Counter
from collections.abc import Iterator
from inspect import isawaitable
from itertools import count
from typing import Any

import pytest
from graphql import ExecutionResult, FieldNode, GraphQLSchema
from hypothesis import given
from hypothesis import strategies as st

from gateway.masking import public
from gateway.nodes import within
from gateway.plan.timing import timing
from gateway.traces import InlineTrace, Start
from tests.plan.judging import Ready, compared, plain
from tests.plan.operations import Asked, operations
from tests.plan.test_agreement import NASTY, OURS, SCALARS, _quiet, faults, seeds, waits  # noqa: F401  # a fixture
from tests.plan.upstream import Upstream
from tests.plan.world import World
from tests.reports import read, walked

pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine 'Executor:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine object Executor"),
]

Path = tuple[str | int, ...]


def fields(data: Any, leaves: set[str], at: Path = ()) -> Iterator[Path]:
    """Return where the fields of an answer are; ``leaves`` are the names of those whose values have no fields."""
    if isinstance(data, dict):
        for name in data:
            yield (*at, name)
            yield from fields(None if name in leaves else data[name], leaves, (*at, name))
    elif isinstance(data, list):
        for number, item in enumerate(data):
            yield from fields(item, leaves, (*at, number))


async def timed(ready: Ready, context: Any) -> tuple[ExecutionResult, dict[Path, Any]] | None:
    """Return what came of a run, and the nodes of its trace by their paths; None where a variable does not fit."""
    run = ready.operation.run(ready.asked.variables, context)
    if isinstance(run, list):
        return None
    trace = InlineTrace(Start(0, 0), count(1).__next__)
    result = ready.operation.execute(run, timing(trace))
    result = await result if isawaitable(result) else result
    errors = [public(error) for error in result.errors or ()]
    nodes = dict(walked(read(trace.written(result.data, errors)).root))
    assert Counter({at: len(node.error) for at, node in nodes.items()}) == Counter(
        tuple(error.get("path", ())) for error in errors
    )
    return ExecutionResult(plain(result.data), result.errors), nodes


async def traced(schema: GraphQLSchema, asked: Asked, *contexts: Any) -> None:
    ready = Ready.of(schema, asked)
    if (told := await timed(ready, contexts[0])) is None:
        return
    result, nodes = told
    await compared(ready, result, *contexts[1:])
    asked_for = [each for each in within(ready.document) if isinstance(each, FieldNode)]
    names = {each: each.alias.value if each.alias else each.name.value for each in asked_for}
    leaves = {names[each] for each in asked_for if not each.selection_set}
    untimed = {names[each] for each in asked_for if each.name.value == "__typename"}
    expected = {at for at in fields(result.data, leaves) if at[-1] not in untimed}
    assert {at for at, node in nodes.items() if node.type} == expected
    assert all(0 < node.start_time <= node.end_time for node in nodes.values() if node.type)


@given(operations(NASTY), seeds, faults, waits)
async def test_of_whatever_could_go_wrong(asked: Asked, seed: int, failing: int, waiting: int) -> None:
    mine, *cores = (World(seed, failing, waiting) for _ in range(3))
    await traced(NASTY, asked, mine, *cores)
    assert not mine.unfinished()
    for world in cores:
        world.unfinished()  # nobody is left to await them


@given(operations(OURS, SCALARS, depths=(3, 4, 5)), seeds, faults, st.booleans())
async def test_of_the_schema_of_the_gateway(asked: Asked, seed: int, failing: int, is_again: bool) -> None:
    ready, worlds = Ready.of(OURS, asked), [Upstream(World(seed, failing, 0)) for _ in range(4)]
    if is_again:  # rows are made from the second object on
        await ready.by_plan(worlds[3].context())
    await traced(OURS, asked, *(upstream.context() for upstream in worlds[:3]))
