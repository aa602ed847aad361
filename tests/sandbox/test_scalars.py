"""Int32 and dates as the upstream reads them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.scalars import read_day, read_int32


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
    ["", "soon", "2022-13-01", "2022-02-30", "2022-1-1", "31/02/2022", "01/02-2022", "2022-01-01T25:00Z", "20220"],
)
def test_anything_else_is_no_day(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_day(text)
