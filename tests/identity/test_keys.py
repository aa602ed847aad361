"""A set of published keys: which are used, and by which algorithms."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OctKey

from gateway.identity.keys import LONGEST_ID, MOST, Keys, UnusableKeysError, read
from tests.issuing import ABSENT, CLAIMS, pair, public, signed, token

GOOD = public(pair("RSA"))
CURVE, EDWARDS = public(pair("P-256"), "ec"), public(pair("Ed25519"), "ed")
SECRET = OctKey.import_key("a secret of at least thirty-two characters").as_dict()
RSA = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
ALL = RSA | {"ES256", "ES384", "ES512", "EdDSA", "Ed25519"}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(["RSA", "EC", "OKP", "sig", "AQAB", "P-256"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
members = st.sampled_from(["kty", "use", "alg", "kid", "key_ops", "n", "e", "crv", "x", "y", "d"])


def of(*published: object) -> Keys:
    return read(json.dumps({"keys": published}).encode())


def algorithms(jwk: dict[str, Any]) -> set[str]:
    """Return those by which a key of a set is found; the set has another key, so that it can be read."""
    keys = of(public(pair("RSA", 2), "other"), jwk)
    return {each for each in (*ALL, "none", "HS256", "ES256K", "Ed448") if keys.find(str(jwk.get("kid")), each)}


@pytest.mark.parametrize(
    ("jwk", "found"),
    [
        (GOOD, RSA),
        (CURVE, {"ES256"}),
        (public(pair("P-384")), {"ES384"}),
        (public(pair("P-521")), {"ES512"}),
        (EDWARDS, {"EdDSA", "Ed25519"}),
        ({**GOOD, "alg": "PS384"}, {"PS384"}),
        ({**EDWARDS, "alg": "EdDSA"}, {"EdDSA"}),
        ({**GOOD, "use": "sig", "key_ops": ["verify"], "x5c": ["MIIB"], "x5t": "AAAA", "ext": True}, RSA),
        ({**GOOD, "kid": "k" * LONGEST_ID}, RSA),
        ({**pair("RSA").as_dict(private=True), "kid": "k1"}, RSA),
    ],
)
def test_a_key_decides_by_which_algorithms_it_verifies(jwk: dict[str, Any], found: set[str]) -> None:
    assert algorithms(jwk) == found


@pytest.mark.parametrize(
    "jwk",
    [
        {**GOOD, "use": "enc"},
        {**GOOD, "key_ops": ["encrypt"]},
        {**GOOD, "alg": "RSA-OAEP"},
        {**GOOD, "alg": "HS256"},
        {**GOOD, "alg": "none"},
        {**GOOD, "alg": 1},
        {**CURVE, "alg": "ES384"},
        {**GOOD, "kty": "rsa"},
        {**GOOD, "kty": "EC"},
        {**CURVE, "kty": "RSA"},
        {**GOOD, "n": ABSENT},
        {**GOOD, "e": ABSENT},
        {**GOOD, "n": "no base64!"},
        {**GOOD, "n": "ünüsual"},
        {**GOOD, "e": "AQ"},
        {**GOOD, "e": "AA"},
        {**GOOD, "n": 1},
        {**GOOD, "n": "A" * 300 + GOOD["n"][:100]},
        {**GOOD, "n": "_" * 2800},
        public(pair("RSA-1024")),
        {**CURVE, "crv": "secp256k1"},
        {**CURVE, "crv": "P-384"},
        {**CURVE, "y": CURVE["x"]},
        {**CURVE, "x": ABSENT},
        {**EDWARDS, "crv": "X25519"},
        {**EDWARDS, "x": EDWARDS["x"][:-4]},
        public(pair("Ed448")),
        {**SECRET, "kid": "k1"},
        {**SECRET, "kid": "k1", "alg": "HS256"},
        {"kty": "AKP", "alg": "ML-DSA-44", "kid": "k1", "pub": "AAAA"},
        {**GOOD, "kid": "k" * (LONGEST_ID + 1)},
        {**GOOD, "kid": 1},
        {},
        [],
        "k1",
        None,
    ],
    ids=range(36),
)
def test_a_key_that_is_for_something_else_or_weak_or_broken_is_not_used_and_harms_no_other(jwk: Any) -> None:
    jwk = {name: it for name, it in jwk.items() if it is not ABSENT} if isinstance(jwk, dict) else jwk
    keys = of(jwk, EDWARDS)
    assert len(keys.published) == 1
    assert keys.find("ed", "EdDSA")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no JWK Set"),
        (b"<html>", "no JWK Set"),
        (b"[]", "no JWK Set"),
        (b'{"keys": {}}', "no JWK Set"),
        (b'{"jwks": []}', "no JWK Set"),
        (b"[" * 100_000, "no JWK Set"),
        (b'{"keys": ["\xff"]}', "no key that verifies"),
        (b'{"keys": []}', "no key that verifies"),
        (json.dumps({"keys": [SECRET]}).encode(), "no key that verifies"),
        (json.dumps({"keys": [GOOD] * (MOST + 1)}).encode(), "more than 100 keys"),
    ],
    ids=range(10),
)
def test_what_is_no_set_or_has_nothing_to_verify_with_is_refused_as_a_whole(body: bytes, why: str) -> None:
    with pytest.raises(UnusableKeysError, match=why):
        read(body)


def test_keys_of_one_name_are_told_apart_by_their_kind() -> None:
    keys = of(GOOD, {**CURVE, "kid": "k1"})
    assert keys.find("k1", "RS256") is not keys.find("k1", "ES256") is not None


def test_order_and_what_does_not_count_make_no_other_set() -> None:
    assert of(GOOD, CURVE).published == of({**CURVE, "x5t": "AAAA"}, SECRET, GOOD).published
    assert of(GOOD, CURVE).published != of(GOOD).published != of({**GOOD, "alg": "RS256"}).published


def test_a_key_verifies_what_it_signed_and_returns_it() -> None:
    key = of(GOOD).find("k1", "RS256")
    assert key
    assert key.verified(token(sub="bob").encode()) == json.dumps({**CLAIMS, "sub": "bob"}).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        lambda text: text + ".",
        lambda text: text.replace(".", "", 1),
        lambda _: "",
        lambda _: "..",
        lambda _: signed(b"{}", b"[" * 3000, pair("RSA")),
        lambda _: signed(b"{}", {"alg": ["RS256"]}, pair("RSA")),
        lambda _: signed(b"{}", {"alg": "RS256", "crit": 1}, pair("RSA")),
    ],
)
def test_a_key_refuses_what_is_no_token_however_it_comes(change: Callable[[str], str]) -> None:
    key = of(GOOD).find("k1", "RS256")
    assert key
    assert key.verified(change(token()).encode()) is None


@settings(max_examples=50)
@given(st.lists(st.dictionaries(members, json_values), max_size=3), st.booleans())
def test_whatever_is_published_it_is_read_or_refused(published: list[dict[str, Any]], with_good: bool) -> None:
    changed = [{**CURVE, **jwk} for jwk in published]
    try:
        keys = of(*published, *changed, *([EDWARDS] if with_good else []))
    except UnusableKeysError:
        assert not with_good
    else:
        assert all(jwk.use in {None, "sig"} and jwk.algorithms() for jwk in keys.published)
