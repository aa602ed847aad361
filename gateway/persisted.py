"""Operations by hash: documents that clients have registered, and those of a manifest, which are trusted.

A document is registered by who sends it with its hash (automatic persisted queries), once it has been found valid.
"""

import re
from collections.abc import Awaitable, Mapping, Sequence
from enum import StrEnum

from gateway.cache.texts import Texts
from gateway.errors import Code, HashMissed, RequestRefused
from gateway.manifest import digest
from gateway.requests import Parameters

_EXTENSION = "persistedQuery"
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
            and not (parameters.extensions and _EXTENSION in parameters.extensions)
        )

    def text(self, parameters: Parameters) -> str | Awaitable[str]:
        """Return the document that is asked for, at once unless another place is to be asked for it.

        RequestRefused for one that is not known, has another id than was said, or is not answered here.
        """
        sent = parameters.query
        if sent is not None and self._mode is Allowed.OFF:
            return sent
        ids = _ids(parameters)
        if sent is None:
            return self._kept(parameters, ids)
        self._check(sent, ids)
        if self._mode is Allowed.ONLY and sent not in self._trusted_texts:
            told = "Only the documents of a manifest are answered here: send the id of one."
            raise RequestRefused(403, Code.PERSISTED_QUERY_REQUIRED, told)
        return sent

    def learn(self, parameters: Parameters) -> None:
        """Register a document that was sent with its hash, was given by ``text``, and has been found valid."""
        sent = parameters.query
        if sent is None or sent in self._trusted_texts or self._mode not in {Allowed.APQ, Allowed.ALLOW}:
            return
        ids = _ids(parameters)
        hashed = _digest(ids[0]) if ids else None
        if hashed:
            self._texts.put(hashed, sent)

    def _kept(self, parameters: Parameters, ids: Sequence[str]) -> str | Awaitable[str]:
        if self._mode is Allowed.OFF:
            raise _miss(parameters, Code.PERSISTED_QUERY_NOT_SUPPORTED, "PersistedQueryNotSupported")
        text, hashed = self._trusted.get(ids[0]), _digest(ids[0])
        if text is None and hashed and self._mode is not Allowed.ONLY:
            text = self._texts.known(hashed)
            if text is None:
                return self._looked_up(parameters, hashed, ids)
        return self._found(parameters, text, ids)

    async def _looked_up(self, parameters: Parameters, hashed: str, ids: Sequence[str]) -> str:
        return self._found(parameters, await self._texts.find(hashed), ids)

    def _found(self, parameters: Parameters, text: str | None, ids: Sequence[str]) -> str:
        if text is None:
            raise _miss(parameters, Code.PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")
        self._check(text, ids[1:])
        return text

    def _check(self, text: str, ids: Sequence[str]) -> None:
        """RequestRefused for a document that is known by another id, or has another hash, than one of these."""
        if any(text != self._trusted.get(each) and digest(text) != _digest(each) for each in ids):
            told = "The document has another hash or id than said."
            raise RequestRefused(422, Code.PERSISTED_QUERY_HASH_MISMATCH, told)


def _miss(parameters: Parameters, code: Code, told: str) -> RequestRefused:
    """Return the refusal of a document that was not sent; a client that asks by hash sends it then."""
    return (HashMissed if parameters.extensions.get(_EXTENSION) else RequestRefused)(404, code, told)


def _ids(parameters: Parameters) -> Sequence[str]:
    """Return all that the document is asked for by, but for itself: its id, its hash; RequestRefused for no hash."""
    ids = [] if parameters.document_id is None else [parameters.document_id]
    given = parameters.extensions.get(_EXTENSION)
    if given is not None:
        ids.append(_hash(given))
    return ids


def _hash(given: object) -> str:
    if isinstance(given, dict) and given.get("version") == 1 and isinstance(given.get("sha256Hash"), str):
        hashed = _digest(given["sha256Hash"])
        if hashed:
            return hashed
    told = "`extensions.persistedQuery` is not {version: 1, sha256Hash: 64 hexadecimal digits}."
    raise RequestRefused(422, Code.BAD_REQUEST, told)


def _digest(id_: str) -> str | None:
    """Return the hash that an id is, in lower case, with or without ``sha256:``."""
    hashed = id_.removeprefix(_PREFIX)
    return hashed.lower() if _HASH.fullmatch(hashed) else None
