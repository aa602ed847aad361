"""What the process says of itself: its log. No credential and, at info, no customer's id is ever in it."""

import logging
from contextvars import ContextVar
from typing import TextIO

from gateway.traceparent import Trace

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The request that is being answered; each of its log lines carries it, those of its upstream calls included."""

trace_id: ContextVar[str] = ContextVar("trace_id", default="-")
"""The trace that the request belongs to, if it said so; beside it in the log."""

_LINE = "%(asctime)s %(levelname)-7s %(request_id)s %(trace_id)s %(name)s  %(message)s"


def begin(request: str, trace: Trace | None) -> None:
    """Name the request that is answered from now on, and its trace: a connection's next one may have none."""
    request_id.set(request)
    trace_id.set(trace.id if trace else "-")


def configure_log(level: str) -> None:
    """Log to standard error from this level on.

    uvicorn says less, for the command line says where it is better, and httpx too, for each fetch is told already.
    """
    logging.basicConfig(level=level.upper(), handlers=[writing()], force=True)
    for name in ("uvicorn", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)


def writing(stream: TextIO | None = None) -> logging.Handler:
    """Return what writes the log, by itself to standard error, each line with its request's id and its trace's."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(_LINE))
    handler.addFilter(_with_ids)
    return handler


def _with_ids(record: logging.LogRecord) -> bool:
    record.request_id, record.trace_id = request_id.get(), trace_id.get()
    return True
