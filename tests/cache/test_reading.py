"""Reads that go to the server together, by a clock that passes at once."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.cache.reading import PATIENCE, Reads
from gateway.telemetry.ids import request_id

MOST_TRIPS = 4
MOST_NAMES = 5000
MANY_LATE = 20
LATE = "the shared cache takes longer than 50 ms, and nobody waits for it"


class Far:
    """A server that takes its time; what is under a name is the name."""

    def __init__(self, seconds: float = 0.01, *, fails: bool = False) -> None:
        self.seconds = seconds
        self.fails = fails
        self.trips: list[Sequence[str]] = []
        self.under_way = self.most = 0
        self.requests: set[str] = set()

    async def __call__(self, names: Sequence[str]) -> Sequence[bytes | None] | None:
        self.trips.append(names)
        self.requests.add(request_id.get())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.under_way -= 1
        return None if self.fails else [name.encode() if name != "nobody" else None for name in names]


async def timed(reads: Reads[str, bytes | None], *names: str) -> tuple[Any, Any]:
    """Return what is found, and after how many seconds."""
    began = asyncio.get_running_loop().time()
    return await reads.read(names), asyncio.get_running_loop().time() - began


async def test_reads_of_one_moment_are_one_trip_and_each_gets_its_own() -> None:
    far = Far()
    reads = Reads(far)
    found = await asyncio.gather(*(reads.read(names) for names in (["a", "b"], ["b", "nobody", "a"], ["c"], [])))
    assert found == [[b"a", b"b"], [b"b", None, b"a"], [b"c"], []]
    assert far.trips == [["a", "b", "nobody", "c"]]


async def test_what_is_asked_for_while_a_trip_is_under_way_takes_another() -> None:
    far = Far()
    reads = Reads(far)
    first = asyncio.create_task(reads.read(["a"]))
    await asyncio.sleep(0.005)
    assert (await reads.read(["a", "b"]), await first) == ([b"a", b"b"], [b"a"])
    assert far.trips == [["a"], ["a", "b"]]


async def test_what_finds_too_many_trips_under_way_gathers_for_the_next() -> None:
    far = Far()
    reads = Reads(far)
    asked = []
    for number in range(MOST_TRIPS + 6):
        asked.append(asyncio.create_task(reads.read([str(number)])))
        await asyncio.sleep(0.0001)
    assert await asyncio.gather(*asked) == [[str(number).encode()] for number in range(MOST_TRIPS + 6)]
    assert (far.most, len(far.trips), len(far.trips[-1])) == (MOST_TRIPS, MOST_TRIPS + 1, 6)


async def test_what_a_trip_takes_along_is_bounded() -> None:
    far = Far()
    reads = Reads(far)
    many = [str(number) for number in range(MOST_NAMES + 1)]
    found = await asyncio.gather(timed(reads, *many), timed(reads, "a"))
    assert found[1] == (None, 0)
    assert found[0][0] == [name.encode() for name in many]
    assert await reads.read(["a"]) == [b"a"]


@pytest.mark.parametrize("seconds", [0.051, 1, 1000])
async def test_nobody_waits_for_longer_than_the_patience(seconds: float) -> None:
    reads = Reads(Far(seconds))
    assert await timed(reads, "a") == (None, pytest.approx(PATIENCE))
    await reads.aclose()


async def test_what_comes_within_the_patience_is_found_at_once() -> None:
    assert await timed(Reads(Far(0.045)), "a") == ([b"a"], pytest.approx(0.045))


async def test_what_comes_too_late_is_given_to_nobody() -> None:
    far = Far(0.06)
    reads = Reads(far)
    assert await reads.read(["a"]) is None
    far.seconds = 0.02
    assert await reads.read(["b"]) == [b"b"]
    assert far.trips == [["a"], ["b"]]


async def test_patience_counts_from_the_asking_and_not_from_the_departure() -> None:
    reads = Reads(Far(0.04))
    held = []
    for number in range(MOST_TRIPS):
        held.append(asyncio.create_task(reads.read([str(number)])))
        await asyncio.sleep(0.0001)
    assert await timed(reads, "a") == (None, pytest.approx(PATIENCE))
    assert await asyncio.gather(*held) == [[str(number).encode()] for number in range(MOST_TRIPS)]
    await reads.aclose()


async def test_a_trip_that_fails_is_nobodys_failure() -> None:
    far = Far(fails=True)
    reads = Reads(far)
    assert await asyncio.gather(*(reads.read([name]) for name in "ab")) == [None, None]
    far.fails = False
    assert await reads.read(["a"]) == [b"a"]


async def test_who_leaves_takes_nobody_along() -> None:
    reads = Reads(Far())
    leaving, staying = (asyncio.create_task(reads.read([name])) for name in "ab")
    await asyncio.sleep(0.001)
    leaving.cancel()
    assert await staying == [b"b"]
    assert leaving.cancelled()


async def test_the_end_gives_up_what_is_under_way_and_fails_nobody() -> None:
    far = Far(1000)
    reads = Reads(far)
    asked = []
    for number in range(MOST_TRIPS + 2):
        asked.append(asyncio.create_task(reads.read([str(number)])))
        await asyncio.sleep(0.0001)
    began = asyncio.get_running_loop().time()
    await reads.aclose()
    assert await asyncio.gather(*asked) == [None] * (MOST_TRIPS + 2)
    assert asyncio.get_running_loop().time() - began < 1
    assert (far.under_way, len(far.trips)) == (0, MOST_TRIPS)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_server_that_is_always_too_slow_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    far = Far(0.06)
    reads = Reads(far)
    for trip in range(1, 3 * MANY_LATE):
        await reads.read([str(trip)])
        await asyncio.sleep(0.02)
        assert caplog.messages == ([LATE] if trip >= MANY_LATE else [])


async def test_a_server_that_is_too_slow_again_is_told_again(caplog: pytest.LogCaptureFixture) -> None:
    far = Far()
    reads = Reads(far)
    for slow, told in ((MANY_LATE - 1, 0), (1, 0), (MANY_LATE, 1), (MANY_LATE - 1, 1), (MANY_LATE, 2)):
        for seconds in (*[PATIENCE + 0.001] * slow, 0.01):
            far.seconds = seconds
            await reads.read(["a"])
            await asyncio.sleep(0.02)
        assert caplog.messages == [LATE] * told


async def test_a_server_that_fails_slowly_is_not_told_of_here(caplog: pytest.LogCaptureFixture) -> None:
    reads = Reads(Far(0.06, fails=True))
    for _ in range(2 * MANY_LATE):
        await reads.read(["a"])
        await asyncio.sleep(0.02)
    assert caplog.messages == []


async def test_a_trip_that_many_share_is_no_single_requests() -> None:
    far = Far()
    request_id.set("somebody's")
    await Reads(far).read(["a"])
    assert far.requests == {""}
