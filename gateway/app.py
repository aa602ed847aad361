"""The composition root: settings in, an ASGI app out. It alone knows all the others."""

import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import explorer, health
from gateway.addresses import origins
from gateway.cors import Cors
from gateway.parts import open_parts
from gateway.settings import Settings
from gateway.telemetry import scraping

_log = logging.getLogger(__name__)


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
    jwks_transport: httpx.AsyncBaseTransport | None = None,
    clock: Callable[[], float] = time.time,
    explorer_headers: Mapping[str, str] | None = None,
) -> Starlette:
    """Return the gateway. GraphiQL begins with ``explorer_headers``.

    ``transport`` is the seam to the upstream, ``jwks_transport`` that to where callers' keys are published.

    ``clock`` tells the time that values live by, in seconds since the epoch.

    ValueError without an upstream's address.
    """
    parts = open_parts(settings, transport=transport, jwks_transport=jwks_transport, clock=clock)
    graphql: ASGIApp = explorer.PageForBrowsers(parts.graphql) if settings.graphiql else parts.graphql
    allowed = origins(settings.cors_origins or "")
    graphql = Cors(graphql, allowed) if allowed else graphql
    pages: list[BaseRoute] = explorer.routes(explorer_headers or {}) if settings.graphiql else []
    scraped = scraping.routes(parts.metrics) if parts.metrics else []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            async with parts.opened():
                yield
        except Exception:  # told in the log as all else is, and raised
            _log.exception("the gateway could not begin, or end, in order")
            raise

    app = _App(
        routes=[Route("/graphql", graphql), *health.routes(parts.readiness), *scraped, *pages],
        lifespan=lifespan,
        exception_handlers={HTTPException: _not_here},
    )
    app.graphql = graphql
    app.state.readiness = parts.readiness
    app.router.redirect_slashes = False  # a redirect would name the host that the client named
    return app


async def _not_here(_: Request, error: Exception) -> JSONResponse:
    """Answer in JSON for what no route answers."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse({"error": "There is nothing here. GraphQL is at /graphql."}, status)
