"""Resolvers that take time: side by side, awaited to their end, ended with whoever waits for them."""

import asyncio
import types
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, GraphQLSchema

from tests.plan.both import always, answer, both, by_plan, plain_schema, schema_of
from tests.plan.judging import Ready
from tests.plan.operations import Asked
from tests.plan.outcomes import Boom
from tests.plan.world import World

SDL = """
type Item { slow: Int, fast: Int, sure: Int!, down: Item, numbers: [Int] }
type Query { a: Int, b: Int, sure: Int!, item: Item, items: [Item], numbers: [Int], lists: [[Int]] }
"""


def after(seconds: float, value: Any) -> Callable[..., Awaitable[Any]]:
    """Return a resolver that returns the value later, or raises it."""

    async def resolve(*_: object) -> Any:
        await asyncio.sleep(seconds)
        if isinstance(value, BaseException):
            raise value
        return value

    return resolve


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_what_waits_waits_side_by_side() -> None:
    began = now()
    item = {"slow": after(3, 1), "fast": after(1, 2), "down": after(2, {"slow": after(1, 3)})}
    schema = schema_of(SDL, Query={"a": after(3, 1), "item": after(0, item), "numbers": always([after(3, 4)()])})
    assert await by_plan(schema, "{ a item { slow fast down { slow } } numbers }") == {
        "a": 1,
        "item": {"slow": 1, "fast": 2, "down": {"slow": 3}},
        "numbers": [4],
    }
    assert now() - began == 3


async def test_a_field_goes_on_as_soon_as_its_own_values_are_there() -> None:
    began, seen = now(), {}

    async def deep(*_: object) -> int:
        seen["deep"] = now() - began
        return 1

    schema = schema_of(SDL, Query={"a": after(9, 1), "item": after(1, {"slow": deep})})
    await by_plan(schema, "{ a item { slow } }")
    assert seen == {"deep": 1}


async def test_what_need_not_wait_is_there_at_once() -> None:
    schema = schema_of(SDL, Query={"a": always(1), "items": always([{"fast": 2}])})
    ready = Ready.of(schema, Asked("{ a items { fast } }", {}, None))
    run: Any = ready.operation.run({}, None)
    result = ready.operation.execute(run)
    assert answer(result) == {"a": 1, "items": [{"fast": 2}]}


@types.coroutine
def _old_style(value: int) -> Generator[Any, None, int]:
    yield
    return value


async def test_whatever_can_be_awaited_is() -> None:
    class Later:
        def __await__(self) -> Generator[Any, None, int]:
            yield from asyncio.sleep(1).__await__()
            return 3

    async def future(*_: object) -> Any:
        return 1

    resolvers = {
        "a": lambda *_: asyncio.ensure_future(future()),
        "b": lambda *_: _old_style(2),
        "numbers": lambda *_: [Later(), 4, _old_style(5), None],
    }
    assert await both(schema_of(SDL, Query=resolvers), "{ a b numbers }") == {
        "a": 1,
        "b": 2,
        "numbers": [3, 4, 5, None],
    }


async def test_a_list_of_lists_of_what_is_awaited() -> None:
    lists = lambda *_: [after(1, [after(2, 1)(), 2])(), None, [after(1, Boom("no"))(), after(1, 3)()]]  # noqa: E731
    assert await both(schema_of(SDL, Query={"lists": lists}), "{ lists }") == (
        {"lists": [[1, 2], None, [None, 3]]},
        [(["lists", 2, 0], "no")],
    )


async def test_a_list_may_come_step_by_step() -> None:
    async def numbers(*_: object) -> AsyncIterator[Any]:
        for number in (1, None, "3"):
            await asyncio.sleep(1)
            yield number

    schema = schema_of(SDL, Query={"numbers": numbers, "items": always([{"numbers": numbers()}, {"numbers": [4]}])})
    assert await by_plan(schema, "{ numbers items { numbers } }") == {
        "numbers": [1, None, 3],
        "items": [{"numbers": [1, None, 3]}, {"numbers": [4]}],
    }


async def test_one_future_may_be_the_value_of_many_fields() -> None:
    def context() -> asyncio.Future[int]:
        return asyncio.ensure_future(after(1, 7)())

    def shared(_: object, info: Any) -> Any:
        return info.context

    schema = schema_of(SDL, Query={"a": shared, "b": shared, "numbers": lambda _, info: [info.context] * 2})
    assert await both(schema, "{ a b numbers }", context=context) == {"a": 7, "b": 7, "numbers": [7, 7]}


def _attributes() -> GraphQLSchema:
    @strawberry.type
    class Item:
        slow: int
        name: str | None

    @strawberry.type
    class Query:
        @strawberry.field
        def items(self) -> list[Item]:
            return [Item(slow=after(1, 5)(), name="n"), Item(slow=6, name=after(0, None)())]  # type: ignore[arg-type]

    return plain_schema(strawberry.Schema(Query))


async def test_attributes_of_strawberrys_objects_are_awaited() -> None:
    assert await both(_attributes(), "{ items { slow name } }") == {
        "items": [{"slow": 5, "name": "n"}, {"slow": 6, "name": None}]
    }


STOPS = [asyncio.CancelledError, GeneratorExit]


@pytest.mark.parametrize("way", ["by_plan", "by_core"])
@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("where", ["{ a }", "{ numbers }", "{ item { slow } }"])
async def test_what_is_no_failure_of_a_field_ends_the_operation(
    way: str, stop: type[BaseException], where: str
) -> None:
    for resolve in (after(1, stop()), always(stop)):
        schema = schema_of(
            SDL,
            Query={
                "a": resolve,
                "numbers": lambda *_, each=resolve: [each(), after(1, 1)()],
                "item": always({"slow": resolve}),
            },
        )
        with pytest.raises(stop):
            await getattr(Ready.of(schema, Asked(where, {}, None)), way)(None)


async def test_what_ends_the_operation_ends_what_waits_beside_it() -> None:
    world = World()
    schema = schema_of(
        SDL,
        Query={
            "a": lambda *_: world.given(_noted(9)),
            "b": after(1, asyncio.CancelledError()),
            "items": lambda *_: [world.given(_noted(5)), world.given(_noted(9))],
        },
    )
    began = now()
    with pytest.raises(asyncio.CancelledError):
        await by_plan(schema, "{ a b items { fast } }")
    assert now() - began == 1
    assert not world.unfinished()


async def _noted(seconds: float) -> None:
    await asyncio.sleep(seconds)


@pytest.mark.parametrize("ticks", range(6))
@pytest.mark.parametrize("text", ["{ a }", "{ a b }", "{ a numbers item { slow down { fast } } }", "{ numbers }"])
async def test_whoever_leaves_at_any_moment_leaves_nothing_behind(text: str, ticks: int) -> None:
    world = World()

    def slow(*_: object) -> Any:
        return world.given(_noted(1))

    def slowly(*_: object) -> Any:
        return [slow(), slow()]

    async def item(*_: object) -> Any:
        return {"slow": slow, "down": always({"fast": slow})}

    schema = schema_of(SDL, Query={"a": slow, "b": slow, "numbers": slowly, "item": lambda *_: world.given(item())})
    work = asyncio.ensure_future(by_plan(schema, text))
    for _ in range(ticks):
        await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not world.unfinished()
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("failing", [always(Boom), after(0, Boom("Boom")), after(0.5, Boom("Boom")), after(0, None)])
@pytest.mark.parametrize(
    "text", ["{ a sure numbers item { slow down { fast } } }", "{ a item { slow sure down { fast } } }"]
)
async def test_what_still_waits_when_all_is_null_is_awaited(text: str, failing: Callable[..., Any]) -> None:
    """graphql-core cancels it. Plans cannot, for what waits is of many parents; nothing is left over in either."""
    world = World()

    def slow(*_: object) -> Any:
        return world.given(_noted(1))

    item = {"slow": slow, "sure": failing, "down": lambda *_: {"fast": slow}}
    schema = schema_of(SDL, Query={"a": slow, "sure": failing, "numbers": lambda *_: [slow(), 1], "item": always(item)})
    result = await Ready.of(schema, Asked(text, {}, None)).by_plan(None)
    assert isinstance(result, ExecutionResult)
    assert len(result.errors or ()) == 1
    assert not world.unfinished()
    assert asyncio.all_tasks() == {asyncio.current_task()}
