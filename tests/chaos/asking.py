"""One operation over a real socket: by a caller who stays for the answer, or by one who leaves."""

import asyncio
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
import orjson

from tests.chaos.callers import CALLERS
from tests.chaos.steps import PERIODS, Leaving
from tests.conftest import FIGURES, GRAPHQL

_ABRUPT = struct.pack("ii", 1, 0)  # SO_LINGER: the connection is reset, not closed


class Front(Protocol):
    """A gateway's address, and a session of those who ask there."""

    @property
    def address(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def http(self) -> aiohttp.ClientSession: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """``said``: all of it, headers included."""

    status: int
    said: str
    body: dict[str, Any]
    seconds: float


@dataclass(frozen=True, slots=True)
class Operation:
    """Customers by ids, each with the periods (numbers of PERIODS) as fields p0, p1, …"""

    caller: str
    ids: Sequence[str]
    periods: Sequence[int] = (0,)

    def content(self) -> bytes:
        fields = " ".join(f"p{number}: kpi{_arguments(number)} {{ {FIGURES} }}" for number in self.periods)
        query = f"query ($ids: [ID!]!) {{ customers(ids: $ids) {{ id {fields} }} }}"
        return orjson.dumps({"query": query, "variables": {"ids": list(self.ids)}})

    def headers(self) -> dict[str, str]:
        return {"Accept": GRAPHQL, "Content-Type": "application/json", **CALLERS[self.caller]}

    def request(self) -> bytes:
        """Write the whole request as it is on the wire."""
        content = self.content()
        headers = {"Host": "gateway.test", "Content-Length": str(len(content)), **self.headers()}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST /graphql HTTP/1.1\r\n{head}\r\n".encode() + content


def _arguments(number: int) -> str:
    ends = ", ".join(f'{name}: "{day}"' for name, day in zip(("from", "to"), PERIODS[number], strict=True) if day)
    return f"({ends})" if ends else ""


async def ask(front: Front, operation: Operation) -> Answer:
    began = asyncio.get_running_loop().time()
    url, headers = f"{front.address}/graphql", operation.headers()
    async with front.http.post(url, data=operation.content(), headers=headers) as response:
        body = await response.read()
    seconds = asyncio.get_running_loop().time() - began
    said = f"{response.headers} {body.decode()}"
    return Answer(response.status, said, orjson.loads(body), seconds)


async def ask_and_leave(front: Front, operation: Operation, leaving: Leaving) -> None:
    if leaving.way == "cancelled":
        await _cancelled(front, operation, leaving.after)
    else:
        await _hung_up(front, operation, leaving)


async def _cancelled(front: Front, operation: Operation, after: float) -> None:
    asking = asyncio.create_task(ask(front, operation))
    try:
        await asyncio.sleep(after)
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def _hung_up(front: Front, operation: Operation, leaving: Leaving) -> None:
    """Send the request, or half of it, and hang up."""
    loop, request = asyncio.get_running_loop(), operation.request()
    with socket.socket() as connection:
        connection.setblocking(False)
        if leaving.way == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABRUPT)
        await loop.sock_connect(connection, ("127.0.0.1", front.port))
        await loop.sock_sendall(connection, request[: len(request) // 2] if leaving.way == "half" else request)
        await asyncio.sleep(leaving.after)
