"""The log: one form for the lines of the gateway and of its libraries, JSON or text, each with its request's ids.

No credential and, at info, no customer's id is ever in it. What others have written breaks no line and forges none;
writing it fails nobody and keeps nobody waiting.
"""

import logging
import os
import sys
import time
from functools import lru_cache
from typing import Any, Literal, TextIO

import orjson
from structlog.dev import ConsoleRenderer

from gateway.telemetry import ids, tracebacks
from gateway.telemetry.lines import LONGEST, Lines

Form = Literal["text", "json"]

_LONGEST_MESSAGE = 1000  # characters
_LONGEST_VALUE = 200
_MOST_VALUES = 20
_OF_EVERY_RECORD = frozenset((*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName"))
_OF_EVERY_LINE = ("timestamp", "level", "logger", "event", "request_id", "trace_id", "span_id")
_ASYNCIO = "asyncio"  # the first line of its messages is words, the others show what failed with all that is in it
_QUOTING = {"opentelemetry.util.re"}  # these quote what the environment says, credentials among it
_NOT_TOLD = ("logThreads", "logProcesses", "logMultiprocessing", "logAsyncioTasks", "_srcfile")
"""What each record would look up, and how logging documents that it is not: _srcfile is for where it was logged."""

_EXACT = 1 << 53  # integers beyond it JSON's readers round


def configure_log(level: str, form: Form | None = None) -> None:
    """Log to standard error from this level on, in this form; by itself as text on a terminal, else as JSON.

    Libraries are heard from warnings on, whatever the level: below it they tell addresses, with what is in them.
    """
    handler = Writing(sys.stderr, form or ("text" if sys.stderr.isatty() else "json"))
    logging.basicConfig(level=max(logging.WARNING, logging.getLevelName(level.upper())), handlers=[handler], force=True)
    logging.getLogger("gateway").setLevel(level.upper())
    for name in _NOT_TOLD:
        setattr(logging, name, None)


class Writing(logging.Handler):
    """Writes to a stream what it takes at once; what is lost of that is counted, and told when it takes more."""

    def __init__(self, stream: TextIO, form: Form) -> None:
        super().__init__()
        self._lines = Lines(stream)
        self._lost = 0
        self.setFormatter(Formatter(form, is_coloured=stream.isatty() and not os.environ.get("NO_COLOR")))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self._lost and self._lines.is_free():
                self._lines.write(self.format(_loss(self._lost)))
                self._lost = 0
            if is_written := self._lines.is_free():
                self._lines.write(self.format(record))
        except Exception:  # noqa: BLE001  # whatever it is: what is told of goes on
            is_written = False
        self._lost += not is_written


class Formatter(logging.Formatter):
    """Makes lines of records, by structlog as text: its formatter for records copies each of them first."""

    def __init__(self, form: Form, *, is_coloured: bool = False) -> None:
        super().__init__()
        self._as_text = ConsoleRenderer(colors=is_coloured, sort_keys=False) if form == "text" else None

    def format(self, record: logging.LogRecord) -> str:
        told = _told(record)
        return self._as_text(None, "", told) if self._as_text else _as_json(told)


def _loss(lines: int) -> logging.LogRecord:
    said = {"name": __name__, "levelno": logging.WARNING, "levelname": "WARNING", "msg": "lines of the log were lost"}
    return logging.makeLogRecord({**said, "lines": lines})


def _told(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a record tells, in the order in which it is written."""
    message = str(record.msg) if record.name in _QUOTING else record.getMessage()
    told: dict[str, Any] = {
        "timestamp": f"{_second(int(record.created))}.{int(record.msecs):03d}Z",
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": _harmless(message.partition("\n")[0] if record.name == _ASYNCIO else message, _LONGEST_MESSAGE),
        **ids.ids(),
    }
    more = [each for each in record.__dict__.items() if each[0] not in _OF_EVERY_RECORD and each[0] not in told]
    for name, value in more[:_MOST_VALUES]:
        told[name] = _plain(value)
    if record.exc_info and record.exc_info[1]:
        told["exception"] = tracebacks.told(record.exc_info[1])
    return told


def _as_json(told: dict[str, Any]) -> str:
    """Return a line that is JSON and none that is cut: of one that would be too long, what every line has."""
    line = orjson.dumps(told)
    if len(line) > LONGEST:
        brief = {name: told[name][:_LONGEST_VALUE] for name in _OF_EVERY_LINE if name in told}
        raised = {name: told[name][-_LONGEST_VALUE:] for name in ("exception",) if name in told}
        line = orjson.dumps(brief | raised)
    return line.decode()


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _plain(value: object) -> object:
    if value is None or isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) <= _EXACT):
        return value
    return _harmless(str(value), _LONGEST_VALUE)


def _harmless(text: str, longest: int) -> str:
    """Return the text, no longer than that, with nothing in it that is not seen as it is."""
    if len(text) > longest:
        text = f"{text[:longest]}…"
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
