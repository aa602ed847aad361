"""Tags for a router's cache: whose figures are in an answer, told to who asks for it and to nobody else."""

import pytest

from gateway.errors import RequestRefused
from gateway.sandbox import Sandbox, SandboxTransport
from gateway.tags import Tags, wanted
from tests.conftest import DEMO, Gateway, Reply, serving
from tests.test_entities import ENTITIES, customers

WANTED = {"GraphQL-Cache-Tags": "report"}
LIST = "query ($ids: [ID!]!) { customers(ids: $ids) { kpi { asOf } } }"


async def tagged(gateway: Gateway, query: str, **variables: object) -> Reply:
    return await gateway.ask(query, variables, DEMO | WANTED)


async def test_each_entity_has_its_tag_at_its_place(gateway: Gateway) -> None:
    of = [*customers(3, 1), {"__typename": "Customer", "id": 7}, *customers(3)]
    reply = await tagged(gateway, ENTITIES, of=of)
    assert reply.body["extensions"] == {"apolloEntityCacheTags": [["customer-3"], ["customer-1"], [], ["customer-3"]]}


async def test_root_fields_have_the_tags_of_their_customers(gateway: Gateway) -> None:
    query = f"{LIST[:-2]} customer(id: 9) {{ id }} bad: customer(id: 0) {{ id }} }}"
    reply = await tagged(gateway, query, ids=["5", "x", "5", "2"])
    assert sorted(reply.body["extensions"]["apolloCacheTags"]) == ["customer-2", "customer-5", "customer-9"]
    assert reply.codes == ["BAD_USER_INPUT"] * 2


async def test_entities_of_two_fields_have_none_for_their_places_would_be_mixed_up(gateway: Gateway) -> None:
    field = '_entities(representations: [{__typename: "Customer", id: "%d"}]) { __typename }'
    reply = await tagged(gateway, f"{{ a: {field % 1} b: {field % 2} }}")
    assert "extensions" not in reply.body


@pytest.mark.parametrize("query", ["{ __typename }", "{ customer(id: 0) { id } }"])
async def test_an_answer_about_nobody_has_none(gateway: Gateway, query: str) -> None:
    assert "extensions" not in (await tagged(gateway, query)).body


async def test_who_does_not_ask_for_them_gets_none(gateway: Gateway) -> None:
    for query, variables in ((ENTITIES, {"of": customers(1)}), (LIST, {"ids": ["1"]})):
        assert "extensions" not in (await gateway.ask(query, variables)).body


async def test_who_shows_no_credential_gets_none(gateway: Gateway) -> None:
    """Nothing of that answer may be kept."""
    reply = await gateway.ask(ENTITIES, {"of": customers(1)}, WANTED)
    assert ("extensions" in reply.body, reply.headers["cache-control"]) == (False, "no-store")


async def test_nothing_of_a_credential_is_in_a_tag(gateway: Gateway) -> None:
    reply = await gateway.ask(LIST, {"ids": ["1"]}, {"Authorization": "Bearer demo-a"} | WANTED)
    assert reply.body["extensions"] == {"apolloCacheTags": ["customer-1"]}


async def test_they_stand_beside_the_cost(gateway: Gateway, sandbox: Sandbox) -> None:
    reply = await gateway.ask(LIST, {"ids": ["1", "2"]}, DEMO | WANTED | {"GraphQL-Cost": "report"})
    assert reply.body["extensions"] == {
        "cost": {"requested": 2, "limit": 500, "fromCache": 0, "upstream": 2},
        "apolloCacheTags": ["customer-1", "customer-2"],
    }
    assert len(sandbox.calls) == 1


async def test_they_stand_beside_a_trace(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), ftv1=True) as gateway:
        headers = DEMO | WANTED | {"apollo-federation-include-trace": "ftv1"}
        reply = await gateway.ask(ENTITIES, {"of": customers(1)}, headers)
    assert set(reply.body["extensions"]) == {"ftv1", "apolloEntityCacheTags"}


async def test_the_cost_alone_has_none(gateway: Gateway) -> None:
    headers = DEMO | WANTED | {"GraphQL-Cost": "validate"}
    reply = await gateway.ask(LIST, {"ids": ["1"]}, headers, accept="application/json")
    assert reply.body == {"extensions": {"cost": {"requested": 1, "limit": 500}}}


async def test_each_operation_of_an_array_has_its_own(gateway: Gateway) -> None:
    sent = [{"query": LIST, "variables": {"ids": [each]}} for each in ("1", "2")]
    headers = DEMO | WANTED | {"Accept": "application/json"}
    told = (await gateway.http.post("/graphql", json=sent, headers=headers)).json()
    assert [each["extensions"]["apolloCacheTags"] for each in told] == [["customer-1"], ["customer-2"]]


async def test_an_operation_that_is_refused_is_refused_as_ever(gateway: Gateway) -> None:
    assert (await tagged(gateway, "{ nothing }")).codes == ["GRAPHQL_VALIDATION_FAILED"]


async def test_a_wish_that_nobody_knows_is_refused(gateway: Gateway) -> None:
    reply = await gateway.ask("{ __typename }", headers=DEMO | {"GraphQL-Cache-Tags": "yes"})
    assert (reply.status, reply.codes) == (400, ["BAD_REQUEST"])
    assert reply.errors[0]["message"] == "GraphQL-Cache-Tags is report, nothing else."


def test_the_header_is_read() -> None:
    assert (wanted(""), wanted("report")) == (False, True)
    with pytest.raises(RequestRefused):
        wanted("REPORT")


def test_customers_are_told_once_in_the_order_they_came() -> None:
    tags = Tags()
    tags.customers(["2", "1"])
    tags.customers(["1", "3"])
    assert tags.extensions() == {"apolloCacheTags": ["customer-2", "customer-1", "customer-3"]}


def test_no_entities_are_entities_too() -> None:
    tags = Tags()
    tags.entities([])
    assert tags.extensions() == {"apolloEntityCacheTags": []}
