"""A soak of seconds, so that the long one goes on working; and that each of its verdicts can be an unfavourable one."""

import os
import socket
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.chaos.world import callers
from tests.served import served
from tests.soak.__main__ import soaked
from tests.soak.descriptors import Descriptors, descriptors
from tests.soak.questions import DOCUMENTS, SPANS, UNKNOWN, Question, Span, drawn
from tests.soak.report import report
from tests.soak.rights import FORBIDDEN, truth
from tests.soak.run import Plan
from tests.soak.verdicts import Answer, broken
from tests.soak.watching import Calls, Memory, busy_gauges, lines, of_log
from tests.soak.weather import FORGOTTEN, WEATHERS, Sky, Spell, Weather

NAMED = {weather.name: weather for weather in WEATHERS}


@pytest.mark.real_time
async def test_a_soak_of_seconds_finds_nothing() -> None:
    weathers = [replace(NAMED[name], seconds=0.5) for name in ("a few 502", "the cache killed")]
    plan = Plan(6, weathers, last=None, warm_up=1, window=3, growth=1.0)
    found = await soaked(plan, seed=1, gateways=1)
    assert found.all_complaints == []
    assert "all is well" in report(found)
    assert found.sky.spells
    assert {"LIVE", "CACHED"} <= found.tally.ages.keys()
    assert found.tally.codes["UNAUTHENTICATED"]
    assert found.calls.items


NOW = datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp()
QUESTION = Question("anna", "customers", ("1", "2", str(UNKNOWN), "007"), (SPANS[0],))


def value(customer: str, span: Span = SPANS[0], *, age: float = 0.0, freshness: str = "LIVE") -> dict[str, Any] | None:
    figures = truth(int(customer), *span.days())
    as_of = datetime.fromtimestamp(NOW - age, UTC).isoformat()
    return figures and {**figures, "asOf": as_of, "freshness": freshness}


def error(code: str, *path: str | int) -> dict[str, Any]:
    return {"message": "So it is.", "path": list(path), "extensions": {"code": code, "retryable": False}}


def answered(*kpis: Any, errors: tuple[dict[str, Any], ...] = (), began: float = NOW, ended: float = NOW) -> Answer:
    customers = [{"id": "1", "p0": kpi} for kpi in kpis] + [None]
    told = error("BAD_USER_INPUT", "customers", len(kpis))
    return Answer(294, {"data": {"customers": customers}, "errors": [told, *errors]}, began, ended)


def under(*weathers: Weather) -> Sky:
    sky = Sky()
    sky.spells = [Spell(weather, NOW - 1, NOW + 1, NOW + 2) for weather in weathers]
    return sky


RIGHT = (value("1"), value("2"), None)
FAILED = error("UPSTREAM_UNAVAILABLE", "customers", 0, "p0")
REVOKED = replace(QUESTION, caller="old")


@pytest.mark.parametrize(
    ("question", "answer", "sky"),
    [
        (QUESTION, answered(*RIGHT), under()),
        (QUESTION, answered(value("1", age=3, freshness="CACHED"), *RIGHT[1:]), under()),
        (QUESTION, answered(None, *RIGHT[1:], errors=(FAILED,)), under(NAMED["500"])),
        (QUESTION, answered(value("1", age=20, freshness="STALE"), *RIGHT[1:]), under(NAMED["500"])),
        (REVOKED, answered(*RIGHT), under(NAMED["a token revoked"])),
    ],
)
def test_an_answer_that_is_right_is_not_complained_of(question: Question, answer: Answer, sky: Sky) -> None:
    assert list(broken(sky, question, answer)) == []


@pytest.mark.parametrize(
    ("question", "answer", "sky", "complaint"),
    [
        (QUESTION, answered(value("2"), *RIGHT[1:]), under(), "instead of"),
        (QUESTION, answered(None, *RIGHT[1:]), under(), "None instead of"),
        (QUESTION, answered(*RIGHT[:2], value("1")), under(), "instead of None"),
        (QUESTION, answered(value("1", age=30, freshness="CACHED"), *RIGHT[1:]), under(), "CACHED and 30.0 s old"),
        (QUESTION, answered(value("1", age=12), *RIGHT[1:]), under(), "LIVE and 12.0 s old"),
        (QUESTION, answered(value("1", age=-9), *RIGHT[1:]), under(), "yet to come"),
        (QUESTION, answered(value("1", age=9, freshness="STALE"), *RIGHT[1:]), under(), "no reason"),
        (QUESTION, answered(value("1", freshness="STALE"), *RIGHT[1:]), under(NAMED["slow"]), "no reason"),
        (QUESTION, answered(None, *RIGHT[1:], errors=(FAILED,)), under(), "UPSTREAM_UNAVAILABLE and no reason"),
        (QUESTION, answered(*RIGHT, errors=(FAILED,)), under(NAMED["500"]), "also a value"),
        (QUESTION, answered(*RIGHT, errors=(error("FORBIDDEN", "customers", 9, "p0"),)), under(), "nothing was asked"),
        (QUESTION, answered(*RIGHT, ended=NOW + 9), under(), "it took 9.00 s"),
        (QUESTION, Answer(503, {"errors": []}, NOW, NOW), under(), "refused: 503"),
        (QUESTION, Answer(294, answered(*RIGHT).body, NOW, NOW, "Bearer demo-anna"), under(), "leaks"),
        (replace(QUESTION, caller="nobody"), answered(*RIGHT), under(), "not for this caller"),
        (
            QUESTION,
            answered(None, *RIGHT[1:], errors=(error("FORBIDDEN", "customers", 0, "p0"),)),
            under(),
            "FORBIDDEN for one who may see it",
        ),
        (
            QUESTION,
            answered(None, *RIGHT[1:], errors=(error("UNAUTHENTICATED", "customers", 0, "p0"),)),
            under(NAMED["a token revoked"]),
            "UNAUTHENTICATED for a caller who is accepted",
        ),
    ],
)
def test_an_answer_that_is_wrong_is_complained_of(question: Question, answer: Answer, sky: Sky, complaint: str) -> None:
    assert any(complaint in each for each in broken(sky, question, answer))


def test_figures_that_another_caller_may_see_are_complained_of() -> None:
    (customer, *_) = sorted(FORBIDDEN["anna"])
    question = replace(QUESTION, ids=(str(customer), "007"))
    assert any("not for this caller" in each for each in broken(under(), question, answered(value(str(customer)))))
    assert not list(broken(under(), replace(question, caller="bert"), answered(value(str(customer)))))


def test_figures_for_a_token_that_was_revoked_long_ago_are_complained_of() -> None:
    sky = under(NAMED["a token revoked"])
    sky.spells[0].began = NOW - FORGOTTEN - 1
    assert any("not for this caller" in each for each in broken(sky, REVOKED, answered(*RIGHT)))


def test_errors_in_the_log_are_expected_of_the_weather_or_complained_of() -> None:
    line = "2026-06-15 12:00:00,000 {} r1 - gateway.endpoint  {}\n"
    text = line.format("ERROR  ", "the circuit is open: the upstream fails too often")
    assert list(of_log(text + line.format("WARNING", "a call failed: X"))) == []
    assert list(of_log('{"level": "warning", "event": "a call failed: X"}\n')) == []
    assert list(of_log(line.format("ERROR  ", "a request failed") + "Traceback (most recent call last):\n")) == [
        "in the log: a request failed | Traceback (most recent call last):"
    ]
    assert any("leaks" in each for each in of_log(line.format("WARNING", "demo-anna")))
    assert list(lines('{"level": "error", "event": "x"}')) == [("ERROR", "x")]


@pytest.mark.real_time
async def test_what_metrics_say_is_under_way_is_found() -> None:
    async def metrics(_: Request) -> PlainTextResponse:
        return PlainTextResponse("gateway_upstream_queue 3.0\ngateway_requests_in_flight 0.0\ngateway_info 1.0\n")

    async with served(Starlette(routes=[Route("/metrics", metrics)])) as (address, _), callers() as http:
        assert await busy_gauges(address, http) == {"gateway_upstream_queue": 3.0}


async def test_a_kpi_that_a_request_asks_for_too_often_is_complained_of() -> None:
    calls = Calls()
    item = {"customer": 1, "from": None, "to": None}
    call = {"kind": "single", "status": 500, "items": [item], "headers": {"X-Request-Id": "r1"}}
    for _ in range(3):
        calls.count(call)
    assert not calls.complaints
    calls.count(call)
    assert len(calls.complaints) == 1


def test_memory_is_read_as_a_median_of_a_time() -> None:
    memory = Memory([(1.0, 1e6), (2.0, 2e6), (3.0, 9e9), (9.0, 5e6)])
    assert memory.between(1, 3) == 2


async def test_connections_are_told_apart_by_whom_they_are_with() -> None:
    before = descriptors(os.getpid(), {})
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as one, listening.accept()[0] as other:
            during = descriptors(os.getpid(), {port: "cache"})
            assert one.fileno() != other.fileno()
    assert during == before._replace(cache=2, others=before.others + 1)
    assert descriptors(os.getpid(), {}) == before != Descriptors()


def test_what_is_drawn_is_as_many_sorts_as_there_are() -> None:
    questions = [drawn(Random(seed)) for seed in range(300)]  # noqa: S311  # repeatable
    assert {question.shape for question in questions} == {"customers", "customer", "_entities"}
    assert {"anna", "nobody", "old"} <= {question.caller for question in questions}
    assert len({question.document() for question in questions}) <= 9 * DOCUMENTS
