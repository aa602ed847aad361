"""What an answer to a batch means, and how the mode steps down."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.upstream.batching import RETRY_BATCHING_AFTER, Batching, Mode, Verdict, failed_item, judge
from gateway.upstream.exchange import Answer
from gateway.upstream.wire import Format

JSON = "application/json; charset=utf-8"


def answer(status: int, completed: str | None = None, media: str = JSON, body: bytes = b"") -> Answer:
    header = {} if completed is None else {"x-autobatch-completed": completed}
    return Answer(status, {"content-type": media, **header}, body)


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (answer(200, "3"), Verdict.DECODE),
        (answer(200), Verdict.DECODE),
        (answer(200, "2"), Verdict.BROKEN),
        (answer(200, "4"), Verdict.BROKEN),
        (answer(200, "three"), Verdict.BROKEN),
        (answer(200, "3", "text/html"), Verdict.BROKEN),
        (answer(200, "3", "application/xml"), Verdict.BROKEN),
        (answer(204), Verdict.BROKEN),
        (answer(206), Verdict.BROKEN),
        (answer(302), Verdict.REFUSED),
        (answer(400), Verdict.VETOED),
        (answer(400, "1"), Verdict.ITEM_FAILED),
        (answer(401), Verdict.REFUSED),
        (answer(401, "1"), Verdict.REFUSED),
        (answer(403), Verdict.VETOED),
        (answer(403, "0"), Verdict.ITEM_FAILED),
        (answer(404), Verdict.CLOSED),
        (answer(404, body=b'{"responseStatus":{"message":"API Key does not exist"}}'), Verdict.REFUSED),
        (answer(404, "2"), Verdict.ITEM_FAILED),
        (answer(404, "3"), Verdict.CLOSED),
        (answer(405), Verdict.CLOSED),
        (answer(411), Verdict.CLOSED),
        (answer(413), Verdict.CLOSED),
        (answer(415), Verdict.CLOSED),
        (answer(501), Verdict.CLOSED),
        (answer(429), Verdict.REFUSED),
        (answer(429, "1"), Verdict.REFUSED),
        (answer(500), Verdict.VETOED),
        (answer(500, "0"), Verdict.ITEM_FAILED),
        (answer(502), Verdict.REFUSED),
        (answer(503), Verdict.REFUSED),
        (answer(504), Verdict.REFUSED),
    ],
)
def test_each_answer_to_a_batch_of_three_has_its_verdict(given: Answer, verdict: Verdict) -> None:
    assert judge(given, Format.JSON, 3) is verdict


@given(st.text() | st.integers().map(str) | st.none(), st.integers(1, 1000))
def test_the_failed_item_is_one_of_the_batch(header: str | None, count: int) -> None:
    failed = failed_item(answer(404, header), count)
    assert failed is None or 0 <= failed < count


def test_a_method_that_takes_gets_only_is_asked_by_override() -> None:
    batching = Batching()
    batching.step_down(Mode.POST, 405, now=0)
    assert batching.current(now=0) is Mode.OVERRIDE


@pytest.mark.parametrize("status", [404, 200, 501])
def test_any_other_closed_door_switches_batching_off(status: int) -> None:
    batching = Batching()
    batching.step_down(Mode.POST, status, now=0)
    assert batching.current(now=0) is Mode.OFF


def test_a_closed_override_switches_batching_off() -> None:
    batching = Batching(Mode.OVERRIDE)
    batching.step_down(Mode.OVERRIDE, 405, now=0)
    assert batching.current(now=0) is Mode.OFF


def test_news_of_a_mode_that_was_left_already_changes_nothing() -> None:
    batching = Batching(Mode.OVERRIDE)
    batching.step_down(Mode.POST, 405, now=0)
    assert batching.current(now=0) is Mode.OVERRIDE


@pytest.mark.parametrize("leave", [lambda it: it.distrust(10), lambda it: it.step_down(Mode.POST, 404, 10)])
def test_off_ends_after_a_while(leave: Callable[[Batching], None]) -> None:
    batching = Batching()
    leave(batching)
    assert batching.current(now=9 + RETRY_BATCHING_AFTER) is Mode.OFF
    assert batching.current(now=10 + RETRY_BATCHING_AFTER) is Mode.POST


def test_off_by_setting_never_ends() -> None:
    assert Batching(Mode.OFF, float("inf")).current(now=1e12) is Mode.OFF
