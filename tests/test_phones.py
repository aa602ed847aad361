"""Requests as Apollo Kotlin 5 and Apollo iOS 2 send them, neither of which runs here."""

import json
from dataclasses import dataclass
from hashlib import sha256

import httpx
import pytest

from tests.conftest import DEMO, GRAPHQL, Gateway

DOCUMENT = "query Kpis($ids: [ID!]!) { customers(ids: $ids) { __typename id kpi { __typename averageBasketAmount } } }"
WHOLE, PARTIAL = {"ids": ["123456"]}, {"ids": ["123456", "007"]}
KPI = {"__typename": "CustomerKpi", "averageBasketAmount": "2150.50"}
CUSTOMER = {"__typename": "Customer", "id": "123456", "kpi": KPI}


@dataclass(frozen=True, slots=True)
class Phone:
    """A client: what it takes, and what it adds to what it sends."""

    accept: str
    headers: dict[str, str]
    library: str

    async def post(self, gateway: Gateway, **body: object) -> httpx.Response:
        headers = {"Content-Type": "application/json", "Accept": self.accept, **self.headers, **DEMO}
        content = json.dumps(self._request(body), separators=(",", ":"))
        return await gateway.http.post("/graphql", content=content, headers=headers)

    async def get(self, gateway: Gateway, **body: object) -> httpx.Response:
        headers = {"Apollo-Require-Preflight": "true", "Accept": self.accept, **self.headers, **DEMO}
        entries = self._request(body)
        query = {name: it if isinstance(it, str) else json.dumps(it) for name, it in entries.items()}
        return await gateway.http.get("/graphql", params=query, headers=headers)

    def _request(self, body: dict[str, object]) -> dict[str, object]:
        extensions: dict[str, object] = {"clientLibrary": {"name": self.library, "version": "1"}}
        if body.pop("hashed", False):
            extensions["persistedQuery"] = {"version": 1, "sha256Hash": sha256(DOCUMENT.encode()).hexdigest()}
        return {"operationName": "Kpis", **body, "extensions": extensions}


KOTLIN = Phone(
    "multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json", {}, "apollo-kotlin"
)
IOS = Phone(
    "multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json",
    {"apollographql-client-name": "kpis-apollo-ios", "apollographql-client-version": "1"},
    "apollo-ios",
)


@pytest.fixture(params=[KOTLIN, IOS], ids=["kotlin", "ios"])
def phone(request: pytest.FixtureRequest) -> Phone:
    asked: Phone = request.param
    return asked


async def test_a_phone_gets_the_newer_media_type_and_a_success_for_parts_of_an_answer(
    gateway: Gateway, phone: Phone
) -> None:
    whole = await phone.post(gateway, query=DOCUMENT, variables=WHOLE)
    partial = await phone.post(gateway, query=DOCUMENT, variables=PARTIAL)
    assert [each.headers["content-type"].split(";")[0] for each in (whole, partial)] == [GRAPHQL, GRAPHQL]
    assert (whole.json()["data"]["customers"], partial.json()["data"]["customers"]) == ([CUSTOMER], [CUSTOMER, None])
    assert partial.is_success  # the other statuses are errors of the network to Apollo iOS


async def test_a_phone_may_ask_by_get(gateway: Gateway, phone: Phone) -> None:
    told = await phone.get(gateway, query=DOCUMENT, variables=WHOLE)
    assert (told.status_code, told.json()) == (200, {"data": {"customers": [CUSTOMER]}})


async def test_a_hash_that_is_missed_is_a_success_in_http_so_that_a_phone_sends_the_document(
    gateway: Gateway, phone: Phone
) -> None:
    for ask in (phone.get, phone.post):
        miss = await ask(gateway, variables=WHOLE, hashed=True)
        assert miss.is_success  # before it reads anything else, Apollo iOS looks at the status
        assert [error["message"] for error in miss.json()["errors"]] == ["PersistedQueryNotFound"]


@pytest.mark.parametrize("registered_by", ["get", "post"])
async def test_a_phone_registers_its_document_by_either_method_and_asks_by_hash(
    gateway: Gateway, phone: Phone, registered_by: str
) -> None:
    ask = phone.get if registered_by == "get" else phone.post
    registered = await ask(gateway, query=DOCUMENT, variables=WHOLE, hashed=True)
    hits = [await hit(gateway, variables=WHOLE, hashed=True) for hit in (phone.get, phone.post)]
    for answer in (registered, *hits):
        assert (answer.status_code, answer.json()) == (200, {"data": {"customers": [CUSTOMER]}})
