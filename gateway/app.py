"""The composition root: settings in, an ASGI app out. It alone knows all the others."""

import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from hashlib import blake2b

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import explorer, health
from gateway.addresses import origins
from gateway.background import Background
from gateway.cache.encoding import Names
from gateway.cache.ledger import Ledger
from gateway.cache.opening import Place, open_ledger, open_place
from gateway.cache.policy import Policy
from gateway.cache.texts import Texts
from gateway.cors import Cors
from gateway.documents import Documents
from gateway.endpoint import Endpoint
from gateway.federation import Federation
from gateway.health import Readiness
from gateway.identity import Caller, Identify, anonymous, forwarding, partition
from gateway.kpis import Kpis
from gateway.limits import Bounds
from gateway.loaders import KpiLoader
from gateway.manifest import ManifestError
from gateway.metering import RateLimits, naming, open_limits
from gateway.operations import Operations
from gateway.persisted import Allowed, Persisted
from gateway.places import Places
from gateway.schema import build_schema
from gateway.settings import NEEDED, Settings, SettingsError
from gateway.traceparent import Trace
from gateway.trusted import Trusted
from gateway.upstream.sender import Ask
from gateway.wiring import open_client, open_upstream, secret

_MOST_RENEWALS = 64  # under way behind the answers, of all callers


class _App(Starlette):
    """Starlette, but for the one way in whose cost counts: it has its own answer to whatever goes wrong."""

    graphql: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_graphql = scope["type"] == "http" and scope["path"] == "/graphql"
        await (self.graphql if is_graphql else super().__call__)(scope, receive, send)


def create_app(
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Callable[[], float] = time.time,
    explorer_headers: Mapping[str, str] | None = None,
) -> Starlette:
    """Return the gateway. ``transport`` is the seam to the upstream; GraphiQL begins with ``explorer_headers``.

    ``clock`` tells the time that values live by, in seconds since the epoch.

    ValueError without an upstream's address.
    """
    readiness = Readiness()
    upstream = open_upstream(settings, transport)
    place = _place(settings)
    ledger = _ledger(settings, place, clock)
    client = open_client(settings, upstream, ledger.record, clock)
    background = Background(_MOST_RENEWALS)
    kpis = Kpis(client.fetch, ledger, background, clock=clock, timeout=settings.request_timeout)
    documents = _documents(settings)
    persisted = Persisted(Allowed(settings.persisted_operations), Texts(place.server if place else None, clock))
    trusted = _trusted(settings, documents, persisted)
    endpoint = _endpoint(settings, Operations(documents, persisted, _bounds(settings)), kpis, clock)
    endpoint = replace(endpoint, limits=_limits(settings, place))
    graphql: ASGIApp = explorer.PageForBrowsers(endpoint) if settings.graphiql else endpoint
    allowed = origins(settings.cors_origins or "")
    graphql = Cors(graphql, allowed) if allowed else graphql
    pages: list[BaseRoute] = explorer.routes(explorer_headers or {}) if settings.graphiql else []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        readiness.ready = True
        async with AsyncExitStack() as parts:
            for close in (ledger.aclose, upstream.aclose, client.aclose, background.aclose):
                parts.push_async_callback(close)  # the last is called first
            for each in trusted:
                each.watch()
                parts.push_async_callback(each.aclose)
            yield
            readiness.ready = False

    app = _App(
        routes=[Route("/graphql", graphql), *health.routes(readiness), *pages],
        lifespan=lifespan,
        exception_handlers={HTTPException: _not_here},
    )
    app.graphql = graphql
    app.router.redirect_slashes = False  # a redirect would name the host that the client named
    return app


def _place(settings: Settings) -> Place | None:
    try:
        return open_place(settings.cache_url, cache_names(settings))
    except ValueError as error:
        raise SettingsError(f"GATEWAY_CACHE_URL (not shown): {error}") from None


def _ledger(settings: Settings, place: Place | None, clock: Callable[[], float]) -> Ledger:
    policy = Policy(
        ttl=settings.cache_ttl,
        closed_ttl=settings.cache_closed_ttl,
        settle_days=settings.cache_settle_days,
        stale=settings.cache_stale,
        vouched=settings.cache_vouched if settings.upstream_auth == "forward" else None,
    )
    return open_ledger(settings.cache_url, policy, place, size=settings.cache_entries, clock=clock)


def cache_names(settings: Settings) -> Names:
    """Return the names of an upstream's values in a shared cache."""
    return Names.of([str(settings.upstream_url)])


def _bounds(settings: Settings) -> Bounds:
    return Bounds(
        settings.max_tokens, settings.max_depth, settings.max_aliases, settings.max_customers, settings.max_kpis
    )


def federation(settings: Settings) -> Federation:
    """Return what is published to a router."""
    major, minor = map(int, settings.federation_version.split("."))
    try:
        return Federation((major, minor), settings.max_customers, settings.federation_auth)
    except ValueError as error:
        raise SettingsError(f"GATEWAY_FEDERATION_AUTH is true, GATEWAY_FEDERATION_VERSION {error}") from None


def _documents(settings: Settings) -> Documents:
    schema = build_schema(federation(settings))._schema  # noqa: SLF001  # Strawberry has no public name for it
    return Documents(schema, introspection=settings.introspection, bounds=_bounds(settings))


def _trusted(settings: Settings, documents: Documents, persisted: Persisted) -> Sequence[Trusted]:
    try:
        path = settings.persisted_manifest
        return [Trusted(path, documents, persisted)] if path else []
    except ManifestError as error:
        raise SettingsError(f"GATEWAY_PERSISTED_MANIFEST: {error}") from None


def _endpoint(settings: Settings, operations: Operations, kpis: Kpis, clock: Callable[[], float]) -> Endpoint:
    def open_loader(caller: Caller, request_id: str, deadline: float, trace: Trace | None) -> KpiLoader:
        ask = Ask(caller.credential, request_id, deadline, trace)
        return KpiLoader(partial(kpis.fetch, ask), partial(kpis.at_once, ask))

    return Endpoint(
        operations=operations,
        identify=_identify(settings),
        open_loader=open_loader,
        max_body_bytes=settings.max_body_bytes,
        max_operations=settings.max_operations,
        places=Places(settings.max_requests),
        timeout=settings.request_timeout,
        clock=clock,
        ftv1=settings.ftv1,
    )


def _key(settings: Settings) -> bytes:
    """Return the key by which callers are told apart: the same for all who share a cache, else this process's own."""
    shared = secret(settings.cache_secret).encode()
    return blake2b(shared).digest() if shared else secrets.token_bytes(32)


def _limits(settings: Settings, place: Place | None) -> RateLimits | None:
    is_anyone = settings.upstream_auth != "forward" and settings.caller_auth == "none"
    name = naming(_key(settings), by_address=is_anyone)
    return open_limits(name, place, requests=settings.rate_limit_requests, kpis=settings.rate_limit_kpis)


def _identify(settings: Settings) -> Identify:
    key = _key(settings)
    if settings.upstream_auth == "forward":
        return forwarding(key)
    own = (getattr(settings, name) for name in (*NEEDED[settings.upstream_auth], "upstream_scope"))
    shown = (it.get_secret_value() if isinstance(it, SecretStr) else it for it in own)
    return anonymous(partition(key, (settings.upstream_auth, *map(str, shown))))


async def _not_here(_: Request, error: Exception) -> JSONResponse:
    """Answer in JSON for what no route answers."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse({"error": "There is nothing here. GraphQL is at /graphql."}, status)
