"""Headers as the server hands them over: by name, of one line or of several."""

import asyncio

import hypothesis
import pytest
from hypothesis import strategies as st
from starlette.datastructures import Headers as Starlettes
from starlette.requests import ClientDisconnect

from gateway.incoming import Headers, read_body, while_connected

names = st.sampled_from([b"accept", b"authorization", b"x-request-id"])


@hypothesis.given(st.lists(st.tuples(names, st.binary(max_size=5))))
def test_headers_are_those_that_starlette_finds(raw: list[tuple[bytes, bytes]]) -> None:
    mine, theirs = Headers(iter(raw)), Starlettes(raw=raw)
    for name in (b"accept", b"authorization", b"x-request-id"):
        lines = theirs.getlist(name.decode())
        assert mine.get(name) == ", ".join(lines)
        assert mine.only(name) == (None if len(set(lines)) > 1 else "".join(lines[:1]))


@pytest.mark.parametrize(("limit", "read"), [(5, b"12345"), (4, None)])
async def test_a_body_is_read_piece_by_piece_up_to_its_bound(limit: int, read: bytes | None) -> None:
    pieces: list[dict[str, object]] = [
        {"type": "http.request", "body": b"123", "more_body": True},
        {"type": "http.request", "more_body": True},
        {"type": "http.request", "body": b"45"},
    ]

    async def receive() -> dict[str, object]:
        return pieces.pop(0)

    assert await read_body(receive, limit) == read


async def test_a_time_out_of_the_work_is_the_works_own() -> None:
    async def receive() -> dict[str, object]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def work() -> None:
        await asyncio.sleep(1)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await while_connected(receive, work())


@pytest.mark.parametrize("after", [0.01, 1.0])
async def test_who_leaves_ends_the_work_a_moment_later(after: float) -> None:
    async def receive() -> dict[str, object]:
        await asyncio.sleep(after)
        return {"type": "http.disconnect"}

    began = asyncio.get_running_loop().time()
    with pytest.raises(ClientDisconnect):
        await while_connected(receive, asyncio.sleep(60))
    assert asyncio.get_running_loop().time() - began <= after + 0.1
