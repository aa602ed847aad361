"""Work behind the answers: a bounded number of tasks, owned and ended by the app's lifespan."""

import asyncio
from collections.abc import Callable, Coroutine


class Background:
    """Runs at most ``most`` tasks at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(self, work: Callable[[], Coroutine[None, None, None]]) -> bool:
        """Begin the work, which has its own end; returns False when there is too much of it already."""
        if self._closed or len(self._tasks) >= self._most:
            return False
        task = asyncio.create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def aclose(self) -> None:
        """Give up what is under way, begin nothing more, and wait until all has ended."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
