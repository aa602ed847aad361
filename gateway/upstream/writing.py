"""A request becomes bytes: what is listed, its host and its length. What could be read as more is refused."""

import re
from functools import lru_cache

from gateway.errors import InternalError
from gateway.upstream.exchange import Request
from gateway.upstream.ways import Way

_ADDRESS = re.compile(r"(https?://[\w.:\[\]-]+)((?:[/?][!-\"$-~]*)?)", re.ASCII)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_WITH_CONTENT = frozenset({"POST", "PUT", "PATCH"})


def split(url: str) -> tuple[str, str]:
    """Return the origin and the target of an encoded address; InternalError for what is none."""
    found = _ADDRESS.fullmatch(url)
    if not found:
        raise InternalError("a request to what is no address")
    origin, target = found.groups()
    return origin, target if target.startswith("/") else f"/{target}"


def written(request: Request, target: str, way: Way) -> bytes:
    """Return all of the request; InternalError for names and values that are none."""
    headers = "".join([f"{_token(name)}: {value}\r\n" for name, value in request.headers])
    values = "".join([value for _, value in request.headers])
    if "\r" in values or "\n" in values or "\0" in values:
        raise InternalError("a header's value with a line break")
    content = request.content or b""
    sized = request.content is not None or request.method in _WITH_CONTENT
    length = f"Content-Length: {len(content)}\r\n" if sized else ""
    head = f"{_token(request.method)} {way.prefix}{target} HTTP/1.1\r\n{way.headers}{headers}{length}\r\n"
    try:
        return head.encode("ascii") + content
    except UnicodeEncodeError:
        raise InternalError("a header's value that is not ASCII") from None


@lru_cache(maxsize=256)
def _token(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise InternalError("a method or a header's name that is none")
    return name
