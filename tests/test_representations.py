"""Representations: what routers send is read at once, and of anything else each is told what is wrong with it."""

import re
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadUserInput
from gateway.representations import id_of, ids

KINDS: dict[str, tuple[Any, str]] = {
    "no object": ("Customer:1", "is an object"),
    "no type": ({"id": "1"}, 'needs "__typename": "Customer"'),
    "an unknown type": ({"__typename": "Order", "id": "1"}, '"Order" is no entity here'),
    "no key": ({"__typename": "Customer"}, 'needs an "id"'),
    "a number for an id": ({"__typename": "Customer", "id": 1}, '"id" in a representation of a Customer is a string'),
    "a malformed id": ({"__typename": "Customer", "id": "007"}, '"007" is not a customer id'),
    "a key too many": ({"__typename": "Customer", "id": "1", "name": "A"}, 'alone, not "name"'),
}
"""The seven kinds of a bad representation, and what is said of each."""

BAD = [bad for bad, _ in KINDS.values()]
ODD = [
    7,
    ["Customer", "1"],
    {},
    {"__typename": None, "id": "1"},
    {"__typename": ["Customer"], "id": "1"},
    {"__typename": {"a": 1}, "id": "1"},
    {"__typename": "Customer", "ID": "1"},
    {"__typename": "Customer", "id": None},
    {"__typename": "Customer", "id": ["1"]},
    {"__typename": "Customer", "id": {"id": "1"}},
    {"__typename": "customer", "id": "1"},
    {"__typename": "Customer", "id": "1", "_": None},
]
TOLD = re.compile(r'A representation .*|The "id" in a representation .*|"[^"]{0,41}" is no entity here: .*', re.DOTALL)

_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
_of_customers = st.fixed_dictionaries(
    {"__typename": st.just("Customer") | _values, "id": st.sampled_from(["1", "2147483647", "x"]) | _values},
    optional={"name": _values},
)
representations = st.lists(
    st.fixed_dictionaries({"__typename": st.just("Customer"), "id": st.text()}) | _of_customers | _values, max_size=4
)


def test_many_that_are_right_are_read_at_once() -> None:
    right = [{"__typename": "Customer", "id": each} for each in ("1", "x", "1")]
    assert ids(right) == ["1", "x", "1"]
    assert ids([]) is None


@pytest.mark.parametrize("bad", [*BAD, *ODD])
def test_one_that_is_wrong_has_all_looked_at_one_by_one(bad: Any) -> None:
    right = {"__typename": "Customer", "id": "1"}
    assert ids([right, bad]) == (["1", "007"] if bad == BAD[5] else None)


@pytest.mark.parametrize(("bad", "told"), [each for each in KINDS.values() if each[0] != BAD[5]])
def test_each_is_told_what_is_wrong_with_it(bad: Any, told: str) -> None:
    with pytest.raises(BadUserInput, match=told):
        id_of(bad)


@given(representations)
def test_both_readings_agree_and_say_nothing_but_their_own_words_and_change_nothing(given: list[Any]) -> None:
    before = deepcopy(given)
    outcomes: list[str] = []
    told: list[str] = []
    for each in given:
        try:
            outcomes.append(id_of(each))
        except BadUserInput as error:
            told.append(error.public)
    at_once = ids(given)
    assert at_once in (None, outcomes)
    assert (at_once is None) == (told != [] or given == [])
    assert all(TOLD.fullmatch(each) and len(each) < 150 for each in told)
    assert repr(given) == repr(before)
