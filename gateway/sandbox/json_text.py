"""JSON and its kin as ServiceStack.Text writes them: declaration order, nulls left out, exact digits."""

from collections.abc import Sequence
from decimal import Decimal

import orjson

from gateway.sandbox.kpi import NAMESPACE, RESPONSE, Dto, Value
from gateway.sandbox.scalars import decimal_text, double_text

_TYPE = f'"__type":"{NAMESPACE}.{RESPONSE}, {NAMESPACE}"'
_QUOTED_IN_JSV = set('",{}[]\r\n')


def literal(value: Value) -> str:
    """Write a number by its own rules; text is left to each format."""
    if isinstance(value, Decimal):
        return decimal_text(value)
    return double_text(value) if isinstance(value, float) else str(value)


def json_object(dto: Dto) -> str:
    return "{" + ",".join(_members(dto)) + "}"


def json_array(dtos: Sequence[Dto | None], null_item: str) -> str:
    """Write a batch. A typed array keeps its type only if its first item is no null."""
    if null_item == "{}" and dtos and dtos[0] is None:
        written = ["null" if dto is None else "{" + ",".join((_TYPE, *_members(dto))) + "}" for dto in dtos]
    else:
        written = [null_item if dto is None else json_object(dto) for dto in dtos]
    return "[" + ",".join(written) + "]"


def json_lines(dtos: Sequence[Dto | None]) -> str:
    return "".join(("null" if dto is None else json_object(dto)) + "\n" for dto in dtos)


def _members(dto: Dto) -> list[str]:
    return [f'"{name}":{_json(value)}' for name, value in dto.items() if value is not None]


def _json(value: Value) -> str:
    return orjson.dumps(value).decode() if isinstance(value, str) else literal(value)


def jsv_object(dto: Dto) -> str:
    return "{" + ",".join(f"{name}:{_jsv(value)}" for name, value in dto.items() if value is not None) + "}"


def jsv_array(dtos: Sequence[Dto | None]) -> str:
    return "[" + ",".join("null" if dto is None else jsv_object(dto) for dto in dtos) + "]"


def _jsv(value: Value) -> str:
    text = literal(value)
    return quoted(text) if _QUOTED_IN_JSV & set(text) else text


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
