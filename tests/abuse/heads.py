"""Requests whose head is the attack, as large as the server lets it be: addresses, headers, methods."""

from typing import Any
from urllib.parse import quote

from tests.abuse.attack import BAD_REQUEST, JSON, NO_GRAPHQL, Attack, Sent, asked, get
from tests.conftest import DEMO, GRAPHQL

_TYPENAME = quote("{__typename}")
_BODY = asked("{__typename}")


def post(
    name: str, headers: list[tuple[str, str]], status: int, code: str | None = None, says: str = "", **more: Any
) -> Attack:
    """Post a plain query with these headers; those that everybody sends are there unless they are among them."""
    given = {each.lower() for each, _ in headers}
    usual = [("Content-Type", JSON), ("Accept", GRAPHQL), *DEMO.items()]
    own = tuple(each for each in usual if each[0].lower() not in given)
    return Attack(name, Sent(_BODY, (*own, *headers), **more), status, code, says)


ADDRESSES = [
    get("a query twice, the latter counts", f"query={quote('{nope}')}&query={_TYPENAME}", 200),
    get("a query again and again", f"query={_TYPENAME}&" * 400, 200),
    get("a list of queries", f"query[]={_TYPENAME}", 422, BAD_REQUEST, "no `query`"),
    get("thousands of parameters", f"query={_TYPENAME}&" + "a=1&" * 3800, 200),
    get("a long query", {"query": f"#{'x' * 12_000}\n{{__typename}}"}, 200),
    get("a query of newlines", {"query": "\n" * 5000 + "{__typename}"}, 422, "REQUEST_LIMIT_EXCEEDED"),
    get("bytes that are no characters", "query=%ff%fe%c0%af", 400, NO_GRAPHQL),
    get("half an escape", "query=%7b__typename%7", 400, NO_GRAPHQL),
    get("NUL in the address", "query=%7b__typename%00%7d", 400, NO_GRAPHQL),
    get("an escape of an escape", f"query={quote(_TYPENAME)}", 400, NO_GRAPHQL),
    get("deep variables in the address", {"query": "{__typename}", "variables": "[" * 4000}, 400, BAD_REQUEST),
    get("variables in the address that are none", {"query": "{__typename}", "variables": "[1]"}, 422, BAD_REQUEST),
    get("a number of variables", {"query": "{__typename}", "variables": "9" * 12_000}, 400, BAD_REQUEST),
    get("extensions in the address that are none", {"query": "{__typename}", "extensions": "NaN"}, 400, BAD_REQUEST),
    get("a mutation", {"query": "mutation{__typename}"}, 405, BAD_REQUEST, "queries only"),
    get("a mutation behind a query", {"query": "query A{a} mutation B{x}", "operationName": "B"}, 405, BAD_REQUEST),
    get("nothing at all", "", 422, BAD_REQUEST, "no `query`"),
    Attack(
        "a query that any page can send",
        Sent(b"", (("Accept", GRAPHQL), *DEMO.items()), "GET", f"/graphql?query={_TYPENAME}"),
        400,
        BAD_REQUEST,
        "CSRF",
    ),
    Attack("a query in the address of a POST", Sent(b"", (("Content-Type", JSON), ("Accept", GRAPHQL), *DEMO.items()),
           "POST", f"/graphql?query={_TYPENAME}"), 400, BAD_REQUEST, "not JSON"),
]  # fmt: skip

HEADERS = [
    post("Accept twice", [("Accept", "text/html"), ("Accept", GRAPHQL)], 200),
    post("Accept again and again", [("Accept", "text/html")] * 90 + [("Accept", GRAPHQL)], 200),
    post("Accept of thousands of types", [("Accept", "a/b;q=0.1," * 4000 + GRAPHQL)], 406, BAD_REQUEST, "Accept"),
    post("Accept of nothing but commas", [("Accept", GRAPHQL + "," * 48_000)], 200),
    post("Accept of nothing but semicolons", [("Accept", GRAPHQL + ";" * 48_000)], 200),
    post("Accept of thousands of parameters", [("Accept", GRAPHQL + ";a=b" * 9000)], 200),
    post("Accept of odd qualities", [("Accept", f"{GRAPHQL};q=NaN, {JSON};q=-1, */*;q=1e400")], 406, BAD_REQUEST),
    post("Accept of nothing", [("Accept", "image/png")], 406, BAD_REQUEST, "Accept"),
    post("two credentials", [("Authorization", "a"), ("Authorization", "b")], 400, BAD_REQUEST, "more than one"),
    post("one credential twice", [("Authorization", "Bearer demo")] * 2, 200),
    post("a credential of many bytes", [("Authorization", "Bearer " + "x" * 40_000)], 200),
    post("a credential that is not plain", [("Authorization", "Bearer \xe9")], 400, BAD_REQUEST, "plain ASCII"),
    post("another key that is not plain", [("X-Api-Key", "\xff")], 400, BAD_REQUEST, "plain ASCII"),
    post("two kinds of content", [("Content-Type", JSON), ("Content-Type", "text/plain")], 415, BAD_REQUEST),
    post("content of thousands of parameters", [("Content-Type", JSON + ";a=b" * 9000)], 200),
    post("content in another charset", [("Content-Type", f"{JSON}; charset=utf-7")], 415, BAD_REQUEST),
    post("content that a form sends", [("Content-Type", "text/plain")], 415, BAD_REQUEST),
    post("another method in a header", [("X-Http-Method-Override", "DELETE"), ("X-Method-Override", "GET")], 200),
    post("an id of a request that is markup", [("X-Request-Id", "<script>alert(1)</script>")], 200),
    post("an id of a request that is long", [("X-Request-Id", "x" * 40_000)], 200),
    post("a wish that nobody knows", [("GraphQL-Cost", "x" * 40_000)], 400, BAD_REQUEST, "GraphQL-Cost"),
    post("tags that nobody knows", [("GraphQL-Cache-Tags", "x" * 40_000)], 400, BAD_REQUEST, "GraphQL-Cache-Tags"),
    post("cookies", [("Cookie", "a=b; " * 8000)], 200),
    post("headers", [(f"X-{number}", "x") for number in range(90)], 200),
    post("a host of somebody else's", [("X-Forwarded-Host", "evil.test"), ("Forwarded", "host=evil.test")], 200),
    post("a method that nobody knows", [], 405, BAD_REQUEST, method="PROPFIND"),
]  # fmt: skip

ALL = [*ADDRESSES, *HEADERS]
