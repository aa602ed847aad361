"""From the settings to the parts of a gateway, put together: what answers, what tells of it, how it begins and ends."""

import os
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from gateway.background import Background
from gateway.cache.encoding import Names
from gateway.cache.ledger import Ledger
from gateway.cache.opening import Place, open_ledger, open_place
from gateway.cache.policy import Policy
from gateway.cache.texts import Texts
from gateway.callers import open_callers, scopes
from gateway.documents import Documents
from gateway.endpoint import Endpoint, OpenLoader
from gateway.federation import Federation
from gateway.health import Readiness
from gateway.identity.caller import Caller
from gateway.identity.issuer import Issuer
from gateway.kpis import Kpis
from gateway.limits import Bounds
from gateway.loaders import KpiLoader
from gateway.manifest import ManifestError
from gateway.operations import Operations
from gateway.persisted import Allowed, Persisted
from gateway.places import Places
from gateway.schema import build_schema
from gateway.settings import Settings, SettingsError
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.reports import Reports, Usage
from gateway.telemetry.tallies import CacheTally, OperationTally
from gateway.telemetry.traceparent import Traced
from gateway.trusted import Trusted
from gateway.upstream.sender import Ask
from gateway.watching import readings, tallies
from gateway.wiring import around, open_client, open_spans, open_upstream

_LIMITS = ("max_", "rate_limit_")  # how settings begin that refuse what is too much
_MOST_RENEWALS = 64  # under way behind the answers, of all callers
_SHARED_METRICS = "PROMETHEUS_MULTIPROC_DIR"


@dataclass(frozen=True, slots=True)
class Parts:
    """``graphql`` answers, while it is ``opened``; ``readiness`` and ``metrics`` tell of it.

    ``surrounding`` is entered first, and left last; then what is ``watching`` is ended, and the last of ``closing``
    first.
    """

    graphql: ASGIApp
    readiness: Readiness
    metrics: Metrics | None
    surrounding: Sequence[Callable[[], AbstractAsyncContextManager[object]]]
    closing: Sequence[Callable[[], Coroutine[Any, Any, None]]]
    watching: Sequence[Trusted | Issuer]

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Begin what goes on behind the requests; end it, and close all in reverse order."""
        self.readiness.begin()
        async with AsyncExitStack() as stack:
            for enter in self.surrounding:
                await stack.enter_async_context(enter())
            for close in self.closing:
                stack.push_async_callback(close)
            for each in self.watching:
                each.watch()
                stack.push_async_callback(each.aclose)
            yield
            self.readiness.drain()


def open_parts(
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None,
    jwks_transport: httpx.AsyncBaseTransport | None,
    clock: Callable[[], float],
) -> Parts:
    """Return the parts; nothing is connected yet. The arguments are those of ``create_app``."""
    counted = tallies([name for name in Settings.model_fields if name.startswith(_LIMITS)])
    spans = open_spans(os.environ)
    upstream = open_upstream(settings, transport, spans)
    place = _place(settings, counted.cache)
    server = place.server if place else None
    ledger = _ledger(settings, place, clock)
    client = open_client(settings, upstream, ledger.record, clock, counted.upstream)
    background = Background(_MOST_RENEWALS)
    timeout = settings.request_timeout
    kpis = Kpis(client.fetch, ledger, background, clock=clock, timeout=timeout, tally=counted.cache)
    documents = _documents(settings, counted.operations)
    persisted = Persisted(Allowed(settings.persisted_operations), Texts(server, clock))
    callers = open_callers(settings, place, clock, counted.callers, jwks_transport)
    endpoint = Endpoint(
        operations=Operations(documents, persisted, _bounds(settings)),
        identify=callers.identify,
        limits=callers.limits,
        open_loader=_opening(kpis, is_traced=bool(spans)),
        max_body_bytes=settings.max_body_bytes,
        max_operations=settings.max_operations,
        places=Places(settings.max_requests),
        timeout=timeout,
        reports=Reports(counted.operations, counted.callers),
        clock=clock,
        ftv1=settings.ftv1,
    )
    read = readings(endpoint.places, client, upstream, server)
    metrics = Metrics(counted, read, _shared_folder()) if settings.metrics else None
    issuers = [callers.issuer] if callers.issuer else []
    return Parts(
        around(endpoint, spans),
        Readiness(
            needs=[each.amiss for each in issuers],
            notes=[upstream.sender.amiss, *([server.amiss] if server else [])],
        ),
        metrics,
        surrounding=[*([spans.opened] if spans else []), *([metrics.publishing] if metrics else [])],
        closing=[ledger.aclose, upstream.aclose, client.aclose, background.aclose],
        watching=[*_trusted(settings, documents, persisted), *issuers],
    )


def _shared_folder() -> str | None:
    """Return where processes share their metrics, by the name that prometheus_client reads too."""
    folder = os.environ.get(_SHARED_METRICS)
    if folder is not None and not (folder and Path(folder).is_dir()):
        raise SettingsError(f"{_SHARED_METRICS} is {folder!r}: that is no directory")
    return folder


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


def _opening(kpis: Kpis, *, is_traced: bool) -> OpenLoader:
    serves = tuple if is_traced else None  # nobody, yet

    def open_loader(caller: Caller, request_id: str, deadline: float, trace: Traced | None, usage: Usage) -> KpiLoader:
        ask = Ask(caller.credential, request_id, deadline, trace, usage, serves)
        return KpiLoader(partial(kpis.fetch, ask), partial(kpis.at_once, ask))

    return open_loader
