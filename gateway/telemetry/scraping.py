"""/metrics: what Prometheus and its like come for, in the format that they take."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway import codings
from gateway.telemetry.metrics import Metrics


def routes(metrics: Metrics) -> list[Route]:
    """Return /metrics. It is written in a thread: there may be thousands of lines."""

    async def scrape(request: Request) -> Response:
        metrics.publish()
        body, media_type = await asyncio.to_thread(metrics.written, request.headers.get("accept", ""))
        headers = {"Content-Type": media_type, "Cache-Control": "no-store", "Vary": "Accept, Accept-Encoding"}
        if coding := codings.choose(request.headers.get("accept-encoding", "")).of(len(body)):
            body, headers["Content-Encoding"] = codings.encode(body, coding), coding
        return Response(body, headers=headers)

    return [Route("/metrics", scrape)]
