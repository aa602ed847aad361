"""GraphiQL, from our own origin: the page, its parts, and what it is told of where it runs."""

import os
from collections.abc import Mapping
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import __version__, codings
from gateway.incoming import Headers
from gateway.meanings import MEANINGS
from gateway.negotiation import wants_page

_FOLDER = Path(__file__).parent / "graphiql" / "dist"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_NOT_BUILT = """GraphiQL's page is not built here, so there is nothing to show. GraphQL is at /graphql all the same.

In a clone of the project `make setup` builds it, and so does `python -m building.page`; a wheel of it brings the page.
"""


def routes(headers: Mapping[str, str], folder: Path = _FOLDER) -> list[BaseRoute]:
    """Return the page at ``/`` and its parts below /graphiql.

    It sends ``headers`` with its queries at first: they are a sandbox's, and it says so.
    """
    files = _Files(folder)

    async def page(request: Request) -> Response:
        return await _page(files, request.scope)

    async def start(_: Request) -> JSONResponse:
        return JSONResponse(_start(headers), headers={"Cache-Control": "no-store"})

    return [
        Route("/", page),
        Route("/graphiql/start.json", start),
        Mount("/graphiql", files),
    ]


class PageForBrowsers:
    """The endpoint with the page in front of it: a browser's address line gets the page, all others the endpoint."""

    def __init__(self, endpoint: ASGIApp) -> None:
        self._endpoint = endpoint
        self._files = _Files(_FOLDER)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_browser = scope["method"] in {"GET", "HEAD"} and wants_page(Headers(scope["headers"]).get(b"accept"))
        await (await _page(self._files, scope) if is_browser else self._endpoint)(scope, receive, send)


async def _page(files: StaticFiles, scope: Scope) -> Response:
    try:
        page = await files.get_response("index.html", scope)
    except HTTPException:
        page = PlainTextResponse(_NOT_BUILT, 503, {"Cache-Control": "no-store"})
    page.headers["Vary"] = "Accept, Accept-Encoding"
    return page


def _start(headers: Mapping[str, str]) -> Mapping[str, object]:
    return {
        "version": __version__,
        "environment": "sandbox" if headers else "",
        "headers": dict(headers),
        "codes": [{"code": code, **meaning._asdict()} for code, meaning in MEANINGS.items()],
    }


class _Files(StaticFiles):
    """Starlette's, each in the content coding that the client takes, as it lies there since the page was built."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        path = os.fspath(full_path)
        coding = codings.choose(Headers(scope["headers"]).get(b"accept-encoding")).of(stat_result.st_size)
        coded = Path(f"{path}.{coding}")
        if coding is None or not coded.exists():
            return _told(super().file_response(path, stat_result, scope, status_code), path)
        response = super().file_response(coded, coded.stat(), scope, status_code)
        if isinstance(response, FileResponse):
            response.headers["Content-Type"] = FileResponse(path).headers["Content-Type"]
            response.headers["Content-Encoding"] = coding
        return _told(response, path)


def _told(response: Response, path: str) -> Response:
    """Say how a file may be used and kept, also where it is still the same: what has a hash in its name, for ever."""
    response.headers.update(_HEADERS)
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = _FOR_EVER if Path(path).parent.name == "assets" else "no-cache"
    return response
