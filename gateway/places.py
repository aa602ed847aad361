"""How many requests are under way: as many as there are places, and whoever comes then is told to come again."""

from typing import Self

from gateway.errors import Code, RequestRefused

_AGAIN = 1  # seconds


class Places:
    """So many places; a request has one for as long as it is in ``with``. RequestRefused (503) when all are taken."""

    __slots__ = ("_free", "_most")

    def __init__(self, most: int) -> None:
        self._most = most
        self._free = most

    @property
    def taken(self) -> int:
        return self._most - self._free

    def __enter__(self) -> Self:
        if not self._free:
            told = f"{self._most} requests are under way, as many as may be at once (GATEWAY_MAX_REQUESTS)."
            refused = RequestRefused(
                503, Code.REQUEST_LIMIT_EXCEEDED, f"{told} Ask again in a moment.", limit="max_requests"
            )
            refused.retryable, refused.retry_after = True, _AGAIN
            raise refused
        self._free -= 1
        return self

    def __exit__(self, *_: object) -> None:
        self._free += 1
