"""The circuit breaker, by the clock that it is given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import CircuitOpen
from gateway.upstream.breaker import AT_LEAST, IN_A_ROW, RECOVERY, WINDOW, Breaker, Report

OK, FAILED, NOTHING = Report.ANSWERED, Report.FAILED, Report.NOTHING


def after(*reports: Report, every: float = 0.1) -> Breaker:
    """Return a breaker after calls that were each reported at once; the last at time 0."""
    breaker = Breaker()
    for at, report in enumerate(reports):
        breaker.report(report, (at - len(reports) + 1) * every, probe=False)
    return breaker


@pytest.mark.parametrize(
    ("reports", "is_open"),
    [
        ([FAILED] * (IN_A_ROW - 1), False),
        ([FAILED] * IN_A_ROW, True),
        ([OK] * 50 + [FAILED] * IN_A_ROW, True),
        ([FAILED] * (IN_A_ROW - 1) + [OK, FAILED], False),
        ([FAILED] * (IN_A_ROW - 1) + [NOTHING] * 5, False),
        ([FAILED] * (IN_A_ROW - 1) + [NOTHING, FAILED], True),
        ([OK, FAILED] * (AT_LEAST // 2), True),
        ([OK, FAILED] * (AT_LEAST // 2 - 1), False),
        ([OK, OK, FAILED] * 30, False),
        ([NOTHING] * 100, False),
    ],
)
def test_it_opens_after_failures_in_a_row_or_when_half_of_the_calls_fail(reports: list[Report], is_open: bool) -> None:
    assert after(*reports).is_open is is_open


def test_failures_of_long_ago_do_not_count() -> None:
    assert not after(*[FAILED] * 20, every=WINDOW / 3).is_open


def test_while_it_is_open_calls_are_refused_and_told_when_to_come_again() -> None:
    breaker = after(*[FAILED] * IN_A_ROW)
    with pytest.raises(CircuitOpen) as refusal:
        breaker.admit(1.2)
    assert refusal.value.retry_after == 4
    assert refusal.value.retryable


def test_half_open_it_lets_one_probe_through() -> None:
    breaker = after(*[FAILED] * IN_A_ROW)
    assert breaker.admit(RECOVERY) is True
    with pytest.raises(CircuitOpen) as refusal:
        breaker.admit(RECOVERY + 3)
    assert refusal.value.retry_after == 1


@pytest.mark.parametrize(("report", "is_open"), [(OK, False), (FAILED, True), (NOTHING, True)])
def test_the_probe_decides(report: Report, is_open: bool) -> None:
    breaker = after(*[FAILED] * IN_A_ROW)
    breaker.admit(RECOVERY)
    breaker.report(report, RECOVERY + 1, probe=True)
    assert breaker.is_open is is_open


def test_a_probe_that_failed_opens_it_for_as_long_again() -> None:
    breaker = after(*[FAILED] * IN_A_ROW)
    breaker.admit(RECOVERY)
    breaker.report(FAILED, RECOVERY + 1, probe=True)
    with pytest.raises(CircuitOpen):
        breaker.admit(2 * RECOVERY)
    assert breaker.admit(2 * RECOVERY + 1) is True


def test_a_probe_that_says_nothing_makes_room_for_another() -> None:
    breaker = after(*[FAILED] * IN_A_ROW)
    breaker.admit(RECOVERY)
    breaker.report(NOTHING, RECOVERY + 1, probe=True)
    assert breaker.admit(RECOVERY + 1) is True


def test_after_it_closed_the_past_is_forgotten() -> None:
    breaker = after(*[FAILED] * IN_A_ROW)
    breaker.admit(RECOVERY)
    breaker.report(OK, RECOVERY, probe=True)
    assert breaker.admit(RECOVERY) is False
    breaker.report(FAILED, RECOVERY, probe=False)
    assert not breaker.is_open


def test_calls_that_began_before_it_opened_are_late_news() -> None:
    breaker = after(*[FAILED] * IN_A_ROW)
    for report in (FAILED, OK):
        breaker.report(report, 4, probe=False)
        assert breaker.is_open
    assert breaker.admit(RECOVERY) is True


@given(st.lists(st.tuples(st.sampled_from(Report), st.floats(0, 20)), max_size=60))
def test_however_calls_end_it_never_stays_shut_and_has_one_probe_at_a_time(steps: list[tuple[Report, float]]) -> None:
    breaker, now = Breaker(), 0.0
    for report, passed in steps:
        now += passed
        try:
            probe = breaker.admit(now)
        except CircuitOpen:
            continue
        assert probe is breaker.is_open
        breaker.report(report, now, probe=probe)
    breaker.admit(now + RECOVERY)
