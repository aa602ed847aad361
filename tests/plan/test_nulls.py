"""Null where nothing is or something failed, and how far it goes: to the nearest place that may be null."""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLSchema, Undefined

from tests.plan.both import always, both, schema_of
from tests.plan.judging import Ready, compared
from tests.plan.operations import Asked
from tests.plan.outcomes import Boom

NOT_NULL = "Cannot return null for non-nullable field Query.f."
FINE = [[1, 2], [3]]

LISTS: dict[str, list[tuple[Any, Any]]] = {
    # by type: what there is for null in a list of a list, for null in a list, and for null
    "[[Int]]": [({"f": [[1, None], [3]]}, None), ({"f": [None, [3]]}, None), ({"f": None}, None)],
    "[[Int]]!": [({"f": [[1, None], [3]]}, None), ({"f": [None, [3]]}, None), (None, ["f"])],
    "[[Int]!]": [({"f": [[1, None], [3]]}, None), ({"f": None}, ["f", 0]), ({"f": None}, None)],
    "[[Int]!]!": [({"f": [[1, None], [3]]}, None), (None, ["f", 0]), (None, ["f"])],
    "[[Int!]]": [({"f": [None, [3]]}, ["f", 0, 1]), ({"f": [None, [3]]}, None), ({"f": None}, None)],
    "[[Int!]]!": [({"f": [None, [3]]}, ["f", 0, 1]), ({"f": [None, [3]]}, None), (None, ["f"])],
    "[[Int!]!]": [({"f": None}, ["f", 0, 1]), ({"f": None}, ["f", 0]), ({"f": None}, None)],
    "[[Int!]!]!": [(None, ["f", 0, 1]), (None, ["f", 0]), (None, ["f"])],
}
NULLS: list[Any] = [[[1, None], [3]], [None, [3]], None]


async def _later(value: Any) -> Any:
    if isinstance(value, Exception):
        raise value
    return value


def _awaited(value: Any) -> Any:
    return _later([_awaited(item) for item in value] if isinstance(value, list) else value)


async def _step_by_step(value: Any) -> Any:
    for item in value:
        yield item


def _of_lists(make: Callable[[list[Any]], Any]) -> Callable[[Any], Any]:
    return lambda value: make(value) if isinstance(value, list) else value


WAYS: dict[str, Callable[[Any], Any]] = {
    "as it is": lambda value: value,
    "as a tuple": _of_lists(tuple),
    "as a generator": _of_lists(iter),
    "later": _later,
    "later, and each item later": _awaited,
    "with items that come later": _of_lists(lambda value: list(map(_awaited, value))),
    "step by step": _of_lists(_step_by_step),
}


@cache
def schema_with(type_: str) -> GraphQLSchema:
    return schema_of(f"type Query {{ f: {type_} }}", Query={"f": lambda _, info: info.context})


async def of_type(type_: str, way: str, value: Any) -> Any:
    """Return the answer for a field of the type, whose resolver returns the value in some way."""
    return await both(schema_with(type_), "{ f }", context=lambda: WAYS[way](value))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("type_", LISTS)
async def test_null_in_lists_goes_as_far_as_the_type_says(type_: str, way: str) -> None:
    assert await of_type(type_, way, FINE) == {"f": FINE}
    for value, (data, path) in zip(NULLS, LISTS[type_], strict=True):
        expected = data if path is None else (data, [(path, NOT_NULL)])
        assert await of_type(type_, way, value) == expected


def _failing(value: Any) -> Any:
    """Return the same with a failure in place of null."""
    if value is None:
        return Boom("hunter2")
    return list(map(_failing, value)) if isinstance(value, list) else value


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("type_", LISTS)
async def test_a_failure_in_lists_is_null_with_an_error(type_: str, way: str) -> None:
    places = (["f", 0, 1], ["f", 0], ["f"])
    for value, (data, _), place in zip(NULLS, LISTS[type_], places, strict=True):
        assert await of_type(type_, way, _failing(value)) == (data, [(place, "hunter2")])


TREE = """
type Level { leaf: Int, sureLeaf: Int!, down: Level, sure: Level!, all: [Level], allSure: [Level!], sureAll: [Level!]! }
type Query { down: Level, sure: Level! }
"""
LEVEL = object()


async def _boom(*_: object) -> None:
    await asyncio.sleep(0)
    raise Boom("Boom")


async def _nothing(*_: object) -> None:
    await asyncio.sleep(0)


FAILURES: dict[str, tuple[Callable[..., Any], str]] = {
    "raises": (always(Boom), "Boom"),
    "raises later": (_boom, "Boom"),
    "returns an exception": (always(Boom("Boom")), "Boom"),
    "returns null": (always(None), "Cannot return null for non-nullable field Level.sureLeaf."),
    "returns null later": (_nothing, "Cannot return null for non-nullable field Level.sureLeaf."),
    "returns nothing": (always(Undefined), "Cannot return null for non-nullable field Level.sureLeaf."),
    "returns no integer": (always("x"), "Int cannot represent non-integer value: 'x'"),
}


@cache
def tree(failure: str, *, waits: bool = False) -> GraphQLSchema:
    async def level() -> object:
        await asyncio.sleep(0)
        return LEVEL

    def one(*_: object) -> Any:
        return level() if waits else LEVEL

    def many(*_: object) -> list[Any]:
        return [one(), one()]

    downwards: dict[str, Callable[..., Any]] = {"down": one, "sure": one}
    lists = dict.fromkeys(["all", "allSure", "sureAll"], many)
    return schema_of(
        TREE, Query=downwards, Level=downwards | lists | {"leaf": always(1), "sureLeaf": FAILURES[failure][0]}
    )


# what is asked, what there is of it, and where it failed
TREES: list[tuple[str, Any, list[list[Any]]]] = [
    ("{ down { leaf sureLeaf } }", {"down": None}, [["down", "sureLeaf"]]),
    ("{ sure { leaf sureLeaf } }", None, [["sure", "sureLeaf"]]),
    ("{ down { sure { sure { sureLeaf } } leaf } }", {"down": None}, [["down", "sure", "sure", "sureLeaf"]]),
    ("{ sure { sure { sure { sureLeaf } } } }", None, [["sure", "sure", "sure", "sureLeaf"]]),
    (
        "{ sure { leaf sure { down { sure { sureLeaf } leaf } leaf } } }",
        {"sure": {"leaf": 1, "sure": {"down": None, "leaf": 1}}},
        [["sure", "sure", "down", "sure", "sureLeaf"]],
    ),
    (
        "{ a: down { sureLeaf } b: down { leaf } c: down { sure { sureLeaf } } }",
        {"a": None, "b": {"leaf": 1}, "c": None},
        [["a", "sureLeaf"], ["c", "sure", "sureLeaf"]],
    ),
    (
        "{ down { all { sureLeaf } leaf } }",
        {"down": {"all": [None, None], "leaf": 1}},
        [["down", "all", 0, "sureLeaf"], ["down", "all", 1, "sureLeaf"]],
    ),
    (
        "{ down { leaf down { down { down { sureLeaf } } } } }",
        {"down": {"leaf": 1, "down": {"down": {"down": None}}}},
        [["down", "down", "down", "down", "sureLeaf"]],
    ),
]


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(("text", "data", "paths"), TREES, ids=[text for text, _, _ in TREES])
async def test_what_may_not_be_null_makes_null_of_what_it_is_in(
    text: str, data: Any, paths: list[list[Any]], failure: str, waits: bool
) -> None:
    expected = data, [(path, FAILURES[failure][1]) for path in paths]
    assert await both(tree(failure, waits=waits), text) == expected


# several failures in what becomes null: one at least is told, all of them may be
SEVERAL: list[tuple[str, Any]] = [
    ("{ down { x: sureLeaf y: sureLeaf } }", {"down": None}),
    ("{ sure { x: sureLeaf y: sureLeaf } down { sureLeaf } }", None),
    ("{ down { allSure { sureLeaf } leaf } }", {"down": {"allSure": None, "leaf": 1}}),
    ("{ down { sureAll { sureLeaf } leaf } }", {"down": None}),
    ("{ down { all { sureLeaf } sureLeaf } }", {"down": None}),
    ("{ down { all { sureAll { sure { sureLeaf } } } } }", {"down": {"all": [None, None]}}),
]


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(("text", "data"), SEVERAL, ids=[text for text, _ in SEVERAL])
async def test_several_failures_in_what_becomes_null_are_told_as_in_graphql_core(
    text: str, data: Any, failure: str, waits: bool
) -> None:
    ready = Ready.of(tree(failure, waits=waits), Asked(text, {}, None))
    planned = await ready.by_plan(None)
    assert isinstance(planned, ExecutionResult)
    assert planned.data == data
    await compared(ready, planned, None, None)


async def test_a_failure_that_came_before_what_it_is_in_became_null_is_told_too() -> None:
    async def slow(*_: object) -> None:
        await asyncio.sleep(1)
        raise Boom("second")

    schema = schema_of(
        "type Level { leaf: Int, sureLeaf: Int! } type Query { down: Level }",
        Query={"down": always(LEVEL)},
        Level={"leaf": always(Boom), "sureLeaf": slow},
    )
    data, errors = await both(schema, "{ down { leaf sureLeaf } }")
    assert data == {"down": None}
    assert errors == [(["down", "leaf"], "Boom"), (["down", "sureLeaf"], "second")]
