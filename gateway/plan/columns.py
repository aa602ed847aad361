"""Leaves, a whole column of them at once: values as they are where that is right, else coerced by their type.

Columns become rows: what JSON is written from at once, where all fields of an object are leaves.
"""

from __future__ import annotations  # those of closures would be made anew with each of them

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakSet

from cachetools import LRUCache
from graphql import GraphQLInt, GraphQLLeafType, Undefined, is_specified_scalar_type
from msgspec import Struct, defstruct

Column = Callable[[Sequence[Any]], Sequence[Any] | None]
"""Returns the coerced values; None where one of them needs a look of its own."""

AS_THEY_ARE: dict[str, type] = {"String": str, "ID": str, "Boolean": bool}
_MOST_ROWS = 10_000  # types, of some kilobytes each
_known: LRUCache[tuple[str, ...], type[Struct]] = LRUCache(1000)
_rows: WeakSet[type[Struct]] = WeakSet()
_INT = range(-(2**31), 2**31)


def row(names: tuple[str, ...]) -> type[Struct] | None:
    """Return what an object of leaves is in the answer: its fields by position, written under these names.

    None when there are too many such types: one that nobody needs any longer is there until the collector looks
    through everything.
    """
    known = _known.get(names)
    if known is None and len(_rows) < _MOST_ROWS:
        fields = [f"field_{number}" for number, _ in enumerate(names)]
        known = defstruct("Row", fields, rename=dict(zip(fields, names, strict=True)), gc=False)
        _known[names] = known
        _rows.add(known)
    return known


@lru_cache(maxsize=1000)
def column(type_: GraphQLLeafType, *, is_nullable: bool) -> Column:
    """Return how a column of the type is coerced when nothing is wrong with any of its values."""
    coerced = _column(type_)
    return _nullable(coerced) if is_nullable else coerced


def _nullable(coerced: Column) -> Column:
    def column(values: Sequence[Any]) -> Sequence[Any] | None:
        right = coerced(values)
        if right is not None or type(None) not in set(map(type, values)):
            return right
        rest = [value for value in values if value is not None]
        right = coerced(rest) if rest else rest
        if right is None:
            return None
        them = iter(right)
        return [None if value is None else next(them) for value in values]

    return column


def _column(type_: GraphQLLeafType) -> Column:
    if type_ is GraphQLInt:
        return _ints
    if is_specified_scalar_type(type_):
        kind = AS_THEY_ARE.get(type_.name)
    else:
        kind = str if type_.coerce_output_value is str else None
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
