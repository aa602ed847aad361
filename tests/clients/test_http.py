"""What the clients send, and get, over HTTP: media types, GET, arrays."""

import pytest

from tests.clients.test_queries import GREAT, KNOWN, codes, kpis
from tests.clients.workshop import Workshop

pytestmark = pytest.mark.real_time

JSON, GRAPHQL = "application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8"


@pytest.mark.parametrize("client", ["apollo", "urql", "graphql_request", "relay"])
def test_who_takes_the_newer_media_type_gets_it_and_294_for_parts(client: str, workshop: Workshop) -> None:
    seen = workshop.seen(client)
    told = [(each["status"], each["type"]) for flow in ("whole", "partial") for each in seen[flow]["exchanges"]]
    assert told == [(200, GRAPHQL), (294, GRAPHQL)]


@pytest.mark.parametrize("client", ["gql", "ariadne"])
def test_who_takes_anything_gets_json_and_200_for_parts(client: str, workshop: Workshop) -> None:
    seen = workshop.seen(client)
    told = [(each["status"], each["type"]) for flow in ("whole", "partial") for each in seen[flow]["exchanges"]]
    assert told == [(200, JSON), (200, JSON)]


@pytest.mark.parametrize("client", ["apollo", "urql", "graphql_request"])
def test_a_get_is_answered_as_a_post_is(client: str, workshop: Workshop) -> None:
    get = workshop.seen(client)["get"]
    assert [(each["method"], each["status"]) for each in get["exchanges"]] == [("GET", 200)]
    assert kpis(get["data"]) == [KNOWN, GREAT, None]


def test_apollo_client_needs_no_header_of_its_own_for_a_get(workshop: Workshop) -> None:
    (exchange,) = workshop.seen("apollo")["get"]["exchanges"]
    assert sorted(exchange["headers"]) == ["authorization", "content-type"]


@pytest.mark.parametrize("client", ["urql", "graphql_request"])
def test_a_get_without_a_header_that_forces_a_preflight_is_told_so(client: str, workshop: Workshop) -> None:
    forgotten = workshop.seen(client)["forgotten"]
    assert [(each["method"], each["status"]) for each in forgotten["exchanges"]] == [("GET", 400)]
    assert codes(forgotten["errors"]) == [("BAD_REQUEST", False)]
    assert "GraphQL-Require-Preflight" in forgotten["errors"][0]["message"]


@pytest.mark.parametrize("client", ["apollo", "graphql_request", "gql"])
def test_an_array_of_operations_has_a_result_for_each(client: str, workshop: Workshop) -> None:
    whole, partial, invalid = workshop.seen(client)["batch"]
    assert [(each["operations"], each["status"]) for each in whole["exchanges"]] == [(3, 200)]
    assert (kpis(whole["data"]), whole["errors"]) == ([KNOWN, GREAT, None], [])
    assert (kpis(partial["data"]), len(partial["errors"])) == ([KNOWN, None, None], 2)
    assert (invalid["data"], codes(invalid["errors"])) == (None, [("GRAPHQL_VALIDATION_FAILED", False)])


def test_gql_raises_of_an_array_of_a_session_what_its_first_failure_was(workshop: Workshop) -> None:
    assert workshop.seen("gql")["raised"] == ["BAD_USER_INPUT", "UPSTREAM_ERROR"]
