"""What is believed of a token: whatever it says, it is one that is good, or it has a flaw."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.identity.keys import LONGEST_ID, LONGEST_TOKEN, Key, read
from gateway.identity.tokens import LEEWAY, TOLD, Flawed, Reason, Rules, named, verified
from tests.conftest import NOON
from tests.issuing import ABSENT, AUDIENCE, CLAIMS, ISSUER, coded, pair, public, signed, token

RULES = Rules(ISSUER, AUDIENCE)
HEAD = {"alg": "EdDSA", "kid": "ed"}
YEAR_9999 = 253_402_300_799
_T = TypeVar("_T")

times = st.integers() | st.floats() | st.floats(NOON - 100, NOON + 100)
json_values = st.recursive(
    st.none() | st.booleans() | times | st.text() | st.sampled_from([ISSUER, AUDIENCE]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
members = st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "jku"])
headers = st.dictionaries(members, json_values, max_size=2).map(lambda said: {**HEAD, **said})
claims = st.dictionaries(
    st.sampled_from([*CLAIMS, "nbf", "scp", "jti"]), st.just(ABSENT) | times | json_values, max_size=3
)


def key() -> Key:
    found = read(b'{"keys": [%s]}' % str(public(pair("Ed25519"), "ed")).replace("'", '"').encode()).find("ed", "EdDSA")
    assert found
    return found


def outcome(judge: Callable[[], _T]) -> _T | Reason:
    try:
        return judge()
    except Flawed as flaw:
        return flaw.reason


@given(st.text() | st.lists(st.text("abc-_=+/ ."), max_size=5).map(".".join) | st.binary().map(bytes.hex))
def test_whatever_is_shown_it_names_a_key_or_has_a_flaw(text: str) -> None:
    with pytest.raises(Flawed):
        named(text)


@given(st.binary(max_size=100) | headers)
def test_whatever_a_header_says_it_is_read_or_has_a_flaw(header: bytes | Mapping[str, object]) -> None:
    of = outcome(lambda: named(f"{coded(header)}.{coded(CLAIMS)}.AAAA"))
    if isinstance(of, Reason):
        assert of in {Reason.MALFORMED, Reason.HEADER}
    else:
        assert isinstance(header, dict)
        assert (of.kid, of.algorithm) == (header.get("kid"), header["alg"])
        assert "crit" not in header
        assert header.get("b64", True) is True


@given(claims)
def test_whatever_claims_say_they_are_good_or_have_a_flaw(said: dict[str, Any]) -> None:
    told = {name: it for name, it in {**CLAIMS, **said}.items() if it is not ABSENT}
    text = signed(told, HEAD, pair("Ed25519"), "EdDSA")
    token = outcome(lambda: verified(text, key(), RULES, NOON))
    if isinstance(token, Reason):
        assert said
        assert token in TOLD
    else:
        assert (told["iss"], token.subject) == (ISSUER, told["sub"])
        assert AUDIENCE in ([told["aud"]] if isinstance(told["aud"], str) else told["aud"])
        assert token.ends == told["exp"] + LEEWAY
        assert NOON - LEEWAY < told["exp"] <= YEAR_9999
        assert max(told.get("nbf", 0), told.get("iat", 0)) <= NOON + LEEWAY
        assert all(type(told.get(name, 0)) in {int, float} for name in ("exp", "nbf", "iat"))


def test_a_reason_is_told_in_words_that_fit_into_a_header() -> None:
    assert all(re.fullmatch(r"[ !#-\[\]-~]+", words) for words in TOLD.values())
    assert set(TOLD) == set(Reason) - {Reason.MISSING, Reason.SCOPE, Reason.NO_KEYS}


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (Reason.SIGNATURE, token()),
        (Reason.ISSUER, signed({**CLAIMS, "iss": "another"}, HEAD, pair("Ed25519"), "EdDSA")),
        (Reason.AUDIENCE, signed({**CLAIMS, "aud": "another"}, HEAD, pair("Ed25519"), "EdDSA")),
        (Reason.CLAIMS, signed({**CLAIMS, "sub": ABSENT}, HEAD, pair("Ed25519"), "EdDSA")),
        (Reason.EXPIRED, signed({**CLAIMS, "exp": NOON - LEEWAY}, HEAD, pair("Ed25519"), "EdDSA")),
        (Reason.NOT_YET_VALID, signed({**CLAIMS, "nbf": NOON + LEEWAY + 1}, HEAD, pair("Ed25519"), "EdDSA")),
        (Reason.MALFORMED, signed(b"[]", HEAD, pair("Ed25519"), "EdDSA")),
    ],
    ids=lambda each: each if isinstance(each, Reason) else "",
)
def test_each_flaw_has_its_reason(reason: Reason, text: str) -> None:
    assert outcome(lambda: verified(text, key(), RULES, NOON)) is reason


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (None, token()),
        (None, token({"kid": "k" * LONGEST_ID})),
        (Reason.TOO_LONG, token(filler="x" * 6000)),
        (Reason.TOO_LONG, "." * (LONGEST_TOKEN + 1)),
        (Reason.MALFORMED, "." * LONGEST_TOKEN),
        (Reason.MALFORMED, f"{token()}.AAAA"),
        (Reason.HEADER, token({"kid": "k" * (LONGEST_ID + 1)})),
        (Reason.HEADER, token({"kid": None})),
        (Reason.HEADER, token({"b64": False})),
        (Reason.HEADER, token({"crit": []})),
        (Reason.HEADER, token({"typ": "logout+jwt"})),
        (Reason.HEADER, token({"alg": None})),
    ],
    ids=range(12),
)
def test_what_a_token_wants_of_its_own_is_seen_before_its_key_is_looked_for(reason: Reason | None, text: str) -> None:
    of = outcome(lambda: named(text))
    assert reason == (of if isinstance(of, Reason) else None)
