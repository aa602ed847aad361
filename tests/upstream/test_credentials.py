"""What opens the upstream."""

import pytest

from gateway.upstream.credentials import Credential, Credentials, Unchanging, basic

CALLER = Credential((("Authorization", "Bearer demo"),))


async def test_without_headers_of_its_own_the_callers_are_shown() -> None:
    credentials = Unchanging()
    assert (credentials.own, await credentials.headers(CALLER, 0)) == (False, CALLER.headers)


async def test_headers_of_the_gateways_own_are_shown_for_everyone() -> None:
    credentials = Unchanging(("X-Api-Key", "k"))
    assert (credentials.own, await credentials.headers(CALLER, 0)) == (True, (("X-Api-Key", "k"),))


async def test_there_are_no_others_when_they_are_refused() -> None:
    credentials: Credentials = Unchanging()
    assert await credentials.renewed(CALLER.headers, 0) is None
    await credentials.aclose()


@pytest.mark.parametrize(("password", "value"), [("pass", "dXNlcjpwYXNz"), ("", "dXNlcjo="), ("ü", "dXNlcjrDvA==")])
def test_basic_is_in_utf_8_and_may_have_no_password(password: str, value: str) -> None:
    assert basic("user", password) == ("Authorization", f"Basic {value}")


def test_a_credential_is_never_printed() -> None:
    assert "demo" not in repr(CALLER)
