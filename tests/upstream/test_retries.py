"""Which failures are asked again, after how long, and how many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import (
    CircuitOpen,
    Forbidden,
    GatewayError,
    InternalError,
    QueueFull,
    Unauthenticated,
    UpstreamContract,
    UpstreamError,
    UpstreamThrottled,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway.upstream.retries import RESERVE, SHARE, Budget, is_passing, pause


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (UpstreamTimeout(), True),
        (UpstreamUnavailable(), True),
        (UpstreamThrottled(), True),
        (CircuitOpen(), False),
        (UpstreamError(retryable=True), False),
        (UpstreamContract(), False),
        (Unauthenticated(), False),
        (Forbidden(), False),
        (InternalError(), False),
    ],
)
def test_only_what_may_pass_is_asked_again(error: GatewayError, passing: bool) -> None:
    assert is_passing(error) is passing


def test_a_full_queue_is_throttling_for_clients() -> None:
    assert QueueFull().code == UpstreamThrottled().code


@given(st.integers(1, 2), st.floats(0, 1))
def test_the_wait_doubles_and_is_half_chance(asked: int, chance: float) -> None:
    assert pause(UpstreamTimeout(), asked, chance) == pytest.approx(0.1 * asked * (1 + chance))


@given(st.integers(0, 3600), st.integers(1, 2), st.floats(0, 1))
def test_nobody_comes_back_before_the_upstream_wants(seconds: int, asked: int, chance: float) -> None:
    assert seconds <= pause(UpstreamThrottled(retry_after=seconds), asked, chance) <= seconds + 0.4


@given(st.lists(st.booleans(), max_size=500))
def test_retries_are_a_fifth_of_the_calls_beyond_a_reserve(steps: list[bool]) -> None:
    budget, calls, retries = Budget(), 0, 0
    for is_call in steps:
        if is_call:
            calls += 1
            budget.pay_in()
        else:
            retries += budget.take(1)
    assert retries <= RESERVE + SHARE * calls + 1e-6


def test_two_halves_are_two_retries_or_none() -> None:
    budget = Budget(saved=1.5)
    assert not budget.take(2)
    assert budget.take(1)
