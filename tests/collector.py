"""A collector of spans: what an OTLP exporter sends over HTTP, read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


@dataclass(frozen=True, slots=True)
class Seen:
    """A span as it came."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    links: list[tuple[str, str]]
    attributes: Mapping[str, Any]
    is_error: bool

    @property
    def told(self) -> str:
        """All of it but the ids."""
        return f"{self.name} {self.attributes}"


@dataclass(slots=True)
class Collector:
    """What came: spans in the order of their ends, and what is said of where they are from."""

    address: str
    answers: Event
    seen: list[Seen] = field(default_factory=list)
    resource: dict[str, Any] = field(default_factory=dict)
    came: Event = field(default_factory=Event)

    @property
    def operations(self) -> list[Seen]:
        return [each for each in self.seen if each.kind == "SERVER"]

    @property
    def calls(self) -> list[Seen]:
        return [each for each in self.seen if each.kind == "CLIENT"]

    def take(self, body: bytes) -> None:
        self.came.set()
        self.answers.wait()
        for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resource |= read(of_resource.resource.attributes)
            self.seen += [seen(span) for of_scope in of_resource.scope_spans for span in of_scope.spans]


def seen(span: Span) -> Seen:
    return Seen(
        span.name,
        Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        [(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
        read(span.attributes),
        span.status.code == Status.STATUS_CODE_ERROR,
    )


def read(pairs: Any) -> dict[str, Any]:
    def value(of: AnyValue) -> Any:
        kind = of.WhichOneof("value")
        return [value(each) for each in of.array_value.values] if kind == "array_value" else getattr(of, str(kind))

    return {pair.key: value(pair.value) for pair in pairs if isinstance(pair, KeyValue)}


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector; it answers while ``answers`` is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_address[1]}", Event())
        collector.answers.set()
        thread = Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield collector
        finally:
            collector.answers.set()
            server.shutdown()
            thread.join()
