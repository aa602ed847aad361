"""Variables, coerced as graphql-core does it, but lists of ids and the like as a whole where nothing is to be done."""

from __future__ import annotations  # those of closures would be made anew with each of them

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from graphql import (
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLType,
    Undefined,
    VariableDefinitionNode,
    VariableValues,
    coerce_input_value,
    get_named_type,
    get_nullable_type,
    get_variable_values,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_specified_scalar_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValueSource

from gateway.plan.columns import AS_THEY_ARE
from gateway.scalars import as_it_is

_MAX_ERRORS = 20

Coerce = Callable[[Any], Any]
"""Returns a value as its type coerces it; Undefined, or an exception, for one that does not fit."""


class _Variable(NamedTuple):
    signature: GraphQLVariableSignature
    has_default: bool
    coerce: Coerce


class Variables:
    """The variables of one operation of a validated document."""

    def __init__(
        self, schema: GraphQLSchema, nodes: Sequence[VariableDefinitionNode], *, hide_suggestions: bool
    ) -> None:
        self._schema = schema
        self._nodes = nodes
        self._hide_suggestions = hide_suggestions
        self._known = _known(schema, nodes)

    def coerced(self, given: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        """Return the values, or the errors of those that do not fit."""
        return self._at_once(given) or get_variable_values(
            self._schema, self._nodes, given, _MAX_ERRORS, self._hide_suggestions
        )

    def _at_once(self, given: dict[str, Any]) -> VariableValues | None:
        """Return the values if all is well and nothing is out of the ordinary, else None."""
        if self._known is None:
            return None
        values = VariableValues({}, {})
        for signature, has_default, coerce in self._known:
            name, type_ = signature.name, signature.type
            value = given.get(name, Undefined)
            if value is Undefined:
                if has_default or is_non_null_type(type_):
                    return None
                values.sources[name] = VariableValueSource(signature)
                continue
            try:
                coerced = coerce(value)
            except Exception:  # noqa: BLE001  # a scalar's: it is told where values are looked at one by one
                return None
            if coerced is Undefined:
                return None
            values.sources[name] = VariableValueSource(signature, value)
            values.coerced[name] = coerced
        return values


def _known(schema: GraphQLSchema, nodes: Sequence[VariableDefinitionNode]) -> list[_Variable] | None:
    """Return what is known of all variables; None when one is of an input object, whose values may be deep."""
    known: list[_Variable] = []
    for node in nodes:
        signature = get_variable_signature(schema, node)
        if isinstance(signature, GraphQLError) or not is_leaf_type(get_named_type(signature.type)):
            return None
        known.append(_Variable(signature, node.default_value is not None, _coercer(signature.type)))
    return known


def _coercer(type_: Any) -> Coerce:
    inner = get_nullable_type(type_)
    if is_list_type(inner):
        fit = _fitting(get_nullable_type(inner.of_type))
        return lambda value: (
            value if type(value) is list and fit(set(map(type, value))) else coerce_input_value(value, type_)
        )
    kind, parse = _kind(inner), inner.coerce_input_value

    def coerce(value: Any) -> Any:
        if value is None or value is Undefined:
            return coerce_input_value(value, type_)
        return value if type(value) is kind else parse(value)

    return coerce


def _fitting(item: GraphQLType) -> Callable[[set[type]], bool]:
    """Return what tells, by the classes of a list's items, whether all of them are taken as they are."""
    if isinstance(item, GraphQLScalarType) and item.coerce_input_value is as_it_is:
        return lambda kinds: type(None) not in kinds
    same = {_kind(item)}
    return lambda kinds: kinds == same


def _kind(type_: GraphQLType) -> type | None:
    is_known = isinstance(type_, GraphQLScalarType) and is_specified_scalar_type(type_)
    return AS_THEY_ARE.get(str(type_)) if is_known else None
