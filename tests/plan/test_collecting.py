"""Which fields an answer has, in which order, and how often each is resolved."""

from collections import Counter
from typing import Any

import pytest

from tests.plan.both import both, schema_of
from tests.plan.judging import Ready
from tests.plan.operations import Asked

SDL = """
interface Named { name: String }
type Person implements Named { name: String, age: Int, friend: Person }
type Robot implements Named { name: String, model: Int }
union Any = Person | Robot
type Query { a: String, b: String, c: String, late: String, person: Person, named: Named, any: [Any] }
"""
ANNA: dict[str, Any] = {"__typename": "Person", "name": "Anna", "age": 7, "friend": {"name": "Bert", "age": 8}}
RODY = {"__typename": "Robot", "name": "Rody", "model": 9}


async def late(*_: object) -> str:
    return "late"


SCHEMA = schema_of(
    SDL,
    Query={
        "a": lambda *_: "A",
        "b": lambda *_: "B",
        "c": lambda *_: "C",
        "late": late,
        "person": lambda *_: ANNA,
        "named": lambda *_: RODY,
        "any": lambda *_: [ANNA, RODY],
    },
)

CASES: list[tuple[str, Any]] = [
    # the order of the answer is the document's
    ("{ c a b }", {"c": "C", "a": "A", "b": "B"}),
    ("{ late c }", {"late": "late", "c": "C"}),
    ("{ x: a a y: a }", {"x": "A", "a": "A", "y": "A"}),
    ("{ a b a }", {"a": "A", "b": "B"}),
    ("{ b ...F a } fragment F on Query { c a b }", {"b": "B", "c": "C", "a": "A"}),
    ("{ person { age } a person { name age } }", {"person": {"age": 7, "name": "Anna"}, "a": "A"}),
    # selections of one name merge, however deep
    (
        "{ person { friend { name } } person { friend { age name } } }",
        {"person": {"friend": {"name": "Bert", "age": 8}}},
    ),
    (
        "{ person { friend { name } } ...F } fragment F on Query { person { friend { age } } }",
        {"person": {"friend": {"name": "Bert", "age": 8}}},
    ),
    # fragments
    ("{ ... { a } ... on Query { b } ...F } fragment F on Query { c }", {"a": "A", "b": "B", "c": "C"}),
    ("{ ...F ...F } fragment F on Query { a ...G } fragment G on Query { ... { b } }", {"a": "A", "b": "B"}),
    ("{ named { ... on Person { age } ... on Robot { model } } }", {"named": {"model": 9}}),
    ("{ named { ... on Named { name ... on Person { age } } } }", {"named": {"name": "Rody"}}),
    ("{ person { ...F } } fragment F on Named { name }", {"person": {"name": "Anna"}}),
    (
        "{ any { __typename ... on Named { name } ... on Person { age } ... on Any { ... on Robot { model } } } }",
        {
            "any": [
                {"__typename": "Person", "name": "Anna", "age": 7},
                {"__typename": "Robot", "name": "Rody", "model": 9},
            ]
        },
    ),
    ("{ any { ... on Person { x: name } ... on Robot { x: name } } }", {"any": [{"x": "Anna"}, {"x": "Rody"}]}),
    ("{ person { ... on Named { ... on Person { age } } } }", {"person": {"age": 7}}),
    # __typename
    (
        "{ __typename kind: __typename person { __typename } }",
        {"__typename": "Query", "kind": "Query", "person": {"__typename": "Person"}},
    ),
    # @skip and @include
    ("{ a @include(if: true) b @include(if: false) c @skip(if: true) }", {"a": "A"}),
    ("{ a @skip(if: false) @include(if: true) b @skip(if: true) @include(if: true) }", {"a": "A"}),
    ("{ a @skip(if: false) @include(if: false) b @skip(if: true) @include(if: false) }", {}),
    ("{ person { name @skip(if: true) } }", {"person": {}}),
    ("{ a @skip(if: true) a }", {"a": "A"}),
    ("{ ... @include(if: false) { a } ... @include(if: true) { b } }", {"b": "B"}),
    ("{ ...F @skip(if: true) ...F } fragment F on Query { a }", {"a": "A"}),
    ("{ a ...F @skip(if: true) } fragment F on Query { b }", {"a": "A"}),
    ("{ person @include(if: false) { name } person { age } }", {"person": {"age": 7}}),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
async def test_the_answer_has_the_fields_that_were_selected(text: str, expected: Any) -> None:
    data = await both(SCHEMA, text)
    assert repr(data) == repr(expected)


SWITCHED = """
query ($yes: Boolean!, $no: Boolean = false, $maybe: Boolean = true) {
  a @include(if: $yes) b @skip(if: $no) c @skip(if: $maybe) @include(if: $yes) ... @include(if: $no) { x: a }
}
"""


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"yes": True}, ["a", "b"]),
        ({"yes": False}, ["b"]),
        ({"yes": True, "no": True}, ["a", "x"]),
        ({"yes": True, "maybe": False}, ["a", "b", "c"]),
        ({"yes": False, "no": True, "maybe": False}, ["x"]),
    ],
)
async def test_variables_switch_fields(variables: dict[str, bool], expected: list[str]) -> None:
    assert list(await both(SCHEMA, SWITCHED, variables)) == expected


async def test_a_switch_that_is_null_after_all_fails_where_it_is() -> None:
    text = "query ($if: Boolean = true) { a person { name @include(if: $if) } }"
    data, errors = await both(SCHEMA, text, {"if": None})
    assert data == {"a": "A", "person": None}
    assert [path for path, _ in errors] == [["person"]]


async def test_a_switch_of_the_root_that_is_null_after_all_fails_the_operation() -> None:
    data, errors = await both(SCHEMA, "query ($if: Boolean = true) { a @skip(if: $if) b }", {"if": None})
    assert data is None
    assert [path for path, _ in errors] == [[]]


@pytest.mark.parametrize(
    "text", ["{ a a x: b ...F } fragment F on Query { a x: b }", "{ ...F a } fragment F on Query { a x: b }"]
)
async def test_a_field_is_resolved_once_for_each_name_that_it_has_in_the_answer(text: str) -> None:
    calls: Counter[str] = Counter()

    def noted(_: object, info: Any) -> str:
        calls[info.field_name] += 1
        return "x"

    schema = schema_of("type Query { a: String, b: String }", Query={"a": noted, "b": noted})
    await Ready.of(schema, Asked(text, {}, None)).by_plan(None)
    assert calls == {"a": 1, "b": 1}
