"""How a router names entities: by representations, each checked for itself.

One of a customer is ``{"__typename": "Customer", "id": "1"}`` and nothing else: that is what routers send for this key.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import cast

from gateway.domain import echo
from gateway.errors import BadUserInput

_TYPE = "Customer"
_PARTS = itemgetter("__typename", "id")


def ids(representations: Sequence[object]) -> list[str] | None:
    """Return the ids of them all; None when there is none, or one is not as it should be."""
    if set(map(type, representations)) != {dict}:
        return None
    objects = cast("Sequence[dict[str, object]]", representations)
    try:
        types, found = zip(*map(_PARTS, objects), strict=True)
    except KeyError:
        return None
    is_right = types.count(_TYPE) == len(types) and set(map(type, found)) == {str} and set(map(len, objects)) == {2}
    return list(found) if is_right else None


def id_of(representation: object) -> str:
    """Return the id of one; BadUserInput says what is wrong with it. The id itself is not judged."""
    if not isinstance(representation, dict):
        raise BadUserInput(f'A representation is an object: {{"__typename": "{_TYPE}", "id": "1"}}.')
    type_ = representation.get("__typename")
    if not isinstance(type_, str):
        raise BadUserInput(f'A representation needs "__typename": "{_TYPE}".')
    if type_ != _TYPE:
        raise BadUserInput(f'{echo(type_)} is no entity here: a representation needs "__typename": "{_TYPE}".')
    if "id" not in representation:
        raise BadUserInput(f'A representation of a {_TYPE} needs an "id".')
    if more := representation.keys() - {"__typename", "id"}:
        raise BadUserInput(f'A representation of a {_TYPE} has "__typename" and "id" alone, not {echo(min(more))}.')
    key = representation["id"]
    if not isinstance(key, str):
        raise BadUserInput(f'The "id" in a representation of a {_TYPE} is a string.')
    return key
