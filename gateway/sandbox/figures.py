"""Numbers as C# writes them: decimal with its scale, double by its shortest round trip."""

import math
from decimal import Decimal

_PLAIN_BELOW = 15
_PLAIN_FROM = -5


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
