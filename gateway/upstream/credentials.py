"""What opens the upstream: the caller's own credential, passed on as it came."""

from dataclasses import dataclass, field

FORWARDED = ("Authorization", "X-Api-Key")
"""The only headers of a caller that ever reach the upstream."""


@dataclass(frozen=True, slots=True)
class Credential:
    """Headers as (name, value), in ASCII. Never printed."""

    headers: tuple[tuple[str, str], ...] = field(repr=False)
