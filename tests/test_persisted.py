"""Documents by hash, as clients register them and ask for them."""

import json
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cache.texts import Texts
from gateway.errors import RequestRefused
from gateway.manifest import digest
from gateway.persisted import Allowed, Persisted
from gateway.requests import Parameters
from gateway.sandbox import Sandbox, SandboxTransport
from gateway.settings import Settings, SettingsError
from tests.conftest import DEMO, GRAPHQL, PREFLIGHT, Gateway, serving

JSON = "application/json"
BOTH = f"{GRAPHQL}, {JSON};q=0.9"
QUERY = "query One($id: ID!) { customer(id: $id) { id } }"
OTHER = "query Two($id: ID!) { customer(id: $id) { __typename } }"
INVALID = "{ nope }"
ANSWER = {"data": {"customer": {"id": "7"}}}


def by_hash(text: str, *, sent: bool = False, **entries: Any) -> dict[str, Any]:
    extension = {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}
    return {"variables": {"id": "7"}, "extensions": extension, **({"query": text} if sent else {}), **entries}


async def post(gateway: Gateway, body: Any, accept: str = BOTH) -> httpx.Response:
    return await gateway.http.post("/graphql", json=body, headers=DEMO | {"Accept": accept})


async def get(gateway: Gateway, body: dict[str, Any]) -> httpx.Response:
    params = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    return await gateway.http.get("/graphql", params=params, headers=DEMO | PREFLIGHT | {"Accept": BOTH})


def code(response: httpx.Response) -> str:
    (error,) = response.json()["errors"]
    return str(error["extensions"]["code"])


@pytest.mark.parametrize("ask", [post, get])
async def test_a_hash_is_missed_registered_and_hit(gateway: Gateway, ask: Any) -> None:
    miss = await ask(gateway, by_hash(QUERY))
    assert (miss.status_code, miss.headers["content-type"]) == (200, f"{JSON}; charset=utf-8")
    assert miss.headers["cache-control"] == "no-store"
    (error,) = miss.json()["errors"]
    assert (error["message"], code(miss)) == ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
    assert (await ask(gateway, by_hash(QUERY, sent=True))).json() == ANSWER
    hit = await ask(gateway, by_hash(QUERY))
    assert (hit.status_code, hit.headers["content-type"], hit.json()) == (200, f"{GRAPHQL}; charset=utf-8", ANSWER)
    assert (await get(gateway, by_hash(QUERY))).json() == ANSWER


async def test_who_takes_the_graphql_type_alone_is_told_by_the_status(gateway: Gateway) -> None:
    miss = await post(gateway, by_hash(QUERY), accept=GRAPHQL)
    assert (miss.status_code, code(miss)) == (404, "PERSISTED_QUERY_NOT_FOUND")


@pytest.mark.parametrize("accept", [BOTH, JSON, GRAPHQL])
async def test_an_id_that_is_not_known_is_told_by_the_status_for_nobody_sends_the_document_then(
    gateway: Gateway, accept: str
) -> None:
    for id_ in ("one", f"sha256:{digest(QUERY)}"):
        miss = await post(gateway, {"documentId": id_}, accept)
        assert (miss.status_code, code(miss)) == (404, "PERSISTED_QUERY_NOT_FOUND")


async def test_an_id_and_a_hash_are_of_one_document(gateway: Gateway) -> None:
    await post(gateway, by_hash(QUERY, sent=True))
    body = by_hash(QUERY, documentId=digest(QUERY))
    other = by_hash(OTHER, documentId=digest(QUERY))
    for sent in ({}, {"query": QUERY}):
        assert (await post(gateway, body | sent)).json() == ANSWER
        refused = await post(gateway, other | sent)
        assert (refused.status_code, code(refused)) == (422, "PERSISTED_QUERY_HASH_MISMATCH")


async def test_in_an_array_each_is_looked_up(gateway: Gateway) -> None:
    first, second = (await post(gateway, [by_hash(QUERY, sent=True), by_hash(OTHER)])).json()
    assert first == ANSWER
    assert second["errors"][0]["message"] == "PersistedQueryNotFound"


async def test_a_hash_of_another_text_is_refused_and_nothing_registered(gateway: Gateway) -> None:
    wrong = await post(gateway, by_hash(QUERY) | {"query": OTHER})
    assert (wrong.status_code, code(wrong)) == (422, "PERSISTED_QUERY_HASH_MISMATCH")
    for text in (QUERY, OTHER):
        assert code(await post(gateway, by_hash(text))) == "PERSISTED_QUERY_NOT_FOUND"


async def test_only_a_valid_document_is_registered(gateway: Gateway) -> None:
    for text in (INVALID, "{"):
        assert (await post(gateway, by_hash(text, sent=True))).status_code in {400, 422}
        assert code(await post(gateway, by_hash(text))) == "PERSISTED_QUERY_NOT_FOUND"


async def test_digits_of_a_hash_may_be_capitals(gateway: Gateway) -> None:
    body = by_hash(QUERY, sent=True)
    body["extensions"]["persistedQuery"]["sha256Hash"] = digest(QUERY).upper()
    assert (await post(gateway, body)).json() == ANSWER
    assert (await post(gateway, by_hash(QUERY))).json() == ANSWER


async def test_a_hash_may_say_what_it_is_as_graphql_codegen_writes_it(gateway: Gateway) -> None:
    body = by_hash(QUERY)
    body["extensions"]["persistedQuery"]["sha256Hash"] = f"sha256:{digest(QUERY)}"
    assert code(await post(gateway, body)) == "PERSISTED_QUERY_NOT_FOUND"
    assert (await post(gateway, body | {"query": QUERY})).json() == ANSWER
    assert (await post(gateway, by_hash(QUERY))).json() == ANSWER
    assert (await post(gateway, body)).json() == ANSWER


@pytest.mark.parametrize(
    "given",
    [
        {},
        7,
        [],
        {"version": 2, "sha256Hash": digest(QUERY)},
        {"version": 1},
        {"version": 1, "sha256Hash": 7},
        {"version": 1, "sha256Hash": "abc"},
        {"version": 1, "sha256Hash": digest(QUERY) + "\n"},
    ],
)
async def test_an_extension_that_cannot_be_read_is_refused(gateway: Gateway, given: Any) -> None:
    for sent in ({}, {"query": QUERY}):
        refused = await post(gateway, {"extensions": {"persistedQuery": given}, "variables": {"id": "7"}, **sent})
        assert (refused.status_code, code(refused)) == (422, "BAD_REQUEST")


async def test_null_is_no_hash(gateway: Gateway) -> None:
    body = {"query": QUERY, "variables": {"id": "7"}, "extensions": {"persistedQuery": None}}
    assert (await post(gateway, body)).json() == ANSWER


async def test_by_hash_too_a_get_runs_queries_only(gateway: Gateway) -> None:
    mutation = "mutation { x }"
    assert (await get(gateway, by_hash(mutation, sent=True, variables={}))).status_code == 405


async def test_a_registered_document_is_asked_for_by_document_id_too(gateway: Gateway) -> None:
    body = {"documentId": f"sha256:{digest(QUERY)}", "variables": {"id": "7"}}
    assert code(await post(gateway, body)) == "PERSISTED_QUERY_NOT_FOUND"
    await post(gateway, by_hash(QUERY, sent=True))
    assert (await post(gateway, body)).json() == ANSWER
    assert (await get(gateway, body)).json() == ANSWER


async def test_switched_off_a_hash_is_not_supported_and_a_text_is_answered(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), persisted_operations="off") as gateway:
        miss = await post(gateway, by_hash(QUERY))
        assert (miss.status_code, code(miss)) == (200, "PERSISTED_QUERY_NOT_SUPPORTED")
        assert miss.json()["errors"][0]["message"] == "PersistedQueryNotSupported"
        assert (await post(gateway, by_hash(QUERY, sent=True))).json() == ANSWER
        unknown = {"extensions": {"persistedQuery": {"version": 2}}, "documentId": "x"}
        assert (await post(gateway, by_hash(QUERY, sent=True) | unknown)).json() == ANSWER
        assert code(await post(gateway, by_hash(QUERY))) == "PERSISTED_QUERY_NOT_SUPPORTED"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"one": QUERY}))
    return path


@pytest.mark.parametrize("allowed", ["allow", "only"])
async def test_a_trusted_document_is_answered_by_its_id_its_hash_and_its_text(
    sandbox: Sandbox, manifest: Path, allowed: str
) -> None:
    settings = {"persisted_operations": allowed, "persisted_manifest": manifest}
    async with serving(SandboxTransport(sandbox), **settings) as gateway:
        for asked in (
            {"documentId": "one"},
            {"documentId": digest(QUERY)},
            {"documentId": f"sha256:{digest(QUERY)}"},
            {"documentId": "one", "query": QUERY},
            {"documentId": "one", "operationName": "One"},
            {"extensions": by_hash(QUERY)["extensions"]},
            {"query": QUERY},
        ):
            assert (await post(gateway, {"variables": {"id": "7"}, **asked})).json() == ANSWER
        unknown = await post(gateway, {"documentId": "two"})
        assert code(unknown) == "PERSISTED_QUERY_NOT_FOUND"
        other = await post(gateway, {"documentId": "one", "query": OTHER, "variables": {"id": "7"}})
        assert (other.status_code, code(other)) == (422, "PERSISTED_QUERY_HASH_MISMATCH")


async def test_trusted_documents_are_not_registered_whatever_their_ids_look_like() -> None:
    kept = Texts(None, lambda: 0.0)
    persisted = Persisted(Allowed.ALLOW, kept)
    persisted.trust({digest(OTHER): QUERY, "two": OTHER})
    sent = Parameters(QUERY, document_id=digest(OTHER))
    assert persisted.text(sent) == QUERY
    persisted.learn(sent)
    persisted.learn(Parameters(OTHER, document_id=digest(OTHER)))
    assert kept.known(digest(OTHER)) is None


async def test_only_trusted_documents_and_no_other(sandbox: Sandbox, manifest: Path) -> None:
    settings = {"persisted_operations": "only", "persisted_manifest": manifest, "introspection": True}
    async with serving(SandboxTransport(sandbox), **settings) as gateway:
        for body in (
            by_hash(OTHER, sent=True),
            {"query": OTHER, "variables": {"id": "7"}},
            {"query": "{ __schema { types { name } } }"},
            {"query": QUERY + " "},
        ):
            refused = await post(gateway, body)
            assert (refused.status_code, code(refused)) == (403, "PERSISTED_QUERY_REQUIRED")
        assert code(await post(gateway, by_hash(OTHER))) == "PERSISTED_QUERY_NOT_FOUND"


async def test_beside_trusted_documents_others_may_be_allowed(sandbox: Sandbox, manifest: Path) -> None:
    settings = {"persisted_operations": "allow", "persisted_manifest": manifest}
    async with serving(SandboxTransport(sandbox), **settings) as gateway:
        body = {"query": OTHER, "variables": {"id": "7"}}
        assert (await post(gateway, body)).status_code == 200
        await post(gateway, by_hash(OTHER, sent=True))
        assert (await post(gateway, by_hash(OTHER))).status_code == 200
        assert "data" in (await post(gateway, by_hash(OTHER))).json()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"persisted_operations": "only"}, "GATEWAY_PERSISTED_MANIFEST must be set"),
        ({"persisted_operations": "allow"}, "GATEWAY_PERSISTED_MANIFEST must be set"),
        ({"persisted_manifest": "x.json"}, "GATEWAY_PERSISTED_MANIFEST would not be used"),
        ({"persisted_operations": "all"}, "GATEWAY_PERSISTED_OPERATIONS is 'all'"),
    ],
)
def test_a_manifest_is_there_where_it_is_used_and_nowhere_else(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        Settings.read(**settings)


texts = st.text(max_size=30)


@given(sent=texts, known=texts, is_sent=st.booleans(), is_known=st.booleans(), allowed=st.sampled_from(Allowed))
async def test_a_hash_gives_the_text_it_is_the_hash_of_or_none(
    sent: str, known: str, is_sent: bool, is_known: bool, allowed: Allowed
) -> None:
    kept = Texts(None, lambda: 0.0)
    if is_known:
        kept.put(digest(known), known)
    persisted = Persisted(allowed, kept)
    parameters = Parameters(sent if is_sent else None, extensions=by_hash(known)["extensions"])
    try:
        found = persisted.text(parameters)
        text = found if isinstance(found, str) else await found
    except RequestRefused:
        assert allowed in {Allowed.ONLY, Allowed.OFF} or (sent != known if is_sent else not is_known)
    else:
        assert text == (sent if allowed is Allowed.OFF else known)


@given(data=st.data(), text=texts)
async def test_a_hash_is_known_in_any_case_with_its_prefix_and_not_with_a_digit_more_less_or_other(
    data: st.DataObject, text: str
) -> None:
    kept, right = Texts(None, lambda: 0.0), digest(text)
    kept.put(right, text)
    persisted = Persisted(Allowed.APQ, kept)

    def asked(hashed: str) -> object:
        extension = {"persistedQuery": {"version": 1, "sha256Hash": hashed}}
        return persisted.text(Parameters(None, extensions=extension))

    shown = "".join(data.draw(st.sampled_from([each, each.upper()])) for each in right)
    assert asked(data.draw(st.sampled_from(["", "sha256:"])) + shown) == text
    at = data.draw(st.integers(0, 63))
    with pytest.raises(RequestRefused, match="64 hexadecimal digits"):
        asked(right[:at] + right[at + 1 :])
    with pytest.raises(RequestRefused, match="64 hexadecimal digits"):
        asked(right[:at] + data.draw(st.text(min_size=1)) + right[at:])
    other = right[:at] + ("1" if right[at] == "0" else "0") + right[at + 1 :]
    miss = asked(other)
    assert isinstance(miss, Awaitable)
    with pytest.raises(RequestRefused, match="PersistedQueryNotFound"):
        await miss
