"""What is sent back: a status, a body in its media type, and the headers that go with them.

Every error leaves through masking.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from msgspec.json import encode

from gateway import codings, ftv1
from gateway.errors import CallerRefused, HashMissed, RequestRefused
from gateway.masking import public_all, public_refusal
from gateway.negotiation import MediaType
from gateway.operations import Cost, Result
from gateway.telemetry.tallies import OK
from gateway.traces import InlineTrace

METHODS = "GET, HEAD, POST, OPTIONS"
_PARTIAL_SUCCESS = 294
_CONTENT_TYPES = {media: f"{media}; charset=utf-8".encode() for media in MediaType}
_VARY = b"Accept, Accept-Encoding, Authorization, X-Api-Key, GraphQL-Cost, GraphQL-Cache-Tags"
_VARY_OF_TRACES = ((b"vary", ftv1.HEADER),)


class Reply(NamedTuple):
    status: int
    media: MediaType | None = None
    body: bytes = b""
    cache_control: bytes = b"no-store"
    more: Sequence[tuple[bytes, bytes]] = ()
    codes: Sequence[str] = ()
    """What came of each operation: ``OK``, or the code of its first error."""

    def coded(self, accept_encoding: str) -> Self:
        """Return it in the content coding that the client would rather have, if any is worth it."""
        coding = codings.choose(accept_encoding).of(len(self.body))
        if coding is None:
            return self
        body, told = codings.encode(self.body, coding), (b"content-encoding", coding.encode())
        return self._replace(body=body, more=[*self.more, told])

    def with_headers(self, headers: Sequence[tuple[bytes, bytes]]) -> Self:
        return self._replace(more=[*self.more, *headers])

    def headers(self, request_id: str) -> list[tuple[bytes, bytes]]:
        told = [
            (b"x-request-id", request_id.encode()),
            (b"cache-control", self.cache_control),
            (b"vary", _VARY),
            *self.more,
        ]
        if self.media:
            told += (b"content-type", _CONTENT_TYPES[self.media]), (b"content-length", b"%d" % len(self.body))
        return told


def executed(result: Result, media: MediaType, cache_control: bytes) -> Reply:
    """Write a result; with errors in it, the newer media type says so in its status too. A cost is no response."""
    if isinstance(result, Cost):
        return Reply(200, MediaType.JSON, encode(entries(result)), codes=(OK,))
    status = _PARTIAL_SUCCESS if result.errors and media is MediaType.GRAPHQL else 200
    more = _VARY_OF_TRACES if result.extensions and ftv1.NAME in result.extensions else ()
    told = entries(result)
    return Reply(status, media, encode(told), cache_control, more, (_code(told),))


def together(results: Sequence[Result | RequestRefused]) -> Reply:
    """Write the results of an array's operations, each as it would be alone; an array is no GraphQL response."""
    told = [entries(result) for result in results]
    return Reply(200, MediaType.JSON, encode(told), codes=[*map(_code, told)])


def refusal(refused: RequestRefused, media: MediaType | None, methods: str = METHODS) -> Reply:
    """Write why nothing was executed. Only a 2xx is relabelled for a client that knows the older type alone."""
    more = [allow(methods)] if refused.status == 405 else []
    if refused.retry_after is not None:
        more.append((b"retry-after", b"%d" % refused.retry_after))
    if isinstance(refused, CallerRefused) and refused.challenge:
        more.append((b"www-authenticate", refused.challenge.encode()))
    media = MediaType.GRAPHQL if media else MediaType.JSON
    return Reply(refused.status, media, encode(entries(refused)), more=more, codes=(refused.code,))


def miss(refused: HashMissed) -> Reply:
    """Write that a document is not known by its hash, as clients take it that then send the document: with 200.

    A request with a hash alone is none of GraphQL over HTTP, and neither is this answer.
    """
    return Reply(200, MediaType.JSON, encode(entries(refused)), codes=(refused.code,))


def allow(methods: str = METHODS) -> tuple[bytes, bytes]:
    return b"allow", methods.encode()


def entries(result: Result | RequestRefused) -> dict[str, Any]:
    """Return a response's entries: ``data`` only where something was executed, ``errors`` only if there are any."""
    if isinstance(result, RequestRefused):
        return {"errors": public_refusal(result)}
    if isinstance(result, Cost):
        return {"extensions": {"cost": result}}
    told: dict[str, Any] = {"data": result.data}
    if result.errors:
        told["errors"] = public_all(result.errors)
    if result.extensions:
        told["extensions"] = {
            name: it.written(result.data, told.get("errors", ())) if isinstance(it, InlineTrace) else it
            for name, it in result.extensions.items()
        }
    return told


def _code(told: dict[str, Any]) -> str:
    return str(told["errors"][0]["extensions"]["code"]) if "errors" in told else OK
