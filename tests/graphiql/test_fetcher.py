"""Which operation the page names when it asks."""

import json
import subprocess

import pytest

from building.node import Installation
from building.page import SOURCES

_ASKED = """
globalThis.fetch = async (_, { body }) => { console.log(body); return { json: () => ({}) }; };
const { fetcher } = await import(process.argv[1]);
await fetcher(JSON.parse(process.argv[2]));
"""


@pytest.mark.parametrize(
    ("query", "name", "sent"),
    [
        ("query One { customer(id: 1) { id } }", "One", "One"),
        ("query One { customer(id: 1) { id } }", "OfTheTabBefore", None),
        ("query Only { customer(id: 1) { id } }", "On", None),
        ("query One { customer(id: 1) { id } } query Two { customer(id: 2) { id } }", "Two", "Two"),
        ("{ customer(id: 1) { id } }", None, None),
        ("{ customer(id: 1) { id } }", "OfTheTabBefore", None),
    ],
)
def test_an_operation_is_named_only_if_the_document_has_it(query: str, name: str | None, sent: str | None) -> None:
    page = Installation(SOURCES)
    page.install("what builds GraphiQL's page")
    asked = json.dumps({"query": query, "operationName": name})
    script = [str(page.node), "--input-type=module", "--eval", _ASKED, str(SOURCES / "fetcher.js"), asked]
    told = subprocess.run(script, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(told.stdout).get("operationName") == sent
