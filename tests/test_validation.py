"""A document is valid, or is told why not, as graphql-core has it; only what takes too long is given up sooner."""

import json
from typing import Any

import graphql
import pytest
from graphql import (
    SKIP,
    GraphQLError,
    GraphQLSyntaxError,
    Node,
    ParallelVisitor,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    specified_rules,
    visit,
)
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import RequestRefused
from gateway.schema import build_schema
from gateway.validation import WAYS, Walk, validate
from tests.abuse import documents, schema, values
from tests.plan import nasty, plain
from tests.plan.operations import Asked, operations

OURS = build_schema()._schema  # noqa: SLF001  # Strawberry has no public name for it
NASTY = nasty.SCHEMA._schema  # noqa: SLF001
ATTACKS = [json.loads(each.sent.body)["query"] for each in (*documents.ALL, *values.ALL, *schema.ALL)]


def told(error: GraphQLError) -> tuple[Any, ...]:
    return error.message, error.locations, error.extensions


def found(on: Any, text: str) -> list[tuple[Any, ...]] | None:
    """Return what is told of a document's errors; None for one that was given up."""
    try:
        validate(on, parse(text), introspection=True)
    except RequestRefused as refused:
        errors = [told(each) for each in refused.causes if isinstance(each, GraphQLError)]
        return errors if refused.code == "GRAPHQL_VALIDATION_FAILED" else None
    return []


@given(operations(NASTY), st.integers(0, 2**16), st.data())
def test_errors_are_those_that_graphql_core_finds(asked: Asked, at: int, data: st.DataObject) -> None:
    """Valid operations, with a word or a sign that is changed for another one of theirs."""
    words = asked.text.split()
    words[at % len(words)] = data.draw(st.sampled_from([*words, "nope", "", "$v0", "@skip(if: true)", "...F1"]))
    text = " ".join(words)
    try:
        document = parse(text)
    except GraphQLSyntaxError:
        return
    assert found(NASTY, text) == [told(each) for each in graphql.validate(NASTY, document)][:20]


@given(operations(plain.SCHEMA))
def test_what_is_valid_is_so(asked: Asked) -> None:
    assert found(plain.SCHEMA, asked.text) == []


@pytest.mark.parametrize("text", ATTACKS)
def test_of_what_is_an_attack_no_error_is_told_that_there_is_not(text: str) -> None:
    try:
        document = parse(text, max_lexical_tokens=2000)
    except GraphQLSyntaxError:
        return
    mine = found(OURS, text)
    if mine is None:  # it was given up
        return
    theirs = [told(each) for each in graphql.validate(OURS, document, specified_rules, 20)]
    if ("Validation aborted.", None, {}) not in theirs:
        assert mine == theirs[:20]


class Walker(Visitor):
    """Notes the nodes that it is shown; it does not go into some of them."""

    def __init__(self, not_into: set[int]) -> None:
        super().__init__()
        self.not_into = not_into
        self.seen: list[tuple[Any, ...]] = []

    def enter(self, node: Node, key: Any, parent: Any, path: list[Any], ancestors: list[Any]) -> Any:
        self.seen.append(("enter", node.kind, key, parent, tuple(path), tuple(ancestors)))
        return SKIP if len(self.seen) in self.not_into else None

    def leave(self, node: Node, *_: object) -> None:
        self.seen.append(("leave", node.kind))


class OfFields(Walker):
    enter = None  # type: ignore[assignment]
    enter_field = Walker.enter
    leave = None  # type: ignore[assignment]
    leave_selection_set = Walker.leave


@given(
    operations(plain.SCHEMA),
    st.lists(st.tuples(st.sampled_from([Walker, OfFields]), st.sets(st.integers(1, 30))), min_size=1, max_size=4),
)
def test_rules_are_shown_what_they_would_be_by_graphql_core(
    asked: Asked, rules: list[tuple[type[Walker], Any]]
) -> None:
    document = parse(asked.text)
    mine, theirs = ([kind(not_into) for kind, not_into in rules] for _ in range(2))
    type_info = TypeInfo(plain.SCHEMA)
    Walk(type_info, mine).through(document)
    visit(document, TypeInfoVisitor(TypeInfo(plain.SCHEMA), ParallelVisitor(theirs)), WAYS)
    for one, other in zip(mine, theirs, strict=True):
        assert one.seen == other.seen
    assert type_info.get_type() is type_info.get_parent_type() is None


def test_introspection_is_refused_where_it_is_off_and_names_are_not_suggested() -> None:
    with pytest.raises(RequestRefused) as refused:
        validate(OURS, parse("{ __schema { queryType { nam } } custome }"), introspection=False)
    messages = [str(each) for each in refused.value.causes]
    assert [("Introspection is off" in each, "Did you mean" in each) for each in messages] == [
        (True, False),
        (False, False),
        (False, False),
    ]


def test_more_than_twenty_errors_are_not_told() -> None:
    errors = found(OURS, "{" + " ".join(f"a{number}" for number in range(30)) + "}")
    assert errors is not None
    assert len(errors) == 20


def test_what_takes_many_comparisons_is_given_up() -> None:
    with pytest.raises(RequestRefused, match="5000 comparisons") as refused:
        validate(OURS, parse("{" + "__typename " * 300 + "}"), introspection=False)
    assert (refused.value.status, refused.value.code, refused.value.causes) == (422, "REQUEST_LIMIT_EXCEEDED", ())
