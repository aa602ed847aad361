"""What arguments resolvers are given: literals, variables, defaults, null; and values that are not taken."""

from typing import Any

import pytest

from tests.plan.both import always, both, schema_of
from tests.plan.judging import Ready
from tests.plan.operations import Asked
from tests.plan.outcomes import Boom

ARGUMENTS = """
enum Color { RED BLUE }
input Given { number: Int! = 7, text: String, again: Given }
type Query { f(number: Int! = 3, text: String, list: [Int!], color: Color = BLUE, given: Given, sure: ID): Any }
scalar Any
"""


def _echo(_: object, __: object, **arguments: Any) -> Any:
    return arguments


ECHO = schema_of(ARGUMENTS, Query={"f": _echo})
DEFAULTS = {"number": 3, "color": "BLUE"}
GIVEN: list[tuple[str, dict[str, Any], Any]] = [
    ("{ f }", {}, DEFAULTS),
    ('{ f(text: "x" number: 4 color: RED) }', {}, {"number": 4, "text": "x", "color": "RED"}),
    ("{ f(text: null list: null) }", {}, DEFAULTS | {"text": None, "list": None}),
    ("{ f(list: 1) }", {}, DEFAULTS | {"list": [1]}),
    ("{ f(given: {}) }", {}, DEFAULTS | {"given": {"number": 7}}),
    (
        "{ f(given: {again: {text: null}}) }",
        {},
        DEFAULTS | {"given": {"number": 7, "again": {"number": 7, "text": None}}},
    ),
    ("query ($n: Int!) { f(number: $n) }", {"n": 5}, DEFAULTS | {"number": 5}),
    ("query ($n: Int = 6) { f(number: $n) }", {}, DEFAULTS | {"number": 6}),
    ("query ($n: Int) { f(number: $n) }", {}, DEFAULTS),
    ("query ($t: String) { f(text: $t) }", {}, DEFAULTS),
    ("query ($t: String) { f(text: $t) }", {"t": None}, DEFAULTS | {"text": None}),
    ("query ($n: Int!) { f(list: [1, $n]) }", {"n": 5}, DEFAULTS | {"list": [1, 5]}),
    ("query ($l: [Int!]) { f(list: $l) }", {"l": 5}, DEFAULTS | {"list": [5]}),
    ("query ($t: String) { f(given: {text: $t}) }", {"t": "x"}, DEFAULTS | {"given": {"number": 7, "text": "x"}}),
    ("query ($t: String) { f(given: {text: $t}) }", {}, DEFAULTS | {"given": {"number": 7}}),
    ("query ($g: Given) { f(given: $g) }", {"g": {"number": 1}}, DEFAULTS | {"given": {"number": 1}}),
    ("query ($c: Color! = RED) { f(color: $c sure: 5) }", {}, {"number": 3, "color": "RED", "sure": "5"}),
]


@pytest.mark.parametrize(("text", "variables", "expected"), GIVEN)
async def test_arguments_are_given_as_graphql_coerces_them(text: str, variables: dict[str, Any], expected: Any) -> None:
    assert await both(ECHO, text, variables) == {"f": expected}


@pytest.mark.parametrize("text", ["query ($n: Int = 1) { f(number: $n) }", "query ($n: Int = 1) { f(list: [$n]) }"])
async def test_null_where_an_argument_may_not_be_is_the_fields_failure(text: str) -> None:
    data, ((path, message),) = await both(ECHO, text, {"n": None})
    assert (data, path) == ({"f": None}, ["f"])
    assert message.startswith("Argument")


async def test_an_argument_is_passed_by_its_name_in_python() -> None:
    schema: Any = schema_of(ARGUMENTS, Query={"f": _echo})
    schema.query_type.fields["f"].args["number"].out_name = "count"
    assert (await both(schema, "{ f(number: 1) }"))["f"]["count"] == 1


async def test_an_input_object_that_refuses_its_values_is_the_fields_failure() -> None:
    schema: Any = schema_of(ARGUMENTS, Query={"f": _echo})

    def refuse(values: Any) -> Any:
        raise Boom(str(values))

    schema.type_map["Given"].out_type = refuse
    text = "query ($t: String) { x: f y: f(given: {text: $t}) }"
    data, errors = await both(schema, text, {"t": "hunter2"})
    assert data == {"x": DEFAULTS, "y": None}
    assert errors == [(["y"], "{'number': 7, 'text': 'hunter2'}")]


async def test_literals_are_coerced_once_for_all_runs_and_variables_once_a_run() -> None:
    seen: list[str] = []

    def parsed(value: Any) -> Any:
        seen.append(value)
        return value

    sdl = "scalar Seen type Item { f(it: Seen): Int } type Query { items: [Item] }"
    schema: Any = schema_of(sdl, Query={"items": always([{"f": always(1)}] * 3)})
    schema.type_map["Seen"].coerce_input_value = parsed
    text = 'query ($v: Seen) { items { f(it: "literal") x: f(it: $v) } }'
    ready = Ready.of(schema, Asked(text, {"v": "variable"}, None))
    seen.clear()
    await ready.by_plan(None)
    await ready.by_plan(None)
    assert seen == ["variable", "literal", "variable"]
