"""Leaves, a whole column of them at once: values as they are where that is right, else coerced by their type."""

from collections.abc import Callable, Sequence
from typing import Any

from graphql import GraphQLInt, GraphQLLeafType, Undefined, is_specified_scalar_type

Column = Callable[[Sequence[Any]], Sequence[Any] | None]
"""Returns the coerced values; None where one of them is null or needs a look of its own."""

_AS_THEY_ARE: dict[str, type] = {"String": str, "ID": str, "Boolean": bool}
_INT = range(-(2**31), 2**31)


def column(type_: GraphQLLeafType) -> Column:
    """Return how a column of the type is coerced when nothing is wrong with any of its values."""
    if type_ is GraphQLInt:
        return _ints
    kind = _AS_THEY_ARE.get(type_.name) if is_specified_scalar_type(type_) else None
    return _same(kind) if kind else _coerced(type_)


def _ints(values: Sequence[Any]) -> Sequence[Any] | None:
    return values if set(map(type, values)) == {int} and min(values) in _INT and max(values) in _INT else None


def _same(kind: type) -> Column:
    def column(values: Sequence[Any]) -> Sequence[Any] | None:
        return values if set(map(type, values)) == {kind} else None

    return column


def _coerced(type_: GraphQLLeafType) -> Column:
    coerce = type_.coerce_output_value

    def column(values: Sequence[Any]) -> Sequence[Any] | None:
        if any(value is None or value is Undefined or isinstance(value, Exception) for value in values):
            return None
        try:
            coerced = [coerce(value) for value in values]  # no map: StopIteration would end it
            has_null = None in coerced or Undefined in coerced
        except Exception:  # noqa: BLE001  # whichever it was, each is looked at on its own
            return None
        return None if has_null else coerced

    return column
