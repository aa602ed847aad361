"""Numbers as C# writes them."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.figures import decimal_text, double_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (25806.1, "25806.1"),
        (-1233.2, "-1233.2"),
        (0.1 + 0.2, "0.30000000000000004"),
        (123456789012345.0, "123456789012345"),
        (999999999999999.0, "999999999999999"),
        (1e15, "1E+15"),
        (1e16, "1E+16"),
        (-1e16, "-1E+16"),
        (1234567890123456.0, "1.234567890123456E+15"),
        (1.7976931348623157e308, "1.7976931348623157E+308"),
        (0.0001, "0.0001"),
        (0.00012, "0.00012"),
        (0.00001, "1E-05"),
        (1.5e-7, "1.5E-07"),
        (5e-324, "5E-324"),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
    ],
)
def test_a_double_is_written_as_net_core_writes_it(value: float, text: str) -> None:
    assert double_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_reads_back_as_itself(value: float) -> None:
    assert float(double_text(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_has_no_python_exponent(value: float) -> None:
    text = double_text(value)
    assert "e" not in text
    assert not text.endswith(".0")


@pytest.mark.parametrize("text", ["0", "0.00", "2150.50", "-411.07", "79228162514264337593543950335"])
def test_a_decimal_keeps_its_scale(text: str) -> None:
    assert decimal_text(Decimal(text)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20))
def test_a_decimal_never_has_an_exponent(value: Decimal) -> None:
    assert Decimal(decimal_text(value)) == value
    assert "E" not in decimal_text(value)
