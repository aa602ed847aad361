"""A gateway that is restarted behind a proxy loses no request, though nobody asks a second time."""

import asyncio

import pytest

from bench.rolling import roll
from tests.test_main import running

pytestmark = pytest.mark.real_time


def test_no_operation_fails_while_a_gateway_is_restarted() -> None:
    with running("sandbox", "--port", "0", "--csharp-method", "Any") as (upstream, _):
        outcome = asyncio.run(roll(upstream, seconds=0, rate=40))
    assert outcome.is_well, str(outcome)
    assert outcome.exits == [0]
    assert outcome.operations > 40
