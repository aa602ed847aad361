"""Which way an operation runs, and how many plans it keeps: told by how often the schema is asked for its fields."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from graphql import (
    ExecutionResult,
    GraphQLDirective,
    GraphQLResolveInfo,
    GraphQLSchema,
    execute_root_selection_set,
    get_introspection_query,
    parse,
    specified_directives,
)
from graphql.language import DirectiveLocation

from gateway.plan.operation import Operation
from tests.plan.both import always, answer, both, schema_of
from tests.plan.judging import Ready
from tests.plan.operations import Asked

SDL = """
type Item { name: String, all: [Item!]! }
type Query { a: String, numbers(all: [Int]): Int, item: Item, query: Query! }
type Mutation { first: Int, second: Int }
"""


class Counting(GraphQLSchema):
    """Counts how often it is asked for a field: by each execution of graphql-core, and once by a plan."""

    lookups = 0

    def get_field(self, parent_type: Any, field_name: str) -> Any:
        self.lookups += 1
        return super().get_field(parent_type, field_name)


def _sum(*_: object, **arguments: Any) -> int:
    return sum(arguments["all"])


def counting(**types: Any) -> Counting:
    query = {
        "a": always("A"),
        "numbers": _sum,
        "item": always({"name": "n"}),
        "query": always({}),
    }
    return Counting(**schema_of(SDL, **({"Query": query} | types)).to_kwargs())


async def lookups(ready: Ready, variables: dict[str, Any] | None = None) -> int:
    """Run by plan; returns how often the schema was asked for a field."""
    schema: Any = ready.schema
    before = schema.lookups
    run: Any = ready.operation.run(variables or {}, None)
    result: Any = ready.operation.execute(run)
    assert isinstance(result, ExecutionResult)
    assert not result.errors
    return int(schema.lookups - before)


def ready_for(text: str, name: str | None = None, schema: GraphQLSchema | None = None) -> Ready:
    return Ready.of(schema or counting(), Asked(text, {}, name))


async def test_a_plan_is_made_once() -> None:
    ready = ready_for("{ a item { name } }")
    assert [await lookups(ready) for _ in range(3)] == [3, 0, 0]


async def test_what_a_run_does_not_come_to_is_planned_when_one_does() -> None:
    items: list[Any] = [None, {"name": "n"}, None]
    ready = ready_for("{ item { name } }", schema=counting(Query={"item": lambda *_: items.pop()}))
    assert [await lookups(ready) for _ in range(3)] == [1, 1, 0]


SWITCHES = [f"s{number}" for number in range(5)]
SWITCHED = f"""query ({" ".join(f"${name}: Boolean!" for name in SWITCHES)}) {{
  {" ".join(f"{name}: a @include(if: ${name})" for name in SWITCHES)} item @skip(if: false) {{ name }}
}}"""


def switched(number: int) -> dict[str, bool]:
    return {name: bool(number >> place & 1) for place, name in enumerate(SWITCHES)}


async def test_there_is_a_plan_for_each_combination_of_switches_and_sixteen_are_kept() -> None:
    ready = ready_for(SWITCHED)
    first = [await lookups(ready, switched(number)) for number in range(20)]
    assert all(first)
    again = [await lookups(ready, switched(number)) for number in range(20)]
    assert again[:16] == [0] * 16
    assert again[16:] == first[16:]


@pytest.mark.parametrize("number", [0, 1, 16, 19, 31])
async def test_each_plan_is_right_kept_or_not(number: int) -> None:
    ready = ready_for(SWITCHED)
    for each in range(20):
        await lookups(ready, switched(each))
    run: Any = ready.operation.run(switched(number), None)
    chosen = {name: "A" for name, is_on in switched(number).items() if is_on}
    assert answer(ready.operation.execute(run)) == chosen | {"item": {"name": "n"}}


async def test_other_variables_do_not_make_other_plans() -> None:
    ready = ready_for("query ($n: Int, $is: Boolean = true) { numbers(all: [$n 2]) @include(if: $is) }")
    assert [await lookups(ready, {"n": number}) for number in range(20)] == [1] + [0] * 19
    assert await lookups(ready, {"n": 1, "is": True}) == 0


OTHERS = """
query A($x: Boolean!) { ...F } fragment F on Query { a @skip(if: $x) }
query B($x: [Int]) { numbers(all: $x) }
"""


async def test_the_switches_of_other_operations_in_the_document_are_none_of_its_own() -> None:
    """A variable may have their name, and a value that is no key of anything."""
    assert await both(counting(), OTHERS, {"x": [1, 2]}, name="B") == {"numbers": 3}
    assert await both(counting(), OTHERS, {"x": False}, name="A") == {"a": "A"}


async def test_a_switch_that_is_null_after_all_leaves_the_operation_to_graphql_core() -> None:
    ready = ready_for("query ($is: Boolean = true) { a @include(if: $is) }")
    run: Any = ready.operation.run({"is": None}, None)
    result: Any = ready.operation.execute(run)
    assert result.data is None
    assert await lookups(ready, {"is": True}) == 1
    assert await lookups(ready, {"is": True}) == 0


INTROSPECTIONS = [
    "{ a __schema { queryType { name } } }",
    '{ __type(name: "Item") { name fields { name } } }',
    "{ ...F } fragment F on Query { __schema { types { name } } }",
    "{ query { query { __schema { queryType { name } } } } }",
    "query ($is: Boolean = false) { a ... @include(if: $is) { __schema { queryType { name } } } }",
]


@pytest.mark.parametrize("text", INTROSPECTIONS)
async def test_introspection_is_left_to_graphql_core(text: str) -> None:
    await both(counting(), text)
    ready = ready_for(text)
    first, again = [await lookups(ready) for _ in range(2)]
    assert first == again > 0


async def test_a_schema_can_be_fetched() -> None:
    data = await both(counting(), get_introspection_query())
    assert data["__schema"]["queryType"]["name"] == "Query"


async def test_an_operation_with_a_directive_of_its_own_is_left_to_graphql_core() -> None:
    schema: Any = counting()
    marked = GraphQLDirective("marked", [DirectiveLocation.QUERY])
    schema = Counting(**schema.to_kwargs() | {"directives": [*specified_directives, marked]})
    ready = ready_for("query @marked { a }", schema=schema)
    assert [await lookups(ready) for _ in range(2)] == [1, 1]


async def test_mutations_run_one_after_another_by_graphql_core() -> None:
    seen: list[str] = []

    async def first(*_: object) -> int:
        seen.append("first")
        return 1

    def second(*_: object) -> int:
        seen.append("second")
        return 2

    schema = counting(Mutation={"first": first, "second": second})
    assert await both(schema, "mutation { first second }") == {"first": 1, "second": 2}
    assert seen == ["first", "second"] * 2


async def test_types_that_are_told_later_anywhere_in_the_schema_leave_all_of_it_to_graphql_core() -> None:
    async def is_type_of(*_: object) -> bool:
        return True

    schema = counting()
    schema.type_map["Item"].is_type_of = is_type_of  # type: ignore[attr-defined]
    ready = ready_for("{ a }", schema=schema)
    assert [await lookups(ready) for _ in range(2)] == [1, 1]
    assert await both(schema, "{ item { name } }") == {"item": {"name": "n"}}


def _nested(depth: int) -> str:
    return "{ item " + "{ all " * depth + "{ name }" + " }" * depth + " }"


ENDLESS: dict[str, Any] = {"name": "n"}
ENDLESS["all"] = [ENDLESS]


@pytest.mark.parametrize("depth", [1, 30])
async def test_deep_operations_run(depth: int) -> None:
    data = await both(counting(Query={"item": always(ENDLESS)}), _nested(depth))
    assert json.dumps(data).count("all") == depth


@contextmanager
def stack_of(frames: int) -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(frames)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def run_below(frames: int, ready: Ready) -> Any:
    """Run by plan with so many frames more on the stack."""
    if frames:
        return run_below(frames - 1, ready)
    run: Any = ready.operation.run({}, None)
    return answer(ready.operation.execute(run))


async def test_an_operation_too_deep_for_the_stack_fails_at_a_field() -> None:
    """So does it in graphql-core, which comes less far; 200 levels are the deepest that is parsed."""
    planning, planned = (ready_for(_nested(195), schema=counting(Query={"item": always(ENDLESS)})) for _ in range(2))
    with stack_of(9000):
        assert json.dumps(run_below(0, planned)).count("all") == 195
    answers = [run_below(frames, ready) for frames in range(20) for ready in (planning, planned)]
    for data, ((path, message),) in [*answers, answer(await planned.by_core(None))]:
        assert data == {"item": None}
        assert path[:3] == ["item", "all", 0]
        assert message.startswith("maximum recursion depth exceeded")


async def test_a_field_that_the_schema_does_not_have_is_left_out_as_by_graphql_core() -> None:
    """Of a document that nobody validated."""
    schema, document = counting(), parse("{ nope a item { nope } }")
    node: Any = document.definitions[0]
    operation = Operation(schema, document, node, hide_suggestions=True)
    run: Any = operation.run({}, None)
    for result in (operation.execute(run), execute_root_selection_set(run.executor)):
        assert answer(result) == {"a": "A", "item": {}}


async def test_resolvers_have_graphql_cores_helpers_though_these_do_not_keep_its_executor() -> None:
    settled = []

    async def settle(value: int) -> int:
        settled.append(value)
        return value

    def resolve(_: object, info: GraphQLResolveInfo[Any]) -> Any:
        info.async_helpers.track([settle(1), "no awaitable"])
        return gathered(info)

    async def gathered(info: GraphQLResolveInfo[Any]) -> str:
        return str(await info.async_helpers.gather([settle(2), settle(3)]))

    ready = Ready.of(schema_of(SDL, Query={"a": resolve}), Asked("{ a }", {}, None))
    result = await ready.by_plan(None)
    assert isinstance(result, ExecutionResult)
    assert (result.data, sorted(settled)) == ({"a": "[2, 3]"}, [1, 2, 3])
