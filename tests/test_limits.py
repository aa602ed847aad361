"""What is too much is refused before it costs anything, by the name of what it is too much of."""

from typing import Any

import pytest
from graphql import get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import RequestRefused
from gateway.limits import Bounds
from gateway.sandbox import Sandbox, SandboxTransport
from tests.conftest import serving

NESTED = "fragment A on Customer { kpi { ...B } } fragment B on CustomerKpi { totalItems }"
ALIASED = "fragment A on Customer { a: id b: id }"


def nested(depth: int) -> str:
    return "{ a " * depth + "}" * depth


@pytest.mark.parametrize(
    ("bounds", "document", "asked"),
    [
        (Bounds(depth=3), nested(4), "4 fields, one within the other: at most 3 (GATEWAY_MAX_DEPTH)"),
        (Bounds(depth=2), "{ customer(id: 1) { ...A } } " + NESTED, "3 fields"),
        (Bounds(depth=2), "{ customer(id: 1) { ... on Customer { ... { kpi { totalItems } } } } }", "3 fields"),
        (
            Bounds(aliases=3),
            "{ a: b c: d e: f g: h }",
            "4 aliases, fragments spread out: at most 3 (GATEWAY_MAX_AL",
        ),
        (Bounds(aliases=3), "{ a { ...A } b { ...A } } " + ALIASED, "4 aliases"),
        (Bounds(aliases=3), "query A { a } query B { a: b c: d e: f g: h }", "4 aliases"),
        (Bounds(), "{ a " + "@skip(if: false)" * 101 + " }", "101 directives, fragments spread out: at most 100."),
        (
            Bounds(),
            "query " + "@a" * 51 + "{ ... @b { ...A @c } } fragment A on B " + "@a" * 48 + "{ c }",
            "101 directives",
        ),
        (Bounds(), "{ ...A ...A } fragment A on B { c " + "@a" * 51 + "}", "102 directives"),
        (
            Bounds(customers=2),
            "{ customers(ids: [1, 2, 3]) { id } }",
            "3 items in a list: at most 2 (GATEWAY_MAX_CUST",
        ),
        (Bounds(customers=2), "query ($ids: [ID!] = [1, 2, 3]) { customers(ids: $ids) { id } }", "3 items in a list"),
    ],
)
def test_one_more_than_is_allowed_is_refused_and_told(bounds: Bounds, document: str, asked: str) -> None:
    with pytest.raises(RequestRefused) as refusal:
        bounds.judge(parse(document))
    assert asked in refusal.value.public
    assert (refusal.value.status, refusal.value.code) == (422, "REQUEST_LIMIT_EXCEEDED")


@pytest.mark.parametrize(
    ("bounds", "document"),
    [
        (Bounds(depth=3), nested(3)),
        (Bounds(depth=3), "{ customer(id: 1) { ...A } } " + NESTED),
        (Bounds(), "{ a " + "@skip(if: false)" * 100 + " }"),
        (Bounds(aliases=4), "{ a { ...A } b { ...A } } " + ALIASED),
        (Bounds(customers=3), "{ customers(ids: [1, 2, 3]) { id } }"),
        (Bounds(), "{ __schema { types { fields { args { type " + "{ ofType " * 20 + "{ name }" + "}" * 25),
        (Bounds(), "{ ...Nowhere }"),
        (Bounds(), "{ ...A } fragment A on Query { a { ...B } } fragment B on Query { a { ...A } }"),
    ],
)
def test_what_is_allowed_is_not(bounds: Bounds, document: str) -> None:
    bounds.judge(parse(document))


@given(depth=st.integers(1, 30), most=st.integers(1, 30))
def test_the_depth_is_that_of_the_deepest_field(depth: int, most: int) -> None:
    document = parse(nested(depth))
    if depth <= most:
        Bounds(depth=most).judge(document)
        return
    with pytest.raises(RequestRefused):
        Bounds(depth=most).judge(document)


def test_fragments_that_spread_each_other_a_billion_times_are_judged_one_by_one() -> None:
    levels = [f"fragment F{n} on Customer {{ ...F{n + 1} ...F{n + 1} ...F{n + 1} }}" for n in range(20)]
    document = "{ customer(id: 1) { ...F0 } } " + " ".join(levels) + " fragment F20 on Customer { a: id }"
    with pytest.raises(RequestRefused, match=f"{3**20} aliases"):
        Bounds().judge(parse(document))


@pytest.mark.parametrize("value", [[1, 2], "abc", None, {"a": [1, 2, 3]}])
def test_a_variable_that_is_no_longer_than_allowed_is_taken(value: Any) -> None:
    Bounds(customers=2).judge_lists({"of": value})


def test_a_variable_that_is_too_long_a_list_is_named() -> None:
    with pytest.raises(RequestRefused, match=r"3 items in the variable \$of: at most 2 \(GATEWAY_MAX_CUSTOMERS\)"):
        Bounds(customers=2).judge_lists({"of": [1, 2, 3]})


IDS = "query ($ids: [ID!]!) { customers(ids: $ids) { id } }"


async def test_the_settings_bound_what_is_asked_through_the_front_door(sandbox: Sandbox) -> None:
    bounds = {"max_tokens": 40, "max_depth": 3, "max_aliases": 2, "max_customers": 3}
    async with serving(SandboxTransport(sandbox), **bounds) as gateway:
        assert (await gateway.ask(IDS, {"ids": [1, 2, 3]})).status == 200
        refusals = [
            await gateway.ask(IDS, {"ids": [1, 2, 3, 4]}),
            await gateway.ask("{ a: __typename b: __typename c: __typename }"),
            await gateway.ask("{ customer(id: 1) { kpi { totalItems { x } } } }"),
            await gateway.ask("{ " + "__typename " * 39 + "}"),
            await gateway.ask("{ __typename " + "# more\n" * 41 + "}"),
        ]
    assert [(each.status, *each.codes) for each in refusals] == [(422, "REQUEST_LIMIT_EXCEEDED")] * 5
    told = [each.errors[0]["message"] for each in refusals]
    settings = ["MAX_CUSTOMERS", "MAX_ALIASES", "MAX_DEPTH", "MAX_TOKENS", "MAX_TOKENS"]
    assert [f"(GATEWAY_{setting})" in message for setting, message in zip(settings, told, strict=True)] == [True] * 5
    assert list(sandbox.calls) == []
    assert not any("data" in each.body for each in refusals)


async def test_the_introspection_of_tools_is_within_the_bounds(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), introspection=True) as gateway:
        assert (await gateway.ask(get_introspection_query(input_value_deprecation=True))).status == 200
