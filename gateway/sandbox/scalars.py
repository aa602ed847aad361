"""C#'s numbers and days as text, both ways.

They are read as ServiceStack.Text reads them: a text that is none raises ValueError. They are written as .NET writes
them: a decimal with its scale, a double by its shortest round trip.
"""

import math
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

SERVER_ZONE = timezone(timedelta(hours=1))

_INT32 = range(-(2**31), 2**31)
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}")
_DASHED = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)", re.ASCII)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)", re.ASCII)
_DAY_FIRST = re.compile(r"(?P<day>\d\d)([/-])(?P<month>\d\d)\2(?P<year>\d{4})", re.ASCII)
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?)(Z?)", re.ASCII)
_PLAIN_BELOW = 15
_PLAIN_FROM = -5


def read_int32(text: str) -> int:
    if not _INTEGER.fullmatch(text) or int(text) not in _INT32:
        raise ValueError(text)
    return int(text)


def read_day(text: str) -> date:
    """Read a day of the server's own zone; a time that ends in Z is converted, and may be of another day."""
    if stamp := _TIMESTAMP.fullmatch(text):
        moment = datetime.combine(_day(stamp[1]), time.fromisoformat(stamp[2]), UTC)
        return _server_day(moment) if stamp[3] else moment.date()
    return _day(text)


def _server_day(moment: datetime) -> date:
    try:
        return moment.astimezone(SERVER_ZONE).date()
    except OverflowError as error:
        raise ValueError(moment.isoformat()) from error


def _day(text: str) -> date:
    match = _DASHED.fullmatch(text) or _COMPACT.fullmatch(text) or _DAY_FIRST.fullmatch(text)
    if not match:
        raise ValueError(text)
    return date(int(match["year"]), int(match["month"]), int(match["day"]))


def decimal_text(value: Decimal) -> str:
    return format(value, "f")


def double_text(value: float) -> str:
    """Write `1E+16` and `1E-05` where .NET does, plain digits elsewhere."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    shortest = Decimal(repr(value)).normalize()
    exponent = shortest.adjusted()
    if shortest and not _PLAIN_FROM < exponent < _PLAIN_BELOW:
        return _scientific(shortest, exponent)
    return format(shortest, "f")


def _scientific(value: Decimal, exponent: int) -> str:
    mantissa = format(value.scaleb(-exponent), "f")
    return f"{mantissa}E{exponent:+03d}"
