"""The way of one call: understand, authenticate, serve, write; or a fault on the way."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.sandbox import answers, faults
from gateway.sandbox.answers import Answer
from gateway.sandbox.asked import Asked, understand
from gateway.sandbox.auth import admit
from gateway.sandbox.calls import Call
from gateway.sandbox.data import Customers
from gateway.sandbox.failures import NOT_IMPLEMENTED, CallError, PipelineError
from gateway.sandbox.formats import Format
from gateway.sandbox.incoming import Incoming
from gateway.sandbox.kpi import Dto
from gateway.sandbox.routing import callback, negotiate
from gateway.sandbox.service import Service, require_method
from gateway.sandbox.switches import Switches

_CACHED_VERBS = {"GET", "HEAD"}


@dataclass(slots=True)
class Desk:
    """What lives as long as one setting of the switches: the faults spent, the results kept."""

    customers: Customers
    switches: Switches
    struck: int = 0
    kept: dict[tuple[str, Format], Dto] = field(default_factory=dict)

    def fault(self, kind: str) -> str:
        """Return the fault that hits this call, and count it."""
        if not faults.strikes(self.switches, kind, self.struck):
            return "none"
        self.struck += 1
        return self.switches.fault


async def answer(desk: Desk, incoming: Incoming, call: Call) -> Answer:
    """Answer a call, and note in its log entry what was asked."""
    switches = desk.switches
    await _pause(switches.latency_call)
    asked = understand(incoming, switches)
    call.kind, call.items = asked.target.kind, asked.items
    fault = desk.fault(call.kind)
    await _interrupt(fault, switches.hang)
    given = faults.instead(fault, switches, datetime.now(UTC))
    if given is None:
        given = await _Exchange(desk, incoming, asked, fault).answered()
    return faults.spoil(fault, given)


async def _pause(seconds: float) -> None:
    if seconds:
        await asyncio.sleep(seconds)


async def _interrupt(fault: str, hang: float) -> None:
    if fault == "hang":
        await asyncio.sleep(hang)
    if fault == "reset":
        raise ConnectionResetError("the fault `reset`")
    if fault == "refuse":
        raise ConnectionRefusedError("the fault `refuse`")


@dataclass(frozen=True, slots=True)
class _Exchange:
    desk: Desk
    incoming: Incoming
    asked: Asked
    fault: str

    @property
    def switches(self) -> Switches:
        return self.desk.switches

    @property
    def form(self) -> Format:
        return negotiate(self.asked.target, self.incoming, self.switches.default_type)

    async def answered(self) -> Answer:
        try:
            given = await self._served()
        except CallError as error:
            given = answers.of_error(error, self.form, self.switches)
        function = callback(self.asked.target, self.incoming)
        return answers.padded(given, function) if function and given.body else given

    async def _served(self) -> Answer:
        if self.asked.error:
            raise self.asked.error
        if not self.asked.target.known:
            raise PipelineError(405, NOT_IMPLEMENTED, "The operation does not exist for this service")
        if not self.asked.items:
            return answers.of_batch([], self.form, self.switches)
        service = Service(self.desk.customers, self.switches, admit(self.incoming, self.switches, self.form))
        require_method(self.incoming.verb, self.switches.csharp_method)
        if self.switches.cache_response and self.incoming.verb in _CACHED_VERBS:
            return self._single(await self._kept(service))
        if not self.asked.target.batch:
            return self._single(await service.one(self.asked.items[0]))
        return self._several(await service.each(self.asked.items))

    def _single(self, dto: Dto | None) -> Answer:
        return answers.of_result(faults.distort(self.fault, [dto])[0], self.form, self.switches)

    def _several(self, dtos: list[Dto | None]) -> Answer:
        spoiled = faults.distort(self.fault, dtos)
        return answers.of_batch(spoiled, self.form, self.switches, completed=len(dtos))

    async def _kept(self, service: Service) -> Dto | None:
        """Return what is kept for the raw URL, whoever asks and for whom: even a batch gets one object."""
        key = (self.incoming.url, self.form)
        if key in self.desk.kept:
            return self.desk.kept[key]
        dto = await service.one(self.asked.items[0])
        if dto is not None:
            self.desk.kept[key] = dto
        return dto
