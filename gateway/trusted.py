"""The documents of a manifest, ready to be run before anybody asks for them, and again when the file has changed."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLError

from gateway import manifest
from gateway.documents import Documents, Known
from gateway.errors import RequestRefused
from gateway.manifest import ManifestError
from gateway.persisted import Persisted

LOOK = 2.0  # seconds between two looks at the file
_log = logging.getLogger(__name__)

_Operations = dict[tuple[str, str | None], Known]


class Trusted:
    """Is loaded at once: ManifestError for a file that cannot be used; a later one that cannot changes nothing."""

    def __init__(self, path: Path, documents: Documents, persisted: Persisted) -> None:
        self._path = path
        self._documents = documents
        self._persisted = persisted
        self._stamp = self._stat()
        self._watches: list[asyncio.Task[None]] = []
        texts = manifest.read(path)
        self._take(texts, dict(pair for part in self._prepared(texts) for pair in part.items()))

    def watch(self) -> None:
        """Look at the file from now on."""
        self._watches.append(asyncio.create_task(self._watching()))

    async def aclose(self) -> None:
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)

    async def _watching(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            stamp = self._stat()
            if stamp != self._stamp:
                self._stamp = stamp
                await self._reload()

    async def _reload(self) -> None:
        operations: _Operations = {}
        try:
            texts = manifest.read(self._path)
            for part in self._prepared(texts):
                operations |= part
                await asyncio.sleep(0)  # requests go on between two documents
        except ManifestError as error:
            _log.error("the manifest is left as it was: %s", error)
            return
        self._take(texts, operations)
        _log.info("the manifest has changed: %d documents", len(texts))

    def _take(self, texts: dict[str, str], operations: _Operations) -> None:
        self._documents.trust(operations)
        self._persisted.trust(manifest.by_hash(texts))

    def _prepared(self, texts: dict[str, str]) -> Iterator[_Operations]:
        for id_, text in texts.items():
            try:
                yield self._documents.prepared(text)
            except RequestRefused as refused:
                why = [cause.message for cause in refused.causes if isinstance(cause, GraphQLError)] or [refused.public]
                raise ManifestError(f'{self._path}: the document "{id_}" cannot be run: {" ".join(why)}') from None

    def _stat(self) -> tuple[int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size
