"""The way of one call: understand, authenticate, serve, write; or a fault on the way."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.sandbox import answers, faults
from gateway.sandbox.answers import Answer
from gateway.sandbox.auth import admit
from gateway.sandbox.binding import bind
from gateway.sandbox.calls import Call
from gateway.sandbox.data import Customers
from gateway.sandbox.failures import NOT_IMPLEMENTED, BareError, CallError, PipelineError
from gateway.sandbox.formats import Format
from gateway.sandbox.incoming import Incoming
from gateway.sandbox.kpi import Dto, KpiRequest
from gateway.sandbox.routing import Target, callback, find, negotiate
from gateway.sandbox.service import Service, Sleep, require_method
from gateway.sandbox.switches import Switches

MOST_KEPT = 1000

_CACHED_VERBS = {"GET", "HEAD"}
_NOWHERE = Target("custom", name="")


@dataclass(slots=True)
class Desk:
    """What lives as long as one setting of the switches: the faults spent, the results kept."""

    customers: Customers
    switches: Switches
    sleep: Sleep
    struck: int = 0
    kept: dict[bytes, Dto] = field(default_factory=dict)

    def fault(self, kind: str) -> str:
        """Return the fault that hits this call, and count it."""
        if not faults.strikes(self.switches, kind, self.struck):
            return "none"
        self.struck += 1
        return self.switches.fault

    def keep(self, key: bytes, dto: Dto) -> None:
        if len(self.kept) >= MOST_KEPT:
            self.kept.clear()
        self.kept[key] = dto


@dataclass(frozen=True, slots=True)
class Asked:
    """A request understood. One that cannot be bound still has a target, whose format its refusal takes."""

    target: Target
    items: list[KpiRequest] = field(default_factory=list)
    error: CallError | None = None


def understand(incoming: Incoming, switches: Switches) -> Asked:
    try:
        target = find(incoming, switches)
    except BareError as error:
        return Asked(_NOWHERE, error=error)
    if incoming.oversized:
        return Asked(target, error=BareError(413))
    try:
        return Asked(target, bind(target, incoming))
    except PipelineError as error:
        return Asked(target, error=error)


async def answer(desk: Desk, incoming: Incoming, call: Call, departure: Callable[[], Awaitable[object]]) -> Answer:
    """Answer a call, and note in its log entry what was asked. `departure` waits until the client has left."""
    switches = desk.switches
    await desk.sleep(switches.latency_call)
    asked = understand(incoming, switches)
    call.kind, call.items = asked.target.kind, asked.items
    fault = desk.fault(call.kind)
    if fault == "hang":
        await _hang(switches.hang, departure)
    _interrupt(fault)
    given = faults.instead(fault, switches, datetime.now(UTC))
    if given is None:
        given = await _Exchange(desk, incoming, asked, fault).answered()
    return faults.spoil(fault, given)


async def _hang(seconds: float, departure: Callable[[], Awaitable[object]]) -> None:
    try:
        async with asyncio.timeout(seconds):
            await departure()
    except TimeoutError:
        return
    raise ConnectionResetError("the client left")


def _interrupt(fault: str) -> None:
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
        return answers.padded(given, function) if function else given

    async def _served(self) -> Answer:
        if error := faults.broken(self.fault) or self.asked.error:
            raise error
        if not self.asked.target.known:
            raise PipelineError(405, NOT_IMPLEMENTED, "The operation does not exist for this service")
        if not self.asked.items:
            return answers.of_batch([], self.form, self.switches)
        caller = admit(self.incoming, self.switches, self.form)
        service = Service(self.desk.customers, self.switches, caller, self.desk.sleep)
        require_method(self.incoming.verb, self.switches.csharp_method)
        if self.switches.cache_response and self.incoming.verb in _CACHED_VERBS:
            return self._single(await self._kept(service))
        if not self.asked.target.batch:
            return self._single(await service.one(self.asked.items[0]))
        return self._several(await service.each(self.asked.items))

    def _single(self, dto: Dto | None) -> Answer:
        return answers.of_result(faults.distort_one(self.fault, dto), self.form, self.switches)

    def _several(self, dtos: list[Dto | None]) -> Answer:
        spoiled = faults.distort(self.fault, dtos)
        return answers.of_batch(spoiled, self.form, self.switches, completed=len(dtos))

    async def _kept(self, service: Service) -> Dto | None:
        """Return what is kept for the raw URL, whoever asks and for whom: even a batch gets one object."""
        key = hashlib.sha256(f"{self.form} {self.incoming.url}".encode()).digest()
        if key in self.desk.kept:
            return self.desk.kept[key]
        dto = await service.one(self.asked.items[0])
        if dto is not None:
            self.desk.keep(key, dto)
        return dto
