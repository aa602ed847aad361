"""The fields of an object's selection, and how they fill the objects of the answer, each field for all of them."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple

from gateway.plan.places import Place
from gateway.plan.run import Run, Values, Waiting


class Objects(NamedTuple):
    """Objects of the answer: the values they are made from, what they become, and their places (None: the root's)."""

    sources: list[Any]
    outs: list[dict[str, Any]]
    places: list[Place | None]


class Slots(NamedTuple):
    """Where a column of values goes: for each its container, its key in it, and the place of what the container is in.

    ``keys`` may go on for ever.
    """

    containers: list[Any]
    keys: Iterable[str | int]
    ups: list[Place | None]


Resolver = Callable[[Run, Objects], Values | Waiting]
Completer = Callable[[Run, Slots, Values], None]


class Field(NamedTuple):
    """A field under its name in the answer: how its values are had, and how they complete."""

    key: str
    resolve: Resolver
    complete: Completer


class Selection:
    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = fields
        self.blank: dict[str, Any] = dict.fromkeys(field.key for field in fields)
        """The answer's object before it is filled: its names, in their order."""

    def fill(self, run: Run, objects: Objects) -> None:
        for field in self._fields:
            slots = Slots(objects.outs, repeat(field.key), objects.places)
            values = field.resolve(run, objects)
            run.when(values, len(objects.sources), partial(field.complete, run, slots))
