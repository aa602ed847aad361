"""A customer's KPIs over a period, and the members of its DTO in the order they are declared."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

Value = int | Decimal | float | str | None
Dto = dict[str, Value]
Operation = Literal["single", "batch", "other"]

OPERATION = "GetCustomerKpi"
RESPONSE = "GetCustomerKpiResponse"
NAMESPACE = "Richemont.Booster2.PublicApi.CRM.ServiceModel"


class KpiRequest(NamedTuple):
    """One item of a call, as the upstream understood it."""

    customer: int = 0
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    customer: int
    transactions: int = 0
    sales: int = 0
    returns: int = 0
    items: int = 0
    average: Decimal = Decimal(0)
    spending: float = 0.0
    currency: str | None = None

    def dto(self) -> Dto:
        return {
            "boosterCustomerId": self.customer,
            "totalTransaction": self.transactions,
            "totalSales": self.sales,
            "totalReturn": self.returns,
            "totalItems": self.items,
            "averageBasketAmount": self.average,
            "totalSpendingAmount": self.spending,
            "currencyCode": self.currency,
        }
