"""The population: customers and their transactions from a seed, each made when first asked for.

A sale moves items out for an amount, a return brings items back for a negative one. Over a period, both days
included and an absent one open:

totalTransaction     sales and returns, counted
totalSales           items sold
totalReturn          items brought back
totalItems           items sold less items brought back
totalSpendingAmount  the sum of the amounts, as a double
averageBasketAmount  that sum over totalTransaction, to two places half to even; 0 without transactions

So two adjoining periods add up in all but the average. Customers 1 to 3000 exist, besides those of `odd`;
some never bought anything, which is zeros and not an unknown customer, and some have no currency.
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from gateway.sandbox.kpi import Kpi
from gateway.sandbox.odd import ODD

POPULATION = 3000
FIRST_DAY = date(2019, 1, 1)
LAST_DAY = date(2026, 12, 31)

_CURRENCIES = ("EUR", "EUR", "EUR", "CHF", "CHF", "USD", "USD", "GBP", "JPY", "HKD", "AED", None)
_NO_PURCHASE = 0.08
_RETURN = 0.15
_MOST_TRANSACTIONS = 60
_MOST_ITEMS = 4
_CENTS = (2_000, 900_000)
_WHOLE_UNITS = {"JPY"}


class Transaction(NamedTuple):
    day: date
    sold: int
    returned: int
    cents: int


@dataclass(frozen=True, slots=True)
class Customer:
    id: int
    currency: str | None
    transactions: Sequence[Transaction]

    def kpi(self, first: date | None = None, last: date | None = None) -> Kpi:
        during = self.transactions[self._from(first) : self._until(last)]
        sold = sum(each.sold for each in during)
        returned = sum(each.returned for each in during)
        cents = sum(each.cents for each in during)
        return Kpi(
            customer=self.id,
            transactions=len(during),
            sales=sold,
            returns=returned,
            items=sold - returned,
            average=_average(cents, len(during)),
            spending=cents / 100,
            currency=self.currency,
        )

    def _from(self, first: date | None) -> int:
        return bisect_left(self.transactions, first, key=_day) if first else 0

    def _until(self, last: date | None) -> int:
        return bisect_right(self.transactions, last, key=_day) if last else len(self.transactions)


def _day(transaction: Transaction) -> date:
    return transaction.day


def _average(cents: int, transactions: int) -> Decimal:
    if not transactions:
        return Decimal(0)
    exact = Decimal(cents).scaleb(-2) / transactions
    return exact.quantize(Decimal("0.01"), ROUND_HALF_EVEN) + Decimal("0.00")  # the sum has no negative zero


class Customers:
    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self._met: dict[int, Customer] = {}

    def kpi(self, customer: int, first: date | None = None, last: date | None = None) -> Kpi | None:
        """Return the KPIs of a period; None when there is no such customer."""
        if customer in ODD:
            return ODD[customer]
        if not 1 <= customer <= POPULATION:
            return None
        return self.find(customer).kpi(first, last)

    def find(self, customer: int) -> Customer:
        if customer not in self._met:
            self._met[customer] = _made(self.seed, customer)
        return self._met[customer]


def _made(seed: int, customer: int) -> Customer:
    chance = random.Random(f"customer {customer} of {seed}")  # noqa: S311  # demonstration data, to be repeatable
    currency = chance.choice(_CURRENCIES)
    if chance.random() < _NO_PURCHASE:
        return Customer(customer, currency, ())
    count = chance.randint(1, _MOST_TRANSACTIONS)
    return Customer(customer, currency, sorted(_bought(chance, currency) for _ in range(count)))


def _bought(chance: random.Random, currency: str | None) -> Transaction:
    day = FIRST_DAY + timedelta(days=chance.randint(0, (LAST_DAY - FIRST_DAY).days))
    items = chance.randint(1, _MOST_ITEMS)
    cents = chance.randint(*_CENTS) * items
    if currency in _WHOLE_UNITS:
        cents -= cents % 100
    if chance.random() < _RETURN:
        return Transaction(day, 0, items, -cents)
    return Transaction(day, items, 0, cents)
