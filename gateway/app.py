"""The composition root: settings in, an ASGI app out. It alone knows all the others."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from gateway import explorer, health
from gateway.context import Context
from gateway.documents import Documents
from gateway.endpoint import Endpoint
from gateway.health import Readiness
from gateway.identity import Caller, forwarding
from gateway.loaders import KpiLoader
from gateway.schema import build_schema
from gateway.settings import Settings
from gateway.upstream.batching import Batching, Mode
from gateway.upstream.client import KpiClient
from gateway.upstream.exchange import Ask, Exchange
from gateway.upstream.transport import NetworkTransport
from gateway.upstream.wire import Format


def create_app(
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    explorer_headers: Mapping[str, str] | None = None,
) -> Starlette:
    """Return the gateway. ``transport`` is the seam to the upstream; GraphiQL begins with ``explorer_headers``.

    ValueError without an upstream's address.
    """
    if settings.upstream_url is None:
        raise ValueError("GATEWAY_UPSTREAM_URL is not set")
    readiness = Readiness()
    upstream = transport or NetworkTransport(connections=settings.upstream_concurrency)
    endpoint = _endpoint(settings, _client(settings, upstream))
    graphql = explorer.PageForBrowsers(endpoint) if settings.graphiql else endpoint
    pages: list[BaseRoute] = explorer.routes(explorer_headers or {}) if settings.graphiql else []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with upstream:
            readiness.ready = True
            yield
            readiness.ready = False

    app = Starlette(
        routes=[Route("/graphql", graphql), *health.routes(readiness), *pages],
        lifespan=lifespan,
        exception_handlers={HTTPException: _not_here},
    )
    app.router.redirect_slashes = False  # a redirect would name the host that the client named
    return app


def _client(settings: Settings, transport: httpx.AsyncBaseTransport) -> KpiClient:
    return KpiClient(
        Exchange(
            transport,
            str(settings.upstream_url),
            concurrency=settings.upstream_concurrency,
            timeout=settings.upstream_timeout,
        ),
        form=Format(settings.upstream_format),
        batching=Batching() if settings.upstream_batching == "auto" else Batching(Mode.OFF, float("inf")),
        batch_size=settings.upstream_batch_size,
    )


def _endpoint(settings: Settings, client: KpiClient) -> Endpoint:
    def open_context(caller: Caller, request_id: str, deadline: float) -> Context:
        ask = Ask(caller.credential, request_id, deadline)
        return Context(caller, KpiLoader(partial(client.fetch, ask)))

    return Endpoint(
        documents=Documents(
            build_schema()._schema,  # noqa: SLF001  # Strawberry has no public name for it
            introspection=settings.introspection,
        ),
        identify=forwarding(secrets.token_bytes(32)),
        open_context=open_context,
        max_body_bytes=settings.max_body_bytes,
        timeout=settings.request_timeout,
    )


async def _not_here(_: Request, error: Exception) -> JSONResponse:
    """Answer in JSON for what no route answers."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse({"error": "There is nothing here. GraphQL is at /graphql."}, status)
