"""An answer's body, read within its bound."""

import gzip
import tracemalloc
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UpstreamContract
from gateway.upstream.exchange import MAX_ANSWER_BYTES, Answer, Request, read_body


async def pieces(*given: bytes) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece


@pytest.mark.parametrize(
    ("header", "media"),
    [("application/JSON ; charset=utf-8", "application/json"), ("", ""), ("text/html", "text/html")],
)
def test_a_media_type_is_told_without_its_parameters(header: str, media: str) -> None:
    assert Answer(200, {"content-type": header}, b"").media_type == media


def test_a_request_is_printed_without_what_it_carries() -> None:
    assert "hunter2" not in repr(Request("POST", "http://x/", (("Authorization", "hunter2"),), b"hunter2"))


@given(st.lists(st.binary(max_size=50)), st.sampled_from(["", "identity", "gzip", "GZIP"]))
async def test_a_body_is_the_same_however_it_was_cut_and_coded(parts: list[bytes], coding: str) -> None:
    whole = b"".join(parts)
    sent = gzip.compress(whole) if coding.lower() == "gzip" else whole
    cut = [sent[at : at + 7] for at in range(0, len(sent), 7)]
    assert await read_body(pieces(*cut), 200, coding) == whole


@pytest.mark.parametrize(("coding", "body"), [("gzip", b"no gzip"), ("br", b"[]"), ("deflate", b"[]")])
async def test_another_coding_is_a_breach(coding: str, body: bytes) -> None:
    with pytest.raises(UpstreamContract) as breach:
        await read_body(pieces(body), 502, coding)
    assert breach.value.upstream_status == 502


async def test_a_bomb_is_not_inflated_to_its_end() -> None:
    bomb = gzip.compress(bytes(20 * MAX_ANSWER_BYTES))
    assert len(bomb) < MAX_ANSWER_BYTES / 40
    tracemalloc.start()
    with pytest.raises(UpstreamContract, match="too large"):
        await read_body(pieces(bomb), 200, "gzip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * MAX_ANSWER_BYTES


async def test_a_body_beyond_its_bound_is_not_read_to_its_end() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1024 * 1024
            yield bytes(1024 * 1024)

    with pytest.raises(UpstreamContract, match="too large"):
        await read_body(endless(), 200, "")
    assert sent <= MAX_ANSWER_BYTES + 2 * 1024 * 1024


ZIPPED = gzip.compress(b"[1,2]")


@pytest.mark.parametrize(
    "cut", [[ZIPPED + b"more"], [ZIPPED, b"more"], [ZIPPED, ZIPPED], [*map(bytes, zip(ZIPPED)), b"\0"]]
)
async def test_what_comes_after_a_gzip_is_a_breach_and_not_looked_through(cut: list[bytes]) -> None:
    with pytest.raises(UpstreamContract, match="more than a gzip"):
        await read_body(pieces(*cut), 200, "gzip")


@pytest.mark.parametrize("length", range(1, len(ZIPPED)))
async def test_a_gzip_without_its_end_is_a_breach(length: int) -> None:
    with pytest.raises(UpstreamContract, match="cut off"):
        await read_body(pieces(ZIPPED[:length]), 200, "gzip")


async def test_no_body_is_no_gzip_that_was_cut_off() -> None:
    assert await read_body(pieces(), 200, "gzip") == b""
