"""Where values go, and what a failure at a place does: an error with its path, and null at the nearest place for it."""

from collections.abc import Sequence
from typing import Any

from graphql import FieldNode, GraphQLError, located_error
from graphql.pyutils import Path
from msgspec import Struct


class Place(Struct, eq=False, gc=False):
    """A field's or an item's place in the answer: in ``container`` under ``key``, inside the value at ``up``.

    ``up`` is None in the operation's root object.
    """

    container: Any  # a dict by response names, or a list
    key: str | int
    is_nullable: bool
    up: "Place | None"

    def path(self) -> list[str | int]:
        keys: list[str | int] = []
        place: Place | None = self
        while place is not None:
            keys.append(place.key)
            place = place.up
        return keys[::-1]

    def as_path(self) -> Path:
        """Return the path as resolvers are told it."""
        return Path(self.up.as_path() if self.up else None, self.key, None)


class Answer:
    """The data so far, and the errors in the order that they came."""

    def __init__(self) -> None:
        self.data: dict[str, Any] | None = {}
        self.errors: list[GraphQLError] = []
        self._nulled: dict[tuple[int, str | int], Any] = {}  # places, and their containers so that ids stay theirs
        self._is_lost = False

    def fail(self, raw: Exception, nodes: Sequence[FieldNode], place: Place) -> None:
        """Take down a failure, unless what it is in is null already for another one's sake."""
        nulled: Place | None = place
        while nulled is not None and not nulled.is_nullable:
            nulled = nulled.up
        if self._is_lost or self._is_null(nulled):
            return
        self.errors.append(_located(raw, nodes, place.path()))
        if nulled is None:
            self._is_lost, self.data = True, None
        else:
            nulled.container[nulled.key] = None
            self._nulled[id(nulled.container), nulled.key] = nulled.container

    def _is_null(self, place: Place | None) -> bool:
        while place is not None:
            if (id(place.container), place.key) in self._nulled:
                return True
            place = place.up
        return False


def _located(raw: Exception, nodes: Sequence[FieldNode], path: list[str | int]) -> GraphQLError:
    """Return the error as graphql-core does, which looks for more than most exceptions have."""
    if isinstance(raw, GraphQLError) or hasattr(raw, "message"):
        return located_error(raw, nodes, path)
    return GraphQLError(str(raw), nodes, path=path, original_error=raw)
