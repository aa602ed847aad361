"""Which type of object a value is, as graphql-core finds it out."""

from __future__ import annotations  # those of closures would be made anew with each of them

from collections.abc import Callable, Sequence
from inspect import iscoroutinefunction
from typing import Any, Protocol

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


class TypeFinder(Protocol):
    """Finds out the types of a field's values."""

    def common(self, values: Sequence[Any]) -> GraphQLObjectType | None:
        """Return the type that all of the values certainly are of; None where each has to be looked at."""
        ...

    def each(self, run: Run) -> TypeOf: ...


Info = Callable[[Run], GraphQLResolveInfo[Any]]

_STRAWBERRY = "strawberry-definition"


def type_finder(type_: GraphQLObjectType | GraphQLAbstractType, details: list[FieldDetails], info: Info) -> TypeFinder:
    """Return what finds out the types of a field's values."""
    if isinstance(type_, GraphQLObjectType):
        return _Concrete(type_, details, info)
    return _Abstract(type_, details, info)


def may_wait(schema: GraphQLSchema) -> bool:
    """Whether finding out the type of a value may have to be awaited, anywhere in the schema."""
    checks = (
        getattr(type_, name, None) for type_ in schema.type_map.values() for name in ("is_type_of", "resolve_type")
    )
    return any(map(iscoroutinefunction, checks))


class _Concrete:
    def __init__(self, type_: GraphQLObjectType, details: list[FieldDetails], info: Info) -> None:
        self._type = type_
        self._details = details
        self._info = info

    def common(self, values: Sequence[Any]) -> GraphQLObjectType | None:  # noqa: ARG002
        return None if self._type.is_type_of else self._type

    def each(self, run: Run) -> TypeOf:
        type_, check = self._type, self._type.is_type_of
        if check is None:
            return lambda _: type_
        told = self._info(run)

        def type_of(value: Any) -> GraphQLObjectType:
            if not check(value, told):
                raise invalid_return_type_error(type_, value, self._details)
            return type_

        return type_of


class _Abstract:
    def __init__(self, type_: GraphQLAbstractType, details: list[FieldDetails], info: Info) -> None:
        self._type = type_
        self._details = details
        self._info = info
        self._known: dict[type, GraphQLObjectType] = {}  # classes whose objects are all of one type

    def common(self, values: Sequence[Any]) -> GraphQLObjectType | None:
        kind, *others = set(map(type, values))
        if others or kind not in self._known or any(hasattr(value, TYPE_CAST_ATTRIBUTE) for value in values):
            return None
        return self._known[kind]

    def each(self, run: Run) -> TypeOf:
        executor, told = run.executor, self._info(run)
        resolve = self._type.resolve_type or executor.type_resolver

        def type_of(value: Any) -> GraphQLObjectType:
            if type(value) in self._known and not hasattr(value, TYPE_CAST_ATTRIBUTE):
                return self._known[type(value)]
            name = resolve(value, told, self._type)
            found = executor.ensure_valid_runtime_type(name, self._type, self._details, told, value)
            if found.is_type_of and not found.is_type_of(value, told):
                raise invalid_return_type_error(found, value, self._details)
            if is_union_type(self._type) and _is_of_its_class(value, found):
                self._known[type(value)] = found
            return found

        return type_of


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
