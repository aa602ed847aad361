"""Those who listen on one socket have as many connections, and none waits for long on one who does not come."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from resource import RLIMIT_NOFILE, getrlimit, setrlimit
from tempfile import TemporaryFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.serving.accepting import Acceptor, Share
from gateway.serving.server import bind
from gateway.serving.shares import SLOTS, Shares
from tests.cache.waiting import until

pytestmark = pytest.mark.real_time


class Held(asyncio.Protocol):
    """A connection, for as long as it lasts."""

    def __init__(self, held: set[object]) -> None:
        self._held = held

    def connection_made(self, _: asyncio.BaseTransport) -> None:
        self._held.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self._held.discard(self)


@pytest.fixture
def shares() -> Iterator[Shares]:
    with TemporaryFile() as file:
        yield Shares.begin(file)


Begin = Callable[[int], tuple[Acceptor, set[object]]]
"""Begins to accept in a slot, over a descriptor of its own; returns what holds its connections too."""


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with bind("127.0.0.1", 0) as listening:
        yield listening


@pytest.fixture
def accepting(listening: socket.socket, shares: Shares) -> Iterator[Begin]:
    with ExitStack() as stack:

        def begin(slot: int) -> tuple[Acceptor, set[object]]:
            held: set[object] = set()
            own = stack.enter_context(listening.dup())
            return Acceptor(own, lambda: Held(held), Share(shares, slot, held)), held

        yield begin


@asynccontextmanager
async def connected(listening: socket.socket, many: int) -> AsyncIterator[list[asyncio.StreamWriter]]:
    async with AsyncExitStack() as stack:
        writers = []
        for _ in range(many):
            _, writer = await asyncio.open_connection(*listening.getsockname())
            stack.callback(writer.close)
            writers.append(writer)
        yield writers


async def has(many: int, *held: set[object]) -> None:
    await until(lambda: sum(map(len, held)) == many)


async def test_each_has_as_many_as_the_others(listening: socket.socket, accepting: Begin) -> None:
    (one, first), (other, second), (third, last) = (accepting(slot) for slot in range(3))
    async with connected(listening, 12):
        await has(12, first, second, last)
        assert [len(first), len(second), len(last)] == [4, 4, 4]
        for acceptor in (one, other, third):
            acceptor.close()
            await acceptor.wait_closed()
    await has(0, first, second, last)


async def test_who_has_fewer_and_does_not_come_is_waited_for_a_moment_only(
    listening: socket.socket, shares: Shares, accepting: Begin
) -> None:
    shares.tell(7, 0)
    acceptor, held = accepting(0)
    async with connected(listening, 3):
        await has(3, held)
        acceptor.close()
    await has(0, held)


async def test_who_closes_takes_nothing_more_and_counts_no_longer(
    listening: socket.socket, shares: Shares, accepting: Begin
) -> None:
    (one, first), (other, second) = (accepting(slot) for slot in range(2))
    async with connected(listening, 2):
        await has(2, first, second)
        one.close()
        one.tell()
        async with connected(listening, 4):
            await has(5, second)
            assert len(first) == 1
        other.close()
        assert shares.is_least(1000)  # there is nobody to have fewer
    await has(0, first, second)


async def test_one_that_waits_for_others_may_close(listening: socket.socket, shares: Shares, accepting: Begin) -> None:
    acceptor, held = accepting(0)
    shares.tell(7, 0)
    async with connected(listening, 2):
        await has(1, held)
        acceptor.close()
        await asyncio.sleep(0.05)
        assert len(held) == 1
    await has(0, held)


async def test_who_has_no_room_for_a_connection_leaves_it_for_a_while(
    listening: socket.socket, accepting: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    acceptor, held = accepting(0)
    before = getrlimit(RLIMIT_NOFILE)
    async with connected(listening, 1):
        await has(1, held)
        reader, writer = socket.socket(), socket.socket()
        with reader, writer:
            setrlimit(RLIMIT_NOFILE, (reader.fileno(), before[1]))
            try:
                writer.connect(listening.getsockname())
                await asyncio.sleep(0.3)
                assert [record.getMessage() for record in caplog.records] == [
                    "no connection can be taken: Too many open files"
                ]
            finally:
                setrlimit(RLIMIT_NOFILE, before)
            await has(2, held)
            acceptor.close()
    await has(0, held)


@given(counts=st.dictionaries(st.integers(0, SLOTS - 1), st.integers(0, 5000)), many=st.integers(0, 5000))
def test_the_least_is_who_has_no_more_than_any(counts: dict[int, int], many: int) -> None:
    with TemporaryFile() as file:
        shares = Shares.begin(file)
        for slot, count in counts.items():
            shares.tell(slot, count)
        assert Shares(file.fileno()).is_least(many) == all(many <= count for count in counts.values())
        for slot in counts:
            shares.forget(slot)
        assert shares.is_least(many)
