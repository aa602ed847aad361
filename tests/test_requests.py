"""A request's parameters, and by which words a bad one is refused."""

import re
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import RequestRefused
from gateway.requests import Parameters, check_content_type, from_body, from_query, request_id
from tests.conftest import headers


def body(**entries: object) -> bytes:
    return orjson.dumps(entries)


def test_a_body_gives_its_four_parameters_and_the_rest_is_ignored() -> None:
    entries = {"query": "{x}", "operationName": "A", "variables": {"a": 1}, "extensions": {"b": 2}, "other": 3}
    assert from_body(body(**entries), 3) == Parameters("{x}", "A", {"a": 1}, {"b": 2})


@pytest.mark.parametrize("absent", [{}, {"operationName": None, "variables": None, "extensions": None}])
def test_null_is_absent(absent: dict[str, None]) -> None:
    assert from_body(body(query="{x}", **absent), 3) == Parameters("{x}", None, {}, {})


@pytest.mark.parametrize("name", ["operationName", "variables", "extensions"])
def test_in_a_url_what_is_empty_is_absent(name: str) -> None:
    assert from_query({"query": "{x}", name: ""}) == Parameters("{x}", None, {}, {})


def test_in_a_url_variables_are_json() -> None:
    query = {"query": "{x}", "variables": '{"a": [1]}', "extensions": "{}", "operationName": "null"}
    assert from_query(query) == Parameters("{x}", "null", {"a": [1]}, {})


NOT_WELL_FORMED: list[tuple[Any, int, str]] = [
    (b"NONSENSE", 400, "not JSON"),
    (b'{"query":', 400, "not JSON"),
    (b"", 400, "not JSON"),
    (b'{"query": "\xff"}', 400, "not JSON"),
    (b'{"query": "\\ud800"}', 400, "not JSON"),
    (b"[" * 100_000, 400, "not JSON"),
    (b"[]", 422, "without any operation"),
    (
        b"[" + b",".join([body(query="{x}")] * 4) + b"]",
        422,
        "4 operations in an array: at most 3 (GATEWAY_MAX_OPERATIONS)",
    ),
    (b"null", 422, "not a JSON object"),
    (b'"{x}"', 422, "not a JSON object"),
    (body(qeury="{x}"), 422, "no `query`"),
    (body(query=None), 422, "no `query`"),
    (body(query={}), 422, "`query` is not a string"),
    (body(query=7), 422, "`query` is not a string"),
    (body(query="{x}", operationName=["A"]), 422, "`operationName` is not a string"),
    (body(query="{x}", variables=[7]), 422, "`variables` is not an object"),
    (body(query="{x}", variables="{}"), 422, "`variables` is not an object"),
    (body(query="{x}", extensions=0), 422, "`extensions` is not an object"),
    (body(query="{x}", extensions=False), 422, "`extensions` is not an object"),
]


@pytest.mark.parametrize(("sent", "status", "words"), NOT_WELL_FORMED)
def test_a_bad_body_is_refused_with_what_is_wrong(sent: bytes, status: int, words: str) -> None:
    with pytest.raises(RequestRefused, match=re.escape(words)) as refusal:
        from_body(sent, 3)
    assert refusal.value.status == status


def test_what_is_wrong_with_one_of_an_array_stands_in_its_place() -> None:
    read: Any = from_body(b"[" + b",".join([body(query="{x}"), b"null", b"{}"]) + b"]", 3)
    first, *bad = read
    assert first == Parameters("{x}")
    assert [(each.status, each.public) for each in bad] == [
        (422, "The request is not a JSON object."),
        (422, "The request has no `query`."),
    ]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 422),
        ({"query": ""}, 422),
        ({"query": "{x}", "variables": "{"}, 400),
        ({"query": "{x}", "variables": "[]"}, 422),
        ({"query": "{x}", "extensions": "nope"}, 400),
    ],
)
def test_a_bad_url_is_refused(query: dict[str, str], status: int) -> None:
    with pytest.raises(RequestRefused) as refusal:
        from_query(query)
    assert refusal.value.status == status


@given(st.binary())
def test_no_body_is_more_than_refused(sent: bytes) -> None:
    with suppress(RequestRefused):
        assert isinstance(from_body(sent, 3), Parameters | list)


@pytest.mark.parametrize(
    "media", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_plain_json_is_taken(media: str) -> None:
    check_content_type(headers({"content-type": media}))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/graphql"},
        {"content-type": "application/jsonp"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_any_other_media_type_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(RequestRefused) as refusal:
        check_content_type(headers(given))
    assert refusal.value.status == 415


@pytest.mark.parametrize("shown", ["7f3a", "a-b_c.d:e", "x" * 128])
def test_a_harmless_request_id_is_kept(shown: str) -> None:
    assert request_id(headers({"x-request-id": shown})) == shown


@pytest.mark.parametrize("shown", ["", "a b", "x" * 129, "<script>", "é", "a\tb"])
def test_any_other_request_id_is_replaced(shown: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", request_id(headers({"x-request-id": shown})))
