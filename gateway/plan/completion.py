"""What resolvers return becomes the answer: leaves are coerced, lists spread out, objects gone into; null where due.

A completer takes a column of values, and where each of them goes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any

from graphql import FieldNode, GraphQLLeafType, GraphQLObjectType, Undefined

from gateway.plan.columns import column
from gateway.plan.lists import Cut, drained, listed
from gateway.plan.places import Place
from gateway.plan.run import Run, Values
from gateway.plan.selection import Completer, Objects, Selection, Slots
from gateway.plan.types import TypeFinder
from gateway.plan.waiting import together

Where = tuple[Any, str | int, Place | None]
"""One of the slots."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where in a field's type something is completed: for the field's errors, and whether null may be there."""

    nodes: list[FieldNode]
    field: str
    is_nullable: bool

    def settle(self, run: Run, value: Any, where: Where) -> bool:
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

    def fail(self, run: Run, error: Exception, where: Where) -> None:
        run.answer.fail(error, self.nodes, self.place(where))

    def place(self, where: Where) -> Place:
        container, key, up = where
        return Place(container, key, self.is_nullable, up)


def leaves(position: Position, type_: GraphQLLeafType) -> Completer:
    coerced = column(type_)

    def complete(run: Run, slots: Slots, values: Values) -> None:
        right = coerced(values)
        if right is None:
            each(run, slots, values)
            return
        for container, key, value in zip(slots.containers, slots.keys, right, strict=False):
            container[key] = value

    def each(run: Run, slots: Slots, values: Values) -> None:
        for value, where in zip(values, zip(*slots, strict=False), strict=False):
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
        for value, where in zip(values, zip(*slots, strict=False), strict=False):
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


def objects(
    position: Position, types: TypeFinder, selection: Callable[[Run, GraphQLObjectType], Selection]
) -> Completer:
    """Go into objects, those of one type together."""

    def complete(run: Run, slots: Slots, values: Values) -> None:
        type_of = types(run)
        groups: dict[GraphQLObjectType, tuple[Selection, Objects]] = {}
        for value, where in zip(values, zip(*slots, strict=False), strict=False):
            if position.settle(run, value, where):
                continue
            try:
                type_ = type_of(value)
                if type_ not in groups:
                    groups[type_] = (selection(run, type_), Objects([], [], []))
            except Exception as error:  # noqa: BLE001  # a type's resolver's, or a directive's, is the field's failure
                position.fail(run, error, where)
                continue
            into, group = groups[type_]
            where[0][where[1]] = out = into.blank.copy()
            group.sources.append(value)
            group.outs.append(out)
            group.places.append(position.place(where))
        for into, group in groups.values():
            try:
                into.fill(run, group)
            except RecursionError as error:  # each level takes some of the stack, as in graphql-core
                for place in filter(None, group.places):
                    run.answer.fail(error, position.nodes, place)

    return complete
