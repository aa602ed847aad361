"""Whether the process lives, and whether it takes requests."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


@dataclass(slots=True)
class Readiness:
    """Set by the lifespan: true between start and shutdown."""

    ready: bool = False


def routes(readiness: Readiness) -> list[Route]:
    """Return /health/live and /health/ready; neither asks the upstream anything."""

    async def live(_: Request) -> JSONResponse:
        return JSONResponse({"status": "live"})

    async def ready(_: Request) -> JSONResponse:
        if readiness.ready:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": "starting or stopping"}, 503)

    return [Route("/health/live", live), Route("/health/ready", ready)]
