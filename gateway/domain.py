"""What a customer, a period and a KPI are. Ids and days are read here, and valid if they exist; figures are decoded.

Values of which there is one for each KPI are structs: they are made, compared and hashed without a step in Python, and
the garbage collector looks for nothing in them.
"""

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, NamedTuple, NewType, Self, cast

from msgspec import Meta, Struct

from gateway.errors import BadUserInput, GatewayError

CustomerId = NewType("CustomerId", int)
Partition = NewType("Partition", str)
"""Names who may share an answer; says nothing of the credential it stands for."""

INT32_MAX = 2**31 - 1
Int32 = Annotated[int, Meta(ge=-INT32_MAX - 1, le=INT32_MAX)]
Amount = Annotated[str, Meta(pattern=r"\A-?[0-9]{1,801}(\.[0-9]{1,800})?\Z")]
"""A decimal number in plain notation, with the digits that the upstream sent."""

Currency = Annotated[str, Meta(max_length=16)]  # an ISO 4217 code has three letters; nothing enforces it upstream

_CUSTOMER_ID = re.compile(r"[1-9][0-9]{0,9}")
_CUSTOMER_IDS = re.compile(rf"{_CUSTOMER_ID.pattern}(?: {_CUSTOMER_ID.pattern})*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_ECHO = 40


def customer_ids(texts: Sequence[str]) -> list[CustomerId] | None:
    """Read many ids at once, as ``customer_id`` does; None when there is none, or one is not canonical."""
    joined = " ".join(texts)
    if _CUSTOMER_IDS.fullmatch(joined) and joined.count(" ") == len(texts) - 1:
        numbers = list(map(int, texts))
        if max(numbers) <= INT32_MAX:
            return cast("list[CustomerId]", numbers)
    return None


def customer_id(text: str) -> CustomerId:
    """Read a canonical id: 1 to 2147483647, ASCII digits, no sign, no leading zero; else BadUserInput."""
    if _CUSTOMER_ID.fullmatch(text) and int(text) <= INT32_MAX:
        return CustomerId(int(text))
    raise BadUserInput(
        f"{echo(text)} is not a customer id: a whole number from 1 to {INT32_MAX} without sign or leading zero."
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
    @lru_cache(maxsize=1000)
    def of(cls, first: str | None, last: str | None) -> Self:
        """Read ``yyyy-mm-dd`` or None for each end; BadUserInput for anything else."""
        return cls(_day("from", first), _day("to", last))


class KpiKey(Struct, frozen=True, cache_hash=True, gc=False):
    """What is asked for, and for whom: there is no key without a partition."""

    partition: Partition
    customer: CustomerId
    period: Period


class CustomerKpi(Struct, frozen=True, gc=False, array_like=True):
    """A customer's figures as the upstream sent them. Who decodes them holds to the types, bounds included."""

    customer: CustomerId
    total_transaction: Int32
    total_sales: Int32
    total_return: Int32
    total_items: Int32
    average_basket_amount: Amount
    total_spending_amount: Amount
    currency_code: Currency | None


Outcome = CustomerKpi | GatewayError | None
"""What an answer says of a key: its KPI, what stood in the way, or None for a customer that does not exist."""


class Freshness(StrEnum):
    """Where a value comes from: the upstream just now, a cache, or a cache when the upstream failed."""

    LIVE = "LIVE"
    CACHED = "CACHED"
    STALE = "STALE"


class Served(Struct, frozen=True, gc=False):
    """What a caller gets for a key: its KPI, or None for a customer that does not exist.

    ``as_of`` is when the upstream was asked: nothing that came later is certain to be in it. ``until`` is when the
    caller may keep it; 0: not at all. Both are in seconds since the epoch.
    """

    kpi: CustomerKpi | None
    as_of: float
    freshness: Freshness = Freshness.LIVE
    until: float = 0.0


class Fetched(Served, frozen=True, gc=False):
    """What the upstream answered just now.

    ``max_age`` is the seconds from ``as_of`` on that it lets the answer be kept, None when it does not say;
    ``may_stand_in``, whether the answer may be shown past its end when there is no newer one.
    """

    max_age: float | None = None
    may_stand_in: bool = True


def _day(argument: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # thirty days hath September
    raise BadUserInput(f"`{argument}` {echo(text)} is not a day: a real calendar day as yyyy-mm-dd is wanted.")


def echo(text: str) -> str:
    """Quote what the client sent, short enough to show back."""
    return f'"{text}"' if len(text) <= _LONGEST_ECHO else f'"{text[:_LONGEST_ECHO]}…"'
