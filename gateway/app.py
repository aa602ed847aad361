"""The composition root: settings in, an ASGI app out. It alone knows all the others."""

import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import explorer, health, scraping
from gateway.addresses import origins
from gateway.background import Background
from gateway.cache.encoding import Names
from gateway.cache.ledger import Ledger
from gateway.cache.opening import Place, open_ledger, open_place
from gateway.cache.policy import Policy
from gateway.cache.texts import Texts
from gateway.callers import open_callers, open_issuer, scopes
from gateway.cors import Cors
from gateway.documents import Documents
from gateway.endpoint import Endpoint
from gateway.federation import Federation
from gateway.health import Readiness
from gateway.identity import Caller, Identify
from gateway.issuer import Issuer
from gateway.kpis import Kpis
from gateway.limits import Bounds
from gateway.loaders import KpiLoader
from gateway.manifest import ManifestError
from gateway.metrics import Metrics
from gateway.operations import Operations
from gateway.persisted import Allowed, Persisted
from gateway.places import Places
from gateway.reports import Reports, Usage
from gateway.schema import build_schema
from gateway.settings import Settings, SettingsError
from gateway.tallies import CacheTally, OperationTally
from gateway.traceparent import Trace
from gateway.trusted import Trusted
from gateway.upstream.sender import Ask, nobody
from gateway.watching import readings, tallies
from gateway.wiring import around, open_client, open_spans, open_upstream

_LIMITS = ("max_", "rate_limit_")  # how settings begin that refuse what is too much
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
    jwks_transport: httpx.AsyncBaseTransport | None = None,
) -> Starlette:
    """Return the gateway. GraphiQL begins with ``explorer_headers``.

    ``transport`` is the seam to the upstream, ``jwks_transport`` that to where callers' keys are published.

    ``clock`` tells the time that values live by, in seconds since the epoch.

    ValueError without an upstream's address.
    """
    counted = tallies([name for name in Settings.model_fields if name.startswith(_LIMITS)])
    spans = open_spans(os.environ)
    upstream = open_upstream(settings, transport, spans)
    place = _place(settings, counted.cache)
    readiness = Readiness(notes=[upstream.sender.amiss, *([place.server.amiss] if place else [])])
    ledger = _ledger(settings, place, clock)
    client = open_client(settings, upstream, ledger.record, clock, counted.upstream)
    background = Background(_MOST_RENEWALS)
    timeout = settings.request_timeout
    kpis = Kpis(client.fetch, ledger, background, clock=clock, timeout=timeout, tally=counted.cache)
    documents = _documents(settings, counted.operations)
    persisted = Persisted(Allowed(settings.persisted_operations), Texts(place.server if place else None, clock))
    trusted = _trusted(settings, documents, persisted)
    issuer = open_issuer(settings, jwks_transport)
    identify = open_callers(settings, issuer, clock)
    operations, reports = Operations(documents, persisted, _bounds(settings)), Reports(counted.operations)
    endpoint = _endpoint(settings, operations, kpis, identify, reports, clock, is_traced=bool(spans))
    traced = around(endpoint, spans)
    graphql: ASGIApp = explorer.PageForBrowsers(traced) if settings.graphiql else traced
    allowed = origins(settings.cors_origins or "")
    graphql = Cors(graphql, allowed) if allowed else graphql
    pages: list[BaseRoute] = explorer.routes(explorer_headers or {}) if settings.graphiql else []
    read = readings(endpoint.places, client, upstream, place.server if place else None)
    metrics = Metrics(counted, read, os.environ.get("PROMETHEUS_MULTIPROC_DIR")) if settings.metrics else None

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        readiness.begin()
        async with AsyncExitStack() as parts:
            if spans:
                await parts.enter_async_context(spans.opened())
            if metrics:
                await parts.enter_async_context(metrics.publishing())
            for close in (ledger.aclose, upstream.aclose, client.aclose, background.aclose):
                parts.push_async_callback(close)  # the last is called first
            watched: Sequence[Trusted | Issuer] = [*trusted, *([issuer] if issuer else [])]
            for each in watched:
                each.watch()
                parts.push_async_callback(each.aclose)
            yield
            readiness.drain()

    app = _App(
        routes=[
            Route("/graphql", graphql),
            *health.routes(readiness),
            *(scraping.routes(metrics) if metrics else []),
            *pages,
        ],
        lifespan=lifespan,
        exception_handlers={HTTPException: _not_here},
    )
    app.graphql = graphql
    app.state.readiness = readiness
    app.router.redirect_slashes = False  # a redirect would name the host that the client named
    return app


def _place(settings: Settings, tally: CacheTally) -> Place | None:
    try:
        return open_place(settings.cache_url, cache_names(settings), tally)
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
        return Federation((major, minor), settings.max_customers, settings.federation_auth, scopes(settings))
    except ValueError as error:
        raise SettingsError(f"GATEWAY_FEDERATION_AUTH is true, GATEWAY_FEDERATION_VERSION {error}") from None


def _documents(settings: Settings, tally: OperationTally) -> Documents:
    schema = build_schema(federation(settings))._schema  # noqa: SLF001  # Strawberry has no public name for it
    return Documents(schema, introspection=settings.introspection, bounds=_bounds(settings), tally=tally)


def _trusted(settings: Settings, documents: Documents, persisted: Persisted) -> Sequence[Trusted]:
    try:
        path = settings.persisted_manifest
        return [Trusted(path, documents, persisted)] if path else []
    except ManifestError as error:
        raise SettingsError(f"GATEWAY_PERSISTED_MANIFEST: {error}") from None


def _endpoint(
    settings: Settings,
    operations: Operations,
    kpis: Kpis,
    identify: Identify,
    reports: Reports,
    clock: Callable[[], float],
    *,
    is_traced: bool,
) -> Endpoint:
    def open_loader(caller: Caller, request_id: str, deadline: float, trace: Trace | None, usage: Usage) -> KpiLoader:
        ask = Ask(caller.credential, request_id, deadline, trace, usage, nobody if is_traced else None)
        return KpiLoader(partial(kpis.fetch, ask), partial(kpis.at_once, ask))

    return Endpoint(
        operations=operations,
        identify=identify,
        open_loader=open_loader,
        max_body_bytes=settings.max_body_bytes,
        max_operations=settings.max_operations,
        places=Places(settings.max_requests),
        timeout=settings.request_timeout,
        reports=reports,
        clock=clock,
        ftv1=settings.ftv1,
    )


async def _not_here(_: Request, error: Exception) -> JSONResponse:
    """Answer in JSON for what no route answers."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse({"error": "There is nothing here. GraphQL is at /graphql."}, status)
