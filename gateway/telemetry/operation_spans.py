"""A span for each request of an operation, continuing the caller's trace or beginning one; around the endpoint."""

from collections.abc import Sequence

from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.incoming import Headers
from gateway.telemetry import ids, traceparent
from gateway.telemetry.spans import OPERATION, Operation, Spans, header

_HEADER = traceparent.HEADER.encode()
_OURS = ("UPSTREAM_", "INTERNAL_")
"""How codes begin of what failed here or behind; the others are of what was asked."""

_read = TraceContextTextMapPropagator().extract


class OperationSpans:
    """The request goes on as one of the span: it is what the log names, and what calls belong to."""

    def __init__(self, app: ASGIApp, spans: Spans) -> None:
        self._app = app
        self._spans = spans

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation = self._begin(Headers(scope["headers"]).get(_HEADER), scope["method"])

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                operation.span.set_attribute("http.response.status_code", message["status"])
            await send(message)

        try:
            await self._app(_within(scope, operation), receive, sent)
        finally:
            _end(operation)

    def _begin(self, given: str, method: str) -> Operation:
        carrier = {traceparent.HEADER: given.strip()} if traceparent.read(given) else {}
        span = self._spans.tracer.start_span(
            "GraphQL Operation",
            _read(carrier),
            SpanKind.SERVER,
            {"http.request.method": method, "http.route": "/graphql"},
        )
        operation = Operation(span)
        OPERATION.set(operation)
        ids.operation.set(operation if span.is_recording() else None)
        ids.span_id.set(f"{span.get_span_context().span_id:016x}")
        return operation


def _within(scope: Scope, operation: Operation) -> Scope:
    others = [pair for pair in scope["headers"] if pair[0] != _HEADER]
    return {**scope, "headers": [*others, (_HEADER, header(operation.span).encode())]}


def _end(operation: Operation) -> None:
    span = operation.span
    if operation.codes:
        span.set_attribute("error.type", _worst(operation.codes))
    if any(code.startswith(_OURS) for code in operation.codes):
        span.set_status(Status(StatusCode.ERROR))
    span.end()


def _worst(codes: Sequence[str]) -> str:
    return next((code for code in codes if code.startswith(_OURS)), codes[0])
