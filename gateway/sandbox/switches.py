"""Every switch of the sandbox: name, default, what it may hold, one line of help."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any, Self, TypeVar

from gateway.sandbox.switch_kinds import (
    COUNT,
    LINE,
    ON_OFF,
    RETRY_AFTER,
    RIGHTS,
    SECONDS,
    STATUSES,
    WORDS,
    Kind,
    as_flag,
    as_text,
    choice,
)

FAULTS = (
    "none", "429", "500", "500-completed", "502", "503", "504", "206", "html-200", "login-302",
    "truncated", "nan", "infinity", "swapped", "short", "stripped", "missing", "retyped",
    "wrong-id", "zero-id", "hang", "reset", "refuse",
)  # fmt: skip

T = TypeVar("T")


class SwitchError(ValueError):
    """A switch that does not exist, or a value it does not take."""


def _switch(default: T, kind: Kind, what: str) -> T:
    return field(default=default, metadata={"kind": kind, "what": what})


def _gathered(empty: Callable[[], T], kind: Kind, what: str) -> T:
    return field(default_factory=empty, metadata={"kind": kind, "what": what})


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """How the upstream behaves. Values are checked, and may all be given as text."""

    routing: str = _switch("classic", choice("classic", "endpoint"), "which routing table is served")
    csharp_method: str = _switch("Get", choice("Get", "Any"), "the method the service has")
    predefined_routes: bool = _switch(default=True, kind=ON_OFF, what="/api/X and /json/reply/X exist")
    api_route: bool = _switch(default=True, kind=ON_OFF, what="/api/X exists")
    error_body: str = _switch("emptyDto", choice("emptyDto", "responseStatus"), "what the service's own errors carry")
    auth: str = _switch("attribute", choice("attribute", "declarative", "jwt", "none"), "who may ask, and the 401")
    default_type: str = _switch("html", choice("html", "json"), "the content type when nobody asks for one")
    not_found: str = _switch("404", choice("404", "204", "zeros-200"), "the answer for an unknown customer")
    null_item: str = _switch("{}", choice("{}", "null"), "how a batch writes an item without result")
    cache_response: bool = _switch(
        default=False, kind=ON_OFF, what="GETs are kept by raw URL; spoils batches in override mode"
    )
    framework_casing: str = _switch("camel", choice("camel", "Pascal"), "casing of responseStatus and its members")
    debug_mode: bool = _switch(default=False, kind=ON_OFF, what="errors carry a stack trace")
    latency_item: float = _switch(0.0, SECONDS, "the service's time for one customer")
    latency_call: float = _switch(0.0, SECONDS, "time added to every call")
    fail: Mapping[int, int] = _gathered(dict, STATUSES, "customers that fail, each with its status")
    forbidden: Mapping[str, frozenset[int]] = _gathered(
        dict, RIGHTS, "customers the service refuses to a caller with 403"
    )
    revoked: frozenset[str] = _gathered(frozenset, WORDS, "tokens that are accepted no longer")
    roleless: frozenset[str] = _gathered(frozenset, WORDS, "tokens without the role: 403 from the pipeline")
    fault: str = _switch("none", choice(*FAULTS), "what goes wrong with whole calls")
    fault_on: str = _switch("all", choice("all", "batch", "single"), "which calls the fault hits")
    fault_calls: int | None = _switch(None, COUNT, "how many calls the fault hits; none: until changed")
    fault_body: str = _switch("empty", choice("empty", "text", "html", "json"), "the body of a 429 or 503")
    retry_after: str = _switch("none", RETRY_AFTER, "the Retry-After of a 429 or 503")
    hang: float = _switch(60.0, SECONDS, "how long the fault `hang` takes before it answers")
    canary: str = _switch("", LINE, "text planted in error bodies and headers, to prove that nothing leaks")

    def __post_init__(self) -> None:
        for each in fields(self):
            object.__setattr__(self, each.name, _read(each, getattr(self, each.name)))

    def changed(self, values: Mapping[str, object]) -> Self:
        """Return these switches with some of them set anew, by name."""
        known: dict[str, Any] = {_known(name): value for name, value in values.items()}
        return replace(self, **known)

    def flags(self) -> dict[str, str]:
        """Write them all as a command line takes them."""
        return {name: as_flag(value) for name, value in self.plain().items()}

    def plain(self) -> dict[str, object]:
        """Write them all as JSON can hold them; `changed` takes them back."""
        return {each.name: each.metadata["kind"].write(getattr(self, each.name)) for each in fields(self)}


def _read(switch: "Field[object]", value: object) -> object:
    kind: Kind = switch.metadata["kind"]
    try:
        return kind.read(value)
    except (ValueError, TypeError, KeyError) as error:
        message = f"switch {switch.name}: {as_text(value)!r} is not allowed; allowed: {kind.allowed}"
        raise SwitchError(message) from error


def _known(name: str) -> str:
    """Take `fault_on` and `fault-on` alike, and refuse the rest with the nearest name."""
    names = [each.name for each in fields(Switches)]
    wanted = name.lower().replace("-", "_")
    if wanted in names:
        return wanted
    nearest = get_close_matches(wanted, names, n=1, cutoff=0.5)
    hint = f"; did you mean {nearest[0]}?" if nearest else f"; there are {', '.join(names)}"
    raise SwitchError(f"there is no switch {name!r}{hint}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a command line one flag a switch."""
    group = parser.add_argument_group("sandbox switches")
    defaults = Switches().flags()
    for each in fields(Switches):
        group.add_argument(
            f"--{each.name.replace('_', '-')}",
            dest=each.name,
            type=_flag(each),
            metavar="VALUE",
            default=argparse.SUPPRESS,
            help=f"{each.metadata['what']}: {each.metadata['kind'].allowed} (default: {defaults[each.name]})",
        )


def _flag(switch: "Field[object]") -> Callable[[str], object]:
    def read(text: str) -> object:
        try:
            return _read(switch, text)
        except SwitchError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read


def from_arguments(namespace: argparse.Namespace) -> Switches:
    given = vars(namespace)
    return Switches(**{each.name: given[each.name] for each in fields(Switches) if each.name in given})
