"""Values for arguments and variables of any input type, as JSON has them, and as a document writes them."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLNonNull,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

Pick = Callable[[int], int]
"""Draws a number below another."""

Scalars = Mapping[str, Sequence[Any]]
SCALARS: Scalars = {
    "Int": (0, 1, -1, 2**31 - 1, -(2**31)),
    "Float": (0.5, 1, -1e20, 1.5e-7),
    "Boolean": (False, True),
    "String": ("", "a", 'ü"\n\\', "\U0001f600"),
    "ID": ("a", "7", 7),
}
"""Values of scalars; one that is not named here is text."""

DEEPEST = 2
"""Input objects within each other, where they need not be there."""


def leaf(pick: Pick, type_: Any, scalars: Scalars) -> Any:
    """Draw a value of a scalar or an enum."""
    choices = list(type_.values) if is_enum_type(type_) else {**SCALARS, **scalars}.get(type_.name, SCALARS["String"])
    return choices[pick(len(choices))]


def value(pick: Pick, type_: Any, scalars: Scalars, deepest: int = DEEPEST) -> Any:
    """Draw a value that fits the type."""
    if not is_non_null_type(type_) and pick(4) == 3:
        return None
    type_ = get_nullable_type(type_)
    if is_list_type(type_):
        if pick(4) == 3 and not is_list_type(get_nullable_type(type_.of_type)):  # an item for a list of it
            return value(pick, _sure(type_.of_type), scalars, deepest)
        return [value(pick, type_.of_type, scalars, deepest) for _ in range(pick(3))]
    return _object(pick, type_, scalars, deepest) if is_input_object_type(type_) else leaf(pick, type_, scalars)


def _object(pick: Pick, type_: Any, scalars: Scalars, deepest: int) -> dict[str, Any]:
    fields = list(type_.fields.items())
    if type_.is_one_of:
        name, it = fields[pick(len(fields))]
        return {name: value(pick, _sure(it.type), scalars, deepest - 1)}
    return {
        name: value(pick, it.type, scalars, deepest - 1)
        for name, it in fields
        if is_required_input_field(it) or (deepest > 0 and pick(2))
    }


def _sure(type_: Any) -> Any:
    return type_ if is_non_null_type(type_) else GraphQLNonNull(type_)


def literal(type_: Any, value: Any) -> str:
    """Write a value of the type into a document."""
    type_ = get_nullable_type(type_)
    if value is None:
        return "null"
    if is_list_type(type_):
        if not isinstance(value, list):
            return literal(type_.of_type, value)
        return f"[{' '.join(literal(type_.of_type, item) for item in value)}]"
    if is_input_object_type(type_):
        return f"{{{' '.join(f'{name}: {literal(type_.fields[name].type, it)}' for name, it in value.items())}}}"
    return value if is_enum_type(type_) else _json(value)


def _json(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{' '.join(f'{name}: {_json(it)}' for name, it in value.items())}}}"
    return f"[{' '.join(map(_json, value))}]" if isinstance(value, list) else json.dumps(value)
