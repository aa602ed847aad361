"""What an answer says of being kept: Cache-Control and Age (RFC 9111), as a cache of one caller's reads them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SECONDS = re.compile(r"[0-9]{1,10}(\.[0-9]{1,10})?")  # ServiceStack writes fractions too


@dataclass(frozen=True, slots=True)
class Keeping:
    """``max_age``: for how many seconds, None when it is not said; ``may_stand_in``: whether longer in need."""

    max_age: float | None = None
    may_stand_in: bool = True


UNSAID = Keeping()
NOT_AT_ALL = Keeping(0.0, may_stand_in=False)


def keeping(headers: Mapping[str, str]) -> Keeping:
    """Read what the headers, by their names in lower case, say; what cannot be understood keeps nothing."""
    directives = _directives(headers.get("cache-control", ""))
    if not directives:
        return UNSAID
    if directives.keys() & {"no-store", "no-cache"}:
        return NOT_AT_ALL
    may_stand_in = not directives.keys() & {"must-revalidate", "proxy-revalidate"}
    if "max-age" not in directives:
        return Keeping(None, may_stand_in)
    max_age, age = _seconds(directives["max-age"]), _seconds(headers.get("age", "0"))
    if max_age is None or age is None:
        return NOT_AT_ALL
    return Keeping(max(0.0, max_age - age), may_stand_in)


def _directives(text: str) -> dict[str, str]:
    """Split the header. A directive that is there twice has no value: which one holds cannot be told."""
    seen: dict[str, str] = {}
    for part in text.split(","):
        name, _, value = part.strip().partition("=")
        if name:
            seen[name.strip().lower()] = "" if name.strip().lower() in seen else value.strip().strip('"')
    return seen


def _seconds(text: str) -> float | None:
    return float(text) if _SECONDS.fullmatch(text.strip()) else None
