"""What an answer says of being kept: whatever cannot be understood keeps nothing, and nothing is ever a failure."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.upstream.caching import NOT_AT_ALL, UNSAID, Keeping, keeping

TABLE = [
    (None, UNSAID),
    ("", UNSAID),
    (" , ,", UNSAID),
    ("=5", UNSAID),
    ("public", UNSAID),
    ("private", UNSAID),
    ("immutable, s-maxage=10", UNSAID),
    ("max-agee=5, no-storee", UNSAID),
    ("no-store", NOT_AT_ALL),
    ("no-cache", NOT_AT_ALL),
    ("NO-STORE", NOT_AT_ALL),
    ("max-age=60, no-store", NOT_AT_ALL),
    ("no-cache , max-age=60", NOT_AT_ALL),
    ('no-cache="Set-Cookie"', NOT_AT_ALL),
    ("no-store=1", NOT_AT_ALL),
    ("no-store, no-store", NOT_AT_ALL),
    ("max-age=60", Keeping(60.0)),
    ("Max-Age=60", Keeping(60.0)),
    ("private, max-age=60", Keeping(60.0)),
    ("public,max-age=60,foo=bar", Keeping(60.0)),
    ("  max-age = 60  ", Keeping(60.0)),
    ('max-age="60"', Keeping(60.0)),
    ("max-age=0", Keeping(0.0)),
    ("max-age=007", Keeping(7.0)),
    ("max-age=59.75", Keeping(59.75)),
    ("max-age=9999999999", Keeping(9_999_999_999.0)),
    ("max-age=60, must-revalidate", Keeping(60.0, may_stand_in=False)),
    ("proxy-revalidate, max-age=60", Keeping(60.0, may_stand_in=False)),
    ("must-revalidate", Keeping(None, may_stand_in=False)),
    ("max-age=0, must-revalidate", Keeping(0.0, may_stand_in=False)),
    ("max-age", NOT_AT_ALL),
    ("max-age=", NOT_AT_ALL),
    ("max-age=soon", NOT_AT_ALL),
    ("max-age=-1", NOT_AT_ALL),
    ("max-age=+1", NOT_AT_ALL),
    ("max-age=1e3", NOT_AT_ALL),
    ("max-age=0x10", NOT_AT_ALL),
    ("max-age=1_000", NOT_AT_ALL),
    ("max-age=nan", NOT_AT_ALL),
    ("max-age=inf", NOT_AT_ALL),
    ("max-age=1.", NOT_AT_ALL),
    ("max-age=.5", NOT_AT_ALL),
    ("max-age=1.2.3", NOT_AT_ALL),
    ("max-age=60;foo", NOT_AT_ALL),
    ("max-age=6 0", NOT_AT_ALL),
    ("max-age=٦٠", NOT_AT_ALL),
    ("max-age=99999999999", NOT_AT_ALL),
    ("max-age=60, max-age=60", NOT_AT_ALL),
    ("max-age=60, MAX-AGE=30", NOT_AT_ALL),
    ("max-age=60, max-age=60, max-age=60", NOT_AT_ALL),
]


@pytest.mark.parametrize(("said", "expected"), TABLE)
def test_what_is_said_of_keeping(said: str | None, expected: Keeping) -> None:
    assert keeping({} if said is None else {"cache-control": said}) == expected


@pytest.mark.parametrize(
    ("age", "left"),
    [
        ("0", 60.0),
        ("1", 59.0),
        ("12.5", 47.5),
        (" 30 ", 30.0),
        ("60", 0.0),
        ("61", 0.0),
        ("9999999999", 0.0),
        ("", None),
        ("-1", None),
        ("old", None),
        ("1, 2", None),
        ("nan", None),
    ],
)
def test_the_time_that_an_answer_was_under_way_counts(age: str, left: float | None) -> None:
    headers = {"cache-control": "max-age=60, must-revalidate", "age": age}
    assert keeping(headers) == (NOT_AT_ALL if left is None else Keeping(left, may_stand_in=False))


@pytest.mark.parametrize("said", [None, "", "public", "must-revalidate", "no-store"])
def test_without_a_life_the_age_says_nothing(said: str | None) -> None:
    headers = {} if said is None else {"cache-control": said}
    assert keeping(headers | {"age": "nonsense"}) == keeping(headers)


PIECES = st.sampled_from(["no-store", "No-Cache", "max-age", "=", ",", '"', " ", "60", "1.5", "-", "must-revalidate"])
headers = st.text() | st.lists(PIECES).map("".join)


@given(said=headers, age=st.none() | headers)
@example(said="max-age=" + "9" * 5000, age=None)
@example(said="," * 5000, age="9" * 5000)
def test_no_header_is_a_failure_or_a_life_that_is_none(said: str, age: str | None) -> None:
    kept = keeping({"cache-control": said} | ({} if age is None else {"age": age}))
    assert kept.max_age is None or 0.0 <= kept.max_age < 1e10


others = st.lists(st.text("abcdefghijklm-=\"' ", max_size=12).map(lambda text: "x" + text), max_size=4)


@given(before=others, after=others, forbidden=st.sampled_from(["no-store", "no-cache", "NO-store", ' no-cache="x"']))
def test_what_is_not_to_be_kept_is_not_whatever_else_is_said(
    before: list[str], after: list[str], forbidden: str
) -> None:
    said = ",".join([*before, forbidden, *after])
    assert keeping({"cache-control": said}) == NOT_AT_ALL


@given(before=others, after=others, seconds=st.integers(0, 10**10 - 1), age=st.integers(0, 10**10 - 1))
def test_a_life_is_what_is_said_less_the_age_whatever_else_is_said(
    before: list[str], after: list[str], seconds: int, age: int
) -> None:
    said = ",".join([*before, f"max-age={seconds}", *after])
    assert keeping({"cache-control": said, "age": str(age)}) == Keeping(max(0.0, seconds - age))


@given(one=st.integers(0, 1000), another=st.integers(0, 1000))
def test_of_two_lives_neither_holds(one: int, another: int) -> None:
    assert keeping({"cache-control": f"max-age={one}, max-age={another}"}) == NOT_AT_ALL
