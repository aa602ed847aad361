"""What callers had is counted exactly, each for itself, and for so many callers at most."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from gateway.cache.windows import OwnWindows
from gateway.rates import Rate
from tests.cache.values import Clock


@dataclass(frozen=True)
class Ask:
    """Of a caller, after so many seconds; of what is given so much is given back."""

    caller: str
    after: float
    count: int
    back: int


ASKS = st.lists(
    st.builds(
        Ask, st.sampled_from("ab"), st.one_of(st.just(0.0), st.floats(0, 130)), st.integers(0, 12), st.integers(0, 12)
    ),
    max_size=40,
)


@given(ASKS, st.integers(1, 20), st.sampled_from([1, 7, 60]))
def test_no_caller_has_more_than_the_rate_in_its_time_whenever_that_begins(
    asks: list[Ask], amount: int, seconds: int
) -> None:
    clock = Clock(1000.0)
    windows = OwnWindows(Rate(amount, seconds), clock)
    had: dict[str, list[tuple[float, int]]] = {"a": [], "b": []}
    for ask in asks:
        clock.now += ask.after
        taken = windows.take(ask.caller, ask.count)
        if taken.is_given:
            back = min(ask.back, ask.count)
            windows.give_back(ask.caller, taken, back)
            had[ask.caller].append((clock.now, ask.count - back))
        for times in had.values():
            assert all(sum(n for at, n in times if 0 <= at - start < seconds) <= amount for start, _ in times)


@given(ASKS, st.integers(1, 20))
def test_what_others_have_is_nothing_to_a_caller(asks: list[Ask], amount: int) -> None:
    clock, rate = Clock(1000.0), Rate(amount, 60)
    together, alone = OwnWindows(rate, clock), OwnWindows(rate, clock)
    for ask in asks:
        clock.now += ask.after
        taken = together.take(ask.caller, ask.count)
        if ask.caller == "a":
            assert taken == alone.take("a", ask.count)


@given(st.integers(0, 9), st.floats(0.9, 0.999))
def test_what_was_had_at_the_end_of_a_tenth_counts_as_long_as_all_else(tenth: int, part: float) -> None:
    clock = Clock(1000.0 + 6 * tenth + 5.9)
    windows = OwnWindows(Rate(10, 60), clock)
    assert windows.take("a", 10).is_given
    clock.now += 60 * part
    assert not windows.take("a", 1).is_given


def test_what_is_refused_costs_nothing() -> None:
    windows = OwnWindows(Rate(10, 60), Clock(0.0))
    given = [windows.take("a", count).is_given for count in (6, 5, 11, 4, 1)]
    assert given == [True, False, False, True, False]


def test_what_is_given_back_is_there_again_and_nothing_of_it_when_its_time_is_past() -> None:
    clock = Clock(0.0)
    windows = OwnWindows(Rate(10, 60), clock)
    taken = windows.take("a", 10)
    windows.give_back("a", taken, 4)
    assert (windows.has_left("a", 4), windows.has_left("a", 5)) == (True, False)
    clock.now = 120
    windows.give_back("a", taken, 6)
    assert windows.take("a", 10).is_given
    assert not windows.take("a", 1).is_given


def test_who_was_forgotten_gets_nothing_for_what_it_gives_back() -> None:
    windows = OwnWindows(Rate(10, 60), Clock(0.0), most=1)
    taken = windows.take("a", 8)
    windows.take("b", 1)
    assert windows.take("a", 1).is_given
    windows.give_back("a", taken, 8)
    assert (windows.has_left("a", 10), windows.has_left("a", 11)) == (True, False)


def test_strangers_fill_no_memory_and_refused_ones_none_at_all() -> None:
    windows = OwnWindows(Rate(10, 60), Clock(0.0), most=100)
    for stranger in range(1000):
        windows.take(f"refused {stranger}", 11)
    assert len(windows) == 0
    for stranger in range(1000):
        windows.take("who asks all the time", 1)
        windows.take(f"stranger {stranger}", 1)
    assert len(windows) == 100
    assert not windows.has_left("who asks all the time", 1)
