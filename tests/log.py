"""The log as it is written, in tests."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from typing import Any

from gateway.telemetry.logs import Form, configure_log

_OF_LOGGING = ("logThreads", "logProcesses", "logMultiprocessing", "logAsyncioTasks", "_srcfile")


@contextmanager
def writing(level: str = "info", form: Form = "json") -> Iterator[StringIO]:
    """Write what is logged, by whomever, in place of whatever else becomes of it."""
    root, own = logging.getLogger(), logging.getLogger("gateway")
    before = root.handlers, root.level, own.level, [(each, getattr(logging, each, None)) for each in _OF_LOGGING]
    root.handlers = []
    try:
        with redirect_stderr(StringIO()) as written:
            configure_log(level, form)
        yield written
    finally:
        root.handlers = before[0]
        root.setLevel(before[1])
        own.setLevel(before[2])
        for name, value in before[3]:
            setattr(logging, name, value)


@contextmanager
def logged(level: str = "info") -> Iterator[list[dict[str, Any]]]:
    """Keep the lines of what is logged, read; they are there at the end."""
    lines: list[dict[str, Any]] = []
    with writing(level) as written:
        yield lines
    lines += map(json.loads, written.getvalue().splitlines())
