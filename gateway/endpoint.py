"""GraphQL over HTTP, the September 2026 edition: a request in, its operations run, an answer out.

What goes wrong before execution is a RequestRefused with its status; what goes wrong during it is an error at its
path. An array of operations runs as one: they share what they load, and each has its own result.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from itertools import repeat
from math import inf
from time import perf_counter
from typing import NamedTuple

from graphql import ExecutionResult
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from gateway import costs, ftv1, replies, requests, tags, traces
from gateway.context import Context
from gateway.costs import Recorder, Wish
from gateway.errors import Code, HashMissed, InternalError, RequestRefused
from gateway.identity.caller import Caller, Identify
from gateway.incoming import Headers, while_connected
from gateway.loaders import KpiLoader
from gateway.metering import Meter, RateLimits
from gateway.negotiation import MediaType, negotiate, takes_json
from gateway.operations import Operations, Result, Terms
from gateway.places import Places
from gateway.replies import Reply
from gateway.requests import Parameters
from gateway.telemetry import ids, traceparent
from gateway.telemetry.reports import Reports, Usage
from gateway.telemetry.traceparent import Trace

OpenLoader = Callable[[Caller, str, float, Trace | None, Usage], KpiLoader]
"""Begins a request: for whom, under which id, until when (the loop's clock, seconds), as a part of which trace, and
where its upstream calls are counted."""

_Array = list[Parameters | RequestRefused]
_ALLOWED = set(replies.METHODS.split(", "))
_SAFE = {"GET", "HEAD"}
_log = logging.getLogger(__name__)


class Request(NamedTuple):
    """What came; the body is received when it is wanted. ``usages``: of the operations in it, as they are begun."""

    method: str
    query_string: bytes
    headers: Headers
    receive: Receive
    trace: Trace | None
    meter: Meter | None
    usages: list[Usage]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The ASGI app at /graphql. ``max_body_bytes`` bounds a request, ``timeout`` (seconds) all that is waited for.

    ``max_operations`` bounds an array, ``places`` the requests that were read and are answered at once; ``clock`` is in
    seconds since the epoch. ``ftv1``: fields are timed for who asks for it. ``limits``: rates of each caller, if any.
    """

    operations: Operations
    identify: Identify
    open_loader: OpenLoader
    max_body_bytes: int
    max_operations: int
    places: Places
    timeout: float
    reports: Reports
    clock: Callable[[], float]
    ftv1: bool = False
    limits: RateLimits | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        headers = Headers(scope["headers"])
        request_id = requests.request_id(headers)
        trace = traceparent.read(headers.get(b"traceparent"))
        ids.begin(request_id, trace)
        meter = Meter(self.limits, (scope.get("client") or ("",))[0]) if self.limits else None
        request = Request(scope["method"], scope["query_string"], headers, receive, trace, meter, [])
        reply = await self._reply(request, request_id)
        self.reports.answered(request.usages, reply.codes, perf_counter() - began)
        reply = reply.coded(headers.get(b"accept-encoding"))
        if meter:
            reply = reply.with_headers(meter.headers())
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers(request_id)})
        await send({"type": "http.response.body", "body": reply.body})

    async def _reply(self, request: Request, request_id: str) -> Reply:
        media = negotiate(request.headers.get(b"accept"))
        try:
            if request.method == "OPTIONS":
                return Reply(204, more=[replies.allow()])
            return await self._answer(request, media, request_id)
        except RequestRefused as refused:
            self.reports.refused(refused)
            if isinstance(refused, HashMissed) and takes_json(request.headers.get(b"accept")):
                return replies.miss(refused)
            return replies.refusal(refused, media, "POST" if request.method in _SAFE else replies.METHODS)
        except ClientDisconnect:
            self.reports.left()
            return Reply(400)  # nobody reads it
        except Exception:  # noqa: BLE001  # whatever is left is ours, and the client gets JSON all the same
            return replies.refusal(_internal(), media)

    async def _answer(self, request: Request, media: MediaType | None, request_id: str) -> Reply:
        if request.method not in _ALLOWED:
            raise RequestRefused(405, Code.BAD_REQUEST, f"{request.method} is not answered here.")
        if media is None:
            types = f"{MediaType.GRAPHQL} or {MediaType.JSON}"
            raise RequestRefused(406, Code.BAD_REQUEST, f"The answer is {types}; Accept takes neither.")
        deadline = asyncio.get_running_loop().time() + self.timeout
        shown = self.identify(request.headers)
        caller = await shown if isinstance(shown, Awaitable) else shown
        if request.meter:
            await request.meter.admit(caller)
        wish = costs.wish(request.headers.get(b"graphql-cost"))
        tagged = tags.wanted(request.headers.get(b"graphql-cache-tags"))
        begun = traces.start() if self.ftv1 and request.headers.get(ftv1.HEADER) == ftv1.NAME else None
        sent = await self._sent(request, deadline)
        if (wish is Wish.VALIDATE or isinstance(sent, list)) and not takes_json(request.headers.get(b"accept")):
            raise RequestRefused(406, Code.BAD_REQUEST, f"This answer is {MediaType.JSON}; Accept does not take it.")
        usage = Usage()
        request.usages.append(usage)
        is_safe = request.method in _SAFE
        terms = Terms(self.operations.allowance(), wish, request.meter, is_safe, begun, tagged, usage)
        with self.places:
            loader = self.open_loader(caller, request_id, deadline, request.trace, usage) if caller else None
            context = Context(caller, loader) if caller and loader else None
            try:
                if isinstance(sent, list):
                    return await self._together(sent, request, context, terms, usage)
                result = self.operations.begin(sent, context, terms)
                if isinstance(result, Awaitable):
                    result = await while_connected(request.receive, result)
                return replies.executed(result, media, self._cache_control(result, loader))
            finally:
                if loader:
                    usage.kpis, usage.hits = loader.spent()
                    loader.close()

    async def _together(
        self, sent: _Array, request: Request, context: Context | None, terms: Terms, usage: Usage
    ) -> Reply:
        """Run an array's operations; each has a usage of its own, and the calls of all."""
        request.usages[:] = [Usage() for _ in sent]
        each = map(self._result, sent, request.usages, repeat(context), repeat(terms))
        results = await while_connected(request.receive, asyncio.gather(*each))
        for one in request.usages:
            one.calls = usage.calls
        return replies.together(results)

    async def _result(
        self, sent: Parameters | RequestRefused, usage: Usage, context: Context | None, terms: Terms
    ) -> Result | RequestRefused:
        """Return the result of one of many operations, or why it has none: that harms no other."""
        if isinstance(sent, RequestRefused):
            return sent
        began, recorder = perf_counter(), Recorder(context.loader) if context else None
        context = replace(context, loader=recorder) if context and recorder else None
        try:
            result = self.operations.begin(sent, context, terms._replace(usage=usage))
            return await result if isinstance(result, Awaitable) else result
        except RequestRefused as refused:
            self.reports.refused(refused)
            return refused
        except Exception:  # noqa: BLE001  # as of a request of its own
            return _internal()
        finally:
            usage.seconds = perf_counter() - began
            usage.kpis, usage.hits = recorder.spent() if recorder else (0, 0)

    def _cache_control(self, result: Result, loader: KpiLoader | None) -> bytes:
        """Let a caller keep an answer without errors for as long as all of its KPIs live; one without any, not."""
        until = loader.until if loader and isinstance(result, ExecutionResult) and not result.errors else inf
        seconds = 0 if until == inf else int(until - self.clock())
        return b"private, max-age=%d" % seconds if seconds > 0 else b"no-store"

    async def _sent(self, request: Request, deadline: float) -> Parameters | _Array:
        if request.method in _SAFE:
            requests.check_origin(request.headers)
            return requests.from_query(QueryParams(request.query_string))
        requests.check_content_type(request.headers)
        try:
            async with asyncio.timeout_at(deadline):
                body = await requests.read_body(request.receive, request.headers, self.max_body_bytes)
        except TimeoutError:
            raise RequestRefused(408, Code.BAD_REQUEST, "The request's body did not arrive in time.") from None
        return requests.from_body(body, self.max_operations)


def _internal() -> RequestRefused:
    """Log the exception that is being handled; returns what is told of it."""
    _log.exception("a request failed")
    return RequestRefused(500, InternalError.code, InternalError.public)
