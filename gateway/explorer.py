"""GraphiQL, from our own origin: the page, its parts, and what it is told of where it runs."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import codings
from gateway.codings import Coding
from gateway.incoming import Headers
from gateway.negotiation import wants_page

_FOLDER = Path(__file__).parent / "graphiql"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    "Vary": "Accept, Accept-Encoding",
}


def routes(headers: Mapping[str, str]) -> list[BaseRoute]:
    """Return the page at ``/`` and its parts below /graphiql; it sends ``headers`` with its queries at first."""
    files = _Files(directory=_FOLDER)

    async def page(request: Request) -> Response:
        return await _page(files, request.scope)

    async def start(_: Request) -> JSONResponse:
        return JSONResponse({"headers": dict(headers)}, headers={"Cache-Control": "no-store"})

    return [
        Route("/", page),
        Route("/graphiql/start.json", start),
        Mount("/graphiql", files),
    ]


class PageForBrowsers:
    """The endpoint with the page in front of it: a browser's address line gets the page, all others the endpoint."""

    def __init__(self, endpoint: ASGIApp) -> None:
        self._endpoint = endpoint
        self._files = _Files(directory=_FOLDER)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_browser = scope["method"] in {"GET", "HEAD"} and wants_page(Headers(scope["headers"]).get(b"accept"))
        await (await _page(self._files, scope) if is_browser else self._endpoint)(scope, receive, send)


async def _page(files: StaticFiles, scope: Scope) -> Response:
    page = await files.get_response("index.html", scope)
    page.headers.update(_HEADERS)
    return page


class _Files(StaticFiles):
    """Starlette's, each in the content coding that the client takes: made once, and kept."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["ETag"] = f"W/{response.headers['ETag']}"  # the same for all codings
        response.headers["Vary"] = "Accept-Encoding"
        coding = codings.choose(Headers(scope["headers"]).get(b"accept-encoding")).of(stat_result.st_size)
        if not isinstance(response, FileResponse) or coding is None:
            return response
        body = _coded(os.fspath(full_path), response.headers["ETag"], coding)
        told = {name: response.headers[name] for name in ("ETag", "Last-Modified", "Vary")}
        return Response(body, status_code, {**told, "Content-Encoding": coding}, response.media_type)


@lru_cache(maxsize=30)
def _coded(path: str, _version: str, coding: Coding) -> bytes:
    return codings.encode(Path(path).read_bytes(), coding)
