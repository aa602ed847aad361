"""A document's nodes, gone through where order and place do not matter: ``visit`` of graphql-core tells both."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from graphql import Node
from graphql.language.ast import QUERY_DOCUMENT_KEYS

Ways = Mapping[str, Sequence[str]]
"""The attributes that lead on from a node, by its kind."""


def ways(*, but: Collection[str]) -> Ways:
    """Return all ways but those by attributes of these names."""
    return {kind: tuple(key for key in keys if key not in but) for kind, keys in QUERY_DOCUMENT_KEYS.items()}


_WITHOUT_NAMES = ways(but={"alias", "name"})


def within(root: Node, through: Ways = _WITHOUT_NAMES) -> Iterator[Node]:
    """Yield the node, and all that it leads to."""
    left: list[Node] = [root]
    while left:
        node = left.pop()
        yield node
        for key in through.get(node.kind, ()):
            found = getattr(node, key)
            if type(found) is tuple:
                left += found
            elif found is not None:
                left.append(found)
