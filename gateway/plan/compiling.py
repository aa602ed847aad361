"""A validated operation becomes a plan: which fields a selection has, how each gets its values and completes.

A selection is compiled when a run first goes into it, with graphql-core's own collection of fields. It depends on the
values of the variables in @skip and @include: there is a plan for each combination of them.
"""

from __future__ import annotations  # those of closures would be made anew with each of them

from collections.abc import Callable
from typing import Any, cast

from graphql import (
    Executor,
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    OperationType,
    TypeNameMetaFieldDef,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields
from graphql.pyutils import Path

from gateway.plan import completion
from gateway.plan.columns import Column, column
from gateway.plan.completion import Position
from gateway.plan.objects import ObjectCompleter
from gateway.plan.resolving import read_from, resolver
from gateway.plan.run import Run
from gateway.plan.selection import Completer, Field, Selection
from gateway.plan.timing import Around
from gateway.plan.types import Info, type_finder


class Unplanned(Exception):
    """The operation is one that plans do not carry."""


def compile_query(executor: Executor[Any], around: Around | None = None) -> Selection:
    """Return the plan of the executor's operation, for the values that its variables have in @skip and @include.

    ``around`` makes it one of a single run: see timing.
    """
    operation = executor.operation
    root = executor.schema.query_type
    if operation.operation is not OperationType.QUERY or operation.directives or root is None:
        raise Unplanned
    collected = collect_fields(
        executor.schema, executor.fragments, executor.variable_values, root, operation, executor.hide_suggestions
    )
    return _selection(executor, root, collected.grouped_field_set, around)


def _selection(
    executor: Executor[Any],
    parent: GraphQLObjectType,
    grouped: dict[str, list[FieldDetails]],
    around: Around | None,
) -> Selection:
    fields = (_field(executor, parent, key, details, around) for key, details in grouped.items())
    return Selection([field for field in fields if field])


def _field(
    executor: Executor[Any], parent: GraphQLObjectType, key: str, details: list[FieldDetails], around: Around | None
) -> Field | None:
    nodes = [each.node for each in details]
    name = nodes[0].name.value
    definition = executor.schema.get_field(parent, name)
    if definition is None:
        return None

    def info(run: Run) -> GraphQLResolveInfo[Any]:
        return run.executor.build_resolve_info(definition, nodes, parent, Path(None, key, parent.name))

    complete = _completer(definition.type, details, f"{parent}.{name}", info, around)
    resolve, column_ = resolver(parent, definition, nodes), _column(definition.type)
    field = Field(key, resolve, complete, column_, read_from(definition))
    return (
        field if around is None or definition is TypeNameMetaFieldDef else around(field, name, definition.type, parent)
    )


def _completer(
    type_: GraphQLOutputType, details: list[FieldDetails], name: str, info: Info, around: Around | None
) -> Completer:
    position = Position([each.node for each in details], name, not is_non_null_type(type_))
    inner = get_nullable_type(type_)
    if is_list_type(inner):
        return completion.lists(position, _completer(inner.of_type, details, name, info, around))
    if is_leaf_type(inner):
        return completion.leaves(position, inner, column(inner, is_nullable=position.is_nullable))
    composite = cast("GraphQLObjectType | GraphQLAbstractType", inner)
    return ObjectCompleter(position, type_finder(composite, details, info), _selections(details, around))


def _column(type_: GraphQLOutputType) -> Column | None:
    inner = get_nullable_type(type_)
    return column(inner, is_nullable=not is_non_null_type(type_)) if is_leaf_type(inner) else None


def _selections(details: list[FieldDetails], around: Around | None) -> Callable[[Run, GraphQLObjectType], Selection]:
    """Return what finds the selection of a field for objects of a type, and compiles it the first time."""
    compiled: dict[GraphQLObjectType, Selection] = {}

    def selection(run: Run, type_: GraphQLObjectType) -> Selection:
        if type_ not in compiled:
            collected = run.executor.collect_subfields(type_, details)
            compiled[type_] = _selection(run.executor, type_, collected.grouped_field_set, around)
        return compiled[type_]

    return selection
