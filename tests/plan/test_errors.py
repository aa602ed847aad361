"""What is told of a failure: its path, its places in the document, its extensions; several at once; lists cut short."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLError

from tests.plan.both import always, answer, both, by_plan, schema_of
from tests.plan.judging import Ready
from tests.plan.operations import Asked
from tests.plan.outcomes import Boom
from tests.plan.world import World

SDL = """
type Item { name: String, sure: String! }
type Query { a: String, b: String, numbers: [Int], sureNumbers: [Int!]!, item: Item, items: [Item], lists: [[Item]] }
"""


async def failed(text: str, **resolvers: Callable[..., Any]) -> list[GraphQLError]:
    """Return the errors of a plan; that graphql-core has the same is checked."""
    schema = schema_of(SDL, Query=resolvers)
    await both(schema, text)
    result = await Ready.of(schema, Asked(text, {}, None)).by_plan(None)
    assert isinstance(result, ExecutionResult)
    return list(result.errors or ())


async def test_an_error_has_its_path_by_the_names_in_the_answer() -> None:
    (error,) = await failed("{ list: lists { it: name } }", lists=always([[], [{}, {"name": Boom("hunter2")}]]))
    assert error.path == ["list", 1, 1, "it"]
    assert error.message == "hunter2"


async def test_an_error_has_each_place_in_the_document_where_its_field_was_selected() -> None:
    (error,) = await failed("{ a\n  ...F\n} fragment F on Query {\n  a\n}", a=always(Boom))
    assert [tuple(location) for location in error.locations or ()] == [(1, 3), (4, 3)]


async def test_an_error_keeps_what_was_raised() -> None:
    boom = Boom("hunter2")
    (error,) = await failed("{ a }", a=always(boom))
    assert error.original_error is boom


async def test_an_error_of_graphqls_own_keeps_its_extensions() -> None:
    (error,) = await failed("{ a }", a=always(GraphQLError("no", extensions={"code": "NO"})))
    assert error.extensions == {"code": "NO"}
    assert error.path == ["a"]


async def test_an_error_that_has_a_path_already_keeps_it() -> None:
    (error,) = await failed("{ a }", a=always(GraphQLError("no", path=["elsewhere"])))
    assert error.path == ["elsewhere"]


async def test_one_exception_at_many_places_is_told_at_each() -> None:
    boom = Boom("hunter2")
    errors = await failed("{ a b numbers }", a=always(boom), b=always(boom), numbers=always([boom, 1, boom]))
    assert sorted(error.path or () for error in errors) == [["a"], ["b"], ["numbers", 0], ["numbers", 2]]


async def test_several_fields_fail_at_once_and_their_neighbours_do_not() -> None:
    items = [{"name": Boom("one")}, {"name": "fine"}, Boom("two"), {"name": 5}]
    schema = schema_of(SDL, Query={"a": always(Boom), "b": always("b"), "items": always(items)})
    assert await both(schema, "{ a b items { name } }") == (
        {"a": None, "b": "b", "items": [{"name": None}, {"name": "fine"}, None, {"name": "5"}]},
        [(["a"], "Boom"), (["items", 0, "name"], "one"), (["items", 2], "two")],
    )


NO_LISTS = ["text", b"bytes", bytearray(), {"a": 1}, 5, object(), True]


@pytest.mark.parametrize("value", NO_LISTS, ids=lambda value: type(value).__name__)
async def test_what_is_no_list_is_none(value: Any) -> None:
    schema = schema_of(SDL, Query={"numbers": always(value), "a": always("a")})
    data, ((path, message),) = await both(schema, "{ numbers a }")
    assert data == {"numbers": None, "a": "a"}
    assert (path, message) == (["numbers"], "Expected Iterable, but did not find one for field 'Query.numbers'.")


class Unwilling:
    """Says that it can be iterated, and cannot."""

    def __iter__(self) -> Iterator[int]:
        raise Boom("not now")


@pytest.mark.parametrize("items", [set(), {1}, frozenset({2}), (3, 4), range(2), {5: 5}.values(), iter([6])])
async def test_whatever_can_be_iterated_is_a_list(items: Any) -> None:
    seen = list(items)
    schema = schema_of(SDL, Query={"numbers": lambda *_: iter(seen) if isinstance(items, Iterator) else items})
    assert await both(schema, "{ numbers }") == {"numbers": seen}


async def test_a_list_that_cannot_be_begun_is_a_failure() -> None:
    schema = schema_of(SDL, Query={"numbers": always(Unwilling())})
    assert await both(schema, "{ numbers }") == ({"numbers": None}, [(["numbers"], "not now")])


def _cut(*items: Any) -> Iterator[Any]:
    yield from items
    raise Boom("cut short")


async def _cut_later(*items: Any) -> AsyncIterator[Any]:
    for item in items:
        yield item
    raise Boom("cut short")


@pytest.mark.parametrize("cut", [_cut, _cut_later])
@pytest.mark.parametrize(("field", "data"), [("numbers", {"numbers": None}), ("sureNumbers", None)])
async def test_a_list_that_fails_midway_is_a_failure_as_a_whole(cut: Callable[..., Any], field: str, data: Any) -> None:
    schema = schema_of(SDL, Query={field: lambda *_: cut(1, 2)})
    assert await both(schema, f"{{ {field} }}") == (data, [([field], "cut short")])


@pytest.mark.parametrize("cut", [_cut, _cut_later])
async def test_what_there_was_of_a_list_that_failed_is_awaited_and_its_failures_are_not_told(
    cut: Callable[..., Any],
) -> None:
    """graphql-core does tell failures of items that came before the list's own."""
    world = World()

    async def late(value: Any) -> Any:
        await asyncio.sleep(0.1)
        raise value

    schema = schema_of(SDL, Query={"numbers": lambda *_: cut(1, "x", world.given(late(Boom("too late"))))})
    assert await by_plan(schema, "{ numbers }") == ({"numbers": None}, [(["numbers"], "cut short")])
    assert not world.unfinished()


async def test_what_was_yielded_before_an_iteration_was_left_is_not_begun() -> None:
    world = World()

    async def item() -> int:
        return 1

    async def endless(*_: object) -> AsyncIterator[Any]:
        while True:
            yield world.given(item())
            yield 2
            await asyncio.sleep(1)

    schema = schema_of(SDL, Query={"numbers": endless})
    work = asyncio.ensure_future(by_plan(schema, "{ numbers }"))
    await asyncio.sleep(2.5)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not world.unfinished()


async def test_failures_while_others_wait_are_told_when_all_is_there() -> None:
    async def slow(*_: object) -> str:
        await asyncio.sleep(1)
        return "slow"

    schema = schema_of(SDL, Query={"a": slow, "b": always(Boom), "numbers": always([1, Boom("two")])})
    assert answer(await Ready.of(schema, Asked("{ a b numbers }", {}, None)).by_plan(None)) == (
        {"a": "slow", "b": None, "numbers": [1, None]},
        [(["b"], "Boom"), (["numbers", 1], "two")],
    )
