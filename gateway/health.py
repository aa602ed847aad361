"""Whether the process lives, and whether it takes requests. Nobody is asked anything for it.

What all replicas share, the upstream and the cache, makes none of them unready: each has figures to show that stand in,
and a load balancer without any replica has nothing. It is told as a reason beside ``ready``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

Reason = Callable[[], str | None]
"""Says what is amiss, in a fixed sentence for an operator; None when nothing is."""

_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(slots=True)
class Readiness:
    """What ``/health/ready`` tells. ``needs``: without them this process answers nobody; ``notes``: it answers, worse.

    ``state`` is why no requests are taken, None while they are: the lifespan and the server set it.
    """

    needs: Sequence[Reason] = ()
    notes: Sequence[Reason] = ()
    state: str | None = "the gateway is starting"

    def begin(self) -> None:
        self.state = None

    def drain(self) -> None:
        self.state = "the gateway is stopping: it finishes what runs"

    def refusals(self) -> list[str]:
        """Return why no requests should come; nothing when they may."""
        return [self.state] if self.state else _said(self.needs)

    def remarks(self) -> list[str]:
        return _said(self.notes)


def routes(readiness: Readiness) -> list[Route]:
    """Return /health/live and /health/ready."""

    async def live(_: Request) -> JSONResponse:
        return JSONResponse({"status": "live"}, headers=_NO_STORE)

    async def ready(_: Request) -> JSONResponse:
        refusals = readiness.refusals()
        told = {"status": "not ready" if refusals else "ready", "reasons": refusals + readiness.remarks()}
        return JSONResponse(told, 503 if refusals else 200, _NO_STORE)

    return [Route("/health/live", live), Route("/health/ready", ready)]


def _said(reasons: Sequence[Reason]) -> list[str]:
    return [said for reason in reasons if (said := reason())]
