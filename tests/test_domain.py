"""Values that exist are valid."""

from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import INT32_MAX, CustomerId, CustomerKpi, Period, customer_id
from gateway.errors import BadUserInput

KPI = CustomerKpi(
    customer=CustomerId(7),
    total_transaction=1,
    total_sales=1,
    total_return=0,
    total_items=1,
    average_basket_amount=Decimal("2150.50"),
    total_spending_amount=Decimal("1E+16"),
    currency_code="EUR",
)


@given(st.integers(1, INT32_MAX))
def test_each_int32_from_1_in_plain_digits_is_an_id(number: int) -> None:
    assert customer_id(str(number)) == number


BAD_IDS = ["0", "-1", "+1", "abc", "007", "2147483648", "99999999999", "1.5", "../1", "9?x=5", "", " 1", "1\n", "1e3"]
OTHER_DIGITS = ["\uff11\uff12", "\u0661", "1\u0662", "\u00b2", "1_0"]


@pytest.mark.parametrize("text", BAD_IDS + OTHER_DIGITS)
def test_what_is_not_a_canonical_id_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadUserInput) as refusal:
        customer_id(text)
    assert f'"{text}"' in refusal.value.public


@given(st.text())
def test_no_text_is_an_id_unless_it_is_its_own_number(text: str) -> None:
    with suppress(BadUserInput):
        assert str(customer_id(text)) == text


def test_a_long_bad_id_is_quoted_only_at_its_beginning() -> None:
    with pytest.raises(BadUserInput, match=r'"x{40}…"'):
        customer_id("x" * 10_000)


@given(st.dates(), st.dates())
def test_a_period_keeps_its_days_and_is_never_backwards(one: date, other: date) -> None:
    first, last = sorted((one, other))
    assert Period.of(first.isoformat(), last.isoformat()) == Period(first, last)
    if first != last:
        with pytest.raises(BadUserInput, match="is after"):
            Period(last, first)


@pytest.mark.parametrize("end", ["2023-11-01", None])
def test_either_end_may_be_open(end: str | None) -> None:
    assert Period.of(None, end).first is None
    assert Period.of(end, None).last is None


BAD_DAYS = [
    "2023-02-29",
    "2023-13-01",
    "2023-00-10",
    "0000-01-01",
    "20230101",
    "2023-1-1",
    "01/02/2023",
    "2023-01-01T00:00:00Z",
    "2023-W01-1",
    "",
    " 2023-01-01",
    "2023-01-01\n",
    "\uff12023-01-01",
    "tomorrow",
]


@pytest.mark.parametrize("text", BAD_DAYS)
@pytest.mark.parametrize("argument", ["from", "to"])
def test_what_is_not_a_real_day_is_refused_with_its_argument(text: str, argument: str) -> None:
    with pytest.raises(BadUserInput, match=f"`{argument}`"):
        Period.of(*((text, None) if argument == "from" else (None, text)))


@pytest.mark.parametrize("field", ["total_transaction", "total_sales", "total_return", "total_items"])
@pytest.mark.parametrize("count", [2**31, -(2**31) - 1])
def test_a_count_beyond_int32_is_no_kpi(field: str, count: int) -> None:
    with pytest.raises(ValueError, match="Int32"):
        replace(KPI, **dict[str, Any]({field: count}))


@pytest.mark.parametrize("field", ["average_basket_amount", "total_spending_amount"])
@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1E+999999", "1E-999999", "1" * 401])
def test_an_amount_that_nobody_could_write_out_is_no_kpi(field: str, amount: str) -> None:
    with pytest.raises(ValueError, match="an amount"):
        replace(KPI, **dict[str, Any]({field: Decimal(amount)}))


def test_a_text_is_no_currency() -> None:
    with pytest.raises(ValueError, match="currency"):
        replace(KPI, currency_code="db password hunter2")


@pytest.mark.parametrize("amount", ["1.7976931348623157E+308", "4.9E-324", "-0.00", "79228162514264337593543950335"])
def test_each_amount_that_the_upstream_can_hold_is_kept(amount: str) -> None:
    assert str(replace(KPI, total_spending_amount=Decimal(amount)).total_spending_amount) == str(Decimal(amount))
