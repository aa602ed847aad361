"""The audits of GraphQL over HTTP that others wrote for any server."""

import pytest

from tests.clients.workshop import Workshop

pytestmark = pytest.mark.real_time

# The suite is of an earlier draft. The edition of September 2026 has the same status for both media types, and 422 for
# what is well-formed and cannot be run.
OF_THE_DRAFT = {
    "SHOULD use 200 status code on document parsing failure when accepting application/json",
    "SHOULD use 200 status code on document validation failure when accepting application/json",
    "SHOULD use a status code of 200 on variable coercion failure when accepting application/json",
    "SHOULD use a status code of 400 on variable coercion failure when accepting application/graphql-response+json",
}


def test_no_audit_finds_an_error(workshop: Workshop) -> None:
    audits = workshop.seen("audits")
    assert [audit for audit in audits if audit["status"] == "error"] == []
    assert len(audits) >= 61


def test_warnings_are_where_the_draft_and_the_edition_differ(workshop: Workshop) -> None:
    warned = {audit["name"]: audit["reason"] for audit in workshop.seen("audits") if audit["status"] == "warn"}
    print(warned)  # noqa: T201  # for who looks
    assert set(warned) == OF_THE_DRAFT
    assert all(reason.startswith("Response status code is not ") for reason in warned.values())


def test_notices_are_of_statuses_that_may_be_400_alone(workshop: Workshop) -> None:
    noticed = {audit["name"]: audit["reason"] for audit in workshop.seen("audits") if audit["status"] == "notice"}
    print(noticed)  # noqa: T201  # for who looks
    assert {name.split(" status code ")[0] for name in noticed} == {"MAY use 400"}
    assert set(noticed.values()) == {"Response status code is not 400"}
