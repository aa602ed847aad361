"""What resolvers return becomes the answer: leaves are coerced, lists spread out; null where due. Objects: see there.

A completer takes a column of values, and where each of them goes.
"""

from __future__ import annotations  # those of closures would be made anew with each of them

from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import repeat
from typing import Any

from graphql import FieldNode, GraphQLLeafType, Undefined

from gateway.plan.columns import Column
from gateway.plan.lists import Cut, drained, listed
from gateway.plan.places import Place
from gateway.plan.run import Run, Values
from gateway.plan.selection import Completer, Slot, Slots
from gateway.plan.waiting import together

_NULLS = {type(None), type(Undefined)}
_VALUE, _NULL, _FAILURE = range(3)


@lru_cache(maxsize=1000)
def _sort(kind: type) -> int:
    """Return what values of a class are, the worst last."""
    if issubclass(kind, Exception):
        return _FAILURE
    return _NULL if kind in _NULLS else _VALUE


@dataclass(frozen=True, slots=True)
class Position:
    """Where in a field's type something is completed: for the field's errors, and whether null may be there."""

    nodes: list[FieldNode]
    field: str
    is_nullable: bool

    def plain(self, slots: Slots, values: Values) -> tuple[Slots, Values] | None:
        """Return the column without its nulls; None where there are failures, or nulls that may not be there."""
        worst = max(map(_sort, set(map(type, values))), default=_VALUE)
        if worst == _VALUE:
            return slots, values
        if worst == _FAILURE or not self.is_nullable:
            return None
        rest = [(value, *slot) for value, slot in zip(values, slots.each(), strict=False) if type(value) not in _NULLS]
        column, containers, keys, ups = map(list, zip(*rest, strict=True)) if rest else ([], [], [], [])
        return Slots(containers, keys, ups), column

    def settle(self, run: Run, value: Any, where: Slot) -> bool:
        """Put down what is null or a failure; returns whether that was all."""
        if isinstance(value, Exception):
            self.fail(run, value, where)
        elif value is not None and value is not Undefined:
            return False
        elif self.is_nullable:
            container, key, _ = where
            container[key] = None
        else:
            self.fail(run, TypeError(f"Cannot return null for non-nullable field {self.field}."), where)
        return True

    def fail(self, run: Run, error: Exception, where: Slot) -> None:
        run.answer.fail(error, self.nodes, self.place(where))

    def place(self, where: Slot) -> Place:
        container, key, up = where
        return Place(container, key, self.is_nullable, up)


def leaves(position: Position, type_: GraphQLLeafType, column: Column) -> Completer:
    def complete(run: Run, slots: Slots, values: Values) -> None:
        right = column(values)
        if right is None:
            each(run, slots, values)
        else:
            slots.put(right)

    def each(run: Run, slots: Slots, values: Values) -> None:
        for value, where in zip(values, slots.each(), strict=False):
            if position.settle(run, value, where):
                continue
            try:
                where[0][where[1]] = run.executor.complete_leaf_value(type_, value)
            except Exception as error:  # noqa: BLE001  # whatever a scalar raises is the field's failure
                position.fail(run, error, where)

    return complete


def lists(position: Position, complete_items: Completer) -> Completer:
    """Complete the items of all lists as one column."""

    def complete(run: Run, slots: Slots, values: Values) -> None:
        run.when(drained(values), len(values), partial(spread, run, slots))

    def spread(run: Run, slots: Slots, values: Values) -> None:
        items: list[Any] = []
        containers: list[list[Any]] = []
        keys: list[int] = []
        ups: list[Place | None] = []
        for value, where in zip(values, slots.each(), strict=False):
            if position.settle(run, value, where):
                continue
            found = listed(value, position.field)
            where[0][where[1]] = out = [None] * len(found)
            if isinstance(found, Cut):  # what there was of it is awaited, and seen by nobody
                position.fail(run, found.error, where)
            items += found
            containers += repeat(out, len(found))
            keys += range(len(found))
            ups += repeat(position.place(where), len(found))
        if items:
            run.when(together(items), len(items), partial(complete_items, run, Slots(containers, keys, ups)))

    return complete
