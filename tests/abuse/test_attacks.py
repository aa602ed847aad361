"""Each attack is refused, or answered, with little work and a short answer that tells nothing; then all is well."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp, Message

from gateway.sandbox import SandboxTransport, Switches, create_sandbox
from tests.abuse import bodies, documents, heads, schema, values
from tests.abuse.attack import Attack, Sent
from tests.abuse.conforming import CANARY, LEAK
from tests.conftest import items, serving

ATTACKS = [*documents.ALL, *values.ALL, *bodies.ALL, *schema.ALL, *heads.ALL]
MOST_CALLS = 600_000
"""Of functions, Python's and C's: what takes 50 ms of a processor, about."""


class Work:
    """Counts the calls of functions: the same on every machine."""

    calls = 0

    def _count(self, _: FrameType, event: str, __: object) -> None:
        self.calls += event in {"call", "c_call"}

    @contextmanager
    def counted(self) -> Iterator[None]:
        before = sys.getprofile()
        sys.setprofile(self._count)
        try:
            yield
        finally:
            sys.setprofile(before)


async def sent(app: ASGIApp, what: Sent) -> tuple[int, httpx.Headers, bytes]:
    """Hand a request over as the server does: its bytes as they are."""
    path, _, query = what.target.partition("?")
    scope = {
        "type": "http",
        "method": what.method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in what.headers],
    }
    pieces = [what.body[start : start + 16_384] for start in range(0, len(what.body), 16_384)] or [b""]
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start, *parts = messages
    return start["status"], httpx.Headers(start["headers"]), b"".join(part["body"] for part in parts)


def first_error(answer: Any) -> dict[str, Any] | None:
    """Return the first error of an answer, or of the answers of an array."""
    answers = answer if isinstance(answer, list) else [answer]
    errors = [error for each in answers for error in each.get("errors", [])]
    return errors[0] if errors else None


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_an_attack_costs_little_and_tells_nothing(attack: Attack, caplog: pytest.LogCaptureFixture) -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", canary=CANARY))
    work = Work()
    async with serving(SandboxTransport(sandbox), introspection=attack.introspection) as gateway:
        with work.counted():
            status, headers, answer = await sent(gateway.app, attack.sent)
        assert (await gateway.ask("{ __typename }")).data == {"__typename": "Query"}
    told = json.loads(answer)
    error = first_error(told)
    assert (status, error and error["extensions"]["code"]) == (attack.status, attack.code), answer[:500]
    assert attack.says in (error or {"message": ""})["message"]
    assert len(answer) <= attack.longest
    assert not LEAK.search(answer.decode())
    assert not LEAK.search(str(headers))
    assert items(sandbox.calls) <= attack.asks
    assert work.calls <= MOST_CALLS
    assert not caplog.records


def test_all_attacks_have_names_of_their_own() -> None:
    names = [attack.name for attack in ATTACKS]
    assert len(set(names)) == len(names)
