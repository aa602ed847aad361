"""A rate is read as it is written, and says when there will be so much of it again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rates import SLOTS, Rate, notation, read

RATES = st.builds(Rate, st.integers(1, 10**6), st.integers(1, 86_400))


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("600/minute", Rate(600, 60)),
        ("50/second", Rate(50, 1)),
        ("9000/2 hours", Rate(9000, 7200)),
        (" 10 per 5 Minutes ", Rate(10, 300)),
        ("1/day", Rate(1, 86_400)),
        ("7 / 24hours", Rate(7, 86_400)),
    ],
)
def test_a_rate_is_read_as_it_is_written(text: str, rate: Rate) -> None:
    assert (read(text), notation(text)) == (rate, text)


@pytest.mark.parametrize(
    "text", ["", "600", "600/", "/minute", "0/minute", "-5/minute", "1.5/minute", "600/fortnight", "600/0 hours",
             "600/2 days", "600/minute;5/second", "6e2/minute", "٦/minute", "9999999999/minute"],
)  # fmt: skip
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a rate is a number"):
        notation(text)


@given(RATES)
def test_a_rate_is_told_as_it_would_be_written(rate: Rate) -> None:
    assert read(str(rate)) == rate


def test_a_rate_is_told_in_its_largest_unit() -> None:
    assert [str(Rate(5, seconds)) for seconds in (1, 60, 90, 7200, 86_400)] == [
        "5/second", "5/minute", "5/90 seconds", "5/2 hours", "5/day",
    ]  # fmt: skip


@given(RATES, st.floats(0, 1e9), st.dictionaries(st.integers(0, SLOTS), st.integers(0, 10**6)), st.integers(1, 10**6))
def test_who_waits_as_long_as_it_is_told_gets_what_it_asked_for(
    rate: Rate, now: float, ages: dict[int, int], count: int
) -> None:
    slot = rate.slot(now)
    counts = {slot - age: had for age, had in ages.items()}
    wait = rate.wait(counts, now, count)
    if wait is None:
        assert count > rate.amount
        return
    later = rate.slot(now + wait)
    left = {slot: had for slot, had in counts.items() if not rate.is_past(slot, later)}
    assert sum(left.values()) + count <= rate.amount
    assert (wait == 0) == (sum(counts.values()) + count <= rate.amount)
    assert wait <= rate.seconds * (SLOTS + 1) / SLOTS + 1


@given(RATES, st.floats(0, 1e9), st.floats(0, 1) | st.floats(0.9, 0.999))
def test_what_was_had_counts_for_all_of_the_time_and_a_tenth_more_at_most(rate: Rate, now: float, part: float) -> None:
    slot = rate.slot(now)
    assert not rate.is_past(slot, rate.slot(now + part * rate.seconds))
    assert rate.is_past(slot, rate.slot(now + 1.2 * rate.seconds))
