"""How many keys leave in one call."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.upstream.planning import UNMEASURED, Estimate, chunk_sizes


def known(per_item: float, per_call: float = 0.005) -> Estimate:
    """Return an estimate that has seen calls of two sizes."""
    estimate = Estimate()
    for items in (10, 50) * 5:
        estimate.observe(items, per_call + items * per_item)
    return estimate


def planned(waiting: int, estimate: Estimate, *, slots: int = 12, most: int = 100, timeout: float = 5) -> list[int]:
    """Return the sizes of the calls that all keys leave in."""
    sizes = chunk_sizes(waiting, slots=slots, most=most, timeout=timeout, estimate=estimate)
    calls: list[int] = []
    while sum(calls) < waiting:
        calls.append(min(next(sizes), waiting - sum(calls)))
    return calls


@pytest.mark.parametrize(
    ("waiting", "per_item", "sizes"),
    [
        (50, 0.0, [50]),
        (200, 0.0, [100, 100]),
        (201, 0.0, [67, 67, 67]),
        (50, 0.0001, [50]),
        (50, 0.0005, [9, 17, 17, 7]),
        (50, 0.020, [3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 2]),
        (50, 0.100, [3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 2]),
        (5, 0.020, [1] * 5),
        (2, 0.020, [1, 1]),
        (1, 0.020, [1]),
        (1000, 0.020, [42, *[84] * 11, 34]),
        (50, 3.000, [1] * 50),
    ],
)
def test_fast_items_leave_together_and_slow_ones_side_by_side(waiting: int, per_item: float, sizes: list[int]) -> None:
    assert planned(waiting, known(per_item)) == sizes


def test_no_call_is_planned_to_take_more_than_half_of_its_time() -> None:
    assert max(planned(1000, known(0.1))) in {24, 25}


@pytest.mark.parametrize(
    ("waiting", "sizes"), [(1, [1]), (25, [25]), (26, [13, 13]), (50, [25, 25]), (51, [17, 17, 17])]
)
def test_before_anything_is_measured_items_may_be_slow(waiting: int, sizes: list[int]) -> None:
    assert planned(waiting, Estimate()) == sizes


def test_single_calls_do_not_measure_what_many_take() -> None:
    estimate = Estimate()
    estimate.observe(1, 0.2)
    assert max(planned(50, estimate)) == UNMEASURED


@pytest.mark.parametrize(
    ("slots", "most", "sizes"),
    [(1, 100, [50]), (2, 100, [25, 25]), (12, 4, [2, *[4] * 12]), (1, 20, [17, 17, 16]), (12, 1, [1] * 50)],
)
def test_slots_and_the_most_of_a_call_are_kept(slots: int, most: int, sizes: list[int]) -> None:
    assert planned(50, known(0.02), slots=slots, most=most) == sizes


@given(
    st.integers(1, 2000),
    st.integers(1, 64),
    st.integers(1, 1000),
    st.lists(st.tuples(st.integers(1, 1000), st.floats(0, 20)), max_size=30),
)
def test_whatever_was_measured_a_plan_is_within_bounds(
    waiting: int, slots: int, most: int, seen: list[tuple[int, float]]
) -> None:
    estimate = Estimate()
    for items, seconds in seen:
        estimate.observe(items, seconds)
    assert estimate.per_item >= 0
    assert estimate.per_call >= 0
    sizes = planned(waiting, estimate, slots=slots, most=most)
    assert sum(sizes) == waiting
    assert 1 <= min(sizes) <= max(sizes) <= most
    assert len(sizes) <= max(slots, ceil(waiting / max(sizes))) + 1


@given(st.floats(0.0001, 0.2), st.floats(0, 0.2))
def test_calls_of_several_sizes_tell_items_from_calls(per_item: float, per_call: float) -> None:
    estimate = known(per_item, per_call)
    assert estimate.per_item == pytest.approx(per_item, rel=0.1, abs=0.0005)
    assert estimate.per_call == pytest.approx(per_call, rel=0.1, abs=0.02)


def learn(estimate: Estimate, per_item: float, operations: int, per_call: float) -> int:
    """Answer operations of fifty keys, as planned; returns how many calls the next one would be."""
    for _ in range(operations):
        for size in planned(50, estimate):
            estimate.observe(size, per_call + size * per_item)
    return len(planned(50, estimate))


@pytest.mark.parametrize("per_call", [0.001, 0.005, 0.050])
def test_a_service_that_becomes_slow_and_fast_again_is_followed_within_a_few_operations(per_call: float) -> None:
    estimate = Estimate()
    assert learn(estimate, 0.0, 3, per_call) <= 2
    assert learn(estimate, 0.02, 2, per_call) >= 10
    assert learn(estimate, 0.0, 6, per_call) <= 2


def test_one_strange_call_changes_little() -> None:
    estimate = known(0.0)
    estimate.observe(50, 2.0)
    assert len(planned(50, estimate)) <= 2


def test_of_many_calls_one_shows_what_the_others_cannot() -> None:
    """Calls that are all alike would never tell a slow call from slow items: a fast service would stay cut up."""
    estimate = Estimate()
    for _ in range(20):
        estimate.observe(5, 0.05)
    assert len(planned(50, estimate)) > 5
    assert learn(estimate, 0.0, 6, 0.05) <= 2
