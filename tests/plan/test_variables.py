"""Variables are coerced as graphql-core coerces them: the values, where each is from, and what is told of bad ones."""

from collections.abc import Callable
from typing import Any

import pytest
from graphql import GraphQLSchema, VariableDefinitionNode, VariableValues, get_variable_values, parse, type_from_ast
from hypothesis import given
from hypothesis import strategies as st

from gateway.plan.variables import Variables
from gateway.scalars import as_it_is
from tests.plan.both import schema_of
from tests.plan.inputs import Scalars, literal, value
from tests.plan.operations import number
from tests.plan.outcomes import Boom

SDL = """
enum Color { RED BLUE }
scalar Even
scalar Any
input Given { number: Int! = 7, text: String, again: Given, all: [Color!] }
input Choice @oneOf { number: Int, text: String }
type Query { f(float: Float, id: ID): Int }
"""
NAMED = ["Int", "Float", "String", "ID", "Boolean", "Color", "Even", "Any", "Given", "Choice"]
LEAVES = NAMED[:-2]
WRAPPED = ["{}", "{}!", "[{}]", "[{}!]", "[{}!]!", "[{}]!", "[[{}!]]", "[[{}]!]!"]
MOST = 20
SCALARS: Scalars = {"Even": [2, 4], "Any": ["x", 1, {"a": [1]}, {}]}


def _even(value: Any) -> int:
    """Take even numbers, and zero for nothing at all; may raise, and may give nothing."""
    if value == "nothing":
        return None  # type: ignore[return-value]  # what a scalar might do
    if not isinstance(value, int):
        raise Boom(f"{value!r} is no number")
    return value // 2 if value % 2 == 0 else 1 // (value - 1)


def _schema() -> GraphQLSchema:
    schema: Any = schema_of(SDL)
    schema.type_map["Even"].coerce_input_value = _even
    schema.type_map["Any"].coerce_input_value = as_it_is
    return schema  # type: ignore[no-any-return]  # schema_of's


SCHEMA = _schema()
json_like = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "1", "RED", "nothing"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["number", "text", "again", "all", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def definitions(draw: st.DrawFn, named: list[str]) -> list[tuple[str, str, str]]:
    """Draw names, types and defaults of variables."""

    def pick(below: int) -> int:
        return draw(number(below)) if below > 1 else 0

    drawn = []
    for place in range(pick(3) + 1):
        type_ = WRAPPED[pick(len(WRAPPED))].format(named[pick(len(named))])
        its = type_of(type_)
        default = literal(its, value(pick, its, SCALARS)) if pick(3) == 2 else ""
        drawn.append((f"v{place}", type_, default))
    return drawn


def type_of(written: str) -> Any:
    return type_from_ast(SCHEMA, nodes_of([("v", written, "")])[0].type)


def nodes_of(drawn: list[tuple[str, str, str]]) -> tuple[VariableDefinitionNode, ...]:
    variables = " ".join(f"${name}: {type_}{default and f' = {default}'}" for name, type_, default in drawn)
    operation: Any = parse(f"query ({variables}) {{ f }}").definitions[0]
    return operation.variable_definitions  # type: ignore[no-any-return]  # they are


def told(coerced: Any) -> Any:
    """Return all that there is to know of values, or of errors."""
    if isinstance(coerced, VariableValues):
        return repr(coerced.coerced), [
            (name, str(source.signature.type), repr(source.value)) for name, source in coerced.sources.items()
        ]
    return [(error.message, error.locations, error.extensions, repr(error.original_error)) for error in coerced]


def outcome(coerce: Callable[[], Any]) -> Any:
    """Return what there is to know, or what was raised."""
    try:
        return told(coerce())
    except Exception as error:  # noqa: BLE001  # to be the same as graphql-core's
        return repr(error)


def compare(drawn: list[tuple[str, str, str]], given: dict[str, Any], *, hide: bool) -> None:
    nodes = nodes_of(drawn)
    variables = Variables(SCHEMA, nodes, hide_suggestions=hide)
    expected = outcome(lambda: get_variable_values(SCHEMA, nodes, given, MOST, hide))
    for _ in range(2):
        assert outcome(lambda: variables.coerced(given)) == expected


@given(definitions(NAMED), st.lists(json_like, min_size=4, max_size=4), st.integers(0, 15), st.booleans())
def test_anything_is_taken_or_refused_as_by_graphql_core(
    drawn: list[tuple[str, str, str]], values: list[Any], present: int, hide: bool
) -> None:
    names = ["v0", "v1", "v2", "unknown"]
    given = {name: it for place, (name, it) in enumerate(zip(names, values, strict=True)) if present >> place & 1}
    compare(drawn, given, hide=hide)


@given(definitions(LEAVES), st.data())
def test_what_fits_is_taken_as_by_graphql_core(drawn: list[tuple[str, str, str]], data: st.DataObject) -> None:
    def pick(below: int) -> int:
        return data.draw(number(below)) if below > 1 else 0

    given = {name: value(pick, type_of(type_), SCALARS) for name, type_, _ in drawn if pick(4)}
    compare(drawn, given, hide=True)


IDS = [f"{place}" for place in range(1000)]


@pytest.mark.parametrize(
    "given", [IDS, [*IDS, 7], [*IDS, None], [*IDS, 1.5], [*IDS, []], IDS[0], {}, tuple(IDS), set(IDS)]
)
@pytest.mark.parametrize("type_", ["[ID!]!", "[ID]", "[String!]", "ID", "[[ID!]!]!"])
def test_lists_of_ids_are_as_by_graphql_core_whatever_is_among_them(type_: str, given: Any) -> None:
    compare([("v", type_, "")], {"v": given}, hide=True)


OBJECTS: list[dict[str, Any]] = [{"a": place} for place in range(1000)]


@pytest.mark.parametrize(
    "given", [OBJECTS, [*OBJECTS, 7, [], "x"], [*OBJECTS, None], [[]], [], {}, None, tuple(OBJECTS)]
)
@pytest.mark.parametrize("type_", ["[Any!]!", "[Any]", "[Any!]", "Any", "[[Any!]!]!"])
def test_lists_of_whatever_is_sent_are_as_by_graphql_core(type_: str, given: Any) -> None:
    compare([("v", type_, "")], {"v": given}, hide=True)


def test_no_more_errors_are_told_than_anyone_reads() -> None:
    variables = Variables(SCHEMA, nodes_of([("v", "[Int!]", "")]), hide_suggestions=True)
    errors: Any = variables.coerced({"v": ["x"] * 100})
    assert len(errors) == MOST + 1
    assert errors[-1].message.startswith("Too many errors")


def test_a_type_that_the_schema_does_not_have_is_refused_as_by_graphql_core() -> None:
    compare([("v", "Nobody", "")], {"v": 1}, hide=True)


def test_a_value_nested_too_deeply_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(1000):
        deep = {"again": deep}
    variables = Variables(SCHEMA, nodes_of([("v", "Given", "")]), hide_suggestions=True)
    assert told(variables.coerced({"v": deep}))[0][0] == "Variable values are nested too deeply."
