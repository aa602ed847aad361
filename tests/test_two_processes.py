"""Two gateways that are processes of their own, on one Valkey: who asks cannot tell them from one."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx
import pytest

from gateway.manifest import digest
from tests.cache.valkey import Valkey
from tests.cache.valkey import running as valkey_running
from tests.conftest import FIGURES, GRAPHQL, PREFLIGHT
from tests.test_main import running
from tests.together import SECRET, SOON

pytestmark = pytest.mark.real_time

FAILS, FORBIDDEN, UNKNOWN = 47, 45, 999_999  # customers: the second to demo-b alone
OPERATIONS = 100
KPI = f"{{ id kpi(from: $from, to: $to) {{ {FIGURES} freshness asOf }} }}"
DOCUMENTS = (
    f"query A($ids: [ID!]!, $from: Date, $to: Date) {{ customers(ids: $ids) {KPI} }}",
    f"query B($ids: [ID!]!, $from: Date, $to: Date) {{ a: customers(ids: $ids) {KPI} b: customers(ids: $ids) {KPI} }}",
    f"query C($of: [_Any!]!, $from: Date, $to: Date) {{ _entities(representations: $of) {{ ... on Customer {KPI} }} }}",
    "query D($ids: [ID!]!, $from: Date, $to: Date) { customers(ids: $ids) { kpis(from: $from, to: $to) } }",
)


class Asked(NamedTuple):
    """An operation, by whom, and whether it is asked for by its hash."""

    document: str
    variables: Mapping[str, Any]
    token: str = "demo"
    by_hash: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """Two processes that share a Valkey, one that is alone, and the KPI service that all of them ask."""

    one: httpx.Client
    other: httpx.Client
    alone: httpx.Client
    service: httpx.Client
    valkey: Valkey

    def items(self) -> int:
        """Return how many customers the service was asked for so far."""
        return sum(len(call["items"]) for call in self.service.get("/_sandbox/calls").json())

    def change(self, **switches: object) -> None:
        self.service.patch("/_sandbox/switches", json=switches).raise_for_status()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    faults = "--fail", f"{FAILS}=500", "--forbidden", f"demo-b={FORBIDDEN}"
    with ExitStack() as stack:
        valkey = stack.enter_context(valkey_running())
        service, _ = stack.enter_context(running("sandbox", "--port", "0", "--csharp-method", "Any", *faults))
        shared = {"cache_url": valkey.url, "cache_secret": SECRET}

        def client(**settings: Any) -> httpx.Client:
            address, _ = stack.enter_context(running("serve", errors=[], port="0", upstream_url=service, **settings))
            return stack.enter_context(httpx.Client(base_url=address, timeout=20))

        yield World(
            client(**shared), client(**shared), client(), stack.enter_context(httpx.Client(base_url=service)), valkey
        )


def ask(gateway: httpx.Client, asked: Asked) -> httpx.Response:
    """Ask as a client does: by the hash, and with the document where it is not known."""
    headers = {"Authorization": f"Bearer {asked.token}", "Accept": GRAPHQL, **PREFLIGHT}
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": digest(asked.document)}}
    body: dict[str, Any] = {"variables": asked.variables}
    if asked.by_hash:
        response = gateway.post("/graphql", json={**body, "extensions": persisted}, headers=headers)
        if codes(response) != ["PERSISTED_QUERY_NOT_FOUND"]:
            return response
        body["extensions"] = persisted
    return gateway.post("/graphql", json={**body, "query": asked.document}, headers=headers)


def codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json().get("errors", [])]


def many(*ids: object, period: tuple[str, str] = ("2024-01-01", "2024-03-31"), **asked: Any) -> Asked:
    return Asked(DOCUMENTS[0], {"ids": ids, "from": period[0], "to": period[1]}, **asked)


def freshness(response: httpx.Response) -> list[str | None]:
    return [customer["kpi"] and customer["kpi"]["freshness"] for customer in response.json()["data"]["customers"]]


def timeless(told: object) -> object:
    """Return what was told without when it was fetched, and from where."""
    if isinstance(told, dict):
        return {name: timeless(each) for name, each in told.items() if name not in {"asOf", "freshness"}}
    return [timeless(each) for each in told] if isinstance(told, list) else told


def told(response: httpx.Response) -> object:
    body = response.json()
    errors = sorted(
        (str(error.get("path")), error["message"], str(error["extensions"])) for error in body.get("errors", [])
    )
    return response.status_code, timeless(body.get("data")), errors


def drawn(chance: random.Random) -> Asked:
    """Draw an operation; few customers and periods, so that much of it was asked for before."""
    ids = [chance.choice([*range(1, 15), FAILS, FORBIDDEN, UNKNOWN, "007"]) for _ in range(chance.randint(1, 6))]
    first, last = chance.choice(
        [("2024-01-01", "2024-03-31"), ("2026-01-01", None), (None, None), ("2024-02-30", None)]
    )
    document = chance.choice(DOCUMENTS)
    of = [{"__typename": "Customer", "id": str(each)} for each in ids]
    variables = {"of": of} if "_entities" in document else {"ids": ids}
    token = chance.choice(["demo", "demo-a", "demo-b", "nobody"])
    return Asked(document, {**variables, "from": first, "to": last}, token, chance.random() < 0.4)


def settled(question: Callable[[], object], wanted: object) -> object:
    """Ask until the answer is the one that is wanted, or for too long; returns the last one."""
    end = time.monotonic() + SOON
    while (answer := question()) != wanted and time.monotonic() < end:
        time.sleep(0.05)
    return answer


def test_two_answer_as_one_does(world: World) -> None:
    chance = random.Random(9)  # noqa: S311  # repeatable
    seen = set()
    for _ in range(OPERATIONS):
        asked = drawn(chance)
        response = ask(chance.choice([world.one, world.other]), asked)
        assert told(response) == told(ask(world.alone, asked)), asked
        seen |= {response.status_code, *codes(response)}
    assert {200, 294, 422, "UNAUTHENTICATED", "FORBIDDEN", "BAD_USER_INPUT", "UPSTREAM_ERROR"} <= seen


def test_what_one_fetched_the_other_has(world: World) -> None:
    known = world.valkey.inside.dbsize()
    assert freshness(ask(world.one, many(101, 102, token="demo-new"))) == ["LIVE"] * 2
    assert settled(lambda: world.valkey.inside.dbsize() > known + 2, wanted=True)
    before = world.items()
    assert freshness(ask(world.other, many(101, 102, token="demo-new"))) == ["CACHED"] * 2
    assert world.items() == before


def test_a_document_that_one_was_told_the_other_knows(world: World) -> None:
    document = "query Told($ids: [ID!]!) { customers(ids: $ids) { id } }"
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest(document)}}
    body = {"variables": {"ids": [1]}, "extensions": extensions}

    def by_hash(gateway: httpx.Client) -> object:
        return gateway.post("/graphql", json=body).json().get("data")

    assert by_hash(world.other) is None
    world.one.post("/graphql", json={**body, "query": document}).raise_for_status()
    assert settled(lambda: by_hash(world.other), {"customers": [{"id": "1"}]}) == {"customers": [{"id": "1"}]}
    assert by_hash(world.alone) is None


def test_what_a_credential_may_no_longer_see_is_shown_by_neither(world: World) -> None:
    """The service refuses one of them; the other, which was told that it may, learns of it."""
    mine, later = many(111, 112, token="demo-gone"), many(113, token="demo-gone")
    ask(world.one, mine)
    assert settled(lambda: freshness(ask(world.other, mine)), ["CACHED"] * 2) == ["CACHED"] * 2
    world.change(revoked="demo-gone")
    assert freshness(ask(world.other, mine)) == ["CACHED"] * 2
    assert codes(ask(world.one, later)) == ["UNAUTHENTICATED"]
    refused = ["UNAUTHENTICATED"] * 2
    assert settled(lambda: codes(ask(world.other, mine)), refused) == refused
    assert codes(ask(world.one, mine)) == refused
    assert freshness(ask(world.other, many(111, 112, token="demo-stays"))) == ["LIVE"] * 2
