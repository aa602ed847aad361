"""The sandbox: an ASGI app that answers as the upstream does, with a control room under `/_sandbox/`."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.routing import Mount, Router
from starlette.types import Receive, Scope, Send

from gateway.sandbox.calls import Call, CallLog
from gateway.sandbox.control import control_routes
from gateway.sandbox.data import Customers
from gateway.sandbox.exchange import Desk, answer
from gateway.sandbox.incoming import raw_url, read
from gateway.sandbox.switches import Switches


class Sandbox:
    """An upstream to try things on. `switches` may be assigned at any time."""

    def __init__(self, switches: Switches, *, seed: int = 1, on_call: Callable[[Call], None] | None = None) -> None:
        self.started_with = switches
        self.customers = Customers(seed)
        self.calls = CallLog(on_call)
        self._desk = Desk(self.customers, switches)
        self._router = Router([Mount("/_sandbox", routes=control_routes(self))], default=self._serve)

    @property
    def switches(self) -> Switches:
        return self._desk.switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        """Begin anew: no fault is spent and no answer kept."""
        self._desk = Desk(self.customers, switches)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._router(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        with self.calls.taking(request.method, raw_url(request), request.headers.items()) as call:
            try:
                given = await answer(self._desk, await read(request), call)
            except ConnectionError:
                await _leave_open(send)
                raise
            call.status = given.status
        await given.response()(scope, receive, send)


async def _leave_open(send: Send) -> None:
    """Begin an answer that never ends, so that a web server drops the connection."""
    headers = [(b"content-length", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})


def create_sandbox(
    switches: Switches | None = None, *, seed: int = 1, on_call: Callable[[Call], None] | None = None
) -> Sandbox:
    return Sandbox(switches or Switches(), seed=seed, on_call=on_call)
