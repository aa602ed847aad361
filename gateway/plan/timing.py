"""Plans whose fields are timed: each is compiled for one run and kept by nobody. All others know nothing of it."""

from __future__ import annotations  # those of closures would be made anew with each of them

from collections.abc import Callable

from graphql import GraphQLObjectType, GraphQLOutputType, get_named_type, is_leaf_type

from gateway.plan.run import Run, Values, Waiting
from gateway.plan.selection import Field, Objects, Slots
from gateway.traces import InlineTrace, Span

Around = Callable[[Field, str, GraphQLOutputType, GraphQLObjectType], Field]
"""Returns what is in place of a field of that name, type and parent in a plan of one run."""


def timing(trace: InlineTrace) -> Around:
    """Return what has a field's times taken down; it has no column, for leaves of a row are had together."""

    def around(field: Field, name: str, type_: GraphQLOutputType, parent: GraphQLObjectType) -> Field:
        span = Span(field.key, name, str(type_), parent.name, is_leaf_type(get_named_type(type_)))

        def resolve(run: Run, objects: Objects) -> Values | Waiting:
            trace.begin(span, objects.outs)
            return field.resolve(run, objects)

        def complete(run: Run, slots: Slots, values: Values) -> None:
            trace.end(span)
            field.complete(run, slots, values)

        return Field(field.key, resolve, complete)

    return around
