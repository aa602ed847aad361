"""Values that are lists, read to their end: what is read step by step is awaited, and may fail midway."""

from collections.abc import AsyncIterable
from functools import lru_cache
from inspect import iscoroutine
from typing import Any

from graphql import GraphQLError
from graphql.pyutils import is_iterable

from gateway.plan.run import Values
from gateway.plan.waiting import Together, together


class Cut(list[Any]):
    """What there was of a list before it failed."""

    def __init__(self, items: list[Any], error: Exception) -> None:
        super().__init__(items)
        self.error = error


def drained(values: Values) -> Values | Together:
    """Return the values, to be awaited if one of them is to be iterated so."""
    if True in map(_is_streamed, set(map(type, values))):
        return together([_drained(value) if hasattr(value, "__aiter__") else value for value in values])
    return values


@lru_cache(maxsize=1000)
def _is_streamed(kind: type) -> bool:
    return hasattr(kind, "__aiter__")


async def _drained(value: AsyncIterable[Any]) -> list[Any]:
    items: list[Any] = []
    try:
        async for item in value:
            items.append(item)  # noqa: PERF401  # what came before a failure is kept
    except Exception as error:  # noqa: BLE001  # whatever an iterator raises is the list's failure
        return Cut(items, error)
    except BaseException:
        for item in filter(iscoroutine, items):  # nobody will await them
            item.close()
        raise
    return items


def listed(value: Any, field: str) -> list[Any]:
    """Return the items of a field's value; a Cut where they do not come to an end, or are none."""
    if type(value) in {list, Cut}:
        return value  # type: ignore[no-any-return]  # it is a list
    if not is_iterable(value):
        return Cut([], GraphQLError(f"Expected Iterable, but did not find one for field '{field}'."))
    items: list[Any] = []
    try:
        for item in value:
            items.append(item)  # noqa: PERF402  # what came before a failure is kept
    except Exception as error:  # noqa: BLE001  # whatever an iterator raises is the list's failure
        return Cut(items, error)
    return items
