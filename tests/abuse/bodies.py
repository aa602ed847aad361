"""Bodies that are to cost more than they are worth, or to be read in another way than they are meant."""

import json
from typing import Any

from tests.abuse.attack import (
    BAD_INPUT,
    BAD_REQUEST,
    IDS,
    JSON,
    NO_GRAPHQL,
    NOT_VALID,
    TOO_MUCH,
    Attack,
    Sent,
    asked,
    body,
    many,
)
from tests.conftest import DEMO, GRAPHQL

_TYPENAME = b'"query":"{__typename}"'
_HASH = "0" * 64
_WHICH = "OPERATION_RESOLUTION_FAILURE"
_UNKNOWN = "PERSISTED_QUERY_NOT_FOUND"
_OTHER = "PERSISTED_QUERY_HASH_MISMATCH"
_MANY = "query($of:[ID!]!){customers(ids:$of){id}}"


def array(name: str, operations: list[bytes], status: int, code: str | None, says: str = "", **more: Any) -> Attack:
    headers = (("Content-Type", JSON), ("Accept", JSON), *DEMO.items())
    return Attack(name, Sent(b"[" + b",".join(operations) + b"]", headers), status, code, says, **more)


def persisted(name: str, extensions: Any, status: int, code: str, **others: Any) -> Attack:
    return body(name, json.dumps({"extensions": extensions, **others}).encode(), status, code)


def hashed(sha256: Any, version: Any = 1) -> Any:
    return {"persistedQuery": {"version": version, "sha256Hash": sha256}}


ARRAYS = [
    array("an array of nothing", [], 422, BAD_REQUEST, "without any operation"),
    array("a flood of operations", [b"{}"] * 30_000, 422, TOO_MUCH, "(GATEWAY_MAX_OPERATIONS)"),
    array("one operation too many", [asked("{__typename}")] * 11, 422, TOO_MUCH, "(GATEWAY_MAX_OPERATIONS)"),
    array("arrays in an array", [b"[" + asked("{__typename}") + b"]"] * 10, 200, BAD_REQUEST, "not a JSON object"),
    array(
        "large documents in an array",
        [asked(f"{{{many(f'a{number}%:customer(id:1){{id}}', 29)}}}") for number in range(10)],
        200,
        TOO_MUCH,
        "(GATEWAY_MAX_TOKENS)",
    ),
    array(
        "broken documents in an array",
        [asked(f"{{a({'b:1 ' * 600} {number}") for number in range(10)],
        200,
        NO_GRAPHQL,
        longest=8_000,
    ),
    array(
        "bad ids in an array",
        [asked(_MANY.replace("customers", f"a{number}:customers"), {"of": ["x"] * 200}) for number in range(10)],
        200,
        BAD_INPUT,
        longest=400_000,
    ),
    array(
        "one document again and again",
        [asked(_MANY, {"of": IDS})] * 10,
        200,
        TOO_MUCH,
        "customers and KPIs",
        longest=40_000,
    ),
]

SHAPES = [
    body("lists without an end", b"[" * 100_000, 400, BAD_REQUEST, "not JSON"),
    body("objects without an end", b'{"a":' * 20_000, 400, BAD_REQUEST, "not JSON"),
    body("deep extensions", b"{" + _TYPENAME + b',"extensions":' + b'{"a":' * 900 + b"1" + b"}" * 901, 200),
    body("deeper ones", b"{" + _TYPENAME + b',"extensions":' + b'{"a":' * 9000 + b"1" + b"}" * 9001, 400, BAD_REQUEST),
    body("deep variables", b"{" + _TYPENAME + b',"variables":{"a":' + b"[" * 900 + b"]" * 900 + b"}}", 200),
    body("thousands of variables", asked("{__typename}", {f"a{number}": number for number in range(6000)}), 200),
    body("thousands of members", asked("{__typename}", None, **{f"a{number}": 1 for number in range(6000)}), 200),
    body("one member again and again", b"{" + b'"query":"{nope}",' * 5000 + _TYPENAME + b"}", 200),
    body("a member twice", b"{" + _TYPENAME + b',"query":"{nope}"}', 422, NOT_VALID, "'nope'"),
    body("a number for a document", b'{"query":5}', 422, BAD_REQUEST, "`query` is not a string"),
    body("a list of documents", b'{"query":["{__typename}"]}', 422, BAD_REQUEST, "`query` is not a string"),
    body("a list of variables", b"{" + _TYPENAME + b',"variables":[1]}', 422, BAD_REQUEST, "`variables`"),
    body("an object's own name", b"{" + _TYPENAME + b',"__proto__":{"query":"{nope}"}}', 200),
    body("a long name of an operation", asked("{__typename}", operationName="x" * 90_000), 422, _WHICH),
    body("an empty body", b"", 400, BAD_REQUEST, "not JSON"),
    body("spaces", b" " * 100_000, 400, BAD_REQUEST, "not JSON"),
    body("spaces before an object", b" " * 100_000 + b"{" + _TYPENAME + b"}", 200),
    body("too much", b" " * 102_401, 413, TOO_MUCH, "(GATEWAY_MAX_BODY_BYTES)"),
]  # fmt: skip

TEXTS = [
    body(told, b'{"query":"{__typename}","operationName":' + text + b"}", 400, BAD_REQUEST, "not JSON")
    for told, text in (
        ("half a character in JSON", b'"\\ud800"'),
        ("halves of characters in the wrong order", b'"\\udc00\\ud800"'),
        ("characters that are too long", b'"\xc0\xaf"'),
        ("half a character in UTF-8", b'"\xed\xa0\x80"'),
        ("a byte that is no character", b'"\xff"'),
        ("NUL in JSON", b'"\x00"'),
        ("not a number", b"NaN"),
        ("infinity", b"Infinity"),
        ("less than all numbers", b"-Infinity"),
        ("an exponent without an end", b"1e" + b"9" * 90_000),
        ("a number without an end", b"9" * 90_000),
        ("a comment in JSON", b"null/**/"),
        ("a comma too many", b"null,"),
        ("a quote of another kind", b"'x'"),
    )
] + [
    body("a mark of byte order before JSON", b"\xef\xbb\xbf{" + _TYPENAME + b"}", 400, BAD_REQUEST, "not JSON"),
    body("UTF-16", '{"query":"{__typename}"}'.encode("utf-16"), 400, BAD_REQUEST, "not JSON"),
    body("two objects", b"{" + _TYPENAME + b"}{" + _TYPENAME + b"}", 400, BAD_REQUEST, "not JSON"),
    body("half an object", b"{" + _TYPENAME, 400, BAD_REQUEST, "not JSON"),
]

EXTENSIONS = [
    persisted("a hash that is nobody's", hashed(_HASH), 404, _UNKNOWN),
    persisted("a hash that is too long", hashed("0" * 90_000), 422, BAD_REQUEST),
    persisted("a hash of other digits", hashed("０" * 64), 422, BAD_REQUEST),
    persisted("a hash that is a list", hashed([_HASH] * 1000), 422, BAD_REQUEST),
    persisted("a version that is a text", hashed(_HASH, version="1"), 422, BAD_REQUEST),
    persisted("a number for a persisted query", {"persistedQuery": 5}, 422, BAD_REQUEST),
    persisted("another document's hash", hashed(_HASH), 422, _OTHER, query="{__typename}"),
    persisted("a list of extensions", [1, 2], 422, BAD_REQUEST),
    persisted("an id that nobody knows", {}, 404, _UNKNOWN, documentId="x" * 90_000),
    persisted("an id that is a number", {}, 422, BAD_REQUEST, documentId=7),
]  # fmt: skip

CODED = [
    Attack(
        "a bomb in gzip",
        Sent(b"\x1f\x8b" + b"\x00" * 1000, (("Content-Type", JSON), ("Accept", GRAPHQL), ("Content-Encoding", "gzip"))),
        415,
        BAD_REQUEST,
    )
]

ALL = [*ARRAYS, *SHAPES, *TEXTS, *EXTENSIONS, *CODED]
