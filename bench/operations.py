"""Operations of fifty customers, no two with the same customer and period; and what their upstream got of them."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any, NamedTuple

import httpx

CUSTOMERS = 50
CREDENTIAL = {"Authorization": "Bearer demo"}
_GROUPS = 8  # of fifty customers each: all of them are met before anything is measured
_FIRST_DAY = date(2019, 1, 1)
_LAST_DAY = date(2026, 12, 31)
DOCUMENT = """
query Kpis($ids: [ID!]!, $from: Date, $to: Date) {
  customers(ids: $ids) {
    id
    kpi(from: $from, to: $to) {
      boosterCustomerId
      totalTransaction
      totalSales
      totalReturn
      totalItems
      averageBasketAmount
      totalSpendingAmount
      currencyCode
    }
  }
}
"""


class WrongAnswer(Exception):
    """An answer is not fifty KPIs: there is nothing to be measured."""


@dataclass(frozen=True, slots=True)
class Operation:
    ids: tuple[int, ...]
    first_day: date
    last_day: date

    @property
    def asked(self) -> tuple[str, dict[str, Any]]:
        """Return the document, and the variable that says which customers it is about."""
        return DOCUMENT, {"ids": self.ids}

    async def ask(self, client: httpx.AsyncClient) -> None:
        """Ask a gateway, and see to it that the answer is whole; WrongAnswer if it is not."""
        document, customers = self.asked
        variables = {**customers, "from": self.first_day.isoformat(), "to": self.last_day.isoformat()}
        response = await client.post("/graphql", json={"query": document, "variables": variables}, headers=CREDENTIAL)
        if not self._is_whole(response):
            raise WrongAnswer(f"{response.status_code} … {response.text[-300:]}")

    def _is_whole(self, response: httpx.Response) -> bool:
        if response.status_code != 200:
            return False
        answer: dict[str, Any] = response.json()
        (customers,) = answer["data"].values() if "errors" not in answer else ([],)
        return tuple(each["kpi"] and each["kpi"]["boosterCustomerId"] for each in customers) == self.ids


class Operations:
    """Makes operations; those that run side by side have no customer in common."""

    def __init__(self, last_day: date = _LAST_DAY) -> None:
        self._last_day = last_day
        self._numbers = count()

    def take(self, many: int) -> list[Operation]:
        return [self._made(next(self._numbers)) for _ in range(many)]

    def _made(self, number: int) -> Operation:
        period, group = divmod(number, _GROUPS)
        first = group * CUSTOMERS + 1
        ids = tuple(range(first, first + CUSTOMERS))
        return Operation(ids, _FIRST_DAY + timedelta(days=period), self._last_day)


class Call(NamedTuple):
    """A call that the upstream got: under which request id, and for how many KPIs."""

    request_id: str
    items: int


class ControlRoom:
    """The sandbox's: how slow it is, and what it was asked."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._latest = 0

    async def take_for_an_item(self, seconds: float) -> None:
        changed = await self._client.patch("/_sandbox/switches", json={"latency_item": seconds})
        changed.raise_for_status()

    async def new_calls(self) -> list[Call]:
        """Return the calls that came since this was last asked."""
        response = await self._client.get("/_sandbox/calls", params={"since": self._latest})
        calls = response.raise_for_status().json()
        if calls:
            self._latest = calls[-1]["number"]
        return [Call(call["headers"].get("x-request-id", ""), len(call["items"])) for call in calls]
