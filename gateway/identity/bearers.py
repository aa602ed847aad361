"""Callers known by a token of theirs (RFC 6750): verified once, then known by its hash until it ends."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from lru import LRU

from gateway.domain import Partition
from gateway.errors import CallerRefused, Code
from gateway.identity.caller import Caller, only, partition
from gateway.identity.issuer import Issuer
from gateway.identity.keys import Keys
from gateway.identity.tokens import TOLD, Flawed, Named, Reason, Rules, Token, named, verified
from gateway.incoming import Headers
from gateway.upstream.credentials import Credential

MOST_KEPT = 10_000  # tokens
_HEADER = "Authorization"
_CHALLENGE = 'Bearer realm="graphql"'


@dataclass(frozen=True, slots=True)
class _Known:
    who: str
    ends: float  # seconds since the epoch


class Bearers:
    """Tells who asks, by ``Authorization: Bearer`` alone; CallerRefused (401, 403, 503) for whoever is not let in.

    ``key`` keys the names of callers and partitions, ``clock`` is in seconds since the epoch. ``own``: the one
    partition of all, whose calls carry the gateway's own credential; None where each caller's token is passed on.
    ``most`` tokens are known at once.
    """

    def __init__(  # noqa: PLR0913  # the last has one value but in tests
        self,
        issuer: Issuer,
        rules: Rules,
        *,
        key: bytes,
        own: Partition | None,
        clock: Callable[[], float],
        most: int = MOST_KEPT,
    ) -> None:
        self._issuer = issuer
        self._rules = rules
        self._key = key
        self._own = own
        self._clock = clock
        self._known: LRU[str, _Known] = LRU(most)
        self._verified_by: Keys = issuer.keys

    def __len__(self) -> int:
        return len(self._known)

    def __call__(self, headers: Headers) -> Caller | Awaitable[Caller]:
        """Return the caller; where only a fetch of keys can tell, what is to be awaited, for a bounded time."""
        shown = only(headers, _HEADER)
        mark = partition(self._key, ((_HEADER, shown),))
        known = self._kept().get(mark)
        if known and known.ends > self._clock():
            return self._caller(shown, mark, known)
        return self._stranger(shown, mark)

    def _kept(self) -> "LRU[str, _Known]":
        """Return the tokens that the keys of today have verified: one whose key was withdrawn is a stranger's."""
        if self._verified_by is not self._issuer.keys:
            self._known.clear()
            self._verified_by = self._issuer.keys
        return self._known

    def _caller(self, shown: str, mark: Partition, known: _Known) -> Caller:
        if self._own is None:
            return Caller(mark, Credential(((_HEADER, shown),)), known.who)
        return Caller(self._own, Credential(()), known.who)

    def _stranger(self, shown: str, mark: Partition) -> Caller | Awaitable[Caller]:
        scheme, _, text = shown.partition(" ")
        if scheme.lower() != "bearer":
            raise _refused(Reason.MISSING)
        text = text.lstrip(" ")
        try:
            of = named(text)
        except Flawed as flaw:
            raise _refused(flaw.reason) from None
        if not self._issuer.keys.knows(of.kid):
            return self._after_renewal(shown, mark, text, of)
        return self._admitted(shown, mark, text, of)

    async def _after_renewal(self, shown: str, mark: Partition, text: str, of: Named) -> Caller:
        """Judge a token whose key is not known: while the latest keys cannot be had, nobody can tell whose it is."""
        is_latest = await self._issuer.renewed()
        if not is_latest and not self._issuer.keys.knows(of.kid):
            raise _unavailable(self._issuer.retry_after)
        return self._admitted(shown, mark, text, of)

    def _admitted(self, shown: str, mark: Partition, text: str, of: Named) -> Caller:
        token = self._believed(text, of)
        if not token.scopes.issuperset(self._rules.scopes):
            raise _lacking(self._rules.scopes)
        known = _Known(partition(self._key, ("subject", self._rules.issuer, token.subject)), token.ends)
        self._kept()[mark] = known
        return self._caller(shown, mark, known)

    def _believed(self, text: str, of: Named) -> Token:
        key = self._issuer.keys.find(of.kid, of.algorithm)
        if key is None:
            raise _refused(Reason.KEY)
        try:
            return verified(text, key, self._rules, self._clock())
        except Flawed as flaw:
            raise _refused(flaw.reason) from None


def _refused(reason: Reason) -> CallerRefused:
    """Refuse whoever shows no token, or one that is not believed."""
    if reason is Reason.MISSING:
        told = "The request carries no token. Send a header Authorization: Bearer …"
        return CallerRefused(401, Code.UNAUTHENTICATED, told, reason=reason, challenge=_CHALLENGE)
    challenge = f'{_CHALLENGE}, error="invalid_token", error_description="{TOLD[reason]}"'
    return CallerRefused(401, Code.UNAUTHENTICATED, f"{TOLD[reason]}.", reason=reason, challenge=challenge)


def _lacking(scopes: Sequence[str]) -> CallerRefused:
    needed = " ".join(scopes)
    told = f"The token lacks a scope: {needed} is needed."
    challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{needed}"'
    return CallerRefused(403, Code.FORBIDDEN, told, reason=Reason.SCOPE, challenge=challenge)


def _unavailable(retry_after: int) -> CallerRefused:
    told = "The keys that callers' tokens are verified with cannot be had just now. Ask again in a moment."
    refused = CallerRefused(503, Code.UPSTREAM_UNAVAILABLE, told, reason=Reason.NO_KEYS)
    refused.retryable, refused.retry_after = True, retry_after
    return refused
