"""What a customer, a period and a KPI are: a value that exists is valid."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, NewType, Self

from gateway.errors import BadUserInput, GatewayError

CustomerId = NewType("CustomerId", int)
Partition = NewType("Partition", str)
"""Names who may share an answer; says nothing of the credential it stands for."""

INT32_MAX = 2**31 - 1
_CUSTOMER_ID = re.compile(r"[1-9][0-9]{0,9}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_ECHO = 40
_LONGEST_CURRENCY = 16  # an ISO 4217 code has three letters; nothing enforces it upstream
_LARGEST_EXPONENT = 400  # a double ends at 1E+308 and begins at 4.9E-324


def customer_id(text: str) -> CustomerId:
    """Read a canonical id: 1 to 2147483647, ASCII digits, no sign, no leading zero; else BadUserInput."""
    if _CUSTOMER_ID.fullmatch(text) and int(text) <= INT32_MAX:
        return CustomerId(int(text))
    raise BadUserInput(
        f"{_echo(text)} is not a customer id: a whole number from 1 to {INT32_MAX} without sign or leading zero."
    )


class _Days(NamedTuple):
    first: date | None
    last: date | None


class Period(_Days):
    """Days from the first to the last; None is open. BadUserInput when the first is after the last.

    Whether the last day counts is the upstream's to say: days are passed on as they are. A tuple, for it is a part of
    every key: one is hashed without a step in Python.
    """

    __slots__ = ()

    def __new__(cls, first: date | None, last: date | None) -> Self:
        if first and last and first > last:
            raise BadUserInput(f"`from` ({first}) is after `to` ({last}).")
        return super().__new__(cls, first, last)

    @classmethod
    def of(cls, first: str | None, last: str | None) -> Self:
        """Read ``yyyy-mm-dd`` or None for each end; BadUserInput for anything else."""
        return cls(_day("from", first), _day("to", last))


class KpiKey(NamedTuple):
    """What is asked for, and for whom: there is no key without a partition."""

    partition: Partition
    customer: CustomerId
    period: Period


@dataclass(frozen=True, slots=True)
class CustomerKpi:
    """A customer's figures as the upstream sent them: counts are Int32, amounts keep their digits.

    ValueError for a count, an amount or a currency that the published types could not carry.
    """

    customer: CustomerId
    total_transaction: int
    total_sales: int
    total_return: int
    total_items: int
    average_basket_amount: Decimal
    total_spending_amount: Decimal
    currency_code: str | None

    def __post_init__(self) -> None:
        for count in (self.total_transaction, self.total_sales, self.total_return, self.total_items):
            if not -INT32_MAX - 1 <= count <= INT32_MAX:
                raise ValueError("a count is no Int32")
        for amount in (self.average_basket_amount, self.total_spending_amount):
            if not amount.is_finite() or not _writable(amount):
                raise ValueError("an amount cannot be written out")
        if self.currency_code is not None and len(self.currency_code) > _LONGEST_CURRENCY:
            raise ValueError("a currency code is none")


Outcome = CustomerKpi | GatewayError | None
"""What an answer says of a key: its KPI, what stood in the way, or None for a customer that does not exist."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the upstream answered for a key: its KPI, or None for a customer that does not exist.

    ``as_of`` is when it was asked, in seconds since the epoch: nothing that came later is certain to be in it.
    ``max_age`` is the seconds from then on that it lets the answer be kept, None when it does not say;
    ``may_stand_in``, whether the answer may be shown past its end when there is no newer one.
    """

    kpi: CustomerKpi | None
    as_of: float
    max_age: float | None = None
    may_stand_in: bool = True


class Freshness(StrEnum):
    """Where a value comes from: the upstream just now, a cache, or a cache when the upstream failed."""

    LIVE = "LIVE"
    CACHED = "CACHED"
    STALE = "STALE"


@dataclass(frozen=True, slots=True)
class Served:
    """What a caller gets for a key, and ``until`` when they may keep it (seconds since the epoch; 0: not at all)."""

    kpi: CustomerKpi | None
    as_of: float
    freshness: Freshness
    until: float


def _writable(amount: Decimal) -> bool:
    """Whether plain notation is short enough to be written: an exponent costs a reader nothing, a writer memory."""
    _, digits, exponent = amount.as_tuple()
    return len(digits) <= _LARGEST_EXPONENT and abs(int(exponent)) <= _LARGEST_EXPONENT


def _day(argument: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # thirty days hath September
    raise BadUserInput(f"`{argument}` {_echo(text)} is not a day: a real calendar day as yyyy-mm-dd is wanted.")


def _echo(text: str) -> str:
    """Quote what the client sent, short enough to show back."""
    return f'"{text}"' if len(text) <= _LONGEST_ECHO else f'"{text[:_LONGEST_ECHO]}…"'
