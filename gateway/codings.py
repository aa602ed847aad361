"""Content codings: which one a client would rather have, by its Accept-Encoding as RFC 9110 says, and bytes in it."""

import re
import zlib
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import brotli
from zstandard import ZstdCompressor

_LEAST = 1000  # bytes: what is shorter is a packet either way
_LONGEST_KEPT = 200  # characters of an Accept-Encoding
_AS_GZIP = 31  # zlib's word for its largest window, in gzip's frame
_ENTRY = re.compile(r"([!#$%&'*+.^_`|~0-9a-z-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?")


class Coding(StrEnum):
    """In what an answer can be coded, the one we would rather write first."""

    ZSTD = "zstd"
    BROTLI = "br"
    GZIP = "gzip"


_ENCODE: dict[Coding, Callable[[bytes], bytes]] = {
    Coding.ZSTD: ZstdCompressor(level=1).compress,
    Coding.BROTLI: lambda body: brotli.compress(body, quality=2),
    Coding.GZIP: lambda body: zlib.compress(body, 1, _AS_GZIP),
}


class Choice(NamedTuple):
    """The coding for an answer, None for none; ``always``: the client takes no answer without it, however short."""

    coding: Coding | None
    always: bool

    def of(self, size: int) -> Coding | None:
        """Return the coding of so many bytes."""
        return self.coding if size >= _LEAST or (self.always and size) else None


def choose(accept: str) -> Choice:
    """Return what the header asks for. Who takes anything (``*``) has not said that it knows more than gzip.

    A client that takes none of our codings and no plain answer either gets a plain one all the same.
    """
    return (_chosen if len(accept) <= _LONGEST_KEPT else _chosen.__wrapped__)(accept)


@lru_cache(maxsize=500)
def _chosen(accept: str) -> Choice:
    qualities = _qualities(accept)
    anything = qualities.get("*", 0)
    offered = {coding: qualities.get(coding, anything if coding is Coding.GZIP else 0) for coding in Coding}
    coding = max(offered, key=offered.__getitem__)
    plain = qualities.get("identity", anything if "*" in qualities else None)
    if not offered[coding] or offered[coding] < (plain or 0):
        return Choice(None, always=False)
    return Choice(coding, always=plain == 0)


def _qualities(accept: str) -> dict[str, float]:
    """Read the entries, each coding's highest quality; what is malformed is left out."""
    qualities: dict[str, float] = {}
    for entry in accept.lower().split(","):
        if read := _ENTRY.fullmatch(entry.strip(" \t")):
            name = "gzip" if read[1] == "x-gzip" else read[1]
            qualities[name] = max(float(read[2] or 1), qualities.get(name, 0))
    return qualities


def encode(body: bytes, coding: Coding) -> bytes:
    """Return the bytes in the coding."""
    return _ENCODE[coding](body)
