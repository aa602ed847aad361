"""What the Python clients' programs ask for, what went over the wire, and how a caller leaves."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

OPEN, DOWN = os.environ["OPEN"], os.environ["DOWN"]
AUTHORIZATION = {"Authorization": "Bearer demo"}
DOCUMENT = Path(__file__).parent / "programs" / "kpis.graphql"
WHOLE = {"ids": ["123456", "900006", "4001"], "from": "2022-01-01", "to": "2023-11-01"}
PARTIAL = {"ids": ["123456", "007", "666"]}
OWN = {"ids": [os.environ["OWN_CUSTOMER"]]}
INVALID = "{ nothing }"

Seen = dict[str, Any]
"""What a client's user sees: ``data`` and ``errors``; and ``exchanges``, what went over the wire for it."""

_PATIENCE = 10  # seconds


def told(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"message": it["message"], "path": it.get("path"), **it["extensions"]} for it in errors]


def recording(exchanges: list[dict[str, object]]) -> dict[str, list[Callable[[httpx.Response], Awaitable[None]]]]:
    """Return the hooks of an httpx client that take down what goes over the wire."""

    async def record(response: httpx.Response) -> None:
        sent = json.loads(response.request.content)
        exchanges.append(
            {
                "method": response.request.method,
                "operations": len(sent) if isinstance(sent, list) else None,
                "status": response.status_code,
                "type": response.headers["content-type"],
            }
        )

    return {"response": [record]}


async def leave(ask: Callable[[], Awaitable[Seen]]) -> dict[str, Any]:
    """Ask for what hangs, leave when the upstream is asked, and ask again when nothing hangs any longer."""
    async with httpx.AsyncClient(base_url=f"{OPEN}/_sandbox") as sandbox:
        await sandbox.patch("/switches", json={"fault": "hang"})
        last = (await _calls(sandbox, 0))[-1]["number"]
        asked = asyncio.ensure_future(ask())
        await _until(sandbox, last, bool)
        asked.cancel()
        (left,) = await asyncio.gather(asked, return_exceptions=True)
        (given_up,) = await _until(sandbox, last, lambda calls: calls[0]["duration"] is not None)
        await sandbox.patch("/switches", json={"fault": "none"})
        return {"saw": type(left).__name__, "upstream": given_up["status"], "then": await ask()}


async def _until(sandbox: httpx.AsyncClient, last: int, holds: Callable[[list[Any]], bool]) -> list[Any]:
    async with asyncio.timeout(_PATIENCE):
        while True:
            since = await _calls(sandbox, last)
            if holds(since):
                return since
            await asyncio.sleep(0.02)


async def _calls(sandbox: httpx.AsyncClient, last: int) -> list[Any]:
    calls: list[Any] = (await sandbox.get("/calls", params={"since": last})).json()
    return calls
