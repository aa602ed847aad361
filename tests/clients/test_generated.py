"""What is made from schema.graphql: types that tell the truth, and caches that can rely on ids."""

import pytest

from tests.clients.workshop import Workshop

pytestmark = pytest.mark.real_time


def test_types_of_graphql_codegen_hold_under_strict_typescript_and_in_what_comes(workshop: Workshop) -> None:
    seen = workshop.seen("codegen")
    assert {name: seen[name] for name in ("average", "transactions", "currency", "unknown")} == {
        "average": "2150.50",
        "transactions": 12,
        "currency": "EUR",
        "unknown": None,
    }
    assert seen["freshness"] in {"LIVE", "CACHED"}


def test_ariadne_codegen_reads_decimals_and_moments_as_what_they_are(workshop: Workshop) -> None:
    assert workshop.seen("ariadne")["whole"]["types"] == {
        "total_transaction": "int",
        "average_basket_amount": "Decimal",
        "total_spending_amount": "Decimal",
        "currency_code": "str",
        "as_of": "datetime",
        "freshness": "Freshness",
    }


def test_gql_composes_queries_from_the_schemas_file(workshop: Workshop) -> None:
    expected = {"customer": {"id": "123456", "kpi": {"averageBasketAmount": "2150.50"}}}
    assert workshop.seen("gql")["dsl"] == expected


def test_relay_catches_an_error_at_its_field_with_its_code(workshop: Workshop) -> None:
    first, _, failed = workshop.seen("relay")["caught"]["data"]["customers"]
    assert first["kpi"] == {"ok": True, "value": {"totalTransaction": 12}}
    assert (failed["kpi"]["ok"], [each["extensions"]["code"] for each in failed["kpi"]["errors"]]) == (
        False,
        ["UPSTREAM_ERROR"],
    )


def test_apollo_clients_cache_knows_customers_by_their_ids(workshop: Workshop) -> None:
    assert {"Customer:123456", "Customer:900006", "Customer:4001"} < set(workshop.seen("apollo")["normalized"])
