"""The formats an answer can have, and which of them a request gets."""

from collections.abc import Iterable
from enum import StrEnum


class Format(StrEnum):
    HTML = "html"
    JSON = "json"
    XML = "xml"
    JSV = "jsv"
    CSV = "csv"
    JSONL = "jsonl"


CONTENT_TYPES = {
    Format.HTML: "text/html",
    Format.JSON: "application/json; charset=utf-8",
    Format.XML: "application/xml",
    Format.JSV: "application/jsv",
    Format.CSV: "text/csv",
    Format.JSONL: "text/jsonl",
}
_ACCEPTED = {each: content_type.partition(";")[0] for each, content_type in CONTENT_TYPES.items()}
_PREFERRED = (Format.HTML, Format.JSON, Format.XML, Format.JSV)
_OTHERS = (Format.CSV, Format.JSONL)


def named(name: str) -> Format | None:
    try:
        return Format(name.lower())
    except ValueError:
        return None


def accepted(lines: Iterable[str], default: Format) -> Format:
    """Take the first preferred type an Accept line begins with: no q-values, no 406."""
    asked = [line.strip().lower() for line in lines]
    for each in (default, *_PREFERRED):
        if any(line.startswith(_ACCEPTED[each]) for line in asked):
            return each
    if any(line.startswith("*/*") for line in asked):
        return default
    return next((each for each in _OTHERS if any(line.startswith(_ACCEPTED[each]) for line in asked)), default)
