"""The published figures of a customer: read from what was served, as they are."""

from enum import Enum
from operator import attrgetter
from typing import Any

import strawberry

from gateway.many import reading
from gateway.scalars import DateTime, Decimal


@strawberry.enum(description="How new figures are.")
class Freshness(Enum):
    LIVE = strawberry.enum_value("LIVE", description="The KPI service gave them for this query, or for one beside it.")
    CACHED = strawberry.enum_value("CACHED", description="It gave them a while ago, and they are still taken for new.")
    STALE = strawberry.enum_value(
        "STALE", description="They are the last known ones: the KPI service fails just now. See `asOf`."
    )


def _read(path: str, description: str) -> Any:
    """Declare a field that is read from the source as it is: ``path`` is the attribute's, with dots."""
    read = attrgetter(path)

    def resolve(root: Any) -> Any:
        return read(root)

    return strawberry.field(resolver=resolve, metadata=reading(path), description=description)


@strawberry.type(description="A customer's figures for one period, as the KPI service computed them.")
class CustomerKpi:
    """Is read from a domain.Served that has a KPI."""

    booster_customer_id: int = _read(
        "kpi.customer", "The customer these figures are of: the same number as `Customer.id`."
    )
    total_transaction: int = _read("kpi.total_transaction", "Number of transactions, as the KPI service counts them.")
    total_sales: int = _read("kpi.total_sales", "Number of sales, as the KPI service counts them.")
    total_return: int = _read("kpi.total_return", "Number of returns, as the KPI service counts them.")
    total_items: int = _read("kpi.total_items", "Number of items, as the KPI service counts them.")
    average_basket_amount: Decimal = _read(
        "kpi.average_basket_amount", "The mean amount of a transaction, in `currencyCode`."
    )
    total_spending_amount: Decimal = _read(
        "kpi.total_spending_amount",
        "What the customer spent in all, in `currencyCode`. The KPI service computes it in binary "
        "floating point, so its last digits can carry rounding.",
    )
    currency_code: str | None = _read(
        "kpi.currency_code",
        "The currency of the amounts (ISO 4217, for example `EUR`); null where the KPI service names none.",
    )
    as_of: DateTime = _read(
        "as_of", "When the KPI service gave these figures, to be exact, when it was asked for them."
    )
    freshness: Freshness = _read(
        "freshness", "Whether the figures are just fetched, kept from an earlier query, or kept and past their time."
    )
