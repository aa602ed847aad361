"""How values are had: many parents in one call, attributes, resolvers; and what arguments they are given."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from graphql import GraphQLSchema
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission

from gateway.many import ResolveMany, alone, many, reading
from tests.plan.both import always, both, by_plan, plain_schema, schema_of
from tests.plan.outcomes import Boom


@strawberry.type
class Item:
    number: int


class Calls:
    """A resolver of many, and how many parents it was called with."""

    def __init__(self, values: Callable[[Sequence[Any]], Any]) -> None:
        self.values = values
        self.counts: list[int] = []

    def __call__(self, _: Any, parents: Sequence[Any], arguments: Mapping[str, Any]) -> Any:
        self.counts.append(len(parents))
        return self.values([(parent, arguments) for parent in parents])


def resolving(resolve: ResolveMany, **options: Any) -> GraphQLSchema:
    """Return a schema where ``many`` of three items, and of two, is resolved so."""

    async def one(self: Any, info: strawberry.Info[Any, None], plus: int = 0) -> int | None:
        value: int | None = await alone(resolve, info.context, self, {"plus": plus})
        return value

    namespace = {"many": strawberry.field(resolver=one, metadata=many(resolve), **options)}
    more: Any = strawberry.type(type("More", (Item,), namespace))

    def three(self: Any) -> Any:  # noqa: ARG001
        return [more(number=1), more(number=2), more(number=3)]

    def lists(self: Any) -> Any:  # noqa: ARG001
        return [[more(number=4)], None, [more(number=5)]]

    three.__annotations__["return"] = list[more]
    lists.__annotations__["return"] = list[list[more] | None]
    fields = {each.__name__: strawberry.field(resolver=each) for each in (three, lists)}
    return plain_schema(strawberry.Schema(strawberry.type(type("Query", (), fields))))


def _sums(parents: Sequence[Any]) -> list[int]:
    return [parent.number + arguments["plus"] for parent, arguments in parents]


async def test_many_parents_are_resolved_in_one_call() -> None:
    calls = Calls(_sums)
    data = await by_plan(resolving(calls), "{ three { many } lists { many } }")
    assert data == {"three": [{"many": 1}, {"many": 2}, {"many": 3}], "lists": [[{"many": 4}], None, [{"many": 5}]]}
    assert calls.counts == [3, 2]


async def test_each_name_in_the_answer_is_a_call() -> None:
    calls = Calls(_sums)
    data = await by_plan(resolving(calls), "{ three { many x: many(plus: 1) many } }")
    assert data["three"][2] == {"many": 3, "x": 4}
    assert calls.counts == [3, 3]


async def _later(parents: Sequence[Any]) -> list[int]:
    return _sums(parents)


def _one_fails(parents: Sequence[Any]) -> list[Any]:
    return [Boom("two") if parent.number == 2 else parent.number for parent, _ in parents]


def _fails(_: object) -> Any:
    raise Boom("all")


async def _fails_later(_: object) -> Any:
    raise Boom("all")


@pytest.mark.parametrize("values", [_sums, _later, _one_fails, _fails, _fails_later])
async def test_strawberry_gets_the_same_of_one_parent_at_a_time(values: Callable[[Sequence[Any]], Any]) -> None:
    await both(resolving(Calls(values)), "query ($one: Int! = 1) { three { number many x: many(plus: $one) } }")


async def test_a_failure_in_its_place_is_that_parents() -> None:
    data, errors = await both(resolving(Calls(_one_fails)), "{ three { many } }")
    assert data["three"] == [{"many": 1}, {"many": None}, {"many": 3}]
    assert errors == [(["three", 1, "many"], "two")]


@pytest.mark.parametrize("values", [_fails, _fails_later])
async def test_a_failure_of_all_is_each_ones(values: Callable[[Sequence[Any]], Any]) -> None:
    data, errors = await both(resolving(Calls(values)), "{ three { many number } }")
    assert data["three"] == [{"many": None, "number": number} for number in (1, 2, 3)]
    assert errors == [(["three", index, "many"], "all") for index in range(3)]


async def _too_few(_: object) -> list[int]:
    return [1]


@pytest.mark.parametrize("values", [lambda _: [1, 2], lambda _: [1, 2, 3, 4], lambda _: None, _too_few])
async def test_values_that_are_not_one_for_each_parent_are_a_failure_of_all(values: Callable[..., Any]) -> None:
    """Else a parent would get another one's value."""
    data, errors = await by_plan(resolving(Calls(values)), "{ three { many } }")
    assert data["three"] == [{"many": None}] * 3
    assert len(errors) == 3


class _Twice(FieldExtension):
    async def resolve_async(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        return 2 * await next_(source, info, **kwargs)


class _Nobody(BasePermission):
    message = "not for you"

    def has_permission(self, *_: object, **__: object) -> bool:
        return False


async def test_what_stands_before_a_resolver_is_not_passed_by() -> None:
    calls = Calls(_sums)
    assert (await both(resolving(calls, extensions=[_Twice()]), "{ three { many } }"))["three"][2] == {"many": 6}
    data, errors = await both(resolving(calls, permission_classes=[_Nobody]), "{ three { many } }")
    assert data["three"] == [{"many": None}] * 3
    assert {message for _, message in errors} == {"not for you"}


async def test_an_attribute_that_raises_or_is_not_there_is_that_objects_failure() -> None:
    class Row:
        def __init__(self, number: Any) -> None:
            self._number = number

        @property
        def number(self) -> Any:
            if isinstance(self._number, Exception):
                raise self._number
            return self._number

    @strawberry.type
    class Query:
        @strawberry.field
        def items(self) -> list[Item]:
            return [Row(1), Row(Boom("hunter2")), Row(ValueError("as a value")), object(), Row(2)]  # type: ignore[list-item]

    data, errors = await both(plain_schema(strawberry.Schema(Query)), "{ items { __typename } items { number } }")
    assert data is None
    assert [path for path, _ in errors] == [["items", 1, "number"]]


async def test_values_are_looked_up_and_called_where_there_is_no_resolver() -> None:
    class Root:
        a = 1

        def b(self, info: Any, plus: int) -> Any:
            return [info.path.as_list(), plus]

    sdl = """
    scalar Any
    type Root { a: Int, b(plus: Int! = 3): Any, c: Int }
    type Query { root: Root, mapped: Root }
    """
    schema = schema_of(sdl, Query={"root": always(Root()), "mapped": always({"a": 2})})
    assert await both(schema, "{ x: root { a y: b c } mapped { a b c } }") == {
        "x": {"a": 1, "y": [["x", "y"], 3], "c": None},
        "mapped": {"a": 2, "b": None, "c": None},
    }


async def test_arguments_of_many_are_judged_once_and_fail_for_each() -> None:
    calls = Calls(_sums)
    text = "query ($n: Int = 1) { three { many(plus: $n) } }"
    data, errors = await both(resolving(calls), text, {"n": None})
    assert data["three"] == [{"many": None}] * 3
    assert len(errors) == 3
    assert calls.counts == []


class Made:
    """What a record is read from; it has what it is given."""

    def __init__(self, **of: Any) -> None:
        vars(self).update(of, of=SimpleNamespace(**of))


def _read(path: str) -> Any:
    def resolve(root: Any) -> Any:
        return attrgetter(path)(root)

    return strawberry.field(resolver=resolve, metadata=reading(path))


@strawberry.type
class Record:
    first: int = _read("of.first")
    second: str | None = _read("of.second")
    third: int | None = _read("third")


RECORDS: list[tuple[list[Any], list[Any]]] = [
    (
        [Made(first=1, second="a", third=3), Made(first=2, second=None, third=None)],
        [{"first": 1, "second": "a", "third": 3}, {"first": 2, "second": None, "third": None}],
    ),
    (
        [Made(first=1, second="a", third=3), Made(first=2, second="b")],
        [{"first": 1, "second": "a", "third": 3}, {"first": 2, "second": "b", "third": None}],
    ),
    ([Made(second="a", third=1), Made(first=2**31, second="b", third=1)], [None, None]),
    ([Made(first=1, second={}, third="x")], [{"first": 1, "second": None, "third": None}]),
]


@pytest.mark.parametrize(("sources", "records"), RECORDS)
@pytest.mark.parametrize(
    "fields", ["first second third", "__typename third first second", "first", "second again: second"]
)
async def test_what_is_read_is_read_together_and_each_failure_is_its_own(
    sources: list[Any], records: list[Any], fields: str
) -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def records(self) -> list[Record | None]:
            return sources

    told = await both(plain_schema(strawberry.Schema(Query)), f"{{ records {{ {fields} }} }}")
    data = told[0] if isinstance(told, tuple) else told
    for found, wanted in zip(data["records"], records, strict=True):
        for name in set(found or ()) & {"first", "second", "third"}:
            assert found[name] == wanted[name] if wanted else name != "first"


class Later:
    """Its number is awaited; each look at it begins it anew."""

    def __init__(self, number: int) -> None:
        self._number = number

    @property
    def number(self) -> Any:
        if not self._number:
            raise Boom("none")

        async def later() -> int:
            return self._number

        return later()


async def test_what_is_awaited_is_read_once_though_another_fails() -> None:
    @strawberry.type
    class Query:
        @strawberry.field
        def items(self) -> list[Item | None]:
            return [Later(1), Later(0), Later(2)]  # type: ignore[list-item]

    data, ((path, _),) = await both(plain_schema(strawberry.Schema(Query)), "{ items { number } }")
    assert (data, path) == ({"items": [{"number": 1}, None, {"number": 2}]}, ["items", 1, "number"])
