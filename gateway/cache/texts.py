"""Texts by their SHA-256: in the process, and in a server that many share. What comes from there is checked again."""

from collections.abc import Callable
from hashlib import sha256

from cachetools import LRUCache

from gateway.cache.server import Server

_MOST = 8_000_000  # characters in the process
_LEAST = 1000  # that each text counts for
_LIFE = 86_400.0  # seconds in the server
_RENEWED = 3600.0  # seconds: a text that is used is written there again so often, that it does not end
_NAME = "customer-kpi:text:"


class Texts:
    """``clock`` is in seconds; without a server each process has its own."""

    def __init__(self, server: Server | None, clock: Callable[[], float]) -> None:
        self._server = server
        self._clock = clock
        self._kept: LRUCache[str, str] = LRUCache(_MOST, lambda text: max(len(text), _LEAST))
        self._written: LRUCache[str, float] = LRUCache(_MOST // _LEAST)

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
        data = found[0] if found else None
        if data is None or sha256(data).hexdigest() != digest:
            return None
        text = data.decode()
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
        if self._server and self._written.get(digest, -_RENEWED) + _RENEWED <= now:
            self._written[digest] = now
            self._server.write({_NAME + digest: (text.encode(), _LIFE)})
