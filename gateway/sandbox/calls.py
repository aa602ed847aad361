"""The call log: what the sandbox was asked, who asked as a digest, and what came of it."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import overload

from gateway.sandbox.digests import header_without_secret, url_without_secrets
from gateway.sandbox.kpi import KpiRequest, Operation

KEPT = 10_000
KEPT_ITEMS = 100_000


@dataclass(slots=True)
class Call:
    """One call: entered when it arrives, completed when it is answered or given up."""

    number: int
    method: str
    path: str
    headers: dict[str, str]
    kind: Operation = "other"
    items: list[KpiRequest] = field(default_factory=list)
    status: int | None = None
    start: datetime = field(default_factory=lambda: datetime.now(UTC))
    duration: float | None = None

    def __str__(self) -> str:
        return f"#{self.number} {self.method} {self.path}{self._size()} -> {self._outcome()}"

    def _size(self) -> str:
        if self.kind != "batch":
            return ""
        return " 1 item" if len(self.items) == 1 else f" {len(self.items)} items"

    def _outcome(self) -> str:
        if self.duration is None:
            return "under way"
        spent = f"{self.duration * 1000:.0f} ms"
        return f"no answer, after {spent}" if self.status is None else f"{self.status} in {spent}"

    def plain(self) -> dict[str, object]:
        """Write it as JSON can hold it."""
        return {
            "number": self.number,
            "method": self.method,
            "path": self.path,
            "kind": self.kind,
            "items": [{"customer": item.customer, "from": item.first, "to": item.last} for item in self.items],
            "status": self.status,
            "headers": self.headers,
            "start": self.start,
            "duration": self.duration,
        }


class CallLog(Sequence[Call]):
    """The latest calls, oldest first, as long as their items are not too many. Numbers go on counting after a clear."""

    def __init__(self, on_call: Callable[[Call], None] | None = None) -> None:
        self.on_call = on_call
        self._calls: deque[Call] = deque()
        self._items = 0
        self._latest = 0

    @contextmanager
    def taking(self, method: str, path: str, headers: Iterable[tuple[str, str]]) -> Iterator[Call]:
        """Enter a call, and complete it whatever comes of it."""
        self._latest += 1
        call = Call(self._latest, method, url_without_secrets(path), _without_secrets(headers))
        self._calls.append(call)
        if len(self._calls) > KEPT:
            self._drop_oldest()
        began = perf_counter()
        try:
            yield call
        finally:
            call.duration = perf_counter() - began
            self._count_items(call)
            if self.on_call:
                self.on_call(call)

    def _count_items(self, call: Call) -> None:
        """Count the items of a complete call, unless it is forgotten already, and make room for them."""
        if self._calls and self._calls[0].number <= call.number:
            self._items += len(call.items)
        while self._items > KEPT_ITEMS:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        dropped = self._calls.popleft()
        if dropped.duration is not None:
            self._items -= len(dropped.items)

    def since(self, number: int) -> list[Call]:
        """Return the calls after that number."""
        return [each for each in self._calls if each.number > number]

    def clear(self) -> None:
        self._calls.clear()
        self._items = 0

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> list[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | list[Call]:
        return list(self._calls)[index] if isinstance(index, slice) else self._calls[index]

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)


def _without_secrets(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join repeated headers, credentials as digests."""
    kept: dict[str, str] = {}
    for name, value in headers:
        text = header_without_secret(name, value)
        kept[name] = f"{kept[name]}, {text}" if name in kept else text
    return kept
