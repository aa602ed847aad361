"""What an answer means for each key of its chunk: an outcome, or another call, and never more than three."""

from collections import Counter
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import CustomerKpi, KpiKey
from gateway.errors import (
    CredentialRefused,
    GatewayError,
    Unauthenticated,
    UpstreamContract,
    UpstreamThrottled,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway.upstream.batching import Verdict
from gateway.upstream.exchange import Answer
from gateway.upstream.settling import MOST_CALLS, Chunk, Reading, Settlement, failing, retried
from gateway.upstream.wire import Format
from tests.upstream.asking import ZEROS, keys
from tests.upstream.test_batching import answer

NOW = datetime(2026, 11, 24, tzinfo=UTC)
READING = Reading(Format.JSON, own=False)
A, B, C, D = FOUR = tuple(keys(1, 2, 3, 4))


def kpis(*numbers: int | None, status: int = 200, completed: int | None = None) -> Answer:
    """Return the answer to a batch: a KPI of each number, ``{}`` for None."""
    items = [{} if number is None else ZEROS | {"boosterCustomerId": number} for number in numbers]
    return answer(status, None if completed is None else str(completed), body=orjson.dumps(items))


def settled(given: Answer, chunk: Chunk = Chunk(FOUR)) -> Settlement:  # noqa: B008  # frozen
    return READING.settle(chunk, given, NOW)


def named(settlement: Settlement) -> dict[int, str]:
    return {key.customer: type(outcome).__name__ for key, outcome in settlement.outcomes.items()}


def test_a_good_batch_settles_all() -> None:
    settlement = settled(kpis(1, 2, 3, 4))
    assert named(settlement) == dict.fromkeys((1, 2, 3, 4), "CustomerKpi")
    assert (settlement.again, settlement.verdict) == ((), Verdict.DECODE)


def test_an_item_without_a_result_is_asked_for_alone() -> None:
    settlement = settled(kpis(1, None, 3, 4))
    assert sorted(named(settlement)) == [1, 3, 4]
    assert settlement.again == (Chunk((B,), asked=1),)


SINGLES = tuple(Chunk((key,), asked=1) for key in FOUR)


@pytest.mark.parametrize(
    ("given", "verdict", "again"),
    [
        (kpis(1, 2, 3), Verdict.BROKEN, SINGLES),
        (kpis(1, 2, 4, 3), Verdict.BROKEN, SINGLES),
        (answer(206), Verdict.BROKEN, SINGLES),
        (answer(200, media="text/html"), Verdict.BROKEN, SINGLES),
        (answer(400), Verdict.VETOED, SINGLES),
        (answer(403), Verdict.VETOED, SINGLES),
        (answer(405), Verdict.CLOSED, (Chunk(FOUR),)),
        (answer(404), Verdict.CLOSED, (Chunk(FOUR),)),
        (answer(413), Verdict.TOO_LARGE, (Chunk((A, B), 1), Chunk((C, D), 1))),
        (answer(404, "1"), Verdict.ITEM_FAILED, (Chunk((B,), 1), Chunk((A, C, D), 1))),
        (answer(500, "3"), Verdict.ITEM_FAILED, (Chunk((D,), 1), Chunk((A, B, C), 1))),
        (answer(503, "0"), Verdict.ITEM_FAILED, (Chunk((A,), 1), Chunk((B, C, D), 1))),
        (answer(500), Verdict.BROKE_DOWN, (Chunk((A,), 1, behind=(B, C, D)),)),
    ],
)
def test_a_batch_that_gave_nothing_says_what_to_ask_for_next(
    given: Answer, verdict: Verdict, again: tuple[Chunk, ...]
) -> None:
    settlement = settled(given)
    assert (settlement.verdict, settlement.again, settlement.outcomes) == (verdict, again, {})


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (answer(429), UpstreamThrottled),
        (answer(502), UpstreamUnavailable),
        (answer(503), UpstreamUnavailable),
        (answer(504), UpstreamTimeout),
        (answer(401), Unauthenticated),
        (answer(302), UpstreamContract),
    ],
)
@pytest.mark.parametrize("chunk", [Chunk(FOUR), Chunk((A,), 1, behind=(B, C, D))])
def test_what_would_be_no_different_for_a_single_call_is_never_followed_by_many(
    given: Answer, error: type[GatewayError], chunk: Chunk
) -> None:
    settlement = settled(given, chunk)
    assert named(settlement) == dict.fromkeys((1, 2, 3, 4), error.__name__)
    assert settlement.again == ()
    assert isinstance(settlement.failed, error)


@pytest.mark.parametrize(("status", "failed"), [(500, "UpstreamError"), (503, "UpstreamUnavailable")])
def test_those_behind_a_key_fail_with_it_when_the_service_does_not_answer(status: int, failed: str) -> None:
    settlement = settled(answer(status), Chunk((A,), 1, behind=(B, C)))
    assert named(settlement) == {1: failed, 2: failed, 3: failed}
    assert settlement.again == ()


@pytest.mark.parametrize("status", [204, 400, 403, 404])
def test_those_behind_a_key_are_asked_for_singly_when_the_service_answers(status: int) -> None:
    settlement = settled(answer(status, body=orjson.dumps(ZEROS)), Chunk((A,), 1, behind=(B, C)))
    assert list(settlement.outcomes) == [A]
    assert settlement.again == (Chunk((B,), 1), Chunk((C,), 1))


def test_one_that_broke_the_batch_itself_does_not_take_those_behind_down() -> None:
    """The service's own error body says that it was this customer: the others are asked for without it."""
    settlement = settled(answer(500, body=orjson.dumps(ZEROS)), Chunk((A,), 1, behind=(B, C)))
    assert named(settlement) == {1: "UpstreamError"}
    assert settlement.again == (Chunk((B, C), 1),)


def test_a_second_batch_that_is_too_large_is_asked_for_singly() -> None:
    assert settled(answer(413), Chunk((A, B), 1)).again == (Chunk((A,), 2), Chunk((B,), 2))


def test_the_others_of_a_second_failure_are_asked_for_singly() -> None:
    settlement = settled(answer(404, "1"), Chunk((A, B, C), asked=1))
    assert set(settlement.again) == {Chunk((key,), asked=2) for key in (A, B, C)}


@pytest.mark.parametrize(
    "given", [answer(404, "1"), answer(400), answer(500), kpis(1, 2), kpis(None, None, None, None)]
)
def test_after_three_calls_a_key_has_failed(given: Answer) -> None:
    settlement = settled(given, Chunk(FOUR, asked=MOST_CALLS - 1))
    assert named(settlement) == dict.fromkeys((1, 2, 3, 4), "UpstreamError")
    assert all(outcome.retryable for outcome in settlement.outcomes.values() if isinstance(outcome, GatewayError))
    assert settlement.again == ()


@pytest.mark.parametrize("chunk", [Chunk((A,)), Chunk(FOUR)])
def test_a_credential_of_the_gateways_own_is_nothing_that_a_caller_could_mend(chunk: Chunk) -> None:
    outcomes = Reading(Format.JSON, own=True).settle(chunk, answer(401), NOW).outcomes
    assert {type(outcome) for outcome in outcomes.values()} == {CredentialRefused}


@pytest.mark.parametrize(
    ("chunk", "error", "again"),
    [
        (Chunk((A,)), UpstreamTimeout(), (Chunk((A,), 1),)),
        (Chunk(FOUR), UpstreamTimeout(), (Chunk((A, B), 1), Chunk((C, D), 1))),
        (Chunk(FOUR, 1), UpstreamUnavailable(), (Chunk(FOUR, 2),)),
        (Chunk(FOUR, 2), UpstreamUnavailable(), ()),
        (Chunk((A,), 1, behind=(B,)), UpstreamThrottled(), (Chunk((A,), 2, behind=(B,)),)),
    ],
)
def test_a_passing_failure_is_asked_again_in_as_many_calls_or_two(
    chunk: Chunk, error: GatewayError, again: tuple[Chunk, ...]
) -> None:
    assert retried(chunk, error) == again


STATUSES = [200, 204, 206, 302, 400, 401, 403, 404, 405, 413, 429, 500, 503]


@given(
    st.integers(1, 8),
    st.lists(st.tuples(st.sampled_from(STATUSES), st.none() | st.integers(0, 9), st.booleans()), max_size=40),
)
def test_whatever_the_upstream_answers_each_key_is_settled_once_and_asked_for_at_most_three_times(
    count: int, answers: list[tuple[int, int | None, bool]]
) -> None:
    wanted = tuple(keys(*range(1, count + 1)))
    todo, ran, outcomes = [Chunk(wanted)], Counter[KpiKey](), Counter[KpiKey]()
    for status, completed, is_whole in answers:
        if not todo:
            break
        chunk = todo.pop()
        numbers = [key.customer if is_whole else None for key in chunk.keys]
        settlement = settled(kpis(*numbers, status=status, completed=completed), chunk)
        if settlement.verdict is not Verdict.CLOSED:
            ran.update(chunk.keys)
        if settlement.verdict is Verdict.REFUSED:
            assert not settlement.again
        outcomes.update(list(settlement.outcomes))
        todo += settlement.again
    waiting = Counter(key for chunk in todo for key in (*chunk.keys, *chunk.behind))
    assert outcomes + waiting == Counter(wanted)
    assert max(ran.values(), default=0) <= MOST_CALLS


def test_a_kpi_is_whole_or_none() -> None:
    assert isinstance(
        READING.one(A, answer(200, body=orjson.dumps(ZEROS | {"boosterCustomerId": 1})), NOW), CustomerKpi
    )
    assert isinstance(READING.one(A, answer(200, body=orjson.dumps(ZEROS)), NOW), UpstreamContract)
    assert failing(Chunk((A,)), UpstreamTimeout()).failed
