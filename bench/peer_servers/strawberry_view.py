"""The plain Strawberry stack, as its documentation shows it: its own view, and a loader that GETs with httpx."""

import asyncio
import os
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import httpx
import strawberry
import uvicorn
from aiodataloader import DataLoader
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

_LONG = 60.0  # seconds: hundreds of calls wait for a hundred connections


class Key(NamedTuple):
    customer: str
    first: date | None
    last: date | None


@strawberry.type
class CustomerKpi:
    booster_customer_id: int
    total_transaction: int
    total_sales: int
    total_return: int
    total_items: int
    average_basket_amount: Decimal
    total_spending_amount: Decimal
    currency_code: str | None


class Kpis(DataLoader[Key, CustomerKpi]):
    def __init__(self, client: httpx.AsyncClient, authorization: str) -> None:
        super().__init__()
        self._client = client
        self._headers = {"Authorization": authorization, "Accept": "application/json"}

    async def batch_load_fn(self, keys: Sequence[Key]) -> list[CustomerKpi]:
        return await asyncio.gather(*(self._fetch(key) for key in keys))

    async def _fetch(self, key: Key) -> CustomerKpi:
        days = {"transactionDateFrom": key.first, "transactionDateTo": key.last}
        params = {name: day.isoformat() for name, day in days.items() if day}
        response = await self._client.get(f"/customer/{key.customer}/kpi", params=params, headers=self._headers)
        found = response.raise_for_status().json(parse_float=Decimal)
        return CustomerKpi(
            booster_customer_id=found["boosterCustomerId"],
            total_transaction=found["totalTransaction"],
            total_sales=found["totalSales"],
            total_return=found["totalReturn"],
            total_items=found["totalItems"],
            average_basket_amount=found["averageBasketAmount"],
            total_spending_amount=found["totalSpendingAmount"],
            currency_code=found["currencyCode"],
        )


@strawberry.type
class Customer:
    id: strawberry.ID

    @strawberry.field
    async def kpi(
        self,
        info: strawberry.Info[dict[str, Any]],
        first: Annotated[date | None, strawberry.argument(name="from")] = None,
        last: Annotated[date | None, strawberry.argument(name="to")] = None,
    ) -> CustomerKpi | None:
        loader: Kpis = info.context["kpis"]
        return await loader.load(Key(self.id, first, last))


@strawberry.type
class Query:
    @strawberry.field
    def customers(self, ids: list[strawberry.ID]) -> list[Customer | None]:
        return [Customer(id=each) for each in ids]


class View(GraphQL[dict[str, Any], None]):
    """The view, with a loader for each operation and a client for all of them."""

    def __init__(self, upstream: str) -> None:
        super().__init__(strawberry.Schema(Query), graphql_ide=None)
        self._client = httpx.AsyncClient(base_url=upstream, timeout=_LONG)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> dict[str, Any]:
        kpis = Kpis(self._client, request.headers["authorization"])
        return {"request": request, "response": response, "kpis": kpis}


if __name__ == "__main__":
    uvicorn.run(View(os.environ["UPSTREAM_URL"]), port=0, access_log=False, lifespan="off")
