"""Answers that drift from what is declared: what is noticed, and how often is looked."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.telemetry.tallies import OTHER, UpstreamTally
from gateway.upstream.drift import SAMPLED, Drift
from gateway.upstream.exchange import Answer
from gateway.upstream.shape import DECLARED
from gateway.upstream.wire import NAMESPACE, Format
from tests.upstream.asking import GOOD

LACKING = {name: value for name, value in GOOD.items() if name != "totalSales"}
TEXT = {**GOOD, "totalItems": "1"}
MORE = {**GOOD, "hunter2": 1}


def counted(tally: UpstreamTally) -> dict[tuple[str, ...], int]:
    return {labels: count for labels, count in tally.drift.items() if count}


def looked(body: object, *, is_breach: bool = False, status: int = 200) -> dict[tuple[str, ...], int]:
    tally = UpstreamTally(fields=DECLARED)
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    Drift(Format.JSON, tally).look(Answer(status, {}, sent), 0.0, is_breach=is_breach)
    return counted(tally)


@pytest.mark.parametrize(
    ("body", "drift"),
    [
        (GOOD, {}),
        ([GOOD, TEXT], {}),
        (LACKING, {("missing", "totalSales"): 1}),
        (TEXT, {("retyped", "totalItems"): 1}),
        (MORE, {("unknown", OTHER): 1}),
        ([MORE | TEXT, GOOD], {("unknown", OTHER): 1, ("retyped", "totalItems"): 1}),
        ([None, MORE], {}),
        ([{}, MORE], {}),
        ([], {}),
        (b"no JSON", {}),
        ([1], {}),
    ],
)
def test_the_first_kpi_of_an_answer_is_looked_at(body: object, drift: dict[tuple[str, ...], int]) -> None:
    assert looked(body) == drift


def test_of_a_breach_the_kpi_that_is_one_is_told() -> None:
    assert looked([GOOD, MORE, TEXT, LACKING], is_breach=True) == {("retyped", "totalItems"): 1}
    assert looked([GOOD, MORE], is_breach=True) == {}


def test_failures_and_what_is_far_too_long_are_not_looked_at() -> None:
    assert looked(MORE, status=500) == {}
    assert looked({**GOOD, "more": "x" * 1_000_000}) == {}


def test_it_is_looked_now_and_then_and_at_every_breach() -> None:
    tally = UpstreamTally(fields=DECLARED)
    drift = Drift(Format.JSON, tally)
    more, text = (Answer(200, {}, json.dumps(each).encode()) for each in (MORE, TEXT))
    for now in (0.0, 1.0, SAMPLED - 0.1, SAMPLED, SAMPLED + 1):
        drift.look(more, now, is_breach=False)
    for now in (0.0, 1.0, 2.0):
        drift.look(text, now, is_breach=True)
    assert counted(tally) == {("unknown", OTHER): 2, ("retyped", "totalItems"): 3}


def _xml(values: dict[str, Any]) -> str:
    members = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    return f"<GetCustomerKpiResponse>{members}</GetCustomerKpiResponse>"


@pytest.mark.parametrize(
    ("values", "drift"),
    [
        (GOOD, {}),
        (LACKING, {("missing", "totalSales"): 1}),
        ({**GOOD, "totalItems": "many"}, {("retyped", "totalItems"): 1}),
        ({**GOOD, "currencyCode": "EUR"}, {}),
        (MORE, {("unknown", OTHER): 1}),
    ],
)
@pytest.mark.parametrize(
    "frame", ["{}", '<ArrayOfGetCustomerKpiResponse xmlns="' + NAMESPACE + '">{}</ArrayOfGetCustomerKpiResponse>']
)
def test_xml_is_looked_at_too(values: dict[str, Any], drift: dict[tuple[str, ...], int], frame: str) -> None:
    tally = UpstreamTally(fields=DECLARED)
    body = frame.format(_xml(values)).encode()
    Drift(Format.XML, tally).look(Answer(200, {}, body), 0.0, is_breach=False)
    assert counted(tally) == drift


def test_of_a_breach_in_xml_the_kpi_that_is_one_is_told() -> None:
    tally = UpstreamTally(fields=DECLARED)
    items = _xml(GOOD) + _xml({**GOOD, "totalItems": "many"})
    for body in (items, _xml(GOOD)):
        sent = f"<ArrayOfGetCustomerKpiResponse>{body}</ArrayOfGetCustomerKpiResponse>".encode()
        Drift(Format.XML, tally).look(Answer(200, {}, sent), 0.0, is_breach=True)
    assert counted(tally) == {("retyped", "totalItems"): 1}


@given(
    st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda it: json.dumps(it).encode())
)
def test_no_body_breaks_it(body: bytes) -> None:
    for form in Format:
        tally = UpstreamTally(fields=DECLARED)
        Drift(form, tally).look(Answer(200, {}, body), 0.0, is_breach=True)
        assert {field for _, field in counted(tally)} <= {*DECLARED, OTHER}
