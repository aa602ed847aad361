"""An attack: what somebody sends, and what must come of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.conftest import DEMO, GRAPHQL, PREFLIGHT

JSON = "application/json"
TOO_MUCH = "REQUEST_LIMIT_EXCEEDED"
NOT_VALID = "GRAPHQL_VALIDATION_FAILED"
NO_GRAPHQL = "GRAPHQL_PARSE_FAILED"
BAD_INPUT = "BAD_USER_INPUT"
BAD_REQUEST = "BAD_REQUEST"
IDS = [str(number) for number in range(1, 201)]
FIGURES = (
    "boosterCustomerId totalTransaction totalSales totalReturn totalItems "
    "averageBasketAmount totalSpendingAmount currencyCode asOf freshness"
)
_IGNORED = ",", " "
_MARK = 16
"""Characters before a document that say nothing: other ones make it another document."""


@dataclass(frozen=True, slots=True)
class Sent:
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", JSON), ("Accept", GRAPHQL), *DEMO.items())
    method: str = "POST"
    target: str = "/graphql"

    def anew(self, number: int) -> "Sent":
        """Return the same with documents that nobody has sent before."""
        signs = "".join(_IGNORED[number >> place & 1] for place in range(_MARK))
        body = self.body.replace(_IGNORED[0].encode() * _MARK, signs.encode())
        return Sent(body, self.headers, self.method, self.target)


@dataclass(frozen=True, slots=True)
class Attack:
    """``code`` is that of the first error, None where there is to be none; ``says`` is in its message.

    ``longest``: the most bytes of the answer; ``asks``: the most KPIs that the upstream is asked for.
    """

    name: str
    sent: Sent
    status: int
    code: str | None = None
    says: str = ""
    longest: int = 4_000
    asks: int = 0
    introspection: bool = False


def asked(text: str, variables: Mapping[str, Any] | None = None, **others: object) -> bytes:
    """Return the body of a request for a document."""
    return json.dumps({"query": _IGNORED[0] * _MARK + text, "variables": variables, **others}).encode()


def document(
    name: str, text: str, status: int, code: str | None = None, says: str = "", **more: Any
) -> Attack:  # `more`: variables, and what else an attack has
    return Attack(name, Sent(asked(text, more.pop("variables", None))), status, code, says, **more)


def body(name: str, content: bytes, status: int, code: str | None = None, says: str = "", **more: Any) -> Attack:
    return Attack(name, Sent(content), status, code, says, **more)


def get(
    name: str, query: Mapping[str, str] | str, status: int, code: str | None = None, says: str = "", **more: Any
) -> Attack:
    text = query if isinstance(query, str) else "&".join(f"{key}={quote(value)}" for key, value in query.items())
    headers = (("Accept", GRAPHQL), *DEMO.items(), *PREFLIGHT.items())
    return Attack(name, Sent(b"", headers, "GET", f"/graphql?{text}"), status, code, says, **more)


def many(pattern: str, count: int, first: int = 0) -> str:
    """Write a pattern again and again: ``%`` is the number, ``^`` the next one."""
    return "".join(
        pattern.replace("%", str(number)).replace("^", str(number + 1)) for number in range(first, first + count)
    )
