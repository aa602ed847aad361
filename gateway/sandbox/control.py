"""The control room under `/_sandbox/`: the call log and the switches, over HTTP and without credential."""

from dataclasses import fields
from typing import Protocol

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.sandbox.calls import CallLog
from gateway.sandbox.switches import SwitchError, Switches

_ABOUT = """The sandbox upstream. Beside the service's own routes there are:

GET    /_sandbox/          this page
GET    /_sandbox/calls     what was asked, newest last; ?since=N after number N, ?format=text as lines
DELETE /_sandbox/calls     forget it
GET    /_sandbox/switches  how the upstream behaves
PATCH  /_sandbox/switches  change some of it: a JSON object of switches and values
DELETE /_sandbox/switches  back to how it was started

Switches:

"""


class Controlled(Protocol):
    """What the control room sees of the sandbox."""

    @property
    def started_with(self) -> Switches: ...
    @property
    def calls(self) -> CallLog: ...
    @property
    def switches(self) -> Switches: ...
    @switches.setter
    def switches(self, switches: Switches) -> None: ...


def control_routes(sandbox: Controlled) -> list[Route]:
    room = _Room(sandbox)
    return [
        Route("/", room.about),
        Route("/calls", room.list_calls, methods=["GET"]),
        Route("/calls", room.forget_calls, methods=["DELETE"]),
        Route("/switches", room.show_switches, methods=["GET"]),
        Route("/switches", room.change_switches, methods=["PATCH"]),
        Route("/switches", room.reset_switches, methods=["DELETE"]),
    ]


class _Room:
    def __init__(self, sandbox: Controlled) -> None:
        self._sandbox = sandbox

    async def about(self, _: Request) -> Response:
        return PlainTextResponse(_ABOUT + "".join(_described()))

    async def list_calls(self, request: Request) -> Response:
        since = request.query_params.get("since", "0")
        if not since.isdecimal():
            return _refused(f"since: {since!r} is not the number of a call")
        calls = self._sandbox.calls.since(int(since))
        if _wants_text(request):
            return PlainTextResponse("".join(f"{call}\n" for call in calls))
        return _json([call.plain() for call in calls])

    async def forget_calls(self, _: Request) -> Response:
        self._sandbox.calls.clear()
        return Response(status_code=204)

    async def show_switches(self, _: Request) -> Response:
        return _json(self._sandbox.switches.plain())

    async def change_switches(self, request: Request) -> Response:
        try:
            wanted = orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            wanted = None
        if not isinstance(wanted, dict):
            return _refused("the body is not a JSON object of switches and values")
        try:
            self._sandbox.switches = self._sandbox.switches.changed(wanted)
        except SwitchError as error:
            return _refused(str(error))
        return _json(self._sandbox.switches.plain())

    async def reset_switches(self, _: Request) -> Response:
        self._sandbox.switches = self._sandbox.started_with
        return _json(self._sandbox.switches.plain())


def _described() -> list[str]:
    return [f"{each.name:18} {each.metadata['what']}: {each.metadata['kind'].allowed}\n" for each in fields(Switches)]


def _wants_text(request: Request) -> bool:
    wanted = request.query_params.get("format", "")
    return wanted == "text" or request.headers.get("accept", "").startswith("text/plain")


def _json(value: object) -> Response:
    return Response(orjson.dumps(value, option=orjson.OPT_INDENT_2), media_type="application/json")


def _refused(message: str) -> Response:
    return Response(orjson.dumps({"error": message}), 400, media_type="application/json")
