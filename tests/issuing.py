"""An issuer of tokens: its keys of every kind, tokens that are signed by hand, and what it publishes."""

import json
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
from joserfc.jwa import JWS_ALGORITHMS
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from tests.conftest import NOON

ISSUER, AUDIENCE, SCOPE = "https://login.test/", "kpis", "kpi:read"
JWKS_URL = "https://login.test/keys"
JWT: dict[str, object] = {
    "caller_auth": "jwt",
    "jwks_url": JWKS_URL,
    "jwt_issuer": ISSUER,
    "jwt_audience": AUDIENCE,
}
OWN: dict[str, object] = {"upstream_auth": "bearer", "upstream_token": "demo"}
CLAIMS: dict[str, object] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "alice",
    "iat": int(NOON),
    "exp": int(NOON) + 7200,
    "scope": f"openid {SCOPE}",
}
ABSENT = object()
_MODELS = {model.name: model for model in JWS_ALGORITHMS}
_MODELS["EdDSA"] = _MODELS["Ed25519"]
Pair = RSAKey | ECKey | OKPKey


@cache
def pair(kind: str, number: int = 1) -> Pair:
    """Return a pair of keys, ``RSA`` or ``RSA-`` with its bits, or of a curve; the same each time for a number."""
    kid = f"{kind} {number}"
    if kind.startswith("P-"):
        return ECKey.generate_key(kind, {"kid": kid})
    if kind.startswith("Ed"):
        return OKPKey.generate_key("Ed25519" if kind == "Ed25519" else "Ed448", {"kid": kid})
    with warnings.catch_warnings():  # of a key that is too small
        warnings.simplefilter("ignore")
        return RSAKey.generate_key(int(kind.removeprefix("RSA").removeprefix("-") or 2048), {"kid": kid})


def public(key: Pair, kid: str | None = "k1", **more: object) -> dict[str, Any]:
    """Return what is published of a key."""
    jwk: dict[str, Any] = {**key.as_dict(private=False), "kid": ABSENT if kid is None else kid, **more}
    return {name: value for name, value in jwk.items() if value is not ABSENT}


def coded(part: Mapping[str, object] | bytes) -> str:
    """Write a part of a token; members that are ABSENT are not in it."""
    if not isinstance(part, bytes):
        part = json.dumps({name: value for name, value in part.items() if value is not ABSENT}).encode()
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def signed(
    claims: Mapping[str, object] | bytes,
    header: Mapping[str, object] | bytes,
    key: Pair | OctKey,
    algorithm: str = "RS256",
) -> str:
    """Return a token, whatever its parts say, with the key's signature by this algorithm."""
    content = f"{coded(header)}.{coded(claims)}"
    return f"{content}.{coded(_MODELS[algorithm].sign(content.encode(), key))}"


def token(header: Mapping[str, object] | None = None, key: Pair | None = None, /, **claims: object) -> str:
    """Return a good token, but for what is said."""
    return signed(CLAIMS | claims, {"alg": "RS256", "kid": "k1", **(header or {})}, key or pair("RSA"))


def bearing(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


class Publisher(httpx.AsyncBaseTransport):
    """Publishes keys where they are asked for, and counts; ``answer``, if set, stands in for them."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys = list(keys) or [public(pair("RSA"))]
        self.answer: httpx.Response | Exception | None = None
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or httpx.Response(200, json={"keys": self.keys})
