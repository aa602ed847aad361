"""The log's lines: one form for all of them, which nothing that is told breaks, forges, or makes long."""

import asyncio
import contextvars
import json
import logging
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from io import StringIO
from itertools import cycle
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.util.re import parse_env_headers

from gateway.telemetry import ids
from gateway.telemetry.lines import LONGEST
from gateway.telemetry.logs import Formatter, Writing
from gateway.telemetry.traceparent import Trace
from tests.conftest import serving
from tests.log import logged, writing

TRACE = "0af7651916cd43dd8448eb211c80319c"
SCANDAL = "db password hunter2 is wrong"
LOG = logging.getLogger("gateway.test")
LOST = "lines of the log were lost"
BREAKS = ["\n", "\r", "\x1b[2J", "\u2028", "\u2029", "\x85", "\x0b", "\x00", "\u202e", "\udc80", "\x7f"]


def test_a_line_is_json_with_its_ids_and_what_it_tells_beside_words() -> None:
    def tell() -> None:
        ids.begin("r-1", Trace(TRACE, 1))
        LOG.info("done with %s", "it", extra={"operation": "Customers", "kpis": 50, "ms": 1.5, "hit": True, "of": None})

    with logged() as lines:
        contextvars.copy_context().run(tell)
    (line,) = lines
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("timestamp"))
    assert list(line.items()) == [
        ("level", "info"),
        ("logger", "gateway.test"),
        ("event", "done with it"),
        ("request_id", "r-1"),
        ("trace_id", TRACE),
        ("operation", "Customers"),
        ("kpis", 50),
        ("ms", 1.5),
        ("hit", True),
        ("of", None),
    ]


def test_the_time_is_utc_to_the_millisecond() -> None:
    record = logging.makeLogRecord({"created": 1_700_000_000.9999, "msecs": 999.9, "levelname": "INFO", "msg": "x"})
    assert json.loads(Formatter("json").format(record))["timestamp"] == "2023-11-14T22:13:20.999Z"


def test_a_credential_for_the_collector_that_cannot_be_read_is_not_told() -> None:
    with logged() as lines:
        assert parse_env_headers("Authorization: Bearer hunter2") == {}
    assert lines[0]["event"].startswith("Header format invalid!")
    assert "hunter2" not in str(lines)


def test_a_line_outside_a_request_has_no_ids() -> None:
    with logged() as lines:
        LOG.warning("alone")
    assert not {"request_id", "trace_id", "span_id"} & lines[0].keys()


def test_text_is_aligned_with_ids_and_values_behind_and_coloured_on_a_terminal_alone() -> None:
    record = logging.makeLogRecord({"name": "gateway.x", "levelname": "INFO", "msg": "told", "kpis": 5, "why": "a b=c"})
    plain, coloured = (Formatter("text", is_coloured=each).format(record) for each in (False, True))
    assert re.fullmatch(r"20\S+Z \[info     \] told {26} \[gateway\.x\] kpis=5 why='a b=c'", plain)
    assert "\x1b" not in plain
    assert "\x1b" in coloured


@pytest.mark.parametrize("form", ["json", "text"])
@given(message=st.text() | st.sampled_from(BREAKS), value=st.text() | st.sampled_from(BREAKS) | st.integers())
def test_whatever_is_told_is_one_line_of_bounded_length(form: Any, message: str, value: object) -> None:
    with writing(form=form) as written:
        LOG.error("%s", message * 50, extra={"a": value, "b": [value], **{f"n{each}": value for each in range(50)}})
    (line,) = written.getvalue().splitlines()
    assert line.isprintable()
    if form == "json":
        assert len(line.encode()) <= LONGEST
        assert json.loads(line)["logger"] == "gateway.test"


@pytest.mark.parametrize("broken", BREAKS)
def test_nothing_forges_a_line(broken: str) -> None:
    with logged() as lines:
        LOG.error("no: %s", f'x{broken}{{"event":"forged"}}', extra={"operation": f"y{broken}z"})
    assert len(lines) == 1
    assert lines[0]["event"].endswith('{"event":"forged"}')
    assert broken not in str(lines[0])


def fail(error: Exception, message: str, extra: Mapping[str, object] | None = None) -> None:
    try:
        raise error
    except type(error):
        LOG.exception(message, extra=extra)


def test_what_is_too_much_for_a_line_leaves_what_every_line_has_and_where_it_failed() -> None:
    with logged() as lines:
        fail(
            KeyError(SCANDAL), "\N{GRINNING FACE}" * 2000, {f"n{each}": "\N{GRINNING FACE}" * 300 for each in range(30)}
        )
    assert lines[0].keys() == {"timestamp", "level", "logger", "event", "exception"}
    assert lines[0]["exception"].endswith("\nKeyError")


def test_an_exception_is_one_text_without_its_words() -> None:
    with logged() as lines:
        fail(ValueError(SCANDAL), "a request failed")
    assert re.fullmatch(
        r'Traceback \(most recent call last\):\n  File ".*test_logs.py", line \d+, in fail\nValueError',
        lines[0]["exception"],
    )


def test_of_asyncios_messages_what_failed_is_not_shown() -> None:
    with logged() as lines:
        logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <%s>", SCANDAL)
    assert lines[0]["event"] == "Task exception was never retrieved"


class Broken:
    def __str__(self) -> str:
        raise RuntimeError(SCANDAL)


def test_a_line_that_cannot_be_made_harms_nobody_and_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    with logged() as lines:
        LOG.warning("%d", "x")
        LOG.warning("%s", Broken())
        LOG.warning("after")
    told = [(line["event"], line.get("lines")) for line in lines]
    assert told == [(LOST, 1), (LOST, 1), ("after", None)]
    assert capsys.readouterr().err == ""


def started(code: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, env=os.environ | environment)


TELLING = """
import logging
from gateway.telemetry.logs import configure_log
configure_log({level!r}, {form!r})
for name in ("gateway.x", "httpx", "uvicorn.error", "redis"):
    for level in ("debug", "info", "warning"):
        getattr(logging.getLogger(name), level)("told")
"""


@pytest.mark.parametrize(
    ("level", "own", "others"),
    [
        ("debug", ["debug", "info", "warning"], ["warning"]),
        ("info", ["info", "warning"], ["warning"]),
        ("error", [], []),
    ],
)
def test_libraries_are_heard_from_warnings_on(level: str, own: list[str], others: list[str]) -> None:
    written = started(TELLING.format(level=level, form=None)).communicate()[1].decode()
    told = [(line["logger"], line["level"]) for line in map(json.loads, written.splitlines())]
    assert told == [
        *(("gateway.x", each) for each in own),
        *((name, each) for name in ("httpx", "uvicorn.error", "redis") for each in others),
    ]


@pytest.mark.parametrize(
    ("form", "environment", "begins"),
    [
        (None, {}, "\x1b["),
        (None, {"NO_COLOR": "1"}, "20"),
        ("json", {}, '{"timestamp"'),
    ],
)
def test_a_terminal_gets_text_by_itself(form: str | None, environment: dict[str, str], begins: str) -> None:
    ours, theirs = pty.openpty()
    code = TELLING.format(level="info", form=form)
    try:
        subprocess.run([sys.executable, "-c", code], stderr=theirs, env=os.environ | environment, check=True)
        assert os.read(ours, 10_000).decode().startswith(begins)
    finally:
        os.close(ours)
        os.close(theirs)


FULL = """
import logging, os, sys
from gateway.telemetry.logs import configure_log
configure_log("info", None)
for number in range(5000):
    logging.getLogger("gateway").warning("line %d", number)
print("went on", flush=True)
sys.stdin.readline()
logging.getLogger("gateway").warning("the last")
"""


def test_a_reader_that_does_not_read_keeps_nobody_waiting_and_hears_how_much_it_missed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", FULL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdin
        assert running.stdout
        assert running.stderr
        assert running.stdout.readline() == b"went on\n"
        first = os.read(running.stderr.fileno(), 1_000_000)
        running.stdin.write(b"\n")
        running.stdin.close()
        rest = running.stderr.read()
    lines = [json.loads(line) for line in (first + rest).splitlines()]
    written = [line for line in lines if line["event"].startswith("line ")]
    assert [line["event"] for line in lines[len(written) :]] == [LOST, "the last"]
    assert len(written) + lines[-2]["lines"] == 5000
    assert 100 < len(written) < 5000


def test_a_reader_that_left_harms_nobody() -> None:
    inward, outward = os.pipe()
    with os.fdopen(outward, "w") as stream:
        handler = Writing(stream, "json")
        os.close(inward)
        handler.handle(logging.makeLogRecord({"msg": "into the void"}))


ANSWERS: list[tuple[int, Mapping[str, str], bytes]] = [
    (status, {"Content-Type": media, "Location": SCANDAL, "WWW-Authenticate": SCANDAL}, body)
    for status in (200, 204, 301, 400, 401, 403, 404, 429, 500, 503)
    for media, body in (
        ("application/json", b'[{"boosterCustomerId": "hunter2"}]'),
        ("application/json", b'{"responseStatus": {"errorCode": "hunter2", "message": "hunter2"}}'),
        ("application/xml", b"<hunter2/>"),
        ("text/hunter2", b"hunter2 \x80\xff"),
    )
]
GIVEN = {"Authorization": "Bearer hunter3", "Cookie": "hunter4", "X-Api-Key": "hunter5"}


async def ask_of(upstream: Callable[[httpx.Request], httpx.Response], times: int) -> None:
    async with serving(httpx.MockTransport(upstream)) as gateway:
        for _ in range(times):
            await asyncio.sleep(60)  # a circuit that is open closes
            for ids in ([27182], [27182, 31415]):
                await gateway.kpis(ids, headers=GIVEN)
            await gateway.ask('{ customer(id: "27182 hunter7") { id } }', headers=GIVEN)


async def test_no_credential_customer_or_word_of_the_upstream_is_in_any_line_of_any_level() -> None:
    answers = cycle(ANSWERS)

    def answering(_: httpx.Request) -> httpx.Response:
        status, headers, body = next(answers)
        return httpx.Response(status, headers=headers, content=body)

    with writing("debug") as written:
        await ask_of(answering, len(ANSWERS))
    assert "a call failed" in written.getvalue()
    assert not re.findall("hunter.|27182|31415", written.getvalue())


async def test_a_mistake_of_ours_tells_nothing_of_what_it_was_about() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise RuntimeError(f"hunter6 {request.url} {request.headers}")

    with writing("debug") as written:
        await ask_of(broken, 1)
    assert "a call could not be made or read" in written.getvalue()
    assert not re.findall("hunter.|27182|31415", written.getvalue())


def test_text_is_written_where_there_is_no_descriptor() -> None:
    Writing(written := StringIO(), "text").handle(logging.makeLogRecord({"msg": "told", "levelname": "INFO"}))
    assert "told" in written.getvalue()
