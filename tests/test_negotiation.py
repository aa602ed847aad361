"""Accept decides between two JSONs and a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.negotiation import MediaType, is_json, negotiate, wants_page

GRAPHQL, JSON = MediaType.GRAPHQL, MediaType.JSON

CASES = [
    ("application/graphql-response+json", GRAPHQL),
    ("application/graphql-response+json, application/json;q=0.9", GRAPHQL),
    ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", GRAPHQL),
    ("application/json, application/graphql-response+json", GRAPHQL),
    ("application/json, application/graphql-response+json;q=0.9", JSON),
    ("APPLICATION/GraphQL-Response+JSON", GRAPHQL),
    ("application/graphql-response+json;q=0", None),
    ("application/graphql-response+json;q=0, */*", JSON),
    ("application/json", JSON),
    ("application/json;charset=utf-8", JSON),
    ('application/json;charset="utf-8"', JSON),
    ("application/json;charset=utf-16", None),
    ("application/*", JSON),
    ("*/*", JSON),
    ("application/json, text/plain, */*", JSON),
    ("application/json;q=0.5, */*;q=0.4", JSON),
    ("application/json;q=0.1, application/graphql-response+json;q=0.2", GRAPHQL),
    ("application/json;q=0, */*", GRAPHQL),
    ("", JSON),
    ("  ", JSON),
    ("text/html", None),
    ("text/*", None),
    ("*/*;q=0", None),
    ("application/json;q=x", None),
    ("application/json;q=7", None),
    ("nonsense", None),
    (";;;,,,", None),
    ("application/json" + ",a/b" * 1000, JSON),
    ("a/b," * 1000 + "application/json", None),  # nobody looks so far
]


@pytest.mark.parametrize(("accept", "media"), CASES)
def test_the_best_type_that_the_client_takes_is_chosen(accept: str, media: MediaType | None) -> None:
    assert negotiate(accept) == media


@given(st.text())
def test_no_header_is_too_strange_to_be_read(accept: str) -> None:
    assert negotiate(accept) in {GRAPHQL, JSON, None}


@given(st.lists(st.sampled_from([accept for accept, _ in CASES if len(accept) < 100]), max_size=20))
def test_order_decides_nothing(entries: list[str]) -> None:
    assert negotiate(",".join(entries)) == negotiate(",".join(reversed(entries)))


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/html", True),
        ("text/html;q=0.5, application/json", False),
        ("text/html, application/json", False),
        ("*/*", False),
        ("text/*", False),
        ("", False),
    ],
)
def test_only_who_would_rather_have_a_page_gets_one(accept: str, page: bool) -> None:
    assert wants_page(accept) is page


@pytest.mark.parametrize(
    ("content_type", "is_it"),
    [
        ("application/json", True),
        ("Application/JSON ; charset=UTF-8", True),
        ("application/json; a=" + "b" * 300, True),
        ("application/json; charset=utf-16", False),
        ("application/json-patch+json", False),
        ("text/plain; a=" + "b" * 300, False),
        ("", False),
    ],
)
def test_json_in_utf8_is_told_from_all_else(content_type: str, is_it: bool) -> None:
    assert [is_json(content_type) for _ in range(2)] == [is_it, is_it]
