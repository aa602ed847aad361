"""OAuth2 client credentials (RFC 6749, 4.4): a token fetched once for all, renewed before its end."""

import asyncio
import logging
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from urllib.parse import quote_plus, urlencode

import msgspec

from gateway.errors import CredentialRefused, GatewayError, UpstreamUnavailable
from gateway.upstream import statuses
from gateway.upstream.credentials import Credential, basic
from gateway.upstream.exchange import Answer, Exchange, Headers, Request

FRESH = 0.8  # of a token's life; in the rest of it another is fetched behind the calls
_LIFETIME = 300.0  # seconds, of a token that does not say
_SHORTEST = 1.0
_TEXT = re.compile(r"[!-~]+")
_log = logging.getLogger(__name__)


class _Body(msgspec.Struct):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105  # a name
    expires_in: float | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    headers: Headers = field(repr=False)
    stale_at: float
    ends_at: float


class ClientCredentials:
    """The gateway's own credential, from a token endpoint; one fetch at a time, whoever waits for it.

    ``request`` asks for a token; a fetch ends within ``timeout`` seconds, and a refusal or a failure causes none sooner
    than ``no_sooner`` seconds after the last began.
    """

    own = True

    def __init__(self, exchange: Exchange, request: Request, *, timeout: float, no_sooner: float = 2.0) -> None:
        self._exchange = exchange
        self._request = request
        self._timeout = timeout
        self._no_sooner = no_sooner
        self._token: _Token | None = None
        self._failure: GatewayError | None = None
        self._fetching: asyncio.Task[_Token | GatewayError] | None = None
        self._began = float("-inf")

    async def headers(self, _caller: Credential, end: float) -> Headers:
        now = _now()
        if self._token is None or now >= self._token.ends_at:
            return (await self._fetched(end)).headers
        if now >= self._token.stale_at and not self._is_too_soon():
            self._fetch_once()
        return self._token.headers

    async def renewed(self, refused: Headers, end: float) -> Headers | None:
        """Return the token that another call has fetched since, or a new one unless the last is quite new."""
        if self._token and self._token.headers != refused:
            return self._token.headers
        if self._fetching is None and self._is_too_soon():
            return None
        return (await self._fetched(end)).headers

    async def aclose(self) -> None:
        if self._fetching:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    def _is_too_soon(self) -> bool:
        return _now() < self._began + self._no_sooner

    async def _fetched(self, end: float) -> _Token:
        if self._fetching is None and self._failure and self._is_too_soon():
            raise self._failure.with_traceback(None)
        try:
            async with asyncio.timeout_at(end):
                outcome = await asyncio.shield(self._fetch_once())
        except TimeoutError:
            raise UpstreamUnavailable("no token came in time") from None
        if isinstance(outcome, GatewayError):
            raise outcome
        return outcome

    def _fetch_once(self) -> asyncio.Task[_Token | GatewayError]:
        """Return the fetch that is under way, or begin one."""
        if self._fetching is None:
            self._began = _now()
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> _Token | GatewayError:
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._exchange.send(self._request)
            outcome: _Token | GatewayError = _token(answer, _now())
        except TimeoutError:
            outcome = UpstreamUnavailable("the token endpoint did not answer in time")
        except GatewayError as error:
            outcome = error
        finally:
            self._fetching = None
        self._keep(outcome)
        return outcome

    def _keep(self, outcome: _Token | GatewayError) -> None:
        if isinstance(outcome, GatewayError):
            self._failure = outcome
            _log.error("no token: %s %s", outcome.code, outcome)
        else:
            self._token, self._failure = outcome, None


def token_request(url: str, client_id: str, client_secret: str, scope: str | None) -> Request:
    """Return the request for a token; the client shows itself by HTTP Basic (RFC 6749, 2.3.1)."""
    form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
    headers = (
        ("Accept", "application/json"),
        ("Accept-Encoding", "gzip"),
        basic(quote_plus(client_id), quote_plus(client_secret)),
        ("Content-Type", "application/x-www-form-urlencoded"),
    )
    return Request("POST", url, headers, urlencode(form).encode())


def _token(answer: Answer, now: float) -> _Token:
    """Read a token; UpstreamUnavailable or CredentialRefused for an answer that has none, without what it says."""
    if answer.status != 200:
        raise _failure(answer)
    try:
        body = msgspec.json.decode(answer.body, type=_Body, strict=False)
    except msgspec.DecodeError:
        raise CredentialRefused("the token endpoint's answer has no token") from None
    if body.token_type.lower() != "bearer" or not _TEXT.fullmatch(body.access_token):
        raise CredentialRefused("the token endpoint's answer has no bearer token")
    given = body.expires_in
    life = max(given, _SHORTEST) if given is not None and isfinite(given) else _LIFETIME
    return _Token((("Authorization", f"Bearer {body.access_token}"),), now + FRESH * life, now + life)


def _failure(answer: Answer) -> GatewayError:
    """Return what stands in for a token; the status is for the log alone, for clients know of no such service."""
    told = f"the token endpoint answers with {statuses.in_short(answer)}"
    error = statuses.failure(answer, datetime.now(UTC))
    return UpstreamUnavailable(told, retry_after=error.retry_after) if error.retryable else CredentialRefused(told)


def _now() -> float:
    return asyncio.get_running_loop().time()
