"""Values that exist are valid."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import INT32_MAX, CustomerId, CustomerKpi, Period, customer_id, customer_ids
from gateway.errors import BadUserInput

KPI = CustomerKpi(
    customer=CustomerId(7),
    total_transaction=1,
    total_sales=1,
    total_return=0,
    total_items=1,
    average_basket_amount="2150.50",
    total_spending_amount="10000000000000000",
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


def each_of(texts: list[str]) -> list[int] | None:
    try:
        return [customer_id(text) for text in texts] or None
    except BadUserInput:
        return None


@given(st.lists(st.integers(1, INT32_MAX).map(str) | st.sampled_from(["", "1 2", "0", "07", "2147483648", "x", "1\n"])))
def test_many_ids_are_read_at_once_as_one_by_one_or_not_at_all(texts: list[str]) -> None:
    assert customer_ids(texts) == each_of(texts)
