"""Callers have names that nobody can make who has not the key, and that those who share a cache agree on."""

import pytest

from gateway.callers import open_callers
from gateway.identity.caller import Caller
from gateway.settings import Settings
from gateway.telemetry.tallies import CallerTally
from tests.conftest import DEMO, headers, now

SECRETS = ("hunter2 hunter2 hunter2 hunter2 hunter2", "hunter3 hunter3 hunter3 hunter3 hunter3")
SHARED = {"cache_url": "redis://127.0.0.1:1/0"}
OWN = {"upstream_auth": "bearer", "upstream_token": "demo", "allow_anonymous": True}


def caller(**settings: object) -> Caller:
    callers = open_callers(Settings.read(**settings), None, now, CallerTally())
    identified = callers.identify(headers(DEMO))
    assert isinstance(identified, Caller)
    return identified


@pytest.mark.parametrize("credential", [{}, OWN])
def test_those_who_share_a_cache_have_the_same_names_by_its_secret_and_nobody_else_has(
    credential: dict[str, object],
) -> None:
    first, again, other = (caller(**credential, **SHARED, cache_secret=secret) for secret in (*SECRETS[:1], *SECRETS))
    assert (first.partition, first.who) == (again.partition, again.who)
    assert first.partition != other.partition
    assert first.who != other.who


@pytest.mark.parametrize("credential", [{}, OWN])
def test_names_of_a_process_that_shares_nothing_are_its_own(credential: dict[str, object]) -> None:
    one, other = caller(**credential), caller(**credential)
    assert one.partition != other.partition
    assert one.who != other.who


def test_another_credential_of_the_gateways_own_is_another_partition() -> None:
    shared = {**SHARED, "cache_secret": SECRETS[0]}
    one, other = caller(**OWN, **shared), caller(**{**OWN, "upstream_token": "demo-2"}, **shared)
    assert one.partition != other.partition
