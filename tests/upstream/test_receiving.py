"""Answers out of bytes: the same however they are cut, within bounds, and never more than one."""

import gzip
import weakref
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UpstreamContract, UpstreamError, UpstreamUnavailable
from gateway.upstream.exchange import MAX_ANSWER_BYTES, Answer
from gateway.upstream.receiving import MAX_HEAD_BYTES, Incoming
from tests.upstream.sockets import EMPTY, OK

CHUNKED = OK + b"Transfer-Encoding: chunked\r\n"
TEN = OK + b"Content-Length: 10\r\n\r\n"


def fed(*pieces: bytes, ends: bool = False) -> tuple[Answer | None, bool]:
    """Return the answer that is whole after the last piece, or never, and whether another may follow."""
    incoming = Incoming()
    for piece in pieces[:-1]:
        assert incoming.feed(piece) is None
    answer = incoming.feed(pieces[-1]) or (incoming.end() if ends else None)
    incoming.close()
    return answer, incoming.keeps_alive


WHOLE = {
    "a length": (OK + b"Content-Length: 2\r\nA: b\r\n\r\n[]", 200, b"[]", True),
    "chunks": (CHUNKED + b'\r\n1;a=b;c="d"\r\n[\r\n1\r\n]\r\n0\r\nA: trailer\r\nB: x\r\n\r\n', 200, b"[]", True),
    "gzip": (
        OK + b"content-encoding: GZIP\r\nContent-Length: %d\r\n\r\n%b" % (22, gzip.compress(b"[]", mtime=0)),
        200,
        b"[]",
        True,
    ),
    "nothing": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
    "a length of nothing": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, b"", True),
    "no reason": (b"HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n", 503, b"", True),
    "its last": (OK + b"Connection: close\r\nContent-Length: 2\r\n\r\n[]", 200, b"[]", False),
    "an old server's": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n[]", 200, b"[]", False),
    "an old server's, kept": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n[]",
        200,
        b"[]",
        True,
    ),
    "after others": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n" + EMPTY,
        200,
        b"",
        True,
    ),
}


@pytest.mark.parametrize(("sent", "status", "body", "kept"), WHOLE.values(), ids=WHOLE.keys())
def test_an_answer_is_the_same_wherever_it_is_cut(sent: bytes, status: int, body: bytes, kept: bool) -> None:
    whole, keeps_alive = fed(sent)
    assert whole
    assert (whole.status, whole.body, keeps_alive) == (status, body, kept)
    for at in range(1, len(sent)):
        assert fed(sent[:at], sent[at:]) == (whole, kept)
    assert fed(*(sent[at : at + 1] for at in range(len(sent)))) == (whole, kept)


@pytest.mark.parametrize("head", [OK, b"HTTP/1.0 200 OK\r\n", OK + b"Connection: keep-alive\r\n"])
def test_what_has_no_length_ends_with_the_connection(head: bytes) -> None:
    answer, keeps_alive = fed(head + b"\r\n", b"[", b"]", ends=True)
    assert answer
    assert (answer.body, keeps_alive) == (b"[]", False)


@pytest.mark.parametrize(
    "sent", [b"HTTP", OK, TEN + b"[]", CHUNKED + b"\r\n2\r\n[]\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"]
)
def test_what_is_cut_short_is_no_answer(sent: bytes) -> None:
    assert fed(sent, ends=True)[0] is None


@pytest.mark.parametrize("more", [b"H", b"hunter2", EMPTY, b"\0"])
@pytest.mark.parametrize("sent", [each[0] for each in WHOLE.values()], ids=WHOLE.keys())
def test_an_answer_that_more_came_with_is_the_last(sent: bytes, more: bytes) -> None:
    answer, keeps_alive = fed(sent + more)
    assert (answer, keeps_alive) == (fed(sent)[0], False)


def test_names_are_in_lower_case_and_values_are_joined() -> None:
    answer, _ = fed(OK + b"X-A:  b \t\r\nx-a: c\r\nX-B:\r\nX-C: \xe4\r\nContent-Length: 0\r\n\r\n")
    assert answer
    assert answer.headers == {"x-a": "b, c", "x-b": "", "x-c": "ä", "content-length": "0"}


GARBLED = {
    "no HTTP": b"hunter2\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: hunter2\r\n\r\n" + EMPTY,
    "no name": OK + b"\0: hunter2\r\n\r\n",
    "no length": OK + b"Content-Length: hunter2\r\n\r\n",
    "two lengths": OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n[]",
    "a length and chunks": CHUNKED + b"Content-Length: 2\r\n\r\n0\r\n\r\n",
    "an endless length": OK + b"Content-Length: 99999999999999999999\r\n\r\n",
    "no chunk": CHUNKED + b"\r\nhunter2\r\n",
    "a folded line": OK + b"A: b\r\n hunter2\r\n\r\n",
    "lines without returns": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
}


@pytest.mark.parametrize("sent", GARBLED.values(), ids=GARBLED.keys())
def test_what_is_garbled_is_an_unavailable_upstream_and_is_not_repeated(sent: bytes) -> None:
    with pytest.raises(UpstreamUnavailable) as failure:
        fed(sent)
    assert "hunter2" not in f"{failure.value}{failure.value.__cause__}"


def gzipped(content: bytes) -> bytes:
    return OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(content)


BREACHES = {
    "a bomb": ([gzipped(bytes(4 * MAX_ANSWER_BYTES))], "too large"),
    "a body beyond its bound": ([OK + b"\r\n", *[bytes(2**20)] * 9], "too large"),
    "no gzip": ([OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]"], "no gzip"),
    "another coding": ([OK + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n[]"], "coding"),
    "another transfer coding": ([OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"], "transfer coding"),
    "a head without end": ([OK, *[b"A: b\r\n" * 1000] * 11], "headers"),
    "a value without end": ([OK + b"A: ", *[b"a" * 10_000] * 7], "headers"),
    "hints without end": ([b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000] * 3, "headers"),
    "an extension without end": ([CHUNKED + b"\r\n1;", *[b"a" * 10_000] * 7], "headers"),
    "trailers without end": ([CHUNKED + b"\r\n1\r\na\r\n0\r\n", *[b"A: b\r\n" * 1000] * 11], "headers"),
}


@pytest.mark.parametrize(("pieces", "reason"), BREACHES.values(), ids=BREACHES.keys())
def test_an_answer_beyond_its_bounds_is_a_breach(pieces: list[bytes], reason: str) -> None:
    with pytest.raises(UpstreamContract, match=reason):
        fed(*pieces)


def test_a_body_in_many_chunks_is_no_large_head() -> None:
    chunk = b"1;a=bcdefghij\r\n[\r\n"
    pieces = [chunk] * (2 * MAX_HEAD_BYTES // len(chunk))
    answer, keeps_alive = fed(CHUNKED + b"\r\n", *pieces, b"0\r\n\r\n")
    assert answer
    assert (len(answer.body), keeps_alive) == (len(pieces), True)


def test_nothing_is_left_for_the_collector() -> None:
    incoming = Incoming()
    incoming.feed(TEN)
    left = weakref.ref(incoming)
    incoming.close()
    del incoming
    assert left() is None


def cut(sent: bytes, places: Iterable[int]) -> list[bytes]:
    ends = sorted({0, len(sent), *(place % (len(sent) + 1) for place in places)})
    return [sent[start:end] for start, end in pairwise(ends)]


def chunked(body: bytes, places: Iterable[int], extension: bytes) -> bytes:
    chunks = b"".join(b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in cut(body, places) if piece)
    return chunks + b"0\r\n" + (b"X-A: trailer\r\n" if extension else b"") + b"\r\n"


HEADERS = st.dictionaries(st.from_regex("x-[a-z0-9!~]{1,8}", fullmatch=True), st.text('aZ09 ,;=:"é', max_size=12))
PLACES = st.lists(st.integers(0, 1000), max_size=6)


@given(
    st.integers(200, 599).filter(lambda status: status not in {204, 304}),
    HEADERS,
    st.binary(max_size=60),
    st.sampled_from(["length", "chunks", "end"]),
    st.booleans(),
    st.sampled_from([b"", b";a=b"]),
    PLACES,
    PLACES,
)
def test_what_was_written_is_read(  # noqa: PLR0913, PLR0917  # each is drawn
    status: int,
    headers: dict[str, str],
    body: bytes,
    framing: str,
    is_gzipped: bool,
    extension: bytes,
    chunks: list[int],
    pieces: list[int],
) -> None:
    content = gzip.compress(body) if is_gzipped else body
    lines = [*(f"{name}: {value}" for name, value in headers.items()), *(["Content-Encoding: gzip"] * is_gzipped)]
    if framing == "chunks":
        lines, content = [*lines, "Transfer-Encoding: chunked"], chunked(content, chunks, extension)
    elif framing == "length":
        lines.append(f"Content-Length: {len(content)}")
    head = "".join(f"{line}\r\n" for line in [f"HTTP/1.1 {status} Whatever", *lines, ""])
    answer, keeps_alive = fed(*cut(head.encode("latin-1") + content, pieces), ends=framing == "end")
    assert answer
    assert (answer.status, answer.body, keeps_alive) == (status, body, framing != "end")
    assert {name: value for name, value in answer.headers.items() if name.startswith("x-")} == {
        name: value.strip() for name, value in headers.items()
    }


@given(st.sampled_from([each[0] for each in WHOLE.values()]), st.integers(0, 300), st.binary(max_size=3), PLACES)
def test_whatever_comes_is_an_answer_or_a_failure_of_the_upstream(
    sent: bytes, place: int, other: bytes, pieces: list[int]
) -> None:
    at = place % len(sent)
    incoming, answer = Incoming(), None
    with suppress(UpstreamError):
        for piece in cut(sent[:at] + other + sent[at + len(other) :], pieces):
            answer = answer or incoming.feed(piece)
        answer = answer or incoming.end()
    assert answer is None or answer.status >= 200


@pytest.mark.parametrize("status", [b"000", b"099"])
def test_a_status_that_is_none_is_not_waited_behind(status: bytes) -> None:
    with pytest.raises(UpstreamError):
        fed(b"HTTP/1.1 " + status + b" What\r\nContent-Length: 0\r\n\r\n")
