"""An issuer's published keys (JWK Set, RFC 7517): which of them verify signatures, and by which algorithms.

What a key is good for is said by the key and by the list here, never by a token.
"""

from collections.abc import Collection
from typing import TypeVar

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwa import JWS_ALGORITHMS
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.util import base64_to_int

LONGEST_TOKEN = 8192  # characters
LONGEST_ID = 256  # characters of a key's id
MOST = 100  # keys of a set
_RSA_BITS = range(2048, 8193)
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_OF_CURVES = {
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA", "Ed25519"),  # the older name of RFC 8037, and that of RFC 9864
}
_KNOWN = {model.name: model for model in JWS_ALGORITHMS}
_T = TypeVar("_T")


class UnusableKeysError(Exception):
    """No set of keys, or none in it that verifies a signature; its text is for the log."""


class _Allowed(jws.JWSRegistry):
    """The algorithms that there are: no ``none``, and none with a secret."""

    algorithms = {name: _KNOWN[name] for names in (_RSA, *_OF_CURVES.values()) for name in names} | {
        "EdDSA": _KNOWN["Ed25519"]
    }
    max_header_length = max_payload_length = max_signature_length = LONGEST_TOKEN


class Jwk(msgspec.Struct, frozen=True):
    """The members of a published key that count; what else it has, private parts included, is not read."""

    kty: str
    use: str | None = None
    alg: str | None = None
    kid: str | None = None
    key_ops: tuple[str, ...] | None = None
    n: str = ""
    e: str = ""
    crv: str = ""
    x: str = ""
    y: str = ""

    def algorithms(self) -> Collection[str]:
        """Return those by which the key may verify; none for a key that is for something else."""
        if self.use not in {None, "sig"} or "verify" not in (self.key_ops or ("verify",)):
            return ()
        suited = _RSA if self.kty == "RSA" else _OF_CURVES.get((self.kty, self.crv), ())
        return [name for name in suited if self.alg in {None, name}]

    def public(self) -> RSAKey | ECKey | OKPKey:
        """Return the key; ValueError or JoseError for one that is none, or of a size that is not taken."""
        if self.kty == "RSA":
            if base64_to_int(self.n).bit_length() not in _RSA_BITS:
                raise ValueError("too small, or too large")
            return RSAKey.import_key({"kty": self.kty, "n": self.n, "e": self.e})
        if self.kty == "EC":
            return ECKey.import_key({"kty": self.kty, "crv": self.crv, "x": self.x, "y": self.y})
        return OKPKey.import_key({"kty": self.kty, "crv": self.crv, "x": self.x})


class Key:
    """A public key, and the algorithms by which it may verify: at least one."""

    def __init__(self, public: RSAKey | ECKey | OKPKey, algorithms: Collection[str]) -> None:
        self._public = public
        self._registry = _Allowed(algorithms=algorithms, strict_check_header=False)
        self.algorithms = algorithms

    def verified(self, token: bytes) -> bytes | None:
        """Return the payload of a compact JWS; None unless this key signed it, by an algorithm of its own."""
        try:
            return jws.deserialize_compact(token, self._public, registry=self._registry).payload
        except (JoseError, ValueError, TypeError, RecursionError):
            return None


class Keys:
    """Those of a published set that verify signatures."""

    def __init__(self, published: Collection[Jwk] = ()) -> None:
        usable = [(jwk, key) for jwk in published if (key := _usable(jwk))]
        self.published = frozenset(jwk for jwk, _ in usable)
        self._keys = [key for _, key in usable]
        self._by_id: dict[str, list[Key]] = {}
        for jwk, key in usable:
            if jwk.kid is not None:
                self._by_id.setdefault(jwk.kid, []).append(key)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def knows(self, kid: str | None) -> bool:
        """Tell whether a token that names this key, or none, can be judged by the set as it is."""
        return bool(self) if kid is None else kid in self._by_id

    def find(self, kid: str | None, algorithm: str) -> Key | None:
        """Return the key of this id that has the algorithm; without an id the only one of the set that has it."""
        of_id = self._keys if kid is None else self._by_id.get(kid, [])
        suited = [key for key in of_id if algorithm in key.algorithms]
        return suited[0] if suited and (kid is not None or len(suited) == 1) else None


class _Published(msgspec.Struct):
    keys: list[msgspec.Raw]


def read(body: bytes) -> Keys:
    """Read a set; UnusableKeysError when there is none. One key that cannot be used harms no other."""
    published = _decoded(body, _Published)
    if published is None:
        raise UnusableKeysError("the answer is no JWK Set")
    if len(published.keys) > MOST:
        raise UnusableKeysError(f"the JWK Set has more than {MOST} keys")
    keys = Keys([jwk for raw in published.keys if (jwk := _decoded(raw, Jwk))])
    if not keys:
        raise UnusableKeysError("the JWK Set has no key that verifies signatures here")
    return keys


def _decoded(text: bytes | msgspec.Raw, kind: type[_T]) -> _T | None:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _usable(jwk: Jwk) -> Key | None:
    algorithms = jwk.algorithms()
    if not algorithms or len(jwk.kid or "") > LONGEST_ID:
        return None
    try:
        return Key(jwk.public(), algorithms)
    except (JoseError, ValueError):
        return None
