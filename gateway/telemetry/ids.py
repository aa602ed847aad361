"""What a request is known by, wherever it is worked on: its id, and its trace's and span's."""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Protocol

from gateway.telemetry.traceparent import Trace

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The request that is being answered; each of its log lines carries it, those of its upstream calls included."""

trace_id: ContextVar[str] = ContextVar("trace_id", default="")
"""The trace that the request belongs to, if it said so; beside it in the log."""

span_id: ContextVar[str] = ContextVar("span_id", default="")
"""The span of it that is under way, if there are spans."""

_ALL = (request_id, trace_id, span_id)


def begin(request: str, trace: Trace | None) -> None:
    """Name the request that is answered from now on, and its trace: a connection's next one may have none."""
    request_id.set(request)
    trace_id.set(trace.id if trace else "")


def ids() -> dict[str, str]:
    """Return by their names the ids of what is under way, those that there are."""
    return {each.name: known for each in _ALL if (known := each.get())}


class Told(Protocol):
    """Is told of an operation as it goes on."""

    def runs(self, kind: str, name: str | None, fields: Sequence[str]) -> None:
        """Of which kind it is (``query``), its name, and where its fields are that ask for KPIs (``customers.kpi``)."""
        ...

    def failed(self, code: str) -> None:
        """Say that a client is told of an error of this code."""
        ...


operation: ContextVar[Told | None] = ContextVar("operation", default=None)
"""Who is to be told of the operation, if anybody."""


def failed(code: str) -> None:
    """Tell who is to be told that a client is told of an error."""
    if told := operation.get():
        told.failed(code)
