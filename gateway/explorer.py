"""GraphiQL, from our own origin: the page, its parts, and what it is told of where it runs."""

from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.incoming import Headers
from gateway.negotiation import wants_page

_FOLDER = Path(__file__).parent / "graphiql"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    "Vary": "Accept",
}


def routes(headers: Mapping[str, str]) -> list[BaseRoute]:
    """Return the page at ``/`` and its parts below /graphiql; it sends ``headers`` with its queries at first."""

    async def page(_: Request) -> FileResponse:
        return _page()

    async def start(_: Request) -> JSONResponse:
        return JSONResponse({"headers": dict(headers)}, headers={"Cache-Control": "no-store"})

    return [
        Route("/", page),
        Route("/graphiql/start.json", start),
        Mount("/graphiql", StaticFiles(directory=_FOLDER)),
    ]


class PageForBrowsers:
    """The endpoint with the page in front of it: a browser's address line gets the page, all others the endpoint."""

    def __init__(self, endpoint: ASGIApp) -> None:
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_browser = scope["method"] in {"GET", "HEAD"} and wants_page(Headers(scope["headers"]).get(b"accept"))
        await (_page() if is_browser else self._endpoint)(scope, receive, send)


def _page() -> FileResponse:
    return FileResponse(_FOLDER / "index.html", headers=_HEADERS)
