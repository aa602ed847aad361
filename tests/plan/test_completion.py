"""What completers do that no operation over a schema brings about on every machine alike."""

from typing import Any

import pytest
from graphql import Executor, FieldNode, GraphQLObjectType, NameNode, build_schema, parse

from gateway.plan.completion import Position
from gateway.plan.objects import ObjectCompleter
from gateway.plan.run import Run
from gateway.plan.selection import Selection, Slots
from gateway.plan.types import type_finder

SCHEMA = build_schema("type Query { a: Query }")


class Bottomless(Selection):
    """Goes deeper than the stack is."""

    def fill(self, *_: object) -> None:
        raise RecursionError


@pytest.mark.parametrize("last", [{}, ValueError()])
def test_what_is_too_deep_fails_at_the_places_that_could_not_be_gone_into(last: Any) -> None:
    executor: Any = Executor.build(SCHEMA, parse("{ a { a { __typename } } }"))
    run, query = Run(executor.variable_values, None, lambda *_: executor), SCHEMA.query_type
    assert isinstance(query, GraphQLObjectType)
    position = Position([FieldNode(name=NameNode(value="a"))], "Query.a", is_nullable=True)
    complete = ObjectCompleter(position, type_finder(query, [], executor.build_resolve_info), lambda *_: Bottomless([]))
    outs: list[dict[str, Any]] = [{}, {}]
    complete(run, Slots(outs, ["a", "a"], [None, None]), [{}, last])
    assert outs == [{"a": None}, {"a": None}]
    kind = ValueError if isinstance(last, Exception) else RecursionError
    failed = [(type(error.original_error), error.path) for error in run.answer.errors]
    assert sorted(failed, key=str) == sorted([(RecursionError, ["a"]), (kind, ["a"])], key=str)
