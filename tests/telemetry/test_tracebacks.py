"""Exceptions as text for the log: where they were raised and of what kind, never what they quote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UpstreamContract
from gateway.telemetry.tracebacks import LONGEST, told

SCANDAL = "db password hunter2 is wrong"


class Ours(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "last"),
    [
        (ValueError(SCANDAL), "ValueError"),
        (KeyError(SCANDAL), "KeyError"),
        (Ours(SCANDAL), f"{__name__}.Ours"),
        (UnicodeDecodeError("utf-8", SCANDAL.encode(), 0, 1, SCANDAL), "UnicodeDecodeError"),
        (TypeError("'NoneType' object is not iterable"), "TypeError: 'NoneType' object is not iterable"),
        (TypeError(), "TypeError"),
        (UpstreamContract("the answer is no gzip"), "gateway.errors.UpstreamContract: the answer is no gzip"),
        (type("Mine", (TypeError,), {})(SCANDAL), f"{__name__}.Mine"),
    ],
)
def test_its_kind_is_told_and_its_words_where_they_quote_nothing(error: Exception, last: str) -> None:
    assert told(error) == f"Traceback (most recent call last):\n{last}"


def deeper(depth: int) -> None:
    if depth == 0:
        raise LookupError(SCANDAL)
    deeper(depth - 1)


@pytest.mark.parametrize("depth", [0, 5, 500])
def test_frames_are_told_the_last_ones_last_and_no_more_than_anybody_reads(depth: int) -> None:
    with pytest.raises(LookupError) as raised:
        deeper(depth)
    text = told(raised.value)
    assert text.splitlines()[-2].endswith("in deeper")
    assert text.endswith("\nLookupError")
    assert len(text) <= LONGEST


def failing(error: Exception, cause: Exception | None = None, context: Exception | None = None) -> Exception:
    error.__context__ = context
    if cause:
        error.__cause__ = cause
    return error


def kinds(error: Exception) -> list[str]:
    return [line for line in told(error).splitlines() if not line.startswith(("Traceback", "  "))]


def test_what_it_came_of_is_told_before_it() -> None:
    assert kinds(failing(ValueError(), KeyError())) == ["KeyError", "ValueError"]
    assert kinds(failing(ValueError(), context=KeyError())) == ["KeyError", "ValueError"]
    hidden = ValueError()
    hidden.__context__, hidden.__suppress_context__ = KeyError(), True
    assert kinds(hidden) == ["ValueError"]
    assert kinds(ExceptionGroup("two", [KeyError(), ValueError()])) == ["KeyError", "ValueError", "ExceptionGroup"]


def test_exceptions_that_came_of_each_other_are_told_once() -> None:
    one, other = KeyError(), ValueError()
    one.__context__, other.__context__ = other, one
    assert kinds(one) == ["ValueError", "KeyError"]


@given(st.lists(st.text(), min_size=1, max_size=30))
def test_it_is_bounded_whatever_it_came_of(words: list[str]) -> None:
    error: Exception | None = None
    for each in words:
        error = failing(UpstreamContract(each * 50), error)
    assert error
    assert len(told(error)) <= LONGEST
