"""Which pages of other origins may ask (CORS), as browsers want it: those that are named, with what clients send."""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from gateway import replies
from gateway.errors import Code, RequestRefused

_METHODS = ("GET", "HEAD", "POST")
_HEADERS = (
    "Accept", "Authorization", "Content-Type", "X-Api-Key", "X-Request-Id",
    "GraphQL-Require-Preflight", "Apollo-Require-Preflight", "GraphQL-Cost",
    "X-Apollo-Operation-Name", "X-Apollo-Operation-Id", "X-Apollo-Operation-Type",
    "ApolloGraphQL-Client-Name", "ApolloGraphQL-Client-Version", "traceparent", "tracestate",
)  # fmt: skip
_READABLE = ("X-Request-Id", "Retry-After", "WWW-Authenticate", "RateLimit-Policy", "RateLimit")
_KEPT = 7200  # seconds that a browser may remember what is allowed: the most that any of them does


class Cors(CORSMiddleware):
    """Starlette's, without cookies; a page that may not ask is told so, and nothing of what others may."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=_HEADERS,
            expose_headers=_READABLE,
            max_age=_KEPT,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code == 200:
            return response
        refused = RequestRefused(403, Code.BAD_REQUEST, _told(bytes(response.body).decode()))
        vary = {"Vary": response.headers["Vary"], "Cache-Control": "no-store"}
        return JSONResponse(replies.entries(refused), refused.status, vary)


def _told(refusal: str) -> str:
    if "origin" in refusal:
        return f"{refusal}: GATEWAY_CORS_ORIGINS names those whose pages may ask."
    return f"{refusal}: a page may ask by {', '.join(_METHODS)}, with {', '.join(_HEADERS)}."
