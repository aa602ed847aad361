"""ServiceStack's ResponseStatus: what an error says of itself where its body has room for it."""

from dataclasses import dataclass, field

import orjson

from gateway.sandbox.failures import SERIALIZATION, CallError

_STACK = "   at ServiceStack.Host.ServiceRunner`1.HandleExceptionAsync(IRequest req, Exception ex)"


@dataclass(frozen=True, slots=True)
class ErrorOfField:
    code: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class ResponseStatus:
    code: str
    message: str
    stack_trace: str | None = None
    errors: tuple[ErrorOfField, ...] = ()
    meta: dict[str, str] = field(default_factory=dict)


def status_of(error: CallError, *, canary: str, debug: bool) -> ResponseStatus:
    return ResponseStatus(
        code=error.code,
        message=" ".join(filter(None, (error.message, canary))),
        stack_trace=f"{error.code}: {error.message}\n{_STACK} {canary}".rstrip() if debug else None,
        errors=tuple(
            ErrorOfField(SERIALIZATION, each.name, f"'{each.value}' is an Invalid value for '{each.name}'")
            for each in error.fields
        ),
        meta={} if error.completed is None else {"AutoBatchIndex": str(error.completed)},
    )


def json_error(status: ResponseStatus, casing: str) -> str:
    return orjson.dumps(_cased(_plain(status), casing)).decode()


def _plain(status: ResponseStatus) -> dict[str, object]:
    """List the members that are not null, in the order they are declared."""
    members: dict[str, object] = {"errorCode": status.code, "message": status.message}
    if status.stack_trace is not None:
        members["stackTrace"] = status.stack_trace
    members["errors"] = [
        {"errorCode": each.code, "fieldName": each.field, "message": each.message} for each in status.errors
    ]
    if status.meta:
        members["meta"] = _Map(status.meta)
    return {"responseStatus": members}


class _Map(dict[str, str]):
    """A dictionary, whose keys keep their case."""


def _cased(value: object, casing: str) -> object:
    if casing == "camel" or isinstance(value, _Map):
        return value
    if isinstance(value, list):
        return [_cased(each, casing) for each in value]
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: _cased(each, casing) for name, each in value.items()}
    return value
