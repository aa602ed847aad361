"""A connection: what is too long, too late or no HTTP ends it in plain words, and what was asked before is answered."""

import asyncio
import json
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.serving.protocol import LONGEST_HEAD, LONGEST_URI, MOST_HEADERS, MOST_WAITING
from tests.conftest import GRAPHQL
from tests.connections import Connection

POST = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
GET = b"GET /graphql HTTP/1.1\r\nHost: x\r\n\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the method, the length of the query, the number of headers, and the body."""
    request = Request(scope, receive)
    try:
        body = await request.body()
    except ClientDisconnect:
        return
    told = [request.method, len(scope["query_string"]), len(scope["headers"]), body.decode()]
    await Response(json.dumps(told))(scope, receive, send)


async def unread(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer without reading the body."""
    await Response(b"no", 413)(scope, receive, send)


def last(connection: Connection) -> dict[str, Any]:
    """Return the error that the last answer tells."""
    (error,) = json.loads(connection.came.rpartition(b"\r\n\r\n")[2])["errors"]
    found: dict[str, Any] = error
    return found


TOO_MUCH = [
    (414, b"GET /graphql?" + b"x" * LONGEST_URI + b" HTTP/1.1\r\nHost: x\r\n\r\n", str(LONGEST_URI)),
    (414, b"GET /graphql?" + b"x" * (LONGEST_URI + 1), str(LONGEST_URI)),
    (431, b"GET /graphql HTTP/1.1\r\n" + b"a: b\r\n" * (MOST_HEADERS + 1) + b"\r\n", str(MOST_HEADERS)),
    (431, b"GET /graphql HTTP/1.1\r\n" + b"a: b\r\n" * 5000, str(MOST_HEADERS)),
    (431, b"GET /graphql HTTP/1.1\r\nCookie: " + b"x" * LONGEST_HEAD, str(LONGEST_HEAD)),
    (431, b"GET /graphql HTTP/1.1\r\n" + b"x" * LONGEST_HEAD, str(LONGEST_HEAD)),
]


@pytest.mark.parametrize(("status", "sent", "named"), TOO_MUCH)
@pytest.mark.parametrize("size", [100_000, 1000])
async def test_a_head_that_is_too_long_is_refused_as_graphql_while_it_arrives(
    status: int, sent: bytes, named: str, size: int
) -> None:
    connection = Connection(echo)
    await connection.send(*(sent[at : at + size] for at in range(0, len(sent), size)))
    assert connection.statuses == [status]
    assert f"content-type: {GRAPHQL}; charset=utf-8".encode() in connection.came
    assert named in last(connection)["message"]
    assert last(connection)["extensions"] == {"code": "REQUEST_LIMIT_EXCEEDED", "retryable": False}


async def test_the_longest_head_is_taken() -> None:
    query, lines = b"x" * (LONGEST_URI - len("/graphql?")), b"a: b\r\n" * (MOST_HEADERS - 2)
    head = b"GET /graphql?" + query + b" HTTP/1.1\r\nHost: x\r\n" + lines + b"Cookie: "
    rest = LONGEST_HEAD - len(head) - len(b"\r\n\r\n")
    connection = Connection(echo)
    await connection.send(head + b"x" * rest + b"\r\n\r\n")
    assert json.loads(connection.came.rpartition(b"\r\n\r\n")[2]) == ["GET", len(query), MOST_HEADERS, ""]


async def test_many_requests_at_once_are_no_long_head() -> None:
    connection = Connection(echo)
    many = LONGEST_HEAD // len(POST) + 1
    await connection.send((POST + b"body") * many, pause=1)
    assert connection.statuses == [200] * many


async def test_no_more_is_read_while_requests_wait_for_their_turn() -> None:
    paused: list[bool] = []

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        paused.append(connection.transport.is_paused)
        await echo(scope, receive, send)

    connection = Connection(noting)
    await connection.send(GET * 3, pause=1)
    assert (connection.statuses, paused, connection.transport.is_paused) == ([200] * 3, [True] * 3, False)


@pytest.mark.parametrize("beyond", [0, 1])
async def test_of_requests_that_wait_for_their_turn_so_many_are_answered(beyond: int) -> None:
    connection = Connection(echo)
    await connection.send(GET * (1 + MOST_WAITING + beyond), pause=1)
    assert connection.statuses == [200] * (1 + MOST_WAITING)
    assert connection.transport.ended == bool(beyond)


async def test_the_body_of_one_that_waits_its_turn_is_read_then() -> None:
    connection = Connection(echo)
    await connection.send(GET + POST, pause=1)
    assert (connection.statuses, connection.transport.is_paused) == ([200], False)
    await connection.send(b"body", pause=1)
    assert connection.statuses == [200, 200]


async def test_a_long_body_is_no_long_head() -> None:
    connection = Connection(echo)
    length = 2 * LONGEST_HEAD
    await connection.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length + b"x" * length)
    assert (connection.statuses, connection.came.count(b"x")) == ([200], length)


CHUNKED = b"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


async def test_trailers_are_no_headers() -> None:
    connection = Connection(echo)
    await connection.send(CHUNKED + b"4\r\nbody\r\n0\r\nAuthorization: Bearer other\r\n\r\n" + GET, pause=1)
    assert connection.came.count(b'["POST", 0, 2, "body"]') == 1
    assert connection.statuses == [200, 200]


@pytest.mark.parametrize(
    "endless", [b"0\r\n" + b"a: b\r\n" * 20_000, b"0\r\na: " + b"x" * 120_000, b"4;" + b"x" * 120_000]
)
async def test_what_is_none_of_a_body_is_bounded_too(endless: bytes) -> None:
    pieces = [endless[at : at + 10_000] for at in range(0, len(endless), 10_000)]
    connection, answered = Connection(echo), Connection(unread)
    await connection.send(CHUNKED, b"4\r\nbody\r\n", *pieces)
    await answered.send(CHUNKED, b"4\r\nbody\r\n", *pieces)
    assert (connection.statuses, str(LONGEST_HEAD) in last(connection)["message"]) == ([431], True)
    assert (answered.statuses, answered.transport.ended) == ([413], True)


async def test_a_body_of_many_chunks_is_no_long_head() -> None:
    connection = Connection(echo)
    await connection.send(CHUNKED, *[b"1;x=y\r\nx\r\n" * 1000] * 20, b"0\r\n\r\n")
    assert (connection.statuses, connection.came.count(b"x" * 20_000)) == ([200], 1)


async def test_a_refusal_is_all_there_is_and_nothing_more_is_taken() -> None:
    connection = Connection(echo)
    await connection.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nA: b\r\nbad\r\n\r\n" + GET, GET, GET)
    assert connection.statuses == [400]
    assert b"\r\nx-request-id: mine\r\n" in connection.came
    assert b"\r\nconnection: close\r\n" in connection.came
    assert connection.transport.has_eof


async def test_who_is_refused_has_a_moment_to_read_and_then_it_ends() -> None:
    connection = Connection(echo)
    await connection.send(b"nonsense\r\n\r\n", pause=1)
    assert not connection.transport.closed
    await connection.send(b"more nonsense", pause=1.5)
    assert connection.transport.ended


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET /graphql HTTP/1.1\r\nno header\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_a_400_without_the_graphql_type_unless_it_is_for_graphql(sent: bytes) -> None:
    connection = Connection(echo)
    await connection.send(sent)
    assert (connection.statuses, last(connection)["extensions"]["code"]) == ([400], "BAD_REQUEST")
    assert (GRAPHQL.encode() in connection.came) == (b"/graphql" in sent)


async def test_a_head_is_answered_without_a_body_even_when_it_is_refused() -> None:
    connection = Connection(echo)
    await connection.send(b"HEAD /graphql?" + b"x" * LONGEST_URI + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert connection.statuses == [414]
    assert connection.came.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("name", [b"Upgrade", b"upgrade", b"UPGRADE"])
async def test_a_wish_to_speak_something_else_is_not_granted_and_the_request_is_answered(name: bytes) -> None:
    wish = b"Connection: " + name + b", HTTP2-Settings\r\n" + name + b": h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"
    connection = Connection(echo)
    await connection.send(POST.replace(b"\r\n\r\n", b"\r\n" + wish + b"\r\n") + b"body", GET, pause=1)
    assert connection.statuses == [200, 200]
    assert b'"body"]' in connection.came


async def test_a_wish_that_is_seen_too_late_is_not_granted_either() -> None:
    connection = Connection(echo)
    await connection.send(
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUp", b"grade: h2c\r\n\r\n" + GET, pause=1
    )
    assert connection.statuses == [200]
    assert connection.transport.ended


@pytest.mark.parametrize("bad", [b"nonsense\r\n\r\n", TOO_MUCH[1][1]])
async def test_what_was_asked_before_is_answered_and_then_the_connection_ends(bad: bytes) -> None:
    connection = Connection(echo)
    await connection.send(POST + b"body" + GET + bad, pause=1)
    assert connection.statuses == [200, 200]
    assert connection.transport.ended


async def test_a_body_that_is_no_http_is_told_so_at_once() -> None:
    connection = Connection(echo)
    await connection.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", pause=3)
    assert connection.statuses == [400]
    assert connection.transport.ended


async def test_who_reads_a_body_that_is_refused_is_told_that_its_client_is_gone() -> None:
    told: list[str] = []

    async def reading(_: Scope, receive: Receive, __: Send) -> None:
        while not told or told[-1] == "http.request":
            told.append((await receive())["type"])

    connection = Connection(reading)
    await connection.send(CHUNKED + b"4\r\nbody\r\n", b"nonsense\r\n", pause=1)
    assert (connection.statuses, told[-1]) == ([400], "http.disconnect")


async def test_who_is_refused_is_not_told_to_go_on(caplog: pytest.LogCaptureFixture) -> None:
    connection = Connection(echo)
    await connection.send(CHUNKED.replace(b"Host", b"Expect: 100-continue\r\nHost") + b"nonsense\r\n", pause=3)
    assert (connection.statuses, caplog.records) == ([400], [])


@pytest.mark.parametrize("before", [b"", POST + b"body"])
async def test_nonsense_after_an_answer_that_did_not_wait_for_the_body_ends_it(before: bytes) -> None:
    connection = Connection(unread)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    await connection.send(before + head, b"nonsense\r\n", pause=1)
    assert connection.statuses == [413] * (2 if before else 1)
    assert connection.transport.ended


async def test_nonsense_in_the_body_of_one_that_waits_its_turn_ends_both() -> None:
    connection = Connection(echo)
    await connection.send(
        POST + b"body" + b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"
    )
    assert connection.statuses == []
    assert connection.transport.ended


@hypothesis.given(data=st.data())
async def test_however_requests_are_cut_their_answers_are_the_same(data: st.DataObject) -> None:
    sent = b"".join(data.draw(st.lists(st.sampled_from([GET, POST + b"body"]), min_size=1, max_size=4)))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(sent) - 1), max_size=8)))
    connection, whole = Connection(echo), Connection(echo)
    await whole.send(sent)
    await connection.send(*(sent[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)))
    assert connection.came == whole.came
    assert set(connection.statuses) == {200}


@pytest.mark.parametrize(
    ("head", "status", "says"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400, "0 Host headers"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "2 Host headers"),
        (b"GET / HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n", 400, "2 Host headers"),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400, "not HTTP/1.1"),
        (b"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 400, "not HTTP/1.1"),
    ],
)
async def test_who_a_request_is_for_is_not_guessed(head: bytes, status: int, says: str) -> None:
    connection = Connection(echo)
    await connection.send(head)
    assert connection.statuses == [status]
    assert says in last(connection)["message"]


async def test_an_older_request_needs_no_host() -> None:
    connection = Connection(echo)
    await connection.send(b"GET / HTTP/1.0\r\n\r\n", pause=1)
    assert connection.statuses == [200]


async def test_who_is_let_go_of_has_the_answers_to_what_it_asked_and_then_the_connection_ends() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(1)
        await echo(scope, receive, send)

    connection, idle = Connection(slow), Connection(echo)
    await connection.send(GET * 2)
    connection.protocol.let_go()
    idle.protocol.let_go()
    await asyncio.sleep(5)
    assert (connection.statuses, connection.transport.ended) == ([200, 200], True)
    assert connection.came.count(b"\r\nconnection: close\r\n") == 1
    assert not idle.transport.ended
    await idle.send(GET, pause=1)
    idle.protocol.let_go()
    assert (idle.statuses, idle.transport.ended) == ([200], False)
