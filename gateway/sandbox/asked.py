"""What a request asks: where it leads, and for which items; or what is wrong with it."""

from dataclasses import dataclass, field

from gateway.sandbox.binding import bind
from gateway.sandbox.failures import BareError, CallError, PipelineError
from gateway.sandbox.incoming import Incoming
from gateway.sandbox.kpi import KpiRequest
from gateway.sandbox.routing import Target, find
from gateway.sandbox.switches import Switches

_NOWHERE = Target("custom", name="")


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
    try:
        return Asked(target, bind(target, incoming))
    except PipelineError as error:
        return Asked(target, error=error)
