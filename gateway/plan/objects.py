"""Objects of the answer are gone into: all of a column together where they are of one type, else type by type."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import repeat

from graphql import GraphQLObjectType

from gateway.plan.completion import Position
from gateway.plan.places import Place
from gateway.plan.run import Run, Values
from gateway.plan.selection import Objects, Selection, Slots
from gateway.plan.types import TypeFinder


@dataclass(frozen=True, slots=True)
class ObjectCompleter:
    """``selection`` finds the fields of a type's objects."""

    position: Position
    types: TypeFinder
    selection: Callable[[Run, GraphQLObjectType], Selection]

    def __call__(self, run: Run, slots: Slots, values: Values) -> None:
        plain = self.position.plain(slots, values)
        if plain is None:
            self._each(run, slots, values)
            return
        slots, values = plain
        if type_ := self.types.common(values) if values else None:
            self._all(run, slots, values, type_)
        elif values:
            self._each(run, slots, values)

    def _all(self, run: Run, slots: Slots, values: Values, type_: GraphQLObjectType) -> None:
        places = list(map(Place, slots.containers, slots.keys, repeat(self.position.is_nullable), slots.ups))
        try:
            into = self.selection(run, type_)
        except Exception as error:  # noqa: BLE001  # a directive's is the field's failure
            self._fail(run, error, places)
            return
        try:
            into.put(run, slots, values, places)
        except RecursionError as error:  # each level takes some of the stack, as in graphql-core
            self._fail(run, error, places)

    def _each(self, run: Run, slots: Slots, values: Values) -> None:
        type_of = self.types.each(run)
        groups: dict[GraphQLObjectType, tuple[Selection, list[object], list[dict[str, object]], list[Place]]] = {}
        for value, where in zip(values, slots.each(), strict=False):
            if self.position.settle(run, value, where):
                continue
            try:
                type_ = type_of(value)
                if type_ not in groups:
                    groups[type_] = (self.selection(run, type_), [], [], [])
            except Exception as error:  # noqa: BLE001  # a type's resolver's, or a directive's, is the field's failure
                self.position.fail(run, error, where)
                continue
            into, sources, outs, places = groups[type_]
            where[0][where[1]] = out = into.blank.copy()
            sources.append(value)
            outs.append(out)
            places.append(self.position.place(where))
        for into, sources, outs, places in groups.values():
            try:
                into.fill(run, Objects(sources, outs, places))
            except RecursionError as error:
                self._fail(run, error, places)

    def _fail(self, run: Run, error: Exception, places: Sequence[Place | None]) -> None:
        for place in filter(None, places):
            run.answer.fail(error, self.position.nodes, place)
