"""Credentials as digests: enough to tell callers apart, too little to be one."""

import hashlib
from urllib.parse import unquote_plus

_HEADERS = {
    "authorization", "proxy-authorization", "cookie", "set-cookie",
    "x-api-key", "apikey", "x-ss-id", "x-ss-pid", "ss-tok", "authsecret",
}  # fmt: skip
_KEYS = {"apikey", "ss-tok", "authsecret", "refreshtoken", "password"}
_SCHEMES = {"bearer", "basic"}


def header_without_secret(name: str, value: str) -> str:
    """Digest a header that is a credential; its scheme may stay."""
    if name.lower() not in _HEADERS:
        return value
    scheme, space, secret = value.partition(" ")
    if scheme.lower() in _SCHEMES:
        return f"{scheme}{space}{_digest(secret)}"
    return _digest(value)


def url_without_secrets(url: str) -> str:
    """Digest the values of credentials in the query; the rest stays as it came."""
    path, mark, query = url.partition("?")
    return path + mark + "&".join(_pair_without_secret(each) for each in query.split("&"))


def _pair_without_secret(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}{equals}{_digest(value)}" if value and unquote_plus(name).lower() in _KEYS else pair


def _digest(secret: str) -> str:
    return f"sha256:{hashlib.sha256(secret.encode()).hexdigest()[:12]}"
