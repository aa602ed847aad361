"""Which media type a client takes, by its Accept header: type, quality and specificity as RFC 9110 says."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache, wraps
from typing import NamedTuple, TypeVar

_T = TypeVar("_T")


class MediaType(StrEnum):
    """In what an answer can be written."""

    GRAPHQL = "application/graphql-response+json"
    JSON = "application/json"
    HTML = "text/html"


class _Range(NamedTuple):
    """One entry of Accept, ``*`` for any."""

    type: str
    subtype: str
    quality: float

    def specificity(self, media: MediaType) -> int | None:
        """Return how exactly this names the type: 2 by name, 1 by its half, 0 as anything, None not at all."""
        type_, _, subtype = media.partition("/")
        if (self.type, self.subtype) == (type_, subtype):
            return 2
        if self.subtype == "*" and self.type in {type_, "*"}:
            return 1 if self.type == type_ else 0
        return None


_LONGEST_KEPT = 200  # characters of a header
_LONGEST_READ = 2000  # characters of an Accept: what comes after is not looked at


def _remembered(read: Callable[[str], _T]) -> Callable[[str], _T]:
    """Remember what short headers say: most clients send the same ones."""
    kept = lru_cache(maxsize=500)(read)

    @wraps(read)
    def remembered(header: str) -> _T:
        return (kept if len(header) <= _LONGEST_KEPT else read)(header)

    return remembered


@_remembered
def negotiate(accept: str) -> MediaType | None:
    """Return GRAPHQL or JSON, whichever the client would rather have, or None when it takes neither.

    One that takes anything has not said that it knows the newer type: it gets JSON.
    """
    ranges = _ranges(accept)
    graphql, named = _quality(ranges, MediaType.GRAPHQL)
    json, _ = _quality(ranges, MediaType.JSON)
    if graphql > json or (graphql == json > 0 and named):
        return MediaType.GRAPHQL
    return MediaType.JSON if json > 0 else None


def takes_json(accept: str) -> bool:
    """Whether the client takes JSON that is no GraphQL response."""
    return _quality(_ranges(accept), MediaType.JSON)[0] > 0


def wants_page(accept: str) -> bool:
    """Whether the client would rather have a page than either JSON: a browser's address line does."""
    ranges = _ranges(accept)
    html, named = _quality(ranges, MediaType.HTML)
    return named and html > max(_quality(ranges, media)[0] for media in (MediaType.GRAPHQL, MediaType.JSON))


@_remembered
def is_json(content_type: str) -> bool:
    """Whether a Content-Type is plain JSON in UTF-8."""
    media, parameters = _parsed(content_type)
    return media == MediaType.JSON and _is_utf8(parameters)


def _parsed(text: str) -> tuple[str, dict[str, str]]:
    """Split a media type from its parameters, all in lower case."""
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    return media, dict(parameter.partition("=")[::2] for parameter in parameters)


def _is_utf8(parameters: Mapping[str, str]) -> bool:
    """Whether the parameters of a media type name UTF-8, or no charset at all."""
    return parameters.get("charset", "utf-8").strip('"') in {"utf-8", "utf8"}


def _quality(ranges: list[_Range], media: MediaType) -> tuple[float, bool]:
    """Return the quality that the most specific matching range gives the type, and whether that one names it."""
    matches = [(exact, entry.quality) for entry in ranges if (exact := entry.specificity(media)) is not None]
    exact, quality = max(matches, default=(0, 0.0))
    return quality, exact == 2


def _ranges(accept: str) -> list[_Range]:
    entries = (accept[:_LONGEST_READ] if accept.strip() else "*/*").split(",")
    return [read for entry in entries if (read := _range(entry))]


def _range(entry: str) -> _Range | None:
    """Read one entry; None for what is malformed, or asks for a charset other than UTF-8."""
    media, parameters = _parsed(entry)
    type_, _, subtype = media.partition("/")
    if not _is_utf8(parameters):
        return None
    try:
        quality = float(parameters.get("q", "1"))
    except ValueError:
        return None
    return _Range(type_, subtype, quality) if subtype and 0 <= quality <= 1 else None
