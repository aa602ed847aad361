"""C#'s numbers and days as text, both ways."""

import math
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.scalars import decimal_text, double_text, read_day, read_int32


@given(st.integers(-(2**31), 2**31 - 1))
def test_every_int32_is_read(number: int) -> None:
    assert read_int32(str(number)) == number


@pytest.mark.parametrize(("text", "number"), [("+7", 7), ("007", 7), ("-0", 0)])
def test_signs_and_leading_zeros_are_read(text: str, number: int) -> None:
    assert read_int32(text) == number


@pytest.mark.parametrize("text", ["", "abc", "1.5", "1e3", "2147483648", "-2147483649", "1,2", "\u0667", "9" * 5000])
def test_anything_else_is_no_int32(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_int32(text)


@given(st.dates())
def test_a_day_is_read_in_each_of_its_shapes(day: date) -> None:
    year, month, of_month = f"{day.year:04}", f"{day.month:02}", f"{day.day:02}"
    for text in (
        f"{year}-{month}-{of_month}",
        f"{year}{month}{of_month}",
        f"{of_month}/{month}/{year}",
        f"{of_month}-{month}-{year}",
        f"{year}-{month}-{of_month}T23:59:59",
    ):
        assert read_day(text) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("03/04/2022", date(2022, 4, 3)),
        ("2022-01-01T22:59:59Z", date(2022, 1, 1)),
        ("2022-01-01T23:00:00Z", date(2022, 1, 2)),
        ("2022-12-31T23:30:00.1234567Z", date(2023, 1, 1)),
        ("2022-01-01 23:30", date(2022, 1, 1)),
    ],
)
def test_the_day_comes_first_and_utc_moves_to_the_servers_day(text: str, day: date) -> None:
    assert read_day(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2022-13-01",
        "2022-02-30",
        "2022-1-1",
        "31/02/2022",
        "01/02-2022",
        "2022-01-01T25:00Z",
        "20220",
        "9999-12-31T23:59:59Z",
    ],
)
def test_anything_else_is_no_day(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_day(text)


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
