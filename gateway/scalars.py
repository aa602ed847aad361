"""The scalars of the published types: how they are read, written and described."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

Date = NewType("Date", str)
DateTime = NewType("DateTime", float)  # seconds since the epoch
Decimal = NewType("Decimal", str)  # in plain notation
Representation = NewType("Representation", object)  # whatever was sent: it is judged at the field


def _date(value: object) -> Date:
    """Take any text: whether it is a day is judged at the field, so that a bad one harms no neighbour."""
    if isinstance(value, str):
        return Date(value)
    raise GraphQLError("A Date is a string: yyyy-mm-dd.")


@lru_cache(maxsize=1000)
def _moment(seconds: float) -> str:
    """Write a moment; it is that of all that was asked for together."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def as_it_is(value: Any) -> Any:
    """Take any value."""
    return value


SCALARS: dict[object, ScalarDefinition] = {
    Date: strawberry.scalar(
        name="Date",
        description='A calendar day as "yyyy-mm-dd", for example "2023-11-01". Nothing else is read as a day: '
        "no time, no other order, no day that the calendar does not have.",
        parse_value=_date,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='A decimal number as a string in plain notation, with the digits the KPI service sent: "2150.50", '
        "never an exponent. Read it with a decimal type; a float would lose digits.",
        serialize=str,
    ),
    Representation: strawberry.scalar(name="_Any", serialize=as_it_is, parse_value=as_it_is),
    DateTime: strawberry.scalar(
        name="DateTime",
        description='A moment as RFC 3339 writes it, in UTC with milliseconds: "2026-11-24T09:00:00.000Z".',
        serialize=_moment,
    ),
}
