"""Customers, their transactions, and the KPIs that follow from them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox import create_sandbox
from gateway.sandbox.data import FIRST_DAY, LAST_DAY, POPULATION, Customer, Customers, Transaction
from gateway.sandbox.kpi import Kpi
from gateway.sandbox.odd import ODD, ODDITIES
from gateway.sandbox.scalars import decimal_text, double_text

CUSTOMERS = Customers()
IDS = st.integers(1, POPULATION)
DAYS = st.dates(FIRST_DAY, LAST_DAY)


def everybody() -> list[Customer]:
    return [CUSTOMERS.find(each) for each in range(1, POPULATION + 1)]


def kpi(*transactions: Transaction, first: date | None = None, last: date | None = None) -> Kpi:
    return Customer(1, "EUR", transactions).kpi(first, last)


def test_the_same_seed_makes_the_same_customers() -> None:
    assert Customers(7).find(42) == Customers(7).find(42)


def test_another_seed_makes_other_customers() -> None:
    assert [Customers(7).find(each) for each in (1, 2, 3)] != [Customers(8).find(each) for each in (1, 2, 3)]


def test_a_customer_does_not_depend_on_who_was_asked_before() -> None:
    late = Customers()
    for each in (9, 5, 2):
        late.find(each)
    assert late.find(42) == Customers().find(42)


def test_the_population_is_large_and_mixed() -> None:
    customers = everybody()
    idle = sum(not each.transactions for each in customers)
    moneyless = sum(each.currency is None for each in customers)
    returning = sum(any(sale.returned for sale in each.transactions) for each in customers)
    assert len(customers) == POPULATION >= 2000
    assert 0.05 < idle / len(customers) < 0.15
    assert 0 < moneyless / len(customers) < 0.2
    assert 0.5 < returning / len(customers) < 0.95


def test_customer_1_of_seed_1_is_as_ever() -> None:
    assert Customers(1).kpi(1) == Kpi(
        customer=1,
        transactions=52,
        sales=128,
        returns=10,
        items=118,
        average=Decimal("10597.93"),
        spending=551092.16,
        currency="EUR",
    )


def test_a_sandbox_of_another_seed_has_other_customers() -> None:
    ids = range(1, 10)
    one, two = create_sandbox(seed=1).customers, create_sandbox(seed=2).customers
    assert [create_sandbox().customers.kpi(each) for each in ids] == [one.kpi(each) for each in ids]
    assert [two.kpi(each) for each in ids] != [one.kpi(each) for each in ids]


def test_each_odd_customer_says_what_is_odd() -> None:
    assert all(ODDITIES.values())
    assert set(ODD) == {123456, 900001, 900002, 900003, 900004, 900005, 900006, 2147483647}


@pytest.mark.parametrize("unknown", [-1, 0, POPULATION + 1, 2**31 - 2])
def test_whoever_is_outside_the_population_is_unknown(unknown: int) -> None:
    assert CUSTOMERS.kpi(unknown) is None


def test_there_are_several_currencies_and_some_customers_have_none() -> None:
    currencies = {each.currency for each in everybody()}
    assert {"EUR", "CHF", "USD", "GBP", "JPY", None} <= currencies


def test_some_customers_never_bought_anything_and_have_zeros() -> None:
    idle = next(each for each in everybody() if not each.transactions)
    assert CUSTOMERS.kpi(idle.id) == Kpi(customer=idle.id, currency=idle.currency)


def test_there_are_sales_and_returns_in_every_year() -> None:
    sold = {each.day.year for customer in everybody() for each in customer.transactions if each.sold}
    returned = {each.day.year for customer in everybody() for each in customer.transactions if each.returned}
    assert sold == returned == set(range(2019, 2027))


def test_some_customers_brought_back_more_than_they_bought() -> None:
    assert any(each.kpi().spending < 0 and each.kpi().average < 0 for each in everybody())


def test_yen_have_no_decimals() -> None:
    yen = [each.kpi().spending for each in everybody() if each.currency == "JPY"]
    assert all(amount == int(amount) for amount in yen)


def test_the_totals_follow_from_the_transactions() -> None:
    days = [date(2022, 1, 1), date(2022, 2, 1), date(2022, 3, 1)]
    found = kpi(Transaction(days[0], 3, 0, 30_01), Transaction(days[1], 0, 1, -10_00), Transaction(days[2], 1, 0, 5_00))
    assert found == Kpi(
        customer=1,
        transactions=3,
        sales=4,
        returns=1,
        items=3,
        average=Decimal("8.34"),
        spending=25.01,
        currency="EUR",
    )


@pytest.mark.parametrize(
    ("cents", "average"),
    [([1, 2, 2], "0.02"), ([1, 0], "0.00"), ([3, 0], "0.02"), ([5, 0], "0.02"), ([100], "1.00"), ([-1, 0], "0.00")],
)
def test_the_average_is_rounded_half_to_even_and_keeps_two_places(cents: list[int], average: str) -> None:
    found = kpi(*(Transaction(FIRST_DAY, 1, 0, each) for each in cents))
    assert decimal_text(found.average) == average


def test_the_average_of_nothing_is_a_bare_zero() -> None:
    assert decimal_text(kpi().average) == "0"


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        (None, None, 3),
        (date(2022, 5, 10), date(2022, 5, 10), 1),
        (date(2022, 5, 10), None, 2),
        (None, date(2022, 5, 10), 2),
        (date(2022, 5, 11), date(2022, 5, 9), 0),
        (date(2030, 1, 1), None, 0),
    ],
)
def test_both_days_are_included_and_an_absent_one_is_open(first: date | None, last: date | None, count: int) -> None:
    days = [date(2022, 5, 9), date(2022, 5, 10), date(2022, 5, 11)]
    found = kpi(*(Transaction(day, 1, 0, 1) for day in days), first=first, last=last)
    assert found.transactions == count


@given(IDS, DAYS, DAYS, DAYS)
def test_two_adjoining_periods_add_up(customer: int, one: date, two: date, three: date) -> None:
    first, middle, last = sorted((one, two, three))
    found = CUSTOMERS.find(customer)
    left, right = found.kpi(first, middle), found.kpi(middle + timedelta(days=1), last)
    whole = found.kpi(first, last)
    for total in ("transactions", "sales", "returns", "items"):
        assert getattr(left, total) + getattr(right, total) == getattr(whole, total)
    assert round(left.spending + right.spending, 2) == whole.spending


@given(IDS)
def test_all_days_together_are_the_open_period(customer: int) -> None:
    assert CUSTOMERS.kpi(customer) == CUSTOMERS.kpi(customer, FIRST_DAY, LAST_DAY)


@pytest.mark.parametrize(
    ("customer", "average", "spending"),
    [
        (123456, "2150.50", "25806.1"),
        (900001, "2500000000000000.00", "1E+16"),
        (900002, "99.90", "99.9"),
        (900003, "0.00", "0"),
        (900004, "0.00001", "1E-05"),
        (900005, "-411.07", "-1233.2"),
        (900006, "17636684144620811.12", "1.2345678901234568E+17"),
        (2147483647, "79228162514264337593543950335", "1.7976931348623157E+308"),
    ],
)
def test_the_odd_customers_are_the_same_in_every_period(customer: int, average: str, spending: str) -> None:
    found = CUSTOMERS.kpi(customer, date(1900, 1, 1), date(1900, 1, 1))
    assert found
    assert found == CUSTOMERS.kpi(customer)
    assert (decimal_text(found.average), double_text(found.spending)) == (average, spending)
