"""The control room under `/_sandbox/`: the call log and the switches, over HTTP and without credential."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Protocol

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.sandbox.auth import DEMO_TOKEN
from gateway.sandbox.calls import Call, CallLog
from gateway.sandbox.data import POPULATION
from gateway.sandbox.odd import ODDITIES
from gateway.sandbox.switches import SwitchError, Switches

_ABOUT = """The sandbox upstream. Beside the service's own routes there are:

GET    /_sandbox/          this page
GET    /_sandbox/calls     what was asked, newest last; ?since=N after number N, ?format=text as lines (UTC)
DELETE /_sandbox/calls     forget it
GET    /_sandbox/switches  how the upstream behaves
PATCH  /_sandbox/switches  change some of it: a JSON object of switches and values
DELETE /_sandbox/switches  back to how it was started

{curl}

Credentials: `{demo}` and `{demo}-anything` are the tokens of so many callers, each accepted as Bearer, as X-Api-Key
or as the user name of Basic.

Customers: 1 to {population}, and these odd ones:

{odd}
Switches, with their values now. Assigning any begins anew: faults are counted from 0, no answer is kept.

{switches}"""
_CURL = """curl -s -X PATCH {address}/_sandbox/switches -d '{{"fault": "503", "fault_calls": 1}}'"""
_NUMBER = re.compile(r"[0-9]{1,18}")


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
        _route("/", GET=room.about),
        _route("/calls", GET=room.list_calls, DELETE=room.forget_calls),
        _route("/switches", GET=room.show_switches, PATCH=room.change_switches, DELETE=room.reset_switches),
    ]


def _route(path: str, **handlers: Callable[[Request], Awaitable[Response]]) -> Route:
    """Make one route of a path, so that its 405 names all of its methods."""

    async def handle(request: Request) -> Response:
        return await handlers["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, handle, methods=list(handlers))


class _Room:
    def __init__(self, sandbox: Controlled) -> None:
        self._sandbox = sandbox

    async def about(self, request: Request) -> Response:
        page = _ABOUT.format(
            curl=_CURL.format(address=f"{request.url.scheme}://{request.url.netloc}"),
            demo=DEMO_TOKEN,
            population=POPULATION,
            odd="".join(f"{odd.customer:<10} {what}\n" for odd, what in ODDITIES.items()),
            switches="".join(_described(self._sandbox.switches)),
        )
        return PlainTextResponse(page)

    async def list_calls(self, request: Request) -> Response:
        since = request.query_params.get("since", "0")
        if not _NUMBER.fullmatch(since):
            return _refused(f"since: {since[:20]!r} is not the number of a call")
        calls = self._sandbox.calls.since(int(since))
        if _wants_text(request):
            return PlainTextResponse("".join(f"{_time_of_day(call)} {call}\n" for call in calls))
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


def _described(switches: Switches) -> list[str]:
    values = switches.flags()
    return [
        f"{each.name:18} {values[each.name]:10} {each.metadata['what']}: {each.metadata['kind'].allowed}\n"
        for each in fields(Switches)
    ]


def _time_of_day(call: Call) -> str:
    return call.start.strftime("%H:%M:%S.%f")[:-3]


def _wants_text(request: Request) -> bool:
    wanted = request.query_params.get("format", "")
    return wanted == "text" or request.headers.get("accept", "").startswith("text/plain")


def _json(value: object) -> Response:
    return Response(orjson.dumps(value, option=orjson.OPT_INDENT_2), media_type="application/json")


def _refused(message: str) -> Response:
    return Response(orjson.dumps({"error": message}), 400, media_type="application/json")
