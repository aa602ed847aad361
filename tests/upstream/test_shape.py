"""A body against what is declared: what is said of it, and that no value ever is."""

import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import CustomerId, KpiKey, Partition, Period
from gateway.errors import UpstreamContract
from gateway.upstream.decoding import decode_one
from gateway.upstream.findings import State
from gateway.upstream.shape import deviations
from gateway.upstream.wire import Format

CUSTOMER = CustomerId(7)
KEY = KpiKey(Partition("p"), CUSTOMER, Period(None, None))
GOOD: dict[str, Any] = {
    "boosterCustomerId": 7, "totalTransaction": 1, "totalSales": 2, "totalReturn": 0, "totalItems": -2,
    "averageBasketAmount": 2150.5, "totalSpendingAmount": 4301, "currencyCode": "EUR",
}  # fmt: skip
SECRET, NUMBER = "hunter2", 99817234


def said(body: object) -> list[str]:
    return [str(finding) for finding in deviations(json.dumps(body).encode(), CUSTOMER)]


def without(name: str) -> dict[str, Any]:
    return {each: value for each, value in GOOD.items() if each != name}


@pytest.mark.parametrize("body", [GOOD, without("currencyCode"), GOOD | {"currencyCode": None}])
def test_what_is_declared_is_in_order(body: object) -> None:
    assert said(body) == []


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (without("totalItems"), ["wrong  missing: totalItems"]),
        (without("boosterCustomerId"), ["wrong  missing: boosterCustomerId"]),
        ({}, ["wrong  missing: " + ", ".join(name for name in GOOD if name != "currencyCode")]),
        (GOOD | {"totalItems": "4"}, ["wrong  totalItems is text, where a whole number is declared"]),
        (
            GOOD | {"totalItems": 4.0},
            ["wrong  totalItems is a number with a fraction or an exponent, where a whole number is declared"],
        ),
        (
            GOOD | {"totalItems": 2**31},
            ["wrong  totalItems is a whole number beyond 32 bits, where a whole number is declared"],
        ),
        (GOOD | {"totalSales": None}, ["wrong  totalSales is null, where a whole number is declared"]),
        (GOOD | {"averageBasketAmount": "2.5"}, ["wrong  averageBasketAmount is text, where a number is declared"]),
        (
            GOOD | {"averageBasketAmount": True},
            ["wrong  averageBasketAmount is true or false, where a number is declared"],
        ),
        (GOOD | {"currencyCode": []}, ["wrong  currencyCode is a list, where text or null is declared"]),
        (GOOD | {"currencyCode": {}}, ["wrong  currencyCode is an object, where text or null is declared"]),
        (GOOD | {"boosterCustomerId": 8}, ["wrong  boosterCustomerId is not the one that was asked for"]),
        (GOOD | {"vipLevel": 3, "tier": "x"}, ["note   not declared, and ignored: vipLevel, tier"]),
        (
            without("totalItems") | {"TotalItems": 4},
            ["wrong  missing: totalItems", "note   not declared, and ignored: TotalItems"],
        ),
        (GOOD | {"db password": 1, "<b>": 2}, ["note   not declared, and ignored: 2 with odd names"]),
        (GOOD | {"tier": 1, "<b>": 2}, ["note   not declared, and ignored: tier, 1 more"]),
        ([GOOD], ["wrong  the body is no JSON object"]),
        (GOOD | {"totalSpendingAmount": float("nan")}, ["wrong  the body is no JSON object"]),
    ],
)
def test_each_deviation_is_named(body: object, lines: list[str]) -> None:
    assert said(body) == lines


def test_ten_unknown_members_are_named_and_the_others_counted() -> None:
    (line,) = said(GOOD | {f"more{number}": 1 for number in range(14)})
    assert line.endswith("more0, more1, more2, more3, more4, more5, more6, more7, more8, more9, 4 more")


SECRETS = st.sampled_from([SECRET, NUMBER, NUMBER + 0.5, -NUMBER * 10**6, [SECRET], {SECRET: SECRET}, True, None])
NAMES = st.sampled_from(list(GOOD)) | st.text(max_size=5).map(lambda text: f"{SECRET} {text}")


@given(st.dictionaries(NAMES, SECRETS))
def test_no_value_and_no_odd_name_is_ever_told(members: dict[str, object]) -> None:
    told = " ".join(said(members))
    assert SECRET not in told
    assert str(NUMBER) not in told


@given(
    st.binary()
    | st.text(string.printable).map(str.encode)
    | st.integers(0, 10**5).map(lambda deep: b'{"a":' + b"[" * deep)
)
def test_whatever_the_body_is_something_is_said_and_nothing_raised(body: bytes) -> None:
    assert any(finding.state is State.WRONG for finding in deviations(body, CUSTOMER))


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [0, 7, 8, -1, 2**31 - 1, 2**31, -(2**31), 10**30, 1.5, 1e300, "7", "", True, None, [], {}]
)


@given(st.dictionaries(st.sampled_from(list(GOOD)), VALUES), st.sets(st.sampled_from(list(GOOD)), max_size=2))
def test_nothing_is_wrong_exactly_when_the_gateway_can_read_it(changed: dict[str, Any], dropped: set[str]) -> None:
    body = {name: value for name, value in (GOOD | changed).items() if name not in dropped}
    sound = all(finding.state is not State.WRONG for finding in deviations(json.dumps(body).encode(), CUSTOMER))
    assert sound == _is_read(body)


def _is_read(body: object) -> bool:
    try:
        decode_one(json.dumps(body).encode(), Format.JSON, KEY)
    except UpstreamContract:
        return False
    return True
