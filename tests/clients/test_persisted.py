"""Documents by hash and by id, as the clients and their tools have them."""

from typing import Any

import pytest

from tests.clients.test_queries import GREAT, KNOWN, codes, kpis
from tests.clients.workshop import Workshop
from tests.test_main import running

pytestmark = pytest.mark.real_time


def sent(flow: dict[str, Any]) -> list[tuple[str, str]]:
    """Tell how the document was asked for, each time."""
    parts = {(False, True): "hash", (True, True): "hash and text", (True, False): "text", (False, False): "id"}
    return [(each["method"], parts[each["query"], each["hashed"]]) for each in flow["exchanges"]]


@pytest.mark.parametrize(
    ("client", "flow", "asked", "registered"),
    [
        ("apollo", "persistedPost", "POST", "POST"),
        ("apollo", "persistedGet", "GET", "POST"),
        ("urql", "persistedPost", "POST", "POST"),
        ("urql", "persistedGet", "GET", "GET"),
    ],
)
def test_a_hash_is_missed_then_sent_with_its_document_and_then_hit(
    client: str, flow: str, asked: str, registered: str, workshop: Workshop
) -> None:
    first, second = workshop.seen(client)[flow]["first"], workshop.seen(client)[flow]["second"]
    assert sent(first) == [(asked, "hash"), (registered, "hash and text")]
    assert sent(second) == [(asked, "hash")]
    for each in (first, second):
        assert (kpis(each["data"]), each["errors"]) == ([KNOWN, GREAT, None], [])


@pytest.mark.parametrize(
    ("client", "manifest", "asked"),
    [
        ("trusted_apollo", "persisted-query-manifest.json", ("POST", "hash")),
        ("trusted_codegen", "generated/persisted-documents.json", ("GET", "hash")),
        ("trusted_relay", "relay-documents.json", ("POST", "id")),
    ],
)
def test_a_manifest_as_a_tool_writes_it_is_answered_and_nothing_else(
    client: str, manifest: str, asked: tuple[str, str], workshop: Workshop
) -> None:
    workshop.make(client)
    file = str(workshop.folder / manifest)
    only = running("serve", "--sandbox", until="  -d ", port="0", persisted_operations="only", persisted_manifest=file)
    with only as (address, _):
        seen = workshop.ask(client, OPEN=address)
    assert sent(seen["trusted"]) == [asked]
    assert (kpis(seen["trusted"]["data"]), seen["trusted"]["errors"]) == ([KNOWN, GREAT, None], [])
    assert (seen["other"]["data"], codes(seen["other"]["errors"])) == (None, [("PERSISTED_QUERY_REQUIRED", False)])
