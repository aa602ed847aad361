"""A manifest of trusted documents: a file of operations by id, as the clients' build tools write it."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import msgspec

_LONGEST = 16_000_000  # bytes
_MOST = 5000  # documents: each is kept with its plan
_FORMAT = "apollo-persisted-query-manifest"
_HASHED = "sha256:"


class ManifestError(Exception):
    """What is wrong with a manifest; the text names the file, and the operation if it is of one."""


class _Operation(msgspec.Struct):
    id: str
    body: str


class _Apollos(msgspec.Struct, tag_field="format", tag=_FORMAT):
    version: int
    operations: list[_Operation]


def read(path: Path) -> dict[str, str]:
    """Return the documents by their ids; ManifestError for a file that is none, of whichever kind.

    Apollo's: ``{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id", "body", …}]}``;
    Relay's and graphql-codegen's: ``{id: document}``. An id that begins with ``sha256:`` must be its document's; any
    other, even one that looks like a hash, is whatever its tool made it.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST + 1)
    except OSError as error:
        raise ManifestError(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > _LONGEST:
        raise ManifestError(f"{path} is longer than {_LONGEST} bytes")
    try:
        documents = _documents(content)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ManifestError(f"{path} is no manifest: {error}") from None
    if len(documents) > _MOST:
        raise ManifestError(f"{path} has {len(documents)} documents: at most {_MOST}")
    for id_, text in documents.items():
        if id_.startswith(_HASHED) and id_ != _HASHED + digest(text):
            raise ManifestError(f'{path}: the id "{id_}" is not the hash of its document')
    return documents


def digest(text: str) -> str:
    """Return the SHA-256 of a document in hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


def _documents(content: bytes) -> dict[str, str]:
    shape = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    if "format" not in shape:
        return msgspec.json.decode(content, type=dict[str, str])
    manifest = msgspec.json.decode(content, type=_Apollos)
    if manifest.version != 1:
        raise ValueError(f"version {manifest.version} of {_FORMAT} is not known")
    documents: dict[str, str] = {}
    for operation in manifest.operations:
        if documents.setdefault(operation.id, operation.body) != operation.body:
            raise ValueError(f'the id "{operation.id}" is of two documents')
    return documents


def by_hash(documents: Mapping[str, str]) -> dict[str, str]:
    """Return the documents by their ids, and by their hashes, with and without ``sha256:``."""
    hashes = {digest(text): text for text in documents.values()}
    return {_HASHED + each: text for each, text in hashes.items()} | hashes | dict(documents)
