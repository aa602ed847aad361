"""GraphQL over HTTP, the September 2026 edition: a request in, a document run, an answer out.

What goes wrong before execution is a RequestRefused with its status; what goes wrong during it is an error at its
path. Every error leaves through masking, and every answer is JSON with the request's id.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from typing import Any, TypeVar

import orjson
from graphql import ExecutionResult
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway import requests, telemetry
from gateway.context import Context
from gateway.documents import Documents
from gateway.errors import Code, InternalError, RequestRefused
from gateway.identity import Caller, Identify
from gateway.masking import public, public_refusal
from gateway.negotiation import MediaType, negotiate

OpenContext = Callable[[Caller, str, float], Context]
"""Begins an operation: for whom, under which request id, and until when (the loop's clock, seconds)."""

_T = TypeVar("_T")
_PARTIAL_SUCCESS = 294
_METHODS = "GET, HEAD, POST, OPTIONS"
_SAFE = {"GET", "HEAD"}
_NO_STORE = "no-store"
_log = logging.getLogger(__name__)


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
        request = Request(scope, receive)
        response = await self._respond(request)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        media = negotiate(", ".join(request.headers.getlist("accept")))
        request_id = requests.request_id(request.headers)
        telemetry.request_id.set(request_id)
        headers = {
            "X-Request-Id": request_id,
            "Cache-Control": _NO_STORE,
            "Vary": "Accept, Authorization, X-Api-Key",
        }
        try:
            if request.method == "OPTIONS":
                return Response(status_code=204, headers=headers | {"Allow": _METHODS})
            result, until = await self._run(request, media, request_id)
            headers["Cache-Control"] = self._cache_control(result, until)
            return _answer(result, media or MediaType.JSON, headers)
        except RequestRefused as refused:
            allow = {"Allow": "POST" if request.method in _SAFE else _METHODS} if refused.status == 405 else {}
            return _refusal(refused, media, headers | allow)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except Exception:  # noqa: BLE001  # whatever is left is ours, and the client gets JSON all the same
            _log.exception("a request failed")
            return _refusal(RequestRefused(500, InternalError.code, InternalError.public), media, headers)

    async def _run(self, request: Request, media: MediaType | None, request_id: str) -> tuple[ExecutionResult, float]:
        """Return the result, and until when it may be kept (seconds since the epoch; inf: it holds no KPI)."""
        if request.method not in _METHODS.split(", "):
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
        result = operation.execute(self.documents.executor(operation, parameters.variables, context))
        if isinstance(result, ExecutionResult):
            return result, context.loader.until if context else inf
        try:
            return await while_connected(request, result), context.loader.until if context else inf
        finally:
            if context:
                context.loader.close()

    def _cache_control(self, result: ExecutionResult, until: float) -> str:
        """Let a caller keep an answer without errors for as long as all of its KPIs live; one without any, not."""
        seconds = 0 if result.errors or until == inf else int(until - self.clock())
        return f"private, max-age={seconds}" if seconds > 0 else _NO_STORE

    async def _parameters(self, request: Request, deadline: float) -> requests.Parameters:
        if request.method in _SAFE:
            return requests.from_query(request.query_params)
        requests.check_content_type(request.headers)
        try:
            async with asyncio.timeout_at(deadline):
                return requests.from_body(await requests.read_body(request, self.max_body_bytes))
        except TimeoutError:
            raise RequestRefused(408, Code.BAD_REQUEST, "The request's body did not arrive in time.") from None


async def while_connected(request: Request, work: Awaitable[_T]) -> _T:
    """Await the work for as long as the client is there to read of it; ClientDisconnect when it leaves, work cancelled.

    Neither the server nor Starlette cancels anything by itself.
    """
    try:
        async with asyncio.timeout(None) as patience:
            watch = asyncio.create_task(_departure(request.receive, patience))
            try:
                return await work
            finally:
                watch.cancel()
    except TimeoutError:
        raise ClientDisconnect from None


async def _departure(receive: Receive, patience: asyncio.Timeout) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    patience.reschedule(0)


def _answer(result: ExecutionResult, media: MediaType, headers: dict[str, str]) -> Response:
    """Write the result of an execution; with errors in it, the newer media type says so in its status too."""
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [public(error) for error in result.errors]
    partial = bool(result.errors) and media is MediaType.GRAPHQL
    return _json(_PARTIAL_SUCCESS if partial else 200, body, media, headers)


def _refusal(refused: RequestRefused, media: MediaType | None, headers: dict[str, str]) -> Response:
    """Write why nothing was executed. Only a 2xx is relabelled for a client that knows the older type alone."""
    body = {"errors": public_refusal(refused)}
    return _json(refused.status, body, MediaType.GRAPHQL if media else MediaType.JSON, headers)


def _json(status: int, body: dict[str, Any], media: MediaType, headers: dict[str, str]) -> Response:
    return Response(orjson.dumps(body), status, headers, f"{media}; charset=utf-8")
