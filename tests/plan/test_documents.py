"""A document that is known costs nothing more, and those that are kept are bounded."""

from sys import getsizeof
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLSchema, build_schema

from gateway.documents import MEMORY, Documents, Known
from gateway.errors import Code, RequestRefused
from gateway.limits import Allowance, Bounds
from tests.plan.both import always, answer, schema_of

SDL = "type Item { a: String } type Query { a: String, b(id: ID! = 1): String, item: Item }"


class Asked(GraphQLSchema):
    """Notes that it is asked for the directives it has, which is what each validation begins with."""

    validations = 0

    @property
    def directives(self) -> Any:
        self.validations += 1
        return self._directives

    @directives.setter
    def directives(self, directives: Any) -> None:
        self._directives = directives


def documents(*, introspection: bool = False, memory: int = MEMORY) -> tuple[Documents, Any]:
    schema: Any = Asked(**schema_of(SDL, Query={"a": always("A")}).to_kwargs())
    return Documents(schema, introspection=introspection, bounds=Bounds(), memory=memory), schema


def operation(kept: Documents, text: str, name: str | None = None) -> Known:
    return kept.operation(text, name, Allowance(Bounds()), queries_only=False)


def validated(kept: Documents, schema: Any, text: str, name: str | None = None) -> bool:
    """Return whether the schema was asked for anything."""
    before = schema.validations
    operation(kept, text, name)
    return bool(schema.validations > before)


def test_a_known_document_is_neither_parsed_nor_validated_again() -> None:
    kept, schema = documents()
    first = operation(kept, "{ a }")
    assert not validated(kept, schema, "{ a }")
    assert operation(kept, "{ a }") is first


def test_another_text_is_another_document_whatever_it_means() -> None:
    kept, schema = documents()
    assert validated(kept, schema, "{ a }")
    assert validated(kept, schema, "{ a  }")


def test_each_operation_of_a_document_is_kept_by_its_name() -> None:
    kept, schema = documents()
    text = "query A { a } query B { b }"
    assert [validated(kept, schema, text, name) for name in ("A", "B", "A", "B")] == [True, True, False, False]
    assert operation(kept, text, "A").operation.node is not operation(kept, text, "B").operation.node


def test_the_only_operation_is_the_same_by_its_name_and_without() -> None:
    kept, _ = documents()
    for name in (None, "A"):
        node = operation(kept, "query A { a }", name).operation.node
        assert node.name
        assert node.name.value == "A"


INVALID = ["{", "{ nope }", "{ a { b } }", "query A { a } query B { b }", "{ __schema { queryType { name } } }"]


@pytest.mark.parametrize("text", INVALID)
def test_what_is_refused_is_not_kept_and_refused_each_time(text: str) -> None:
    kept, _ = documents()
    refusals = []
    for _ in range(2):
        with pytest.raises(RequestRefused) as refused:
            operation(kept, text)
        refusals.append((refused.value.status, refused.value.code, refused.value.public))
    assert refusals[0] == refusals[1]


def test_a_name_that_a_valid_document_does_not_have_is_refused_each_time() -> None:
    kept, schema = documents()
    operation(kept, "query A { a }", "A")
    for _ in range(2):
        before = schema.validations
        with pytest.raises(RequestRefused) as refused:
            operation(kept, "query A { a }", "B")
        assert refused.value.code == Code.OPERATION_RESOLUTION_FAILURE
        assert schema.validations > before


def _long(number: int, length: int) -> str:
    return f"{{ a }} # {number}\n".ljust(length)


def test_more_than_a_thousand_short_documents_are_kept_those_that_were_not_asked_for_longest_go() -> None:
    kept, schema = documents()
    most = MEMORY // operation(kept, _long(0, 20)).size
    assert most > 1000
    for number in range(most):
        operation(kept, _long(number, 20))
    operation(kept, _long(0, 20))
    operation(kept, _long(most, 20))
    assert not validated(kept, schema, _long(0, 20))
    assert not validated(kept, schema, _long(2, 20))
    assert validated(kept, schema, _long(1, 20))


def test_long_documents_are_kept_by_their_length() -> None:
    kept, schema = documents(memory=4_000_000)
    lengths = [750_000, 750_000, 375_000]
    texts = [_long(number, length) for number, length in enumerate(lengths)]
    assert [validated(kept, schema, text) for text in texts * 2] == [True] * 3 + [False] * 3
    operation(kept, _long(3, 250_000))
    assert validated(kept, schema, texts[0])


@pytest.mark.parametrize(("conditions", "plans"), [(0, 1), (1, 2), (4, 16), (9, 16)])
def test_documents_count_for_all_plans_that_they_may_have(conditions: int, plans: int) -> None:
    names = [f"v{number}" for number in range(conditions)]
    defined = f"({' '.join(f'${name}: Boolean!' for name in names)})" if names else ""
    text = f"query {defined} {{ a {' '.join(f'...@skip(if: ${name}) {{ a }}' for name in names)} }}"
    known = operation(documents()[0], text)
    assert known.operation.most_plans == plans
    assert known.size == 30_000 + (450 + 280 * (plans - 1)) * known.tokens + 2 * getsizeof(text)


def test_a_text_counts_for_as_much_as_its_widest_character_makes_of_it() -> None:
    narrow, wide = (operation(documents()[0], f"{{ a }} # {'x' * 9000}{sign}").size for sign in ("x", "\U0001f600"))
    assert wide > narrow + 2 * 3 * 9000


def test_a_document_longer_than_all_that_may_be_kept_runs_and_is_not_kept() -> None:
    kept, schema = documents(memory=4_000_000)
    operation(kept, "{ a }")
    huge = _long(0, 2_100_000)
    assert operation(kept, huge) is not operation(kept, huge)
    assert not validated(kept, schema, "{ a }")


@pytest.mark.parametrize("text", ["{ a " * 201, "{ b(id: " + "[" * 201, "query ($a: " + "[" * 201])
def test_brackets_in_each_other_without_an_end_are_refused_as_that(text: str) -> None:
    """Not as too many tokens, though graphql-core ends both with the same words."""
    with pytest.raises(RequestRefused, match="nested too deeply: at most 200") as refused:
        operation(documents()[0], text)
    assert (refused.value.status, refused.value.code) == (422, Code.REQUEST_LIMIT_EXCEEDED)


def test_a_get_of_anything_but_a_query_is_refused_before_it_is_judged_and_a_kept_query_is_not() -> None:
    kept, _ = documents()
    for text in ("mutation { a }", "mutation { nope }", "subscription { a }"):
        with pytest.raises(RequestRefused) as refused:
            kept.operation(text, None, Allowance(Bounds()), queries_only=True)
        assert refused.value.status == 405
    asked = [kept.operation("{ a }", None, Allowance(Bounds()), queries_only=True) for _ in range(2)]
    assert asked[0] is asked[1]


def test_a_get_of_a_mutation_that_is_kept_or_trusted_is_refused_too() -> None:
    schema = build_schema("type Query { a: Int } type Mutation { b: Int }")
    kept, trusted = (Documents(schema, introspection=True, bounds=Bounds()) for _ in range(2))
    operation(kept, "mutation { b }")
    trusted.trust(trusted.prepared("mutation { b }"))
    for known in (kept, trusted):
        with pytest.raises(RequestRefused) as refused:
            known.operation("mutation { b }", None, Allowance(Bounds()), queries_only=True)
        assert refused.value.status == 405


def test_a_variable_that_does_not_fit_is_refused_each_time_and_one_that_does_runs() -> None:
    kept, _ = documents()
    known = operation(kept, "query ($id: ID!) { a b(id: $id) }")
    for _ in range(2):
        with pytest.raises(RequestRefused) as refused:
            kept.run(known, {"id": 1.5}, None, Allowance(Bounds()))
        assert (refused.value.status, refused.value.code) == (422, Code.BAD_USER_INPUT)
        assert len(refused.value.causes) == 1
    result = known.operation.execute(kept.run(known, {"id": "7"}, None, Allowance(Bounds())))
    assert isinstance(result, ExecutionResult)
    assert answer(result) == {"a": "A", "b": None}


@pytest.mark.parametrize("introspection", [True, False])
def test_introspection_and_suggestions_are_one_setting(introspection: bool) -> None:
    kept, _ = documents(introspection=introspection)
    with pytest.raises(RequestRefused) as refused:
        operation(kept, "{ ite { a } }")
    assert ("Did you mean" in str(refused.value.causes[0])) is introspection
    if introspection:
        operation(kept, "{ __schema { queryType { name } } }")
