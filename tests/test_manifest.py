"""Manifests of trusted documents, as the clients' build tools write them, and what is wrong with others."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.manifest import ManifestError, by_hash, digest, read

APOLLO = "apollo-persisted-query-manifest"


def written(folder: Path, content: Any) -> Path:
    path = folder / "manifest.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def apollos(*operations: tuple[str, str], version: int = 1) -> dict[str, Any]:
    listed = [{"id": id_, "name": "X", "type": "query", "body": body} for id_, body in operations]
    return {"format": APOLLO, "version": version, "operations": listed}


def test_both_kinds_are_documents_by_id(tmp_path: Path) -> None:
    assert read(written(tmp_path, apollos(("1", "{ a }"), ("2", "{ b }")))) == {"1": "{ a }", "2": "{ b }"}
    assert read(written(tmp_path, {"1": "{ a }", "2": "{ b }"})) == {"1": "{ a }", "2": "{ b }"}
    assert read(written(tmp_path, {})) == {}


def test_documents_are_found_by_their_hash_too() -> None:
    hashed = digest("{ a }")
    assert by_hash({"1": "{ a }"}) == {"1": "{ a }", hashed: "{ a }", f"sha256:{hashed}": "{ a }"}
    assert by_hash({"1": "{ a }", hashed: "{ b }"})[hashed] == "{ b }"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no manifest"),
        (b"[]", "is no manifest"),
        (b"{", "is no manifest"),
        (b"\xff", "is no manifest"),
        ({"1": 2}, "Expected `str`, got `int`"),
        ({"format": "another"}, "is no manifest"),
        ({"format": APOLLO, "version": 1}, "missing required field `operations`"),
        (apollos(version=2), f"version 2 of {APOLLO} is not known"),
        (apollos(("1", "{ a }"), ("1", "{ b }")), 'the id "1" is of two documents'),
        ({"format": APOLLO, "version": 1, "operations": [{"id": "1"}]}, "missing required field `body`"),
        ({f"sha256:{digest('{ a }')}": "{ b }"}, "is not the hash of its document"),
        (b" " * 16_000_001, "is longer than 16000000 bytes"),
        (b'{"1":' + b"[" * 100_000, "is no manifest"),
        (b'{"1":"\\ud800 \\ud800"}', "is no manifest"),
        ({str(number): "{ a }" for number in range(5001)}, "has 5001 documents: at most 5000"),
    ],
)
def test_what_is_wrong_is_told_with_the_file(tmp_path: Path, content: Any, told: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(ManifestError, match=re.escape(told)) as error:
        read(path)
    assert str(path) in str(error.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"nowhere\.json cannot be read: No such file or directory"):
        read(tmp_path / "nowhere.json")


_words = st.sampled_from(["format", APOLLO, "version", "operations", "id", "body", "{ a }"]) | st.text(max_size=5)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.floats(allow_nan=False, allow_infinity=False) | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=4),
    max_leaves=10,
)
_operations = st.fixed_dictionaries({"id": _words, "body": _words}, optional={"name": _values})
_nearly = st.fixed_dictionaries(
    {"format": st.just(APOLLO), "version": st.just(1) | _values}, optional={"operations": st.lists(_operations)}
)


@given(_values | _nearly | st.binary(max_size=30))
@example(b"{}")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_in_a_file_is_documents_by_id_or_told_with_the_file(tmp_path: Path, content: Any) -> None:
    path = written(tmp_path, content)
    told, documents = "", None
    try:
        documents = read(path)
    except ManifestError as error:
        told = str(error)
    if documents is None:
        assert str(path) in told
    else:
        content = json.loads(path.read_bytes())
        listed = content.get("operations")
        meant = {each["id"]: each["body"] for each in listed} if isinstance(listed, list) else content
        assert documents == meant
        assert by_hash(documents).items() >= documents.items()


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_written_is_read(tmp_path: Path, documents: dict[str, str]) -> None:
    if "format" not in documents:
        assert read(written(tmp_path, documents)) == documents
    assert read(written(tmp_path, apollos(*documents.items()))) == documents
