"""The service: one item after another, stopping at the first that fails."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from gateway.sandbox.data import Customers
from gateway.sandbox.failures import NOT_IMPLEMENTED, PipelineError, ServiceError, status_name
from gateway.sandbox.kpi import OPERATION, Dto, Kpi, KpiRequest
from gateway.sandbox.switches import Switches

Sleep = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Service:
    """The service as one caller meets it."""

    customers: Customers
    switches: Switches
    caller: str
    sleep: Sleep

    async def one(self, item: KpiRequest) -> Dto | None:
        await self.sleep(self.switches.latency_item)
        self._refuse(item.customer)
        kpi = self.customers.kpi(*item)
        return self._unknown(item.customer) if kpi is None else kpi.dto()

    async def each(self, items: Sequence[KpiRequest]) -> list[Dto | None]:
        results: list[Dto | None] = []
        for item in items:
            try:
                results.append(await self.one(item))
            except ServiceError as error:
                error.completed = len(results)
                raise
        return results

    def _refuse(self, customer: int) -> None:
        if customer in self.switches.forbidden.get(self.caller, ()):
            raise ServiceError(403, "Forbidden", f"Customer {customer} is not for this caller")
        if status := self.switches.fail.get(customer):
            raise ServiceError(status, status_name(status), f"Customer {customer} failed")

    def _unknown(self, customer: int) -> Dto | None:
        if self.switches.not_found == "404":
            raise ServiceError(404, "NotFound", f"Customer {customer} not found")
        return None if self.switches.not_found == "204" else Kpi(customer=customer).dto()


def require_method(verb: str, csharp_method: str) -> None:
    """Refuse a verb that the service has no C# method for."""
    if csharp_method == "Any" or verb == "GET":
        return
    wanted = f"{verb.capitalize()}({OPERATION}) or Any({OPERATION})"
    raise PipelineError(405, NOT_IMPLEMENTED, f"Could not find method named {wanted} on Service CustomerKpiService")
