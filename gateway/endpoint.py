"""GraphQL over HTTP, the September 2026 edition: a request in, a document run, an answer out.

What goes wrong before execution is a RequestRefused with its status; what goes wrong during it is an error at its
path. Every error leaves through masking, and every answer is JSON with the request's id.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from graphql import ExecutionResult
from msgspec.json import encode
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from gateway import requests, telemetry
from gateway.context import Context
from gateway.documents import Documents
from gateway.errors import Code, InternalError, RequestRefused
from gateway.identity import Caller, Identify
from gateway.incoming import Headers, while_connected
from gateway.masking import public_all, public_refusal
from gateway.negotiation import MediaType, negotiate

OpenContext = Callable[[Caller, str, float], Context]
"""Begins an operation: for whom, under which request id, and until when (the loop's clock, seconds)."""

_PARTIAL_SUCCESS = 294
_METHODS = "GET, HEAD, POST, OPTIONS"
_ALLOWED = set(_METHODS.split(", "))
_SAFE = {"GET", "HEAD"}
_CONTENT_TYPES = {media: f"{media}; charset=utf-8".encode() for media in MediaType}
_log = logging.getLogger(__name__)


class Request(NamedTuple):
    """What came; the body is received when it is wanted."""

    method: str
    query_string: bytes
    headers: Headers
    receive: Receive


class _Reply(NamedTuple):
    """What is sent."""

    status: int
    media: MediaType | None = None
    body: bytes = b""
    cache_control: bytes = b"no-store"
    more: Sequence[tuple[bytes, bytes]] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The ASGI app at /graphql. ``max_body_bytes`` bounds a request, ``timeout`` (seconds) all that is waited for.

    ``clock`` is in seconds since the epoch.
    """

    documents: Documents
    identify: Identify
    open_context: OpenContext
    max_body_bytes: int
    timeout: float
    clock: Callable[[], float]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope["headers"])
        request_id = requests.request_id(headers)
        telemetry.request_id.set(request_id)
        reply = await self._reply(Request(scope["method"], scope["query_string"], headers, receive), request_id)
        told = [
            (b"x-request-id", request_id.encode()),
            (b"cache-control", reply.cache_control),
            (b"vary", b"Accept, Authorization, X-Api-Key"),
            *reply.more,
        ]
        if reply.media:
            told += (b"content-type", _CONTENT_TYPES[reply.media]), (b"content-length", b"%d" % len(reply.body))
        await send({"type": "http.response.start", "status": reply.status, "headers": told})
        await send({"type": "http.response.body", "body": reply.body})

    async def _reply(self, request: Request, request_id: str) -> _Reply:
        media = negotiate(request.headers.get(b"accept"))
        try:
            if request.method == "OPTIONS":
                return _Reply(204, more=[_allow(_METHODS)])
            result, until = await self._run(request, media, request_id)
            return _answer(result, media or MediaType.JSON, self._cache_control(result, until))
        except RequestRefused as refused:
            return _refusal(refused, media, "POST" if request.method in _SAFE else _METHODS)
        except ClientDisconnect:
            return _Reply(400)  # nobody reads it
        except Exception:  # noqa: BLE001  # whatever is left is ours, and the client gets JSON all the same
            _log.exception("a request failed")
            return _refusal(RequestRefused(500, InternalError.code, InternalError.public), media)

    async def _run(self, request: Request, media: MediaType | None, request_id: str) -> tuple[ExecutionResult, float]:
        """Return the result, and until when it may be kept (seconds since the epoch; inf: it holds no KPI)."""
        if request.method not in _ALLOWED:
            raise RequestRefused(405, Code.BAD_REQUEST, f"{request.method} is not answered here.")
        if media is None:
            types = f"{MediaType.GRAPHQL} or {MediaType.JSON}"
            raise RequestRefused(406, Code.BAD_REQUEST, f"The answer is {types}; Accept takes neither.")
        deadline = asyncio.get_running_loop().time() + self.timeout
        caller = self.identify(request.headers)
        parameters = await self._parameters(request, deadline)
        operation = self.documents.operation(
            parameters.query, parameters.operation_name, queries_only=request.method in _SAFE
        )
        context = self.open_context(caller, request_id, deadline) if caller else None
        result = operation.execute(self.documents.run(operation, parameters.variables, context))
        if isinstance(result, ExecutionResult):
            return result, context.loader.until if context else inf
        try:
            return await while_connected(request.receive, result), context.loader.until if context else inf
        finally:
            if context:
                context.loader.close()

    def _cache_control(self, result: ExecutionResult, until: float) -> bytes:
        """Let a caller keep an answer without errors for as long as all of its KPIs live; one without any, not."""
        seconds = 0 if result.errors or until == inf else int(until - self.clock())
        return b"private, max-age=%d" % seconds if seconds > 0 else b"no-store"

    async def _parameters(self, request: Request, deadline: float) -> requests.Parameters:
        if request.method in _SAFE:
            requests.check_origin(request.headers)
            return requests.from_query(QueryParams(request.query_string))
        requests.check_content_type(request.headers)
        try:
            async with asyncio.timeout_at(deadline):
                body = await requests.read_body(request.receive, request.headers, self.max_body_bytes)
        except TimeoutError:
            raise RequestRefused(408, Code.BAD_REQUEST, "The request's body did not arrive in time.") from None
        return requests.from_body(body)


def _answer(result: ExecutionResult, media: MediaType, cache_control: bytes) -> _Reply:
    """Write the result of an execution; with errors in it, the newer media type says so in its status too."""
    if not result.errors:
        return _Reply(200, media, encode({"data": result.data}), cache_control)
    body = encode({"data": result.data, "errors": public_all(result.errors)})
    return _Reply(_PARTIAL_SUCCESS if media is MediaType.GRAPHQL else 200, media, body)


def _refusal(refused: RequestRefused, media: MediaType | None, methods: str = _METHODS) -> _Reply:
    """Write why nothing was executed. Only a 2xx is relabelled for a client that knows the older type alone."""
    body = encode({"errors": public_refusal(refused)})
    more = [_allow(methods)] if refused.status == 405 else ()
    return _Reply(refused.status, MediaType.GRAPHQL if media else MediaType.JSON, body, more=more)


def _allow(methods: str) -> tuple[bytes, bytes]:
    return b"allow", methods.encode()
