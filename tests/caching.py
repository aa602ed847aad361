"""Asking a gateway that keeps what it fetched, and reading how new it is."""

from tests.conftest import Gateway, Reply

OPEN = ""
CLOSED = '(from: "2024-01-01", to: "2024-12-31")'
EARLIER = '(to: "2022-12-31")'


async def ask(gateway: Gateway, *ids: int, period: str = CLOSED, token: str = "demo") -> Reply:
    query = f"query ($ids: [ID!]!) {{ customers(ids: $ids) {{ id kpi{period} {{ totalItems asOf freshness }} }} }}"
    return await gateway.ask(query, {"ids": list(ids)}, {"Authorization": f"Bearer {token}"})


def freshness(reply: Reply) -> list[str | None]:
    """Say where each customer's figures come from, or the code of what stands in their place."""
    codes = {error["path"][1]: error["extensions"]["code"] for error in reply.errors}
    kpis = [customer["kpi"] for customer in reply.data["customers"]]
    return [kpi["freshness"] if kpi else codes.get(number) for number, kpi in enumerate(kpis)]


def figures(reply: Reply) -> list[int | None]:
    return [customer["kpi"] and customer["kpi"]["totalItems"] for customer in reply.data["customers"]]
