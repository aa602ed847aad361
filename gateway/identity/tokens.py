"""A caller's token (JWT, RFC 7519) as far as it is believed: its header before, its claims after its signature.

JSON is read strictly: a member that is there twice, a number that is none, or bad UTF-8 is no token.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from joserfc.util import urlsafe_b64decode

from gateway.identity.keys import LONGEST_ID, LONGEST_TOKEN, Key

LEEWAY = 30  # seconds that the issuer's clock and ours may differ
_LAST = 253_402_300_799  # the last second of the year 9999: no time is later
_COMPACT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_TYPES = {"jwt", "at+jwt", "application/jwt", "application/at+jwt"}  # an access token's, or none in particular


class Reason(StrEnum):
    """Why a caller is not let in."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    MALFORMED = "malformed"
    HEADER = "header"
    KEY = "key"
    SIGNATURE = "signature"
    CLAIMS = "claims"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    SCOPE = "scope"
    NO_KEYS = "no_keys"


TOLD = {
    Reason.TOO_LONG: f"The token is longer than {LONGEST_TOKEN} characters",
    Reason.MALFORMED: "The token is not a JWT with one signature",
    Reason.HEADER: "The token's header has members that are not taken here",
    Reason.KEY: "The token names no key that its issuer signs with by this algorithm",
    Reason.SIGNATURE: "The token's signature is not that of its issuer's key",
    Reason.CLAIMS: "The token lacks a claim that is needed (iss, aud, exp, sub), or one is not of its type",
    Reason.ISSUER: "The token is of another issuer",
    Reason.AUDIENCE: "The token is for another audience",
    Reason.EXPIRED: "The token has expired",
    Reason.NOT_YET_VALID: "The token is not valid yet",
}
"""In words that say nothing of the token itself, each without a quotation mark, for a header."""


class Flawed(Exception):
    """The token is not believed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rules:
    """Whose tokens are taken, for whom, and the scopes that a caller needs, all of them."""

    issuer: str
    audience: str
    scopes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """What a token says of its signature: that is to be found out."""

    kid: str | None
    algorithm: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is believed, until ``ends`` (seconds since the epoch)."""

    subject: str
    scopes: frozenset[str]
    ends: float


def named(text: str) -> Named:
    """Return which key a token names; Flawed for what is no compact JWS, or wants something of its own.

    Where to find a key (``jku``, ``jwk``, ``x5u``, ``x5c``) is not for a token to say, and not read.
    """
    if len(text) > LONGEST_TOKEN:
        raise Flawed(Reason.TOO_LONG)
    if not _COMPACT.fullmatch(text):
        raise Flawed(Reason.MALFORMED)
    header = _object(_bytes(text.partition(".")[0]))
    kid, algorithm, type_ = header.get("kid"), header.get("alg"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or not isinstance(type_, str) or type_.lower() not in _TYPES:
        raise Flawed(Reason.HEADER)
    if "crit" in header or header.get("b64", True) is not True:
        raise Flawed(Reason.HEADER)
    if "kid" in header and (not isinstance(kid, str) or len(kid) > LONGEST_ID):
        raise Flawed(Reason.HEADER)
    return Named(kid, algorithm)


def verified(text: str, key: Key, rules: Rules, now: float) -> Token:
    """Return what is believed of a token; Flawed unless the key signed it, and it is for here and now.

    Scopes are not judged: whose token lacks one is known all the same.
    """
    payload = key.verified(text.encode())
    if payload is None:
        raise Flawed(Reason.SIGNATURE)
    return _judged(_object(payload), rules, now)


def _judged(claims: dict[str, Any], rules: Rules, now: float) -> Token:
    issuer, subject = claims.get("iss"), claims.get("sub")
    audiences = _texts(claims, "aud")
    ends, begins, issued = _time(claims, "exp"), _time(claims, "nbf", 0), _time(claims, "iat", 0)
    if not isinstance(issuer, str) or not isinstance(subject, str) or not subject:
        raise Flawed(Reason.CLAIMS)
    if issuer != rules.issuer:
        raise Flawed(Reason.ISSUER)
    if rules.audience not in audiences:
        raise Flawed(Reason.AUDIENCE)
    if now >= ends + LEEWAY:
        raise Flawed(Reason.EXPIRED)
    if max(begins, issued) > now + LEEWAY:
        raise Flawed(Reason.NOT_YET_VALID)
    granted = [*_texts(claims, "scope", ""), *_texts(claims, "scp", "")]
    return Token(subject, frozenset(each for text in granted for each in text.split(" ") if each), ends + LEEWAY)


def _time(claims: dict[str, Any], name: str, default: float | None = None) -> float:
    """Return a NumericDate."""
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_LAST <= value <= _LAST:
        raise Flawed(Reason.CLAIMS)
    return value


def _texts(claims: dict[str, Any], name: str, default: str | None = None) -> list[str]:
    """Return a claim that is a string or a list of them."""
    value = claims.get(name, default)
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
        raise Flawed(Reason.CLAIMS)
    return texts


def _bytes(segment: str) -> bytes:
    try:
        return urlsafe_b64decode(segment.encode())
    except ValueError:
        raise Flawed(Reason.MALFORMED) from None


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text.decode(), object_pairs_hook=_once, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise Flawed(Reason.MALFORMED) from None
    if not isinstance(value, dict):
        raise Flawed(Reason.MALFORMED)
    return value


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(members)
    if len(read) < len(members):
        raise ValueError("a member is there twice")
    return read


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
