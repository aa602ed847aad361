"""The two routing tables: what a method and a path lead to."""

import re
from dataclasses import dataclass
from typing import Literal

from gateway.sandbox.failures import BareError
from gateway.sandbox.formats import Format, accepted, named
from gateway.sandbox.incoming import Incoming
from gateway.sandbox.kpi import OPERATION, Operation
from gateway.sandbox.switches import Switches

Style = Literal["custom", "api", "reply"]

_CUSTOM = re.compile(r"/customer/(?P<id>[^/]+)/kpi(?:\.(?P<ext>\w+))?", re.IGNORECASE)
_API = re.compile(r"/api/(?P<name>[^/.\[\]]+)(?P<batch>\[\])?(?:\.(?P<ext>\w+))?", re.IGNORECASE)
_REPLY = re.compile(r"/(?P<ext>\w+)/reply/(?P<name>[^/\[\]]+)(?P<batch>\[\])?", re.IGNORECASE)
_EXTENSION_VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request leads: `asked` is the format its URL names, `name` the operation."""

    style: Style
    asked: Format | None = None
    name: str = OPERATION
    batch: bool = False
    path_id: str | None = None

    @property
    def kind(self) -> Operation:
        if not self.known:
            return "other"
        return "batch" if self.batch else "single"

    @property
    def known(self) -> bool:
        return self.name.lower() == OPERATION.lower()


def find(incoming: Incoming, switches: Switches) -> Target:
    """Find the target, or raise the empty 404 or 405 of the web server."""
    path = incoming.path.rstrip("/")
    endpoints = switches.routing == "endpoint"
    if match := _CUSTOM.fullmatch(path):
        return _custom(match, incoming, endpoints=endpoints)
    if switches.predefined_routes and switches.api_route and (match := _API.fullmatch(path)):
        return _api(match, incoming.method if endpoints else None)
    if switches.predefined_routes and (match := _REPLY.fullmatch(path)):
        return Target("reply", _format(match), match["name"], bool(match["batch"]))
    raise BareError(404)


def _custom(match: re.Match[str], incoming: Incoming, *, endpoints: bool) -> Target:
    if endpoints:
        _allow(incoming.method, "GET")
    elif incoming.verb != "GET":
        raise BareError(404)
    return Target("custom", _format(match), path_id=match["id"])


def _api(match: re.Match[str], endpoint_method: str | None) -> Target:
    target = Target("api", _format(match), match["name"], bool(match["batch"]))
    if endpoint_method is None:
        return target
    if target.asked:
        _allow(endpoint_method, *_EXTENSION_VERBS)
    elif target.batch or not target.known:
        raise BareError(404)
    else:
        _allow(endpoint_method, "GET")
    return target


def _allow(method: str, *verbs: str) -> None:
    if method not in verbs:
        raise BareError(405, Allow=", ".join(verbs))


def _format(match: re.Match[str]) -> Format | None:
    """Read the format a URL names; one that is not registered is no route."""
    if match["ext"] is None:
        return None
    if found := named(match["ext"]):
        return found
    raise BareError(404)


def negotiate(target: Target, incoming: Incoming, default_type: str) -> Format:
    """Choose the answer's format, by the rules of the route it came on."""
    by_query = named(incoming.parameter("format") or "")
    if target.style != "custom":
        return by_query or target.asked or Format.JSON
    if target.asked:
        return target.asked
    if incoming.parameter("callback"):
        return Format.JSON
    return by_query or accepted(incoming.lines("accept"), Format(default_type))


def callback(target: Target, incoming: Incoming) -> str | None:
    """Return the function name JSONP wraps the answer with."""
    if target.style != "custom" or target.asked:
        return None
    return incoming.parameter("callback")
