"""From the settings to who callers are: how they are told apart, which are let in, and how much they may have."""

import secrets
import ssl
from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

import httpx
from pydantic import SecretStr

from gateway.agreement import NEEDED
from gateway.cache.opening import Place
from gateway.domain import Partition
from gateway.identity.bearers import Bearers
from gateway.identity.caller import Identify, anonymous, forwarding, partition
from gateway.identity.issuer import Issuer, Told
from gateway.identity.jwks import fetch
from gateway.identity.tokens import Rules
from gateway.metering import RateLimits, naming, open_limits
from gateway.settings import Settings
from gateway.telemetry.tallies import CallerTally
from gateway.wiring import secret


class Callers(NamedTuple):
    """Who they are, whose keys say so, and how much they may have."""

    identify: Identify
    issuer: Issuer | None
    limits: RateLimits | None


def open_callers(
    settings: Settings,
    place: Place | None,
    clock: Callable[[], float],
    tally: CallerTally,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Callers:
    """Return how callers are known and limited; ``transport`` is the seam to where their keys are published.

    They are told apart by a key that is the same for all who share a cache, else this process's own.
    """
    key = _naming_key(settings)
    issuer = open_issuer(settings, transport, tally.refreshed)
    name = naming(key, by_address=issuer is None and settings.upstream_auth != "forward")
    limits = open_limits(name, place, requests=settings.rate_limit_requests, kpis=settings.rate_limit_kpis)
    return Callers(_identify(settings, key, issuer, clock), issuer, limits)


def open_issuer(
    settings: Settings, transport: httpx.AsyncBaseTransport | None = None, told: Told = lambda _: None
) -> Issuer | None:
    """Return where callers' keys come from, if they are to prove who they are; ``transport`` is the seam to it."""
    if settings.caller_auth == "none":
        return None
    trusted = ssl.create_default_context() if transport is None else False  # read once: it takes longer than a fetch
    open_client = partial(httpx.AsyncClient, transport=transport, verify=trusted)
    return Issuer(partial(fetch, str(settings.jwks_url), open_client), told)


def _identify(settings: Settings, key: bytes, issuer: Issuer | None, clock: Callable[[], float]) -> Identify:
    own = None if settings.upstream_auth == "forward" else _own(settings, key)
    if issuer:
        rules = Rules(str(settings.jwt_issuer), str(settings.jwt_audience), scopes(settings))
        return Bearers(issuer, rules, key=key, own=own, clock=clock)
    return forwarding(key) if own is None else anonymous(own)


def _naming_key(settings: Settings) -> bytes:
    """Return the key of callers' names: the same for all who share a cache, else this process's own."""
    shared = secret(settings.cache_secret).encode()
    return blake2b(shared).digest() if shared else secrets.token_bytes(32)


def _own(settings: Settings, key: bytes) -> Partition:
    """Return the partition of all that the gateway's own credential sees."""
    parts = (getattr(settings, name) for name in (*NEEDED[settings.upstream_auth], "upstream_scope"))
    shown = (it.get_secret_value() if isinstance(it, SecretStr) else it for it in parts)
    return partition(key, (settings.upstream_auth, *map(str, shown)))


def scopes(settings: Settings) -> tuple[str, ...]:
    """Return the scopes that a caller needs."""
    return tuple((settings.jwt_scope or "").split())
