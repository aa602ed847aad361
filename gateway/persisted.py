"""Operations by hash: documents that clients have registered, and those of a manifest, which are trusted.

A document is registered by who sends it with its hash (automatic persisted queries), once it has been found valid.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from gateway.cache.texts import Texts
from gateway.errors import Code, RequestRefused
from gateway.manifest import digest
from gateway.requests import Parameters

_HASH = re.compile(r"[0-9a-fA-F]{64}")
_PREFIX = "sha256:"


class Allowed(StrEnum):
    """Which documents are answered."""

    OFF = "off"  # those that are sent
    APQ = "apq"  # those that are sent, and those that were registered
    ALLOW = "allow"  # those of the manifest too
    ONLY = "only"  # those of the manifest, and no other


class Persisted:
    def __init__(self, mode: Allowed, texts: Texts) -> None:
        self._mode = mode
        self._texts = texts
        self._trusted: Mapping[str, str] = {}
        self._trusted_texts: frozenset[str] = frozenset()

    def trust(self, documents: Mapping[str, str]) -> None:
        """Take the documents of a manifest, by whatever they may be asked for, in place of those before."""
        self._trusted = documents
        self._trusted_texts = frozenset(documents.values())

    def is_plain(self, parameters: Parameters) -> bool:
        """Whether the document is just the one that was sent."""
        return (
            self._mode is not Allowed.ONLY
            and parameters.document_id is None
            and not (parameters.extensions and "persistedQuery" in parameters.extensions)
        )

    async def text(self, parameters: Parameters) -> str:
        """Return the document that is asked for; RequestRefused for one that is not known, or not answered here."""
        id_, sent = _id(parameters), parameters.query
        if sent is None and self._mode is Allowed.OFF:
            raise RequestRefused(404, Code.PERSISTED_QUERY_NOT_SUPPORTED, "PersistedQueryNotSupported")
        if sent is None:
            text = self._trusted.get(id_) or await self._registered(id_)
            if text is None:
                raise RequestRefused(404, Code.PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")
            return text
        if id_ and self._mode is not Allowed.OFF and sent != self._trusted.get(id_) and digest(sent) != _digest(id_):
            raise RequestRefused(
                400, Code.PERSISTED_QUERY_HASH_MISMATCH, "The document has another hash or id than said."
            )
        if self._mode is Allowed.ONLY and sent not in self._trusted_texts:
            told = "Only the documents of a manifest are answered here: send the id of one."
            raise RequestRefused(403, Code.PERSISTED_QUERY_REQUIRED, told)
        return sent

    def learn(self, parameters: Parameters) -> None:
        """Register a document that was sent with its hash; it has been found valid."""
        hashed = _digest(_id(parameters))
        if hashed and parameters.query is not None and self._mode in {Allowed.APQ, Allowed.ALLOW}:
            self._texts.put(hashed, parameters.query)

    async def _registered(self, id_: str) -> str | None:
        hashed = _digest(id_)
        return await self._texts.find(hashed) if hashed and self._mode is not Allowed.ONLY else None


def _id(parameters: Parameters) -> str:
    """Return the document's id; empty when the request has none."""
    if parameters.document_id is not None:
        return parameters.document_id
    given = parameters.extensions.get("persistedQuery")
    if given is None:
        return ""
    if isinstance(given, dict) and given.get("version") == 1 and isinstance(given.get("sha256Hash"), str):
        hashed = _digest(given["sha256Hash"])
        if hashed:
            return hashed
    told = "`extensions.persistedQuery` is not {version: 1, sha256Hash: 64 hexadecimal digits}."
    raise RequestRefused(422, Code.BAD_REQUEST, told)


def _digest(id_: str) -> str | None:
    """Return the hash that an id is, with or without ``sha256:``."""
    hashed = id_.removeprefix(_PREFIX)
    return hashed.lower() if _HASH.fullmatch(hashed) else None
