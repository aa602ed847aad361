"""What an operation costs: the KPIs that it asks for, each customer and period counted once.

It is counted by running the operation on a loader that loads nothing: the resolvers themselves say what they ask for.
"""

from collections.abc import Awaitable, Sequence
from enum import StrEnum
from math import inf

from gateway.domain import Freshness, KpiKey, Partition, Served
from gateway.errors import Code, GatewayError, RequestRefused
from gateway.identity.caller import Caller
from gateway.loaders import Loaded, Loader
from gateway.upstream.credentials import Credential

_NOTHING = Served(None, 0.0, Freshness.LIVE, inf)
NOBODY = Caller(Partition(""), Credential(()), "")
"""For whom it is counted: what is asked for is the same for all."""


class Wish(StrEnum):
    """What the header GraphQL-Cost asks for."""

    VALIDATE = "validate"  # the cost, and nothing else
    REPORT = "report"  # the answer, and what it has cost


def wish(header: str) -> Wish | None:
    """Read the header; RequestRefused (400) for a value that is neither, None where there is none."""
    try:
        return Wish(header) if header else None
    except ValueError:
        raise RequestRefused(
            400, Code.BAD_REQUEST, f"GraphQL-Cost is {Wish.VALIDATE} or {Wish.REPORT}, nothing else."
        ) from None


class Counter:
    """A loader that asks nobody: it remembers the keys, and says that there is nothing."""

    def __init__(self) -> None:
        self.keys: set[KpiKey] = set()

    def load_all(self, keys: Sequence[KpiKey]) -> Loaded:
        self.keys.update(keys)
        return [_NOTHING] * len(keys)


class Noter:
    """Loads what its loader does, and remembers the keys."""

    def __init__(self, loader: Loader) -> None:
        self.keys: set[KpiKey] = set()
        self._loader = loader

    def load_all(self, keys: Sequence[KpiKey]) -> Loaded | Awaitable[Loaded]:
        self.keys.update(keys)
        return self._loader.load_all(keys)


class Recorder:
    """Loads what its loader does, and remembers what came."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._came: dict[KpiKey, Served | GatewayError] = {}

    def load_all(self, keys: Sequence[KpiKey]) -> Loaded | Awaitable[Loaded]:
        loaded = self._loader.load_all(keys)
        return self._noted(keys, loaded) if isinstance(loaded, list) else self._awaited(keys, loaded)

    async def _awaited(self, keys: Sequence[KpiKey], loaded: Awaitable[Loaded]) -> Loaded:
        return self._noted(keys, await loaded)

    def _noted(self, keys: Sequence[KpiKey], loaded: Loaded) -> Loaded:
        self._came |= zip(keys, loaded, strict=True)
        return loaded

    def spent(self) -> tuple[int, int]:
        """Return how many KPIs were asked for, each once, and how many of them came from what is kept."""
        return len(self._came), self.report()["fromCache"]

    def report(self) -> dict[str, int]:
        """Return how many KPIs came from what is kept, and how many the upstream was, or was to be, asked for."""
        cached = sum(isinstance(each, Served) and each.freshness is Freshness.CACHED for each in self._came.values())
        return {"fromCache": cached, "upstream": len(self._came) - cached}
