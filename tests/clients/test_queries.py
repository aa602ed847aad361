"""What a user of each client sees of an answer, of parts of it, and of its failures."""

from typing import Any

import pytest

from tests.clients.workshop import Workshop

pytestmark = [
    pytest.mark.real_time,
    pytest.mark.parametrize("client", ["apollo", "urql", "graphql_request", "relay", "gql", "ariadne"]),
]
KNOWN = {
    "totalTransaction": 12,
    "averageBasketAmount": "2150.50",
    "totalSpendingAmount": "25806.1",
    "currencyCode": "EUR",
}
GREAT = {
    "totalTransaction": 7,
    "averageBasketAmount": "17636684144620811.12",
    "totalSpendingAmount": "123456789012345680",
    "currencyCode": "EUR",
}


def kpis(data: Any) -> list[Any]:
    """Return each customer's KPI but for its age, which another client's question decides."""
    varying = {"asOf", "freshness", "__typename"}
    found = [customer and customer["kpi"] for customer in data["customers"]]
    return [kpi and {name: value for name, value in kpi.items() if name not in varying} for kpi in found]


def codes(errors: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    return [(error["code"], error["retryable"]) for error in errors]


def test_numbers_and_decimals_are_as_told_and_an_unknown_customer_has_no_kpi(client: str, workshop: Workshop) -> None:
    whole = workshop.seen(client)["whole"]
    assert kpis(whole["data"]) == [KNOWN, GREAT, None]
    assert [customer["id"] for customer in whole["data"]["customers"]] == ["123456", "900006", "4001"]
    assert whole["errors"] == []


def test_one_customers_failure_leaves_the_others_and_is_typed(client: str, workshop: Workshop) -> None:
    partial = workshop.seen(client)["partial"]
    assert kpis(partial["data"]) == [KNOWN, None, None]
    assert partial["data"]["customers"][2]["id"] == "666"
    assert [error["path"] for error in partial["errors"]] == [["customers", 1], ["customers", 2, "kpi"]]
    assert codes(partial["errors"]) == [("BAD_USER_INPUT", False), ("UPSTREAM_ERROR", True)]
    assert (partial["errors"][1]["customerId"], partial["errors"][1]["upstreamStatus"]) == ("666", 500)


def test_an_upstream_that_is_down_is_a_typed_error_at_each_field(client: str, workshop: Workshop) -> None:
    down = workshop.seen(client)["down"]
    assert kpis(down["data"]) == [None, None, None]
    assert codes(down["errors"]) == [("UPSTREAM_UNAVAILABLE", True)] * 3


def test_a_caller_without_credential_is_told_so(client: str, workshop: Workshop) -> None:
    anonymous = workshop.seen(client)["anonymous"]
    assert kpis(anonymous["data"]) == [None, None, None]
    assert codes(anonymous["errors"]) == [("UNAUTHENTICATED", False)] * 3


def test_a_document_that_does_not_fit_is_an_error_of_graphql_not_of_the_network(
    client: str, workshop: Workshop
) -> None:
    invalid = workshop.seen(client)["invalid"]
    assert invalid["data"] is None
    assert codes(invalid["errors"]) == [("GRAPHQL_VALIDATION_FAILED", False)]
    assert [exchange["status"] for exchange in invalid["exchanges"]] == [422]


def test_a_caller_who_leaves_stops_the_upstreams_work_and_leaves_the_gateway_well(
    client: str, workshop: Workshop
) -> None:
    left = workshop.seen(client)["left"]
    assert left["saw"] in {"AbortError", "CancelledError"}
    assert left["upstream"] is None
    assert left["then"]["errors"] == []
    assert len(left["then"]["data"]["customers"]) == 1
