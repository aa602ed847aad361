"""Values that have to be awaited: side by side, begun together, and a failure is a value among them."""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from inspect import isawaitable
from types import GeneratorType
from typing import Any


class Together:
    """Values of which some are awaitable."""

    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def begun(self) -> asyncio.Future[list[Any]]:
        """Begin with all of them, so that none is left over if nobody waits any longer; see ``filled``."""
        return asyncio.gather(*filter(isawaitable, self._values), return_exceptions=True)

    def filled(self, settled: list[Any]) -> list[Any]:
        """Return the values with what was awaited in its place; raises what is no failure of one of them."""
        for each in settled:
            if isinstance(each, BaseException) and not isinstance(each, Exception):
                raise each
        them = iter(settled)
        return [next(them) if isawaitable(value) else value for value in self._values]


def together(values: list[Any]) -> Sequence[Any] | Together:
    """Return the values, to be awaited if one of them is."""
    kinds = set(map(type, values))
    if True not in map(_may_wait, kinds) or not any(map(isawaitable, values)):
        return values
    return Together(values)


@lru_cache(maxsize=1000)
def _may_wait(kind: type) -> bool:
    return hasattr(kind, "__await__") or kind is GeneratorType  # so are coroutines of before ``async def``
