"""The documents of a manifest: ready at the start, renewed when the file changes, left as they were by a bad one."""

import asyncio
import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.app import create_app
from gateway.cache.texts import Texts
from gateway.documents import Documents, Known
from gateway.limits import Bounds
from gateway.persisted import Allowed, Persisted
from gateway.sandbox import Sandbox, SandboxTransport
from gateway.schema import build_schema
from gateway.settings import Settings, SettingsError
from gateway.trusted import LOOK, Trusted
from tests.conftest import DEMO, Gateway, serving

ONE, TWO = "{ customer(id: 1) { id } }", "query A { a: __typename } query B { b: __typename }"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    write(path, {"one": ONE})
    return path


def write(path: Path, content: Any) -> None:
    """Replace the file as a deployment does it that gives every file one and the same time."""
    new = path.with_suffix(".new")
    new.write_text(content if isinstance(content, str) else json.dumps(content))
    os.utime(new, (0, 0))
    new.replace(path)


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop's time pass until something holds; the thread that reads the file takes the machine's."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(LOOK)


async def data(gateway: Gateway, id_: str, name: str | None = None) -> Any:
    response = await gateway.http.post("/graphql", json={"documentId": id_, "operationName": name}, headers=DEMO)
    return response.json().get("data")


def only(manifest: Path) -> dict[str, Any]:
    return {"persisted_operations": "only", "persisted_manifest": manifest}


async def test_a_changed_file_is_read_again_and_what_was_taken_out_is_not_answered(
    sandbox: Sandbox, manifest: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(SandboxTransport(sandbox), **only(manifest)) as gateway:
        assert await data(gateway, "one") == {"customer": {"id": "1"}}
        write(manifest, {"two": TWO})
        assert await data(gateway, "one") is not None
        with caplog.at_level(logging.INFO):
            await until(lambda: "the manifest has changed: 1 documents" in caplog.text)
        assert (await data(gateway, "two", "A"), await data(gateway, "two", "B")) == ({"a": "Query"}, {"b": "Query"})
        assert (await data(gateway, "two"), await data(gateway, "one")) == (None, None)
        response = await gateway.http.post("/graphql", json={"query": ONE}, headers=DEMO)
        assert response.status_code == 403


async def test_a_file_of_the_same_time_and_length_is_another(
    sandbox: Sandbox, manifest: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(SandboxTransport(sandbox), **only(manifest)) as gateway:
        write(manifest, {"one": ONE.replace("1", "2")})
        with caplog.at_level(logging.INFO):
            await until(lambda: "the manifest has changed" in caplog.text)
        assert await data(gateway, "one") == {"customer": {"id": "2"}}


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("{", "is no manifest"),
        ({"one": ONE, "bad": "{ nope }"}, "the document \"bad\" cannot be run: Cannot query field 'nope'"),
        ({"bad": "{"}, 'the document "bad" cannot be run: Syntax Error'),
        ({"bad": "fragment F on Query { __typename }"}, 'the document "bad" cannot be run'),
        ({"bad": "{ " + " ".join(f"a{n}: __typename" for n in range(31)) + " }"}, "31 aliases"),
    ],
)
async def test_a_broken_file_changes_nothing_is_told_once_and_stops_a_start(
    sandbox: Sandbox, manifest: Path, caplog: pytest.LogCaptureFixture, broken: Any, told: str
) -> None:
    async with serving(SandboxTransport(sandbox), **only(manifest)) as gateway:
        write(manifest, broken)
        await until(lambda: told in caplog.text)
        await asyncio.sleep(LOOK * 3)
        assert await data(gateway, "one") == {"customer": {"id": "1"}}
    (record,) = (record for record in caplog.records if record.levelno == logging.ERROR)
    assert told in record.getMessage()
    assert str(manifest) in record.getMessage()
    with pytest.raises(SettingsError, match="GATEWAY_PERSISTED_MANIFEST: ") as error:
        create_app(Settings.read(upstream_url="http://upstream.test", **only(manifest)))
    assert told in str(error.value)


async def test_a_file_that_is_gone_for_a_while_is_told_and_taken_when_it_is_back(
    sandbox: Sandbox, manifest: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(SandboxTransport(sandbox), **only(manifest)) as gateway:
        manifest.unlink()  # noqa: ASYNC240
        await until(lambda: "cannot be read: No such file or directory" in caplog.text)
        await asyncio.sleep(LOOK * 3)
        assert await data(gateway, "one") is not None
        write(manifest, {"two": TWO})
        with caplog.at_level(logging.INFO):
            await until(lambda: "the manifest has changed" in caplog.text)
        assert await data(gateway, "one") is None
        assert await data(gateway, "two", "A") is not None
    assert caplog.text.count("cannot be read") == 1


class Preparing(Documents):
    """Notes what it prepares; at one document something goes wrong that nobody thought of."""

    def __init__(self) -> None:
        super().__init__(build_schema()._schema, introspection=False, bounds=Bounds())  # noqa: SLF001
        self.seen: list[str] = []

    def prepared(self, text: str) -> dict[tuple[str, str | None], Known]:
        self.seen.append(text)
        if text == "{ unforeseen }":
            raise RuntimeError(text)
        return super().prepared(text)


async def test_only_what_is_new_in_a_file_is_prepared_and_nothing_unforeseen_ends_the_watch(
    manifest: Path, caplog: pytest.LogCaptureFixture
) -> None:
    documents = Preparing()
    trusted = Trusted(manifest, documents, Persisted(Allowed.ONLY, Texts(None, time.time)))
    trusted.watch()
    write(manifest, {"one": ONE, "unforeseen": "{ unforeseen }"})
    await until(lambda: "RuntimeError" in caplog.text)
    write(manifest, {"one": ONE, "two": TWO})
    with caplog.at_level(logging.INFO):
        await until(lambda: "the manifest has changed: 2 documents" in caplog.text)
    assert documents.seen == [ONE, "{ unforeseen }", TWO]
    await trusted.aclose()
