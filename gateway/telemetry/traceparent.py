"""W3C Trace Context: the trace that a request belongs to, read from its header and continued in the calls it causes.

What a request has of no trace begins none. The caller's ``tracestate`` goes nowhere: it is free text.
"""

import re
import secrets
from typing import NamedTuple, Protocol

HEADER = "traceparent"
_VALUE = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")
_KNOWN_FLAGS = 0x03  # sampled, and an id drawn at random; what the others mean is not settled


class Trace(NamedTuple):
    """A trace's id, 32 hexadecimal digits, and its flags."""

    id: str
    flags: int

    def child(self) -> str:
        """Return the header of one call that belongs to it; each has a number of its own."""
        return f"00-{self.id}-{secrets.randbelow(2**64 - 1) + 1:016x}-{self.flags:02x}"


class Traced(Protocol):
    """What calls may belong to."""

    def child(self) -> str:
        """Return the header of one call that belongs to it."""
        ...


def read(header: str) -> Trace | None:
    """Return the trace that the header names; None where there is none, or it is not well-formed.

    Of a version to come what this one has too is read.
    """
    found = _VALUE.fullmatch(header.strip(" \t")) if header else None
    if found is None:
        return None
    version, id_, flags, more = found.groups()
    return None if version == "00" and more else Trace(id_, int(flags, 16) & _KNOWN_FLAGS)
