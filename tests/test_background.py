"""Work behind the answers: so much at once, and none of it after the end."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from gateway.background import Background


class Work:
    """Counts what begins and how it ends; it goes on until it is told to end, or given up."""

    def __init__(self, tidying: float = 0) -> None:
        self.begun = self.done = self.given_up = 0
        self.end = asyncio.Event()
        self._tidying = tidying

    async def __call__(self) -> None:
        self.begun += 1
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(self._tidying)
            self.given_up += 1
            raise
        self.done += 1


async def turns() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def end(background: Background) -> None:
    async with asyncio.timeout(60):
        await background.aclose()


async def test_work_begins_behind_and_comes_to_its_end() -> None:
    background, work = Background(1), Work()
    assert background.start(work)
    assert work.begun == 0
    await turns()
    assert (work.begun, work.done) == (1, 0)
    work.end.set()
    await turns()
    assert work.done == 1


@pytest.mark.parametrize("most", [0, 1, 3])
async def test_at_most_so_much_goes_on_at_once(most: int) -> None:
    background, work = Background(most), Work()
    assert [background.start(work) for _ in range(5)] == [True] * most + [False] * (5 - most)
    await turns()
    assert work.begun == most
    await end(background)


async def test_what_ended_makes_room() -> None:
    background, work, more = Background(1), Work(), Work()
    background.start(work)
    await turns()
    assert not background.start(more)
    work.end.set()
    await turns()
    assert background.start(more)
    await end(background)


async def test_what_failed_makes_room_and_harms_nobody() -> None:
    async def fail() -> None:
        raise LookupError("hunter2")

    background, work = Background(1), Work()
    for _ in range(3):
        assert background.start(fail)
        await turns()
    assert background.start(work)
    await end(background)


async def test_the_end_gives_up_what_goes_on_and_waits_until_it_has_tidied_up() -> None:
    background, work = Background(3), Work(tidying=5)
    for _ in range(3):
        background.start(work)
    await turns()
    began = asyncio.get_running_loop().time()
    await end(background)
    assert (work.begun, work.done, work.given_up) == (3, 0, 3)
    assert asyncio.get_running_loop().time() - began == 5
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_what_had_not_begun_at_the_end_never_does() -> None:
    background, work = Background(1), Work()
    background.start(work)
    await end(background)
    await turns()
    assert work.begun == 0


async def test_work_that_fails_while_it_is_given_up_is_no_failure_of_the_end() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise LookupError("hunter2")

    background = Background(1)
    background.start(stubborn)
    await turns()
    await end(background)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_nothing_begins_after_the_end() -> None:
    background, work = Background(1), Work()
    for _ in range(2):
        await end(background)
        assert not background.start(work)
    await turns()
    assert work.begun == 0


async def test_work_that_is_refused_is_not_even_made() -> None:
    def never() -> Coroutine[None, None, None]:
        raise AssertionError("made")

    refused: Callable[[], Coroutine[None, None, None]] = never
    assert not Background(0).start(refused)
