"""OpenTelemetry's tracer: spans leave in batches, by a thread of their own, while and after they are made.

Sampling, exporters, resource and limits are the environment's, by OpenTelemetry's own names. In no span is a value of
an argument, a document, a customer or a credential.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from importlib.metadata import entry_points
from threading import Thread

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import NoOpTracer, Span, Tracer

from gateway import __version__

LONGEST_END = 3.0
"""Seconds for what is left to be sent at the end."""

ENDING = "the end of spans"
"""The name of the thread that sees to it."""

_NAME = "customer-kpi-gateway"
_NOBODYS_NAME = "unknown_service"
_FLAGS = 0x03


class Spans:
    """Has a tracer while it is opened; before and after, what that makes is in no trace."""

    def __init__(self, exporters: Sequence[str]) -> None:
        """ValueError for an exporter that no package announces."""
        self.tracer: Tracer = NoOpTracer()
        self._exporters = [_exporter(name) for name in exporters]

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Make spans, by a thread of this process; in the end send what is left, as far as there is time for it."""
        provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        for exporter in self._exporters:
            provider.add_span_processor(BatchSpanProcessor(exporter()))
        self.tracer = provider.get_tracer(_NAME, __version__)
        try:
            yield
        finally:
            self.tracer = NoOpTracer()
            await _ended(provider)


class Operation:
    """An operation's span, and the paths of its fields that ask for KPIs; is told of the operation as it goes on."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.fields: Sequence[str] = ()
        self.codes: list[str] = []
        self._count = 0

    def runs(self, kind: str, name: str | None, fields: Sequence[str]) -> None:
        """Name the span; of an array, which runs as one, by what its operations have in common."""
        self._count += 1
        self.fields = sorted({*self.fields, *fields})
        self.span.set_attribute("gateway.fields", self.fields)
        if self._count > 1:
            self.span.update_name("GraphQL Operation")
            self.span.set_attribute("gateway.operations", self._count)
            return
        self.span.update_name(kind)
        self.span.set_attribute("graphql.operation.type", kind)
        if name:
            self.span.set_attribute("graphql.operation.name", name)

    def failed(self, code: str) -> None:
        self.codes.append(code)


OPERATION: ContextVar[Operation | None] = ContextVar("operation_span", default=None)
"""The operation that is worked for."""


def header(span: Span) -> str:
    """Return what names a span to those that are asked in it, as a ``traceparent``."""
    of = span.get_span_context()
    return f"00-{of.trace_id:032x}-{of.span_id:016x}-{of.trace_flags & _FLAGS:02x}"


async def _ended(provider: TracerProvider) -> None:
    """End what may wait for a collector in a thread, which is left to it when it takes too long."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        provider.shutdown()
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(done.set)

    Thread(target=end, name=ENDING, daemon=True).start()
    with suppress(TimeoutError):
        await asyncio.wait_for(done.wait(), LONGEST_END)


def _exporter(name: str) -> Callable[[], SpanExporter]:
    for found in entry_points(group="opentelemetry_traces_exporter", name=name):
        exporter: Callable[[], SpanExporter] = found.load()
        return exporter
    raise ValueError(f"OTEL_TRACES_EXPORTER: no package here has an exporter {name!r}")


def _resource() -> Resource:
    """Return what the environment says of this service, and what it is where that says nothing."""
    said = Resource.create().attributes
    is_named = not str(said["service.name"]).startswith(_NOBODYS_NAME)
    named = {name: value for name, value in said.items() if is_named or name != "service.name"}
    return Resource({"service.name": _NAME, "service.version": __version__, **named})
