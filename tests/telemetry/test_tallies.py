"""Counting in plain numbers."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from gateway.telemetry.tallies import (
    MOST_NAMES,
    NONE,
    OTHER,
    CacheTally,
    CallerTally,
    OperationTally,
    Spread,
    UpstreamTally,
)

BOUNDS = (0.0, 1.0, 2.5, 10.0)
VALUES = st.floats(0, 100)


SOME = VALUES | st.sampled_from(BOUNDS)


@given(st.lists(SOME), st.lists(st.tuples(SOME, st.integers(1, 3))))
def test_a_spread_has_each_value_at_the_least_bound_that_it_does_not_pass(
    together: list[float], singly: list[tuple[float, int]]
) -> None:
    spread, values = Spread(BOUNDS), [*together, *(value for value, times in singly for _ in range(times))]
    spread.add_all(together)
    for value, times in singly:
        spread.add(value, times)
    counts, total = spread.take()
    within = [sum(value <= bound for value in values) for bound in (*BOUNDS, 1000)]
    assert list(accumulate(counts)) == within
    assert abs(total - sum(values)) < 1e-6
    assert spread.take() == ([0] * (len(BOUNDS) + 1), 0.0)


@given(st.lists(st.text("abc", min_size=1, max_size=6)), st.sets(st.text("abc", min_size=1, max_size=2)))
def test_names_are_bounded_and_none_is_lost(names: list[str], trusted: set[str]) -> None:
    tally = OperationTally()
    tally.trust(trusted)
    for name in names:
        tally.answered(name, "OK", 0.1, 1)
    told = {name: count for (name, _), count in tally.done.items() if count}
    assert sum(told.values()) == len(names)
    assert len(told.keys() - trusted) <= MOST_NAMES
    assert told.keys() <= {*names, OTHER}
    assert all(told.get(name, 0) == names.count(name) for name in trusted)


def test_a_refused_request_asked_for_no_kpis() -> None:
    tally = OperationTally()
    tally.answered(NONE, "BAD_REQUEST", 0.1, 0)
    assert sum(tally.kpis[()].counts) == 0
    assert sum(tally.seconds[NONE,].counts) == 1


@given(st.lists(VALUES, max_size=20) | st.tuples(VALUES, st.integers(0, 9)).map(lambda it: [it[0]] * it[1]), VALUES)
def test_every_value_shown_has_its_age(times: list[float], now: float) -> None:
    tally = CacheTally()
    tally.shown(times, now)
    counts, total = tally.ages[()].take()
    assert tally.lookups["hit",] == sum(counts) == len(times)
    assert abs(total - max(sum(now - time for time in times), 0)) < 1e-6


def test_fields_that_are_not_declared_are_one() -> None:
    tally = UpstreamTally(fields=["totalItems"])
    for field in ("totalItems", "hunter2", "hunter3"):
        tally.drifted("unknown", field)
    assert {labels: count for labels, count in tally.drift.items() if count} == {
        ("unknown", "totalItems"): 1,
        ("unknown", OTHER): 2,
    }


def test_callers_are_counted_by_reason_and_keys_by_result() -> None:
    tally = CallerTally(["expired"])
    tally.refused("expired")
    tally.refreshed("failed")
    assert tally.turned_away == {("expired",): 1}
    assert tally.refreshes == {("ok",): 0, ("failed",): 1}
