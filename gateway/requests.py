"""A GraphQL-over-HTTP request's parameters, from a query string or a JSON body; RequestRefused names what is wrong."""

import re
from collections.abc import Mapping
from secrets import token_hex
from typing import Any, TypeVar

import orjson
from msgspec import Struct
from starlette.types import Receive

from gateway import incoming
from gateway.errors import Code, RequestRefused
from gateway.incoming import Headers
from gateway.negotiation import MediaType, is_json

_T = TypeVar("_T", str, dict[str, Any])
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_NOT_SIMPLE = ("GraphQL-Require-Preflight", "Apollo-Require-Preflight", "X-Apollo-Operation-Name")
"""Headers that no page of another origin can send before it is allowed to."""


class Parameters(Struct, frozen=True):
    """A well-formed request: the document's text, the name of the operation in it, the values of its variables.

    Without a text there is a document's id, its own or in the extensions.
    """

    query: str | None
    operation_name: str | None = None
    variables: dict[str, Any] = {}
    extensions: dict[str, Any] = {}
    document_id: str | None = None


def request_id(headers: Headers) -> str:
    """Return the caller's X-Request-Id where it is harmless to repeat, else a new one."""
    shown = headers.get(b"x-request-id")
    return shown if _REQUEST_ID.fullmatch(shown) else token_hex(16)


def check_content_type(headers: Headers) -> None:
    """Refuse (415) anything but plain JSON in UTF-8."""
    if not is_json(headers.get(b"content-type")):
        raise RequestRefused(415, Code.BAD_REQUEST, f"Send the request as Content-Type: {MediaType.JSON}.")
    if headers.get(b"content-encoding").lower() not in {"", "identity"}:
        raise RequestRefused(415, Code.BAD_REQUEST, "Send the request without Content-Encoding.")


def check_origin(headers: Headers) -> None:
    """Refuse (400) a GET that a page of another origin could have sent unasked: it would run with what its reader may.

    A POST of JSON cannot be sent so.
    """
    if not is_json(headers.get(b"content-type")) and not any(
        headers.get(name.lower().encode()) for name in _NOT_SIMPLE
    ):
        told = f"A GET needs a header {', '.join(_NOT_SIMPLE)}, or Content-Type: {MediaType.JSON}"
        raise RequestRefused(400, Code.BAD_REQUEST, f"{told}: any page could have sent this one (CSRF).")


async def read_body(receive: Receive, headers: Headers, limit: int) -> bytes:
    """Return the body; RequestRefused (413) as soon as it is known to be longer than ``limit`` bytes."""
    declared = headers.get(b"content-length").lstrip("0") or "0"
    if len(declared) <= len(str(limit)) and (not declared.isdecimal() or int(declared) <= limit):
        body = await incoming.read_body(receive, limit)
        if body is not None:
            return body
    raise RequestRefused(
        413,
        Code.REQUEST_LIMIT_EXCEEDED,
        f"The body is longer than {limit} bytes (GATEWAY_MAX_BODY_BYTES).",
        limit="max_body_bytes",
    )


def from_body(body: bytes, most: int) -> Parameters | list[Parameters | RequestRefused]:
    """Read a JSON object, or an array of at most so many: what is wrong with one of them stands in its place.

    Properties that are not known are ignored.
    """
    try:
        entries = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise RequestRefused(400, Code.BAD_REQUEST, "The body is not JSON.") from None
    if not isinstance(entries, list):
        return _from_object(entries)
    if not entries:
        raise RequestRefused(422, Code.BAD_REQUEST, "The body is an array without any operation.")
    if len(entries) > most:
        told = f"{len(entries)} operations in an array: at most {most} (GATEWAY_MAX_OPERATIONS)."
        raise RequestRefused(422, Code.REQUEST_LIMIT_EXCEEDED, told, limit="max_operations")
    return [_or_refusal(each) for each in entries]


def _or_refusal(entries: object) -> Parameters | RequestRefused:
    try:
        return _from_object(entries)
    except RequestRefused as refused:
        return refused.with_traceback(None)


def _from_object(entries: object) -> Parameters:
    if not isinstance(entries, dict):
        raise RequestRefused(422, Code.BAD_REQUEST, "The request is not a JSON object.")
    return _parameters(entries)


def from_query(entries: Mapping[str, str]) -> Parameters:
    """Read a URL's query: ``variables`` and ``extensions`` are JSON, and what is empty is absent."""
    given = {name: text for name, text in entries.items() if text}
    for name in {"variables", "extensions"} & given.keys():
        try:
            given[name] = orjson.loads(given[name])
        except orjson.JSONDecodeError:
            raise RequestRefused(400, Code.BAD_REQUEST, f"`{name}` is not JSON.") from None
    return _parameters(given)


def _parameters(entries: Mapping[str, Any]) -> Parameters:
    query = None if entries.get("query") is None else _typed(entries, "query", str)
    extensions = _typed(entries, "extensions", dict)
    id_ = _typed(entries, "documentId", str) or None
    if query is None and id_ is None and extensions.get("persistedQuery") is None:
        raise RequestRefused(422, Code.BAD_REQUEST, "The request has no `query`.")
    return Parameters(
        query, _typed(entries, "operationName", str) or None, _typed(entries, "variables", dict), extensions, id_
    )


def _typed(entries: Mapping[str, Any], name: str, wanted: type[_T]) -> _T:
    """Return the parameter, or the type's empty value for one that is absent or null."""
    value = entries.get(name)
    if value is None:
        return wanted()
    if not isinstance(value, wanted):
        kind = "a string" if wanted is str else "an object"
        raise RequestRefused(422, Code.BAD_REQUEST, f"`{name}` is not {kind}.")
    return value
