"""Which type of object a value is, as graphql-core finds it out."""

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    is_union_type,
)
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.executor import invalid_return_type_error
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

from gateway.plan.run import Run

TypeOf = Callable[[Any], GraphQLObjectType]
"""Says of which type a value is; raises for one that may not be there."""

TypeFinder = Callable[[Run], TypeOf]
Info = Callable[[Run], GraphQLResolveInfo[Any]]

_STRAWBERRY = "strawberry-definition"


def type_finder(type_: GraphQLObjectType | GraphQLAbstractType, details: list[FieldDetails], info: Info) -> TypeFinder:
    """Return what finds out the types of a field's values in a run."""
    if isinstance(type_, GraphQLObjectType):
        return _concrete(type_, details, info)
    return _abstract(type_, details, info)


def may_wait(schema: GraphQLSchema) -> bool:
    """Whether finding out the type of a value may have to be awaited, anywhere in the schema."""
    checks = (
        getattr(type_, name, None) for type_ in schema.type_map.values() for name in ("is_type_of", "resolve_type")
    )
    return any(map(iscoroutinefunction, checks))


def _concrete(type_: GraphQLObjectType, details: list[FieldDetails], info: Info) -> TypeFinder:
    check = type_.is_type_of

    def finder(run: Run) -> TypeOf:
        if check is None:
            return lambda _: type_
        told = info(run)

        def type_of(value: Any) -> GraphQLObjectType:
            if not check(value, told):
                raise invalid_return_type_error(type_, value, details)
            return type_

        return type_of

    return finder


def _abstract(type_: GraphQLAbstractType, details: list[FieldDetails], info: Info) -> TypeFinder:
    known: dict[type, GraphQLObjectType] = {}  # classes whose objects are all of one type

    def finder(run: Run) -> TypeOf:
        executor, told = run.executor, info(run)
        resolve = type_.resolve_type or executor.type_resolver

        def type_of(value: Any) -> GraphQLObjectType:
            if type(value) in known and not hasattr(value, TYPE_CAST_ATTRIBUTE):
                return known[type(value)]
            name = resolve(value, told, type_)
            found = executor.ensure_valid_runtime_type(name, type_, details, told, value)
            if found.is_type_of and not found.is_type_of(value, told):
                raise invalid_return_type_error(found, value, details)
            if is_union_type(type_) and _is_of_its_class(value, found):
                known[type(value)] = found
            return found

        return type_of

    return finder


def _is_of_its_class(value: Any, found: GraphQLObjectType) -> bool:
    """Whether all objects of a value's class are of the type, because it is Strawberry's class for that type alone."""
    definition = found.extensions.get(_STRAWBERRY)
    return (
        definition is not None
        and definition.origin is type(value)
        and definition.concrete_of is None
        and not definition.is_graphql_generic
        and found.is_type_of is None
        and not hasattr(value, TYPE_CAST_ATTRIBUTE)
    )
