"""Who asks: the credential makes the partition and never shows."""

import pytest

from gateway.domain import Partition
from gateway.errors import RequestRefused
from gateway.identity.caller import Caller, anonymous, forwarding
from gateway.upstream.credentials import Credential
from tests.conftest import headers

identify = forwarding(b"a key")


def who(*given: tuple[str, str]) -> Caller:
    caller = identify(headers(given))
    assert caller is not None
    return caller


ALICE = ("Authorization", "Bearer alice")
BOB = ("Authorization", "Bearer bob")


def test_one_credential_is_one_partition() -> None:
    assert who(ALICE).partition == who(ALICE, ("Cookie", "x")).partition


@pytest.mark.parametrize(
    "shown",
    [
        (BOB,),
        (("Authorization", "bearer alice"),),
        (("X-Api-Key", "Bearer alice"),),
        (ALICE, ("X-Api-Key", "k")),
    ],
)
def test_another_credential_is_another_partition(shown: tuple[tuple[str, str], ...]) -> None:
    assert who(*shown).partition != who(ALICE).partition


def test_another_key_makes_other_partitions() -> None:
    other = forwarding(b"another key")(headers({"Authorization": "Bearer alice"}))
    assert other is not None
    assert other.partition != who(ALICE).partition


def test_the_credential_never_shows() -> None:
    assert "alice" not in repr(who(ALICE))
    assert "alice" not in who(ALICE).partition


@pytest.mark.parametrize("given", [{}, {"Authorization": ""}, {"X-Api-Key": ""}, {"Cookie": "ss-id=alice"}])
def test_who_shows_nothing_is_nobody(given: dict[str, str]) -> None:
    assert identify(headers(given)) is None


def test_two_different_credentials_of_a_kind_are_refused() -> None:
    with pytest.raises(RequestRefused, match="more than one Authorization"):
        who(ALICE, BOB)


def test_a_credential_beyond_ascii_is_refused() -> None:
    with pytest.raises(RequestRefused, match="Authorization header is not plain ASCII"):
        who(("Authorization", "Bearer alice\xe9"))


def test_the_same_credential_twice_is_one() -> None:
    assert who(ALICE, ALICE) == who(ALICE)


def test_with_a_credential_of_the_gateways_own_everyone_is_one_caller_and_passes_nothing_on() -> None:
    identify = anonymous(Partition("own"))
    caller = identify(headers({"Authorization": "Bearer alice"}))
    assert caller == identify(headers({}))
    assert caller == Caller(Partition("own"), Credential(()), "own")
