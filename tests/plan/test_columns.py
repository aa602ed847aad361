"""Columns of leaves: whatever is among them, each is what graphql-core makes of it alone."""

import gc
from typing import Any

import pytest
from graphql import GraphQLLeafType, Undefined
from hypothesis import given
from hypothesis import strategies as st

from gateway.plan import columns as columns_
from gateway.plan.columns import column, row
from tests.plan.both import always, both, schema_of
from tests.plan.nasty import SCHEMA
from tests.plan.outcomes import LEAVES

TYPES: dict[str, Any] = SCHEMA._schema.type_map  # noqa: SLF001  # Strawberry has no public name for it
ODD: list[Any] = [None, Undefined, ValueError("hunter2"), 2**31, -(2**31) - 1, 2**31 - 1, True, 1.0, "1", b"", [], {}]
values = st.sampled_from(
    [*ODD, *(value for right_and_wrong in LEAVES.values() for each in right_and_wrong for value in each)]
)
columns = st.lists(values, min_size=1, max_size=4) | values.flatmap(
    lambda value: st.lists(st.just(value), min_size=1, max_size=4)
)


def alone(type_: GraphQLLeafType, value: Any) -> Any:
    """Return what the value becomes; None where it is null or fails."""
    if value is None or value is Undefined or isinstance(value, Exception):
        return None
    try:
        coerced = type_.coerce_output_value(value)
    except Exception:  # noqa: BLE001  # whichever it was
        return None
    return None if coerced is Undefined else coerced


@given(name=st.sampled_from(sorted(LEAVES)), them=columns, is_nullable=st.booleans())
def test_a_column_is_coerced_as_a_whole_only_if_all_of_it_is_right(
    name: str, them: list[Any], *, is_nullable: bool
) -> None:
    type_ = TYPES[name]
    coerced = column(type_, is_nullable=is_nullable)(them)
    if coerced is not None:
        assert repr(list(coerced)) == repr([None if value is None else alone(type_, value) for value in them])
        assert is_nullable or None not in coerced


RIGHT: list[tuple[str, list[Any]]] = [
    ("Int", [1, -(2**31), 2**31 - 1]),
    ("String", ["a", ""]),
    ("ID", ["a", "7"]),
    ("Boolean", [True, False]),
    ("Float", [1.5, 2.0]),
    ("Fussy", ["fine", 0]),
]


@pytest.mark.parametrize(("name", "them"), RIGHT)
def test_a_column_of_right_values_is_coerced_as_a_whole(name: str, them: list[Any]) -> None:
    assert column(TYPES[name], is_nullable=False)(them) == them
    with_null = [None, *them, None]
    assert column(TYPES[name], is_nullable=True)(with_null) == with_null
    assert column(TYPES[name], is_nullable=False)(with_null) is None


async def test_so_many_kinds_of_rows_are_made_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    known = row(("known",))
    monkeypatch.setattr(columns_, "_MOST_ROWS", len(columns_._rows))  # noqa: SLF001
    assert row(("known",)) is known is not None
    assert row(("unknown",)) is None
    schema = schema_of("type Item { a: Int } type Query { all: [Item] }", Query={"all": always([{"a": 1}, {"a": 2}])})
    assert await both(schema, "{ all { other: a } }") == {"all": [{"other": 1}, {"other": 2}]}


def test_a_kind_of_rows_that_nobody_needs_makes_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns_, "_known", {})
    gc.collect()
    monkeypatch.setattr(columns_, "_MOST_ROWS", len(columns_._rows) + 1)  # noqa: SLF001
    assert [row(("one",)) is None, row(("other",)) is None] == [False, True]
    columns_._known.clear()  # noqa: SLF001
    gc.collect()
    assert row(("other",)) is not None


class Strange:
    """Cannot be compared, as arrays cannot."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("hunter2")

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "strange"


async def test_values_that_cannot_be_compared_are_values() -> None:
    schema = schema_of(
        "scalar Any type Query { all: [Any], one: Any }",
        Query=dict.fromkeys(["all"], lambda *_: [Strange(), 1]) | {"one": lambda *_: Strange()},
    )
    data = await both(schema, "{ all one }")
    assert repr(data) == "{'all': [strange, 1], 'one': strange}"


async def test_a_scalar_that_fails_is_asked_for_each_value() -> None:
    def coerced(value: Any) -> Any:
        if value == "broken":
            raise ZeroDivisionError("hunter2")
        return Undefined if value == "undefined" else value

    schema: Any = schema_of(
        "scalar Any type Query { all: [Any] }", Query={"all": lambda *_: ["a", "broken", "undefined", None, "b"]}
    )
    schema.type_map["Any"].coerce_output_value = coerced
    data, errors = await both(schema, "{ all }")
    assert data == {"all": ["a", None, None, None, "b"]}
    assert errors == [
        (["all", 1], "hunter2"),
        (
            ["all", 2],
            "Expected `Any.coerce_output_value('undefined')` to return non-nullable value, returned: Undefined",
        ),
    ]
