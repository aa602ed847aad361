"""How a client asks a router, and what the upstream got of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any

import httpx

from tests.federation.supergraph import Router

DOCUMENT = """
query Vips($first: Int!, $from: Date) {
  vips(first: $first) {
    id
    name
    kpi(from: $from) { boosterCustomerId averageBasketAmount }
  }
}
"""
DEMO, NOBODY, STRANGER = {"Authorization": "Bearer demo"}, dict[str, str](), {"Authorization": "Bearer stranger"}
_days = (date(2020, 1, 1) + timedelta(days=day) for day in count())


def fresh() -> str:
    """Return a day since which nobody has asked yet."""
    return next(_days).isoformat()


@dataclass(frozen=True, slots=True)
class Graph:
    """A router's endpoint, and the sandbox that is behind all of it."""

    router: Router
    endpoint: str
    sandbox: str

    async def ask(self, first: int, since: str, credential: Mapping[str, str] = DEMO) -> dict[str, Any]:
        """Ask for the KPIs of the first VIPs."""
        variables = {"first": first, "from": since}
        async with httpx.AsyncClient(timeout=20) as client:
            response = await client.post(
                self.endpoint, json={"query": DOCUMENT, "variables": variables}, headers=credential
            )
        answer: dict[str, Any] = response.json()
        return answer

    def calls(self, since: str) -> list[list[str]]:
        """Return which customers each upstream call asked for, of those about that day."""
        calls = httpx.get(f"{self.sandbox}/_sandbox/calls", timeout=20).json()
        return [asked for call in calls if (asked := list(_asked(call, since)))]


def _asked(call: Mapping[str, Any], since: str) -> Iterator[str]:
    return (str(item["customer"]) for item in call["items"] if item["from"] == since)
