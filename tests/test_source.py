"""Locations in a document's text are those that graphql-core tells."""

from graphql import Source
from hypothesis import given
from hypothesis import strategies as st

from gateway.source import Text


@given(st.text(st.sampled_from("a \n\r{")), st.integers(0, 20))
def test_a_location_is_the_one_that_graphql_core_finds(text: str, position: int) -> None:
    assert Text(text).get_location(position) == Source(text).get_location(position)


def test_lines_are_looked_for_once() -> None:
    text = Text("{\n" * 10)
    text.get_location(3)
    text.body = ""
    assert text.get_location(5) == (3, 2)
