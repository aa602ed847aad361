"""Texts by their SHA-256: in the process, and in a server that many share. What comes from there is checked again."""

from collections.abc import Callable
from hashlib import sha256

from cachetools import LRUCache

from gateway.cache.server import Server

_MOST = 8_000_000  # characters in the process
_LEAST = 1000  # that each text counts for, here and there
_LIFE = 86_400.0  # seconds in the server
_RENEWED = 3600.0  # seconds: a text that is used is written there again so often, that it does not end
_MOST_SHARED = 4_000_000  # characters that a process writes there in that time: whatever else is kept needs its room
_NAME = "customer-kpi:text:"


class Texts:
    """``clock`` is in seconds; without a server each process has its own."""

    def __init__(self, server: Server | None, clock: Callable[[], float]) -> None:
        self._server = server
        self._clock = clock
        self._kept: LRUCache[str, str] = LRUCache(_MOST, _size)
        self._written: LRUCache[str, float] = LRUCache(_MOST // _LEAST)
        self._since = -_RENEWED
        self._shared = 0

    def known(self, digest: str) -> str | None:
        """Return the text of a digest (64 lower-case hexadecimal digits), if this process has it."""
        text = self._kept.get(digest)
        if text is not None:
            self._share(digest, text)
        return text

    async def find(self, digest: str) -> str | None:
        """Return the text of a digest, from the server if it is there and answers in time."""
        text = self.known(digest)
        if text is not None or not self._server:
            return text
        found = await self._server.read([_NAME + digest])
        text = _checked(digest, found[0]) if found and found[0] else None
        if text is not None:
            self._keep(digest, text)
        return text

    def put(self, digest: str, text: str) -> None:
        """Keep a text under its digest; one too long to be kept is not."""
        self._keep(digest, text)
        self._share(digest, text)

    def _keep(self, digest: str, text: str) -> None:
        if len(text) <= _MOST:
            self._kept[digest] = text

    def _share(self, digest: str, text: str) -> None:
        now = self._clock()
        if not self._server or self._written.get(digest, -_RENEWED) + _RENEWED > now:
            return
        if self._since + _RENEWED <= now:
            self._since, self._shared = now, 0
        if self._shared + _size(text) <= _MOST_SHARED:
            self._shared += _size(text)
            self._written[digest] = now
            self._server.write({_NAME + digest: (text.encode(), _LIFE)})


def _size(text: str) -> int:
    return max(len(text), _LEAST)


def _checked(digest: str, data: bytes) -> str | None:
    """Return the text that the bytes are; None if they are another's, or no text."""
    try:
        return data.decode() if sha256(data).hexdigest() == digest else None
    except UnicodeDecodeError:
        return None
