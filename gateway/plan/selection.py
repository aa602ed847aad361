"""The fields of an object's selection, and how they fill the objects of the answer, each field for all of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import repeat
from operator import attrgetter
from typing import Any

from msgspec import Struct

from gateway.plan.columns import Column, row
from gateway.plan.places import Place
from gateway.plan.run import Run, Values, Waiting


class Objects(Struct, eq=False):
    """Objects of the answer: the values they are made from, what they become, and their places (None: the root's)."""

    sources: Sequence[Any]
    outs: Sequence[dict[str, Any]]
    places: Sequence[Place | None]


Slot = tuple[Any, str | int, Place | None]
"""Where a value goes: its container, its key in it, and the place of what the container is in."""


class Slots(Struct, eq=False):
    """Where a column of values goes, itself as columns; ``keys`` may go on for ever. What is in them is None so far."""

    containers: Sequence[Any]
    keys: Iterable[str | int]
    ups: Sequence[Place | None]

    def each(self) -> Iterator[Slot]:
        return zip(self.containers, self.keys, self.ups, strict=False)

    def put(self, values: Sequence[Any]) -> None:
        for container, key, value in zip(self.containers, self.keys, values, strict=False):
            container[key] = value


Resolver = Callable[[Run, Objects], Values | Waiting]
Completer = Callable[[Run, Slots, Values], None]


class Field(Struct, eq=False):
    """A field under its name in the answer: how its values are had, and how they complete.

    ``column`` coerces those of a leaf, if nothing is wrong with any of them; ``path`` is the attribute that it is read
    from, if it is.
    """

    key: str
    resolve: Resolver
    complete: Completer
    column: Column | None = None
    path: str | None = None


class Rows:
    """Objects whose fields are all leaves, in the answer as rows when nothing is wrong with any of them."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = fields
        self._row: type[Struct] | None = None  # until a second object is met: most documents are asked once
        self._met = 0
        paths = [field.path for field in fields if field.path]
        self._read = attrgetter(*paths) if len(paths) > 1 else None

    def found(self, run: Run, objects: Objects) -> list[Values | Waiting]:
        """Return the values of each field; those that are read are read together."""
        try:
            read = zip(*map(self._read, objects.sources), strict=True) if self._read else None
            columns = [list(column) for column in read] if read else []
        except Exception:  # noqa: BLE001  # whichever it was, each is read on its own
            columns = []
        if not columns:
            return [field.resolve(run, objects) for field in self._fields]
        them = iter(columns)
        return [next(them) if field.path else field.resolve(run, objects) for field in self._fields]

    def made(self, found: Sequence[Values | Waiting], count: int) -> list[Struct] | None:
        """Return the rows of so many objects; None where one of their leaves needs a look of its own."""
        self._met += count
        if self._met < 2:
            return None
        columns: list[Sequence[Any]] = []
        for field, values in zip(self._fields, found, strict=True):
            right = field.column(values) if field.column and type(values) is list else None
            if right is None:
                return None
            columns.append(right)
        if self._row is None:
            self._row = row(tuple(field.key for field in self._fields))
        return list(map(self._row, *columns)) if self._row else None


class Selection:
    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = fields
        self.blank: dict[str, Any] = dict.fromkeys(field.key for field in fields)
        """The answer's object before it is filled: its names, in their order."""
        self._rows = Rows(fields) if fields and all(field.column for field in fields) else None

    def put(self, run: Run, slots: Slots, sources: Sequence[Any], places: Sequence[Place | None]) -> None:
        """Put down the objects that the sources are, and fill them."""
        found = None
        if self._rows:
            found = self._rows.found(run, Objects(sources, (), places))
            if made := self._rows.made(found, len(sources)):
                slots.put(made)
                return
        outs = [self.blank.copy() for _ in sources]
        slots.put(outs)
        self.fill(run, Objects(sources, outs, places), found)

    def fill(self, run: Run, objects: Objects, found: Sequence[Values | Waiting] | None = None) -> None:
        """Fill the objects; with the values of all fields if they have been ``found``."""
        for number, field in enumerate(self._fields):
            values = found[number] if found else field.resolve(run, objects)
            slots = Slots(objects.outs, repeat(field.key), objects.places)
            if type(values) is list:
                field.complete(run, slots, values)
            else:
                run.when(values, len(objects.sources), partial(field.complete, run, slots))
