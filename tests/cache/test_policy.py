"""How long values live, when they are renewed and stand in, and for how long a caller is vouched for."""

from datetime import UTC, date, datetime, timedelta
from math import inf
from typing import cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.cache.policy import NOTHING_KEPT, SKEW, Entry, Policy
from gateway.domain import Fetched, Period
from tests.cache.values import DAY, NOON, POLICY, answers, kpi, lives, periods, policies, spans, times

TINY = 1e-5  # what floats lose of a time of today
EPOCH = date(1970, 1, 1).toordinal()
STANDS_IN = Entry(kpi(1), NOON, NOON + 30)
DOES_NOT = Entry(kpi(1), NOON, NOON + 30, may_stand_in=False)


def life(entry: Entry | None) -> float:
    return entry.end - entry.as_of if entry else 0.0


def kept(policy: Policy, answer: Fetched, period: Period) -> Entry:
    entry = policy.entry(answer, period)
    assume(entry is not None)
    return cast("Entry", entry)


def days_ago(days: int) -> date:
    return datetime.fromtimestamp(NOON, UTC).date() - timedelta(days=days)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (None, POLICY.ttl),
        (days_ago(-1), POLICY.ttl),
        (days_ago(0), POLICY.ttl),
        (days_ago(POLICY.settle_days), POLICY.ttl),
        (days_ago(POLICY.settle_days + 1), POLICY.closed_ttl),
        (date.min, POLICY.closed_ttl),
        (date.max, POLICY.ttl),
    ],
)
def test_a_period_is_closed_when_it_ended_more_than_the_days_ago_that_figures_take_to_settle(
    last: date | None, expected: float
) -> None:
    assert life(POLICY.entry(Fetched(kpi(1), NOON), Period(None, last))) == expected


@pytest.mark.parametrize(("hours", "expected"), [(11.999, POLICY.ttl), (12, POLICY.closed_ttl)])
def test_days_begin_at_midnight_in_utc(hours: float, expected: float) -> None:
    settling = Period(None, days_ago(POLICY.settle_days))
    assert life(POLICY.entry(Fetched(kpi(1), NOON + hours * 3600), settling)) == pytest.approx(expected)


@given(policy=policies, as_of=times, period=periods)
def test_a_life_is_that_of_an_open_or_of_a_closed_period(policy: Policy, as_of: float, period: Period) -> None:
    settled_before = EPOCH + as_of // DAY - policy.settle_days
    is_closed = period.last is not None and period.last.toordinal() < settled_before
    wanted = min(policy.closed_ttl if is_closed else policy.ttl, policy.longest)
    assert life(policy.entry(Fetched(kpi(1), as_of), period)) == pytest.approx(wanted, abs=TINY)


@given(policy=policies, as_of=times, period=periods)
def test_a_customer_that_does_not_exist_lives_as_an_open_period_does(
    policy: Policy, as_of: float, period: Period
) -> None:
    wanted = min(policy.ttl, policy.longest)
    assert life(policy.entry(Fetched(None, as_of), period)) == pytest.approx(wanted, abs=TINY)


@given(policy=policies, answer=answers, period=periods, max_age=spans)
def test_what_the_upstream_says_wins_up_to_the_longest_life(
    policy: Policy, answer: Fetched, period: Period, max_age: float
) -> None:
    said = Fetched(answer.kpi, answer.as_of, max_age=max_age, may_stand_in=answer.may_stand_in)
    assert life(policy.entry(said, period)) == pytest.approx(min(max_age, policy.longest), abs=TINY)


@given(policy=policies, answer=answers, period=periods)
def test_a_kept_value_is_what_was_fetched_and_has_a_life(policy: Policy, answer: Fetched, period: Period) -> None:
    entry = kept(policy, answer, period)
    assert (entry.kpi, entry.as_of, entry.may_stand_in) == (answer.kpi, answer.as_of, answer.may_stand_in)
    assert entry.is_alive(entry.as_of)


@pytest.mark.parametrize("max_age", [0.0, -1.0, -inf])
def test_what_the_upstream_lets_nobody_keep_is_not_kept(max_age: float) -> None:
    assert POLICY.entry(Fetched(kpi(1), NOON, max_age=max_age), Period(None, None)) is None


@given(answer=answers, period=periods)
def test_nothing_is_kept_where_nothing_is_to_be_kept(answer: Fetched, period: Period) -> None:
    assert NOTHING_KEPT.entry(answer, period) is None


@given(entry=lives, now=times)
def test_a_value_is_alive_until_its_end_and_not_at_it_nor_long_before_it_came(entry: Entry, now: float) -> None:
    assert entry.is_alive(now) is (entry.as_of - SKEW <= now < entry.end)
    assert not entry.is_alive(entry.end)


@pytest.mark.parametrize(("after", "expected"), [(0, False), (23.999, False), (24.001, True), (30, True), (99, True)])
def test_a_life_of_thirty_seconds_is_ageing_from_its_twenty_fourth(after: float, expected: bool) -> None:
    assert (NOON + after >= STANDS_IN.renewal) is expected


@given(as_of=times, span=spans.filter(lambda span: span > 1), part=st.floats(-1, 2))
def test_a_value_is_ageing_in_the_last_fifth_of_its_life(as_of: float, span: float, part: float) -> None:
    assume(abs(part - 0.8) > TINY)
    assert (as_of + part * span >= Entry(None, as_of, as_of + span).renewal) is (part > 0.8)


@given(policy=policies, entry=lives)
def test_a_value_that_may_stand_in_is_of_use_for_a_while_after_its_end(policy: Policy, entry: Entry) -> None:
    assert policy.kept_until(entry) == (entry.end + policy.stale if entry.may_stand_in else entry.end)


@given(policy=policies, answer=answers, period=periods)
def test_nothing_is_of_use_for_longer_than_the_longest_use(policy: Policy, answer: Fetched, period: Period) -> None:
    entry = kept(policy, answer, period)
    assert policy.kept_until(entry) - entry.as_of <= policy.longest_use + TINY


@pytest.mark.parametrize(
    ("entry", "vouched_at", "now", "expected"),
    [
        (STANDS_IN, 0, 30, True),
        (STANDS_IN, 0, 299, True),
        (STANDS_IN, 0, 300, False),
        (STANDS_IN, 100, 329, True),
        (STANDS_IN, 100, 330, False),
        (STANDS_IN, -inf, 10, False),
        (DOES_NOT, 0, 29, True),
        (DOES_NOT, 0, 30, False),
    ],
)
def test_a_value_stands_in_a_while_past_its_end_for_who_was_vouched_for(
    entry: Entry, vouched_at: float, now: float, expected: bool
) -> None:
    assert POLICY.may_stand_in(entry, NOON + vouched_at, NOON + now) is expected


@given(policy=policies, entry=lives, vouched_at=times | st.just(-inf), now=times)
def test_a_value_stands_in_only_while_it_is_kept_and_its_caller_was_vouched_for(
    policy: Policy, entry: Entry, vouched_at: float, now: float
) -> None:
    is_of_use = entry.as_of - SKEW <= now < policy.kept_until(entry)
    is_known = policy.vouched is None or vouched_at - SKEW <= now < vouched_at + policy.stale
    assert policy.may_stand_in(entry, vouched_at, now) is (is_of_use and is_known)


@given(vouched_at=times | st.just(-inf), span=spans)
def test_an_answer_vouches_for_its_caller_from_then_on(vouched_at: float, span: float) -> None:
    policy = Policy(ttl=1, closed_ttl=1, settle_days=0, stale=1, vouched=span)
    assert policy.vouched_until(vouched_at) == vouched_at + span


@given(policy=policies, vouched_at=times | st.just(-inf), now=times)
def test_a_caller_is_vouched_for_by_no_answer_that_is_old_or_still_to_come(
    policy: Policy, vouched_at: float, now: float
) -> None:
    is_recent = policy.vouched is None or vouched_at - SKEW <= now < vouched_at + policy.vouched
    assert policy.is_vouched(vouched_at, now) is is_recent


@given(vouched_at=times, span=spans.filter(lambda span: span > 1), part=st.floats(-1, 2))
def test_vouching_is_ageing_in_its_last_fifth(vouched_at: float, span: float, part: float) -> None:
    assume(abs(part - 0.8) > TINY)
    policy = Policy(ttl=1, closed_ttl=1, settle_days=0, stale=1, vouched=span)
    assert policy.is_vouching_ageing(vouched_at, vouched_at + part * span) is (part > 0.8)


@pytest.mark.parametrize(("after", "expected"), [(0, False), (47.999, False), (48.001, True), (60, True), (99, True)])
def test_vouching_for_a_minute_is_ageing_from_its_forty_eighth_second(after: float, expected: bool) -> None:
    assert POLICY.is_vouching_ageing(NOON, NOON + after) is expected


@given(vouched_at=times | st.just(-inf), now=times)
def test_what_never_lasts_is_never_renewed(vouched_at: float, now: float) -> None:
    assert not Policy(ttl=1, closed_ttl=1, settle_days=0, stale=1, vouched=0).is_vouching_ageing(vouched_at, now)


@given(vouched_at=times | st.just(-inf), now=times, entry=lives)
def test_with_the_gateways_own_credential_everyone_is_vouched_for(vouched_at: float, now: float, entry: Entry) -> None:
    policy = Policy(ttl=1, closed_ttl=1, settle_days=0, stale=1, vouched=None)
    assert now < policy.vouched_until(vouched_at)
    assert policy.is_vouched(vouched_at, now)
    assert not policy.is_vouching_ageing(vouched_at, now)
    assert policy.may_stand_in(entry, vouched_at, now) is (entry.as_of - SKEW <= now < policy.kept_until(entry))
