"""XML as DataContract writes it: alphabetical members, every null an `i:nil`, one line."""

from collections.abc import Sequence
from decimal import Decimal
from xml.sax.saxutils import escape

from gateway.sandbox.kpi import NAMESPACE, RESPONSE, Dto, Value
from gateway.sandbox.response_status import ResponseStatus
from gateway.sandbox.scalars import decimal_text, double_text

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
_INSTANCE = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
_DTOS = f'{_INSTANCE} xmlns="http://schemas.datacontract.org/2004/07/{NAMESPACE}"'
_ERRORS = f'{_INSTANCE} xmlns="http://schemas.servicestack.net/types"'
_ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"


def xml_object(dto: Dto) -> str:
    return _DECLARATION + _element(RESPONSE, _members(dto), _DTOS)


def xml_array(dtos: Sequence[Dto | None]) -> str:
    items = "".join(_nil(RESPONSE) if dto is None else _element(RESPONSE, _members(dto)) for dto in dtos)
    return _DECLARATION + _element(f"ArrayOf{RESPONSE}", items, _DTOS)


def xml_error(status: ResponseStatus) -> str:
    faults = "".join(
        _element(
            "ResponseError",
            _text("ErrorCode", fault.code)
            + _text("FieldName", fault.field)
            + _text("Message", fault.message)
            + _meta({}, "d5p1"),
        )
        for fault in status.errors
    )
    inner = (
        _text("ErrorCode", status.code)
        + _text("Message", status.message)
        + _text("StackTrace", status.stack_trace)
        + _element("Errors", faults)
        + _meta(status.meta, "d3p1")
    )
    return _DECLARATION + _element("ErrorResponse", _element("ResponseStatus", inner), _ERRORS)


def _members(dto: Dto) -> str:
    return "".join(_text(name, _xml(dto[name])) for name in sorted(dto))


def _xml(value: Value) -> str | None:
    if isinstance(value, float):
        return double_text(value).replace("Infinity", "INF")
    return decimal_text(value) if isinstance(value, Decimal) else value if value is None else str(value)


def _text(name: str, value: str | None) -> str:
    return _nil(name) if value is None else _element(name, escape(value))


def _nil(name: str) -> str:
    return f'<{name} i:nil="true" />'


def _element(name: str, inner: str, attributes: str = "") -> str:
    opening = f"{name} {attributes}" if attributes else name
    return f"<{opening}>{inner}</{name}>" if inner else f"<{opening} />"


def _meta(meta: dict[str, str], prefix: str) -> str:
    namespace = f'xmlns:{prefix}="{_ARRAYS}"'
    if not meta:
        return f'<Meta i:nil="true" {namespace} />'
    pair = f"{prefix}:KeyValueOfstringstring"
    pairs = "".join(
        _element(pair, _text(f"{prefix}:Key", key) + _text(f"{prefix}:Value", value)) for key, value in meta.items()
    )
    return _element("Meta", pairs, namespace)
