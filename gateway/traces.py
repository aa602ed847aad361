"""How long the fields of an operation took, for the router that asks: an inline trace, made when all is done.

A field is timed once, for all of its parents; its time ends when its values are there, before what is in them. The tree
follows the answer. An error is in it by its code: what a client is told in words may name a customer, and a router's
traces go to others.
"""

import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.json import encode

from gateway import ftv1

_LONGEST = 1_000_000  # bytes of the nodes of fields; a longer tree is left out
_TOLD = ("code", "retryable", "retryAfter", "upstreamStatus")


class Start(NamedTuple):
    """A moment, in nanoseconds: since the epoch, and by the clock that tells how much time passed."""

    since_epoch: int
    clock: int


def start() -> Start:
    return Start(time.time_ns(), time.perf_counter_ns())


class Span(Struct, eq=False):
    """A field, under its name in the answer, and when the values of all of its parents were asked for, and there.

    ``outs`` are the parents in the answer. ``is_leaf``: nothing is in the values.
    """

    key: str
    name: str
    type: str
    parent: str
    is_leaf: bool
    outs: Sequence[dict[str, Any]] = ()
    began: int = 0
    ended: int = 0

    def node(self) -> bytes:
        original = "" if self.name == self.key else self.name
        told = ftv1.resolved(self.type, self.parent, original, self.began, self.ended)
        return ftv1.response_name(self.key) + told


class InlineTrace:
    """``clock`` is in nanoseconds."""

    def __init__(self, began: Start, clock: Callable[[], int] = time.perf_counter_ns) -> None:
        self._began = began
        self._clock = clock
        self._spans: list[Span] = []

    def begin(self, span: Span, outs: Sequence[dict[str, Any]]) -> None:
        """Take down that a field's values are asked for, for all of its parents."""
        span.outs, span.began = outs, self._now()
        self._spans.append(span)

    def end(self, span: Span) -> None:
        """Take down that they are there."""
        span.ended = self._now()

    def written(self, data: object, errors: Sequence[Mapping[str, Any]]) -> str:
        """Return the trace of an answer, in base64; ``errors`` as the client may see them."""
        groups: dict[int, _Level] = {}
        for span in self._spans:
            groups.setdefault(id(span.outs), _Level(span.outs)).add(span)
        is_long = sum(len(level.outs) * len(level.flat) for level in groups.values()) > _LONGEST
        levels = {id(out): level for level in groups.values() for out in level.outs}
        root = b"" if is_long else _inside(data, _failed(errors), levels)
        whole = ftv1.trace(root, self._began.since_epoch, duration_ns=self._now(), is_incomplete=is_long)
        return b64encode(whole).decode()

    def _now(self) -> int:
        return self._clock() - self._began.clock


class _Failed:
    """The errors at a place, and at those below it."""

    def __init__(self) -> None:
        self.own = b""
        self.below: dict[str | int, _Failed] = {}


_NONE = _Failed()


def _failed(errors: Sequence[Mapping[str, Any]]) -> _Failed:
    root = _Failed()
    for error in errors:
        at = root
        for key in error.get("path", ()):
            at = at.below.setdefault(key, _Failed())
        at.own += _error(error)
    return root


def _error(told: Mapping[str, Any]) -> bytes:
    extensions = {name: value for name, value in told["extensions"].items() if name in _TOLD}
    code = extensions["code"]
    return ftv1.error(code, told["locations"], encode({**told, "message": code, "extensions": extensions}).decode())


class _Level:
    """Objects that were filled together, and their fields: whose nodes are the same in each of them."""

    def __init__(self, outs: Sequence[dict[str, Any]]) -> None:
        self.outs = outs
        self.nodes: dict[str, bytes] = {}
        self.leaves: dict[str, bytes] = {}  # whole nodes
        self.flat = b""  # all of them

    def add(self, span: Span) -> None:
        self.nodes[span.key] = node = span.node()
        whole = ftv1.child(node)
        self.flat += whole
        if span.is_leaf:
            self.leaves[span.key] = whole

    @property
    def is_flat(self) -> bool:
        return len(self.leaves) == len(self.nodes)


def _inside(value: object, failed: _Failed, levels: Mapping[int, _Level]) -> bytes:
    """Return what is in the node of a value: its errors, and the nodes of its fields or items."""
    level = levels.get(id(value))
    if level and level.is_flat and not failed.below:
        return failed.own + level.flat
    return failed.own + b"".join(_children(value, level, failed.below, levels))


def _children(
    value: Any, level: _Level | None, failed: Mapping[str | int, _Failed], levels: Mapping[int, _Level]
) -> Iterator[bytes]:
    """Return the nodes of an object's fields, of a list's items that have anything in them, and of what failed.

    That may be gone, with the object or the list that it was in.
    """
    if level:
        for name, node in level.nodes.items():
            if name in level.leaves and name not in failed:
                yield level.leaves[name]
            else:
                yield ftv1.child(node + _inside(value[name], failed.get(name, _NONE), levels))
    elif type(value) is list:
        for number, item in enumerate(value):
            if inside := _inside(item, failed.get(number, _NONE), levels):
                yield ftv1.child(ftv1.index(number) + inside)
        return
    for key in failed.keys() - (level.nodes.keys() if level else ()):
        begun = ftv1.index(key) if isinstance(key, int) else ftv1.response_name(key)
        yield ftv1.child(begun + _inside(None, failed[key], levels))
