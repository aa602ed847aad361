"""The sandbox: an ASGI app that answers as the upstream does, with a control room under `/_sandbox/`."""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.routing import Mount, Router
from starlette.types import Receive, Scope, Send

from gateway.sandbox.calls import Call, CallLog
from gateway.sandbox.control import control_routes
from gateway.sandbox.data import Customers
from gateway.sandbox.exchange import Desk, answer
from gateway.sandbox.incoming import departure, raw_url, read
from gateway.sandbox.service import Sleep
from gateway.sandbox.switches import Switches


class Sandbox:
    """An upstream to try things on. `switches` may be assigned at any time."""

    def __init__(
        self,
        switches: Switches,
        *,
        seed: int = 1,
        on_call: Callable[[Call], None] | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.started_with = switches
        self.customers = Customers(seed)
        self.calls = CallLog(on_call)
        self._sleep = sleep
        self._desk = Desk(self.customers, switches, sleep)
        self._router = Router([Mount("/_sandbox", routes=control_routes(self))], default=self._serve)

    @property
    def switches(self) -> Switches:
        return self._desk.switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        """Begin anew: no fault is spent and no answer kept."""
        self._desk = Desk(self.customers, switches, self._sleep)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._router(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        with self.calls.taking(request.method, raw_url(request), request.headers.items()) as call:
            given = await answer(self._desk, await read(request), call, lambda: departure(receive))
            call.status = given.status
        await given.response()(scope, receive, send)


def create_sandbox(
    switches: Switches | None = None, *, seed: int = 1, on_call: Callable[[Call], None] | None = None
) -> Sandbox:
    return Sandbox(switches or Switches(), seed=seed, on_call=on_call)
