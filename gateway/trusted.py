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
        self._ready: dict[str, _Operations] = {}
        self._watches: list[asyncio.Task[None]] = []
        self._stamp = self._stat()
        texts, known = self._read()
        self._take(known, dict(self._prepared(texts)))

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
                try:
                    await self._reload()
                except ManifestError as error:
                    _log.error("the manifest is left as it was: %s", error)
                except Exception:  # noqa: BLE001  # the watch goes on: whoever takes a document out relies on it
                    _log.exception("the manifest is left as it was")

    async def _reload(self) -> None:
        ready: dict[str, _Operations] = {}
        texts, known = await asyncio.to_thread(self._read)
        for text, operations in self._prepared(texts):
            ready[text] = operations
            await asyncio.sleep(0)  # requests go on between two documents
        self._take(known, ready)
        _log.info("the manifest has changed: %d documents", len(texts))

    def _read(self) -> tuple[dict[str, str], dict[str, str]]:
        texts = manifest.read(self._path)
        return texts, manifest.by_hash(texts)

    def _take(self, known: dict[str, str], ready: dict[str, _Operations]) -> None:
        self._ready = ready
        self._documents.trust({key: each for operations in ready.values() for key, each in operations.items()})
        self._persisted.trust(known)

    def _prepared(self, texts: dict[str, str]) -> Iterator[tuple[str, _Operations]]:
        """Yield each document with its operations; those that were ready before are so still."""
        for id_, text in texts.items():
            try:
                yield text, self._ready.get(text) or self._documents.prepared(text)
            except RequestRefused as refused:
                why = [cause.message for cause in refused.causes if isinstance(cause, GraphQLError)] or [refused.public]
                raise ManifestError(f'{self._path}: the document "{id_}" cannot be run: {" ".join(why)}') from None

    def _stat(self) -> tuple[int, ...] | None:
        """Return what tells one file from another, without its content: deployments may give all of them one time."""
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino
