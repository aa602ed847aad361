"""Locations in a document's text are those that graphql-core tells."""

import pytest
from graphql import Source, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.source import Text, longest_name, unlink


@given(st.text(st.sampled_from("a \n\r{")), st.integers(0, 20))
def test_a_location_is_the_one_that_graphql_core_finds(text: str, position: int) -> None:
    assert Text(text).get_location(position) == Source(text).get_location(position)


def test_lines_are_looked_for_once() -> None:
    text = Text("{\n" * 10)
    text.get_location(3)
    text.body = ""
    assert text.get_location(5) == (3, 2)


@pytest.mark.parametrize(
    ("text", "longest"),
    [
        ("{ a }", 1),
        ("query Abc { a }", 5),
        ("query Abcdefg($abcdefgh: Int) { a }", 8),
        ('{ a(abc: "abcdefghij", ab: 1234567) # abcdefghij\n }', 3),
        ("{ abcd: a ...B } fragment B on A @abcdefghij { a }", 10),
    ],
)
def test_the_longest_name_is_found_whatever_it_is_of(text: str, longest: int) -> None:
    assert longest_name(parse(text)) == longest


def test_tokens_that_are_unlinked_hold_each_other_no_more() -> None:
    document = parse("{ a b(c: [1, 2]) }")
    assert document.loc
    first = document.loc.start_token
    second = first.next
    assert second
    unlink(document)
    assert (first.next, second.prev, second.next) == (None, None, None)


def test_what_was_parsed_without_places_has_no_tokens() -> None:
    document = parse("{ a }", no_location=True)
    unlink(document)
    assert longest_name(document) == 0
