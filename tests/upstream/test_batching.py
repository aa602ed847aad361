"""What an answer to a batch means, and how the mode steps down."""

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
        (answer(404, body=b'{"responseStatus":{"errorCode":"NotFound"}}'), Verdict.VETOED),
        (answer(404, "2"), Verdict.ITEM_FAILED),
        (answer(404, "3"), Verdict.CLOSED),
        (answer(405), Verdict.CLOSED),
        (answer(411), Verdict.CLOSED),
        (answer(413), Verdict.TOO_LARGE),
        (answer(415), Verdict.CLOSED),
        (answer(501), Verdict.CLOSED),
        (answer(429), Verdict.REFUSED),
        (answer(429, "1"), Verdict.REFUSED),
        (answer(500), Verdict.BROKE_DOWN),
        (answer(505), Verdict.BROKE_DOWN),
        (answer(500, "0"), Verdict.ITEM_FAILED),
        (answer(502), Verdict.REFUSED),
        (answer(503), Verdict.REFUSED),
        (answer(503, "1"), Verdict.ITEM_FAILED),
        (answer(503, "3"), Verdict.REFUSED),
        (answer(408), Verdict.REFUSED),
        (answer(504), Verdict.REFUSED),
    ],
)
def test_each_answer_to_a_batch_of_three_has_its_verdict(given: Answer, verdict: Verdict) -> None:
    assert judge(given, Format.JSON, 3) is verdict


@given(st.text() | st.integers().map(str) | st.none(), st.integers(1, 1000))
def test_the_failed_item_is_one_of_the_batch(header: str | None, count: int) -> None:
    failed = failed_item(answer(404, header), count)
    assert failed is None or 0 <= failed < count


def learnt(*news: tuple[Verdict, Mode, int], begin: Mode = Mode.UNKNOWN, count: int = 20) -> Batching:
    """Return what is known at 10 seconds, after verdicts on batches that were sent in a mode, with their statuses."""
    batching = Batching(begin)
    for verdict, sent, status in news:
        batching.learn(verdict, sent, status, count, now=10)
    return batching


CLOSED = Verdict.CLOSED


@pytest.mark.parametrize(
    ("news", "mode"),
    [
        ([], Mode.UNKNOWN),
        ([(Verdict.DECODE, Mode.UNKNOWN, 200)], Mode.POST),
        ([(Verdict.ITEM_FAILED, Mode.UNKNOWN, 404)], Mode.POST),
        ([(Verdict.REFUSED, Mode.UNKNOWN, 503)], Mode.UNKNOWN),
        ([(Verdict.VETOED, Mode.UNKNOWN, 400)], Mode.UNKNOWN),
        ([(Verdict.BROKE_DOWN, Mode.UNKNOWN, 500)], Mode.UNKNOWN),
        ([(CLOSED, Mode.UNKNOWN, 405)], Mode.OVERRIDE),
        ([(CLOSED, Mode.UNKNOWN, 404)], Mode.OFF),
        ([(CLOSED, Mode.UNKNOWN, 501)], Mode.OFF),
        ([(CLOSED, Mode.UNKNOWN, 405), (Verdict.DECODE, Mode.OVERRIDE, 200)], Mode.OVERRIDE),
        ([(CLOSED, Mode.UNKNOWN, 405), (CLOSED, Mode.OVERRIDE, 405)], Mode.OFF),
        ([(CLOSED, Mode.UNKNOWN, 405), (CLOSED, Mode.UNKNOWN, 405)], Mode.OVERRIDE),
        ([(CLOSED, Mode.UNKNOWN, 405), (Verdict.DECODE, Mode.UNKNOWN, 200)], Mode.OVERRIDE),
        ([(Verdict.DECODE, Mode.OVERRIDE, 200)], Mode.UNKNOWN),
        ([(Verdict.BROKEN, Mode.UNKNOWN, 200)], Mode.OFF),
        ([(Verdict.DECODE, Mode.UNKNOWN, 200), (CLOSED, Mode.POST, 405)], Mode.OVERRIDE),
        ([(Verdict.DECODE, Mode.UNKNOWN, 200), (Verdict.BROKEN, Mode.POST, 206)], Mode.OFF),
        ([(Verdict.TOO_LARGE, Mode.UNKNOWN, 413)], Mode.UNKNOWN),
    ],
)
def test_the_mode_follows_from_what_came_of_batches(news: list[tuple[Verdict, Mode, int]], mode: Mode) -> None:
    assert learnt(*news).current(now=11) is mode


@pytest.mark.parametrize("news", [(Verdict.BROKEN, Mode.UNKNOWN, 200), (CLOSED, Mode.UNKNOWN, 404)])
def test_off_ends_after_a_while(news: tuple[Verdict, Mode, int]) -> None:
    batching = learnt(news)
    assert batching.current(now=9 + RETRY_BATCHING_AFTER) is Mode.OFF
    assert batching.current(now=10 + RETRY_BATCHING_AFTER) is Mode.UNKNOWN


def test_a_method_that_takes_gets_only_is_not_tried_by_post_again() -> None:
    assert learnt((CLOSED, Mode.UNKNOWN, 405)).current(now=1e9) is Mode.OVERRIDE


def test_one_batch_at_a_time_is_enough_until_one_was_answered() -> None:
    assert [learnt(*news).tried for news in ([], [(Verdict.VETOED, Mode.UNKNOWN, 403)])] == [False, True]
    batching = learnt((CLOSED, Mode.UNKNOWN, 404))
    batching.current(now=1e9)
    assert not batching.tried


def test_off_by_setting_never_ends() -> None:
    assert Batching(Mode.OFF).current(now=1e12) is Mode.OFF


def test_a_batch_that_was_too_large_halves_the_most_for_a_while() -> None:
    batching = learnt((Verdict.TOO_LARGE, Mode.POST, 413), begin=Mode.POST)
    assert (batching.most, batching.mode) == (10, Mode.POST)
    batching.current(now=10 + RETRY_BATCHING_AFTER)
    assert batching.most > 100


@given(st.lists(st.tuples(st.sampled_from(Verdict), st.sampled_from(Mode), st.sampled_from([404, 405, 413, 500]))))
def test_whatever_came_of_batches_one_may_hold_an_item(news: list[tuple[Verdict, Mode, int]]) -> None:
    assert learnt(*news, count=1).most >= 1
