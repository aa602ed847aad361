"""A span for each call to the upstream: within the operation that it was begun for, linked to the others it serves."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.util.types import AttributeValue

from gateway.errors import CircuitOpen, GatewayError
from gateway.telemetry.spans import OPERATION, Operation, Spans, header
from gateway.upstream.exchange import Answer, Exchange, Headers
from gateway.upstream.sender import Ask, Sender
from gateway.upstream.wire import OVERRIDE, Call

_PORTS = {"http": 80, "https": 443}
_AN_ANSWER = 404  # a customer that is not known


@dataclass(frozen=True, slots=True)
class Sent:
    """The span of a call, as what is sent belongs to it."""

    span: Span

    def child(self) -> str:
        return header(self.span)


class TracedSender(Sender):
    """Makes each attempt within a span of its own."""

    def __init__(self, spans: Spans, exchange: Exchange, base_url: str, **others: Any) -> None:
        super().__init__(exchange, base_url, **others)
        at = urlsplit(base_url)
        self._spans = spans
        self._server: dict[str, AttributeValue] = {
            "server.address": at.hostname or "",
            "server.port": at.port or _PORTS[at.scheme],
        }

    async def attempt(self, ask: Ask, call: Call, credential: Headers) -> tuple[Answer, float]:
        served = dict.fromkeys(_served(ask))
        span = self._begin(call, served)
        try:
            answer, seconds = await super().attempt(replace(ask, trace=Sent(span)), call, credential)
        except CircuitOpen:
            raise  # nothing was sent, and a span that does not end is none
        except (GatewayError, asyncio.CancelledError) as error:
            _fail(span, error.code if isinstance(error, GatewayError) else "cancelled")
            _end(span, ask, served)
            raise
        span.set_attribute("http.response.status_code", answer.status)
        if answer.status >= 400 and answer.status != _AN_ANSWER:
            _fail(span, str(answer.status))
        _end(span, ask, served)
        return answer, seconds

    def _begin(self, call: Call, served: dict[Operation, None]) -> Span:
        first = OPERATION.get()
        return self._spans.tracer.start_span(
            f"{call.method} /{call.template}",
            set_span_in_context(first.span) if first else None,
            SpanKind.CLIENT,
            {
                **self._server,
                "http.request.method": call.method,
                "url.template": f"/{call.template}",
                "gateway.items": call.items,
                "gateway.mode": _mode(call),
                **({"http.request.resend_count": call.asked} if call.asked else {}),
            },
            [Link(each.span.get_span_context()) for each in served if each is not first],
        )


def _served(ask: Ask) -> Iterator[Operation]:
    found = (context.get(OPERATION) for context in (ask.serves() if ask.serves else ()))
    return (each for each in found if each)


def _end(span: Span, ask: Ask, before: dict[Operation, None]) -> None:
    """End a span, linked to those too that have joined meanwhile, and say which of their fields it serves."""
    first = OPERATION.get()
    served = before | dict.fromkeys(_served(ask))
    for each in served:
        if each not in before and each is not first:
            span.add_link(each.span.get_span_context())
    span.set_attribute("gateway.fields", sorted({path for each in served for path in each.fields}))
    span.end()


def _fail(span: Span, kind: str) -> None:
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))


def _mode(call: Call) -> str:
    if call.method == "GET":
        return "single"
    return "override" if OVERRIDE in call.headers else "post"
