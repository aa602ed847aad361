"""What is too much is refused before it costs anything, by the name of what it is too much of."""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import ExecutionResult, get_introspection_query, get_operation_ast, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.documents import Documents
from gateway.errors import RequestRefused
from gateway.limits import Allowance, Bounds, Reach
from gateway.sandbox import Sandbox, SandboxTransport
from gateway.shapes import EACH
from tests.conftest import serving
from tests.plan.judging import plain
from tests.plan.operations import Asked, operations
from tests.plan.test_agreement import OURS, SCALARS
from tests.plan.upstream import Upstream
from tests.plan.world import World

WIDE = Bounds(tokens=100_000, depth=100, aliases=1000, customers=1000, kpis=10**6)
NESTED = "fragment A on Customer { kpi { ...B } } fragment B on CustomerKpi { totalItems }"
ALIASED = "fragment A on Customer { a: id b: id }"


SPREAD = " ".join(f"...F{number}" for number in range(24))
FRAGMENTS = " ".join(f"fragment F{number} on Query {{ {f'a{number} ' * 40} }}" for number in range(24))
VALUES = "a(a: [{b: [1]} $c]) " * 50 + "b(c: 1)"


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
        (Bounds(customers=2), "{ a @skip(if: {b: [[1, 2, 3]]}) }", "3 items in a list"),
        (Bounds(), "query ($a: Int " + "@a" * 60 + ") " + "@a" * 41 + "{ c }", "101 directives"),
        (
            Bounds(),
            f"{{ {SPREAD} {'b ' * 41} }} {FRAGMENTS}",
            "1001 fields, fragments spread out: at most 1000 (half of GATEWAY_MAX_TOKENS).",
        ),
        (Bounds(), "{" + "a " * 51 + "}", "51 fields of one name in a selection: at most 50."),
        (Bounds(), "{ b: a ... { ...A ...A } } fragment A on Query {" + "b " * 25 + "}", "51 fields of one name"),
        (
            Bounds(tokens=1000),
            f"{{ {VALUES} }}",
            "251 values in a document: at most 250 (a quarter of GATEWAY_MAX_TOKENS)",
        ),
        (
            Bounds(customers=1, kpis=2),
            "{" + "a(a: [1]) { b }" * 5 + "}",
            "5 customers and KPIs, each wherever it stands: at mo",
        ),
        (Bounds(), "{ a }" * 21, "21 operations in a document: at most 20."),
        (Bounds(), "{ a }" + "fragment A on B { c }" * 101, "101 definitions beside operations: at most 100."),
        (Bounds(), "{" + "__schema { a } __type { a } " * 3 + "}", "6 fields of introspection: at most 5."),
        (
            Bounds(depth=1000),
            "{ ...A } fragment A on B " + "{a" * 150 + "{...C}" + "}" * 150 + "fragment C on B " + nested(60),
            "The document is nested too deeply: at most 200.",
        ),
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
        (Bounds(), f"{{ {SPREAD} {'b ' * 40} }} {FRAGMENTS}"),
        (Bounds(), "{" + "a " * 50 + "b { " + "a " * 50 + "} }"),
        (Bounds(tokens=1004), f"{{ {VALUES} }}"),
        (Bounds(customers=2, kpis=1), "{" + "a(a: [1]) { b }" * 4 + "}"),
        (Bounds(), "{ a }" * 20 + "fragment A on B { c }" * 100),
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


def reached(text: str, variables: Mapping[str, Any] | None = None) -> int:
    document = parse(text)
    return Bounds().judge(document, get_operation_ast(document)).all_objects(variables or {})


LISTS = "query ($a: [ID!]!, $b: [ID!] = [1, 2, 3], $c: ID) { %s } fragment A on Query { x(a: $a) { y { z } } }"


@pytest.mark.parametrize(
    ("selection", "variables", "objects"),
    [
        ("x", {}, 0),
        ("x { y }", {}, 1),
        ("x { y { z } }", {}, 2),
        ("x(a: [1, 2, 3]) { y }", {}, 3),
        ("x(a: [1, 2, 3]) { y { z } w { z } }", {}, 9),
        ("x(a: $a) { y { z } }", {"a": [1] * 20}, 40),
        ("x(a: $a) { y }", {"a": 1}, 1),
        ("x(a: $b) { y }", {}, 3),
        ("x(a: $b) { y }", {"b": [1]}, 1),
        ("x(a: $c) { y }", {"c": 1, "a": [1] * 20}, 1),
        ("x(a: $a) { y } v(a: $b) { y } x(a: [1]) { y }", {"a": [1] * 20, "b": [1] * 5}, 26),
        ("...A ...A ... { ...A }", {"a": [1] * 20}, 120),
        ("x(a: [1, 2]) { y(a: $a) { z } }", {"a": [1] * 20}, 42),
        ("x(a: $a) { y(a: $b) { z } }", {"a": [1] * 20, "b": [1]}, 20 * (1 + 200)),
        ("__schema { types { name } }", {}, 0),
    ],
)
def test_objects_are_counted_wherever_they_stand(selection: str, variables: Mapping[str, Any], objects: int) -> None:
    """A list within a list is taken for as long as any may be."""
    assert reached(LISTS % selection, variables) == objects


@given(operations(OURS, SCALARS, depths=(3, 4, 5)), st.integers(0, 2**16))
async def test_an_answer_has_no_more_objects_than_were_counted(asked: Asked, seed: int) -> None:
    documents = Documents(OURS, introspection=True, bounds=WIDE)
    allowance = Allowance(WIDE)
    known = documents.operation(asked.text, asked.name, allowance, queries_only=False)
    run = documents.run(known, asked.variables, Upstream(World(seed, 0, 0)).context(), allowance)
    result = known.operation.execute(run)
    data = plain((result if isinstance(result, ExecutionResult) else await result).data)
    assert objects_in(data) - 1 <= known.reach.all_objects(asked.variables)


def objects_in(data: Any) -> int:
    if isinstance(data, dict):
        return 1 + sum(map(objects_in, data.values()))
    return sum(map(objects_in, data)) if isinstance(data, list) else 0


def test_the_documents_of_a_request_share_what_there_is() -> None:
    tokens = Allowance(Bounds(tokens=100)).tokens
    tokens.take(60)
    tokens.take(40)
    told = r"with those before it, has more than 100 tokens and comments: at most 100 \(GATEWAY_MAX_"
    with pytest.raises(RequestRefused, match=told):
        tokens.take(1)


def test_an_operation_that_is_ready_counts_once_and_each_of_its_document_for_itself() -> None:
    allowance = Allowance(Bounds(tokens=100))
    for name in ("A", "B", "A"):
        allowance.take_ready("text", name, 40, 1)
    assert (allowance.tokens.left, allowance.selections.left) == (20, 18)


@pytest.mark.parametrize("text", ["{ ? }", "{ nope }", f"{{ {'a' * 256} }}", "{ a", "query A { __typename }"])
def test_what_is_refused_counts_each_time_that_it_is_read(text: str) -> None:
    documents, allowance = Documents(OURS, introspection=True, bounds=WIDE), Allowance(WIDE)
    left = [WIDE.tokens]
    for _ in range(2):
        with pytest.raises(RequestRefused):
            documents.operation(text, "B", allowance, queries_only=False)
        left.append(allowance.tokens.left)
    assert left[0] - left[1] == left[1] - left[2] > 0


@pytest.mark.parametrize(("tokens", "most"), [(2000, 400), (10, 2)])
def test_fields_and_fragments_of_documents_are_a_fifth_of_the_tokens(tokens: int, most: int) -> None:
    selections = Allowance(Bounds(tokens=tokens)).selections
    told = rf"The document has more than {most} fields and fragments: at most {most} \(a fifth of GATEWAY_MAX_TOKENS\)"
    with pytest.raises(RequestRefused, match=told):
        selections.take(most + 1)
    assert selections.left == 0


@pytest.mark.parametrize(
    ("text", "selections"),
    [("{ a }", 1), ("{ a { b ...C } ... { d } } fragment C on D { e } fragment E on D { f }", 7), ("{ a } { b }", 2)],
)
def test_fields_and_fragments_are_counted_as_they_stand(text: str, selections: int) -> None:
    assert Bounds().judge(parse(text)).selections == selections


def test_the_operations_of_a_request_share_the_objects() -> None:
    allowance = Allowance(Bounds(customers=2, kpis=5))
    allowance.take(Reach(objects={EACH: 10}), {})
    told = r"11 customers and KPIs, each wherever it stands: at most 10 \(twice GATEWAY_MAX_KPIS, or G"
    with pytest.raises(RequestRefused, match=told):
        allowance.take(Reach(objects={EACH: 1}), {})


def test_a_name_is_bounded_in_characters() -> None:
    Bounds().judge_name(255)
    with pytest.raises(RequestRefused, match="256 characters in a name: at most 255"):
        Bounds().judge_name(256)


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_lines_are_counted_before_a_document_is_read(end: str) -> None:
    Bounds().judge_text(end * 4000)
    with pytest.raises(RequestRefused, match="4001 lines: at most 4000"):
        Bounds().judge_text(end * 4001)


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
            await gateway.ask("{ __typename " + "@skip(if: false) " * 7 + "}"),
            await gateway.ask("{ " + "__typename " * 9 + "}"),
            await gateway.ask("{ __typename " + "# more\n" * 41 + "}"),
        ]
    assert [(each.status, *each.codes) for each in refusals] == [(422, "REQUEST_LIMIT_EXCEEDED")] * 6
    told = [each.errors[0]["message"] for each in refusals]
    settings = ["(GATEWAY_MAX_CUSTOMERS)", "(GATEWAY_MAX_ALIASES)", "(GATEWAY_MAX_DEPTH)", "(GATEWAY_MAX_TOKENS)"]
    settings += ["(a fifth of GATEWAY_MAX_TOKENS)", "(GATEWAY_MAX_TOKENS)"]
    assert "more than 40 tokens and comments" in told[-1]
    assert [setting in message for setting, message in zip(settings, told, strict=True)] == [True] * 6
    assert list(sandbox.calls) == []
    assert not any("data" in each.body for each in refusals)


async def test_the_introspection_of_tools_is_within_the_bounds(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), introspection=True) as gateway:
        assert (await gateway.ask(get_introspection_query(input_value_deprecation=True))).status == 200
