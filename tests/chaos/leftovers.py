"""What a process has open and keeps: to be the same before and after."""

import asyncio
import gc
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.context import Context
from gateway.loaders import KpiLoader
from gateway.upstream.lines import Fetch, Flight, Line
from gateway.upstream.settling import Chunk, Settlement

OF_OPERATIONS = (Context, KpiLoader, Fetch, Flight, Line, Chunk, Settlement)
EXPECTED_ERRORS = (
    "the circuit is open",
    "batching is off",
    "ASGI callable returned without completing response.",  # how the sandbox breaks a connection
)


def files() -> int:
    """Count the open file descriptors, sockets among them."""
    return len(list(Path("/proc/self/fd").iterdir()))


def tasks() -> int:
    return len(asyncio.all_tasks())


def kept() -> Counter[str]:
    """Count what belongs to operations: nothing when none is under way."""
    gc.collect()
    return Counter(type(each).__name__ for each in gc.get_objects() if issubclass(type(each), OF_OPERATIONS))


class Log(logging.Handler):
    """Every line of the log, as it would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        self.lines.append(line)
        if record.exc_info or (record.levelno >= logging.ERROR and not line.startswith(EXPECTED_ERRORS)):
            self.errors.append(f"{record.name}: {line}")


@contextmanager
def logged() -> Iterator[Log]:
    """Keep the text of what is logged, from `info` on as by default; pytest would keep the failures themselves."""
    log, root = Log(), logging.getLogger()
    before = root.level, root.handlers
    root.setLevel(logging.INFO)
    root.handlers = [log]
    try:
        yield log
    finally:
        root.setLevel(before[0])
        root.handlers = before[1]
