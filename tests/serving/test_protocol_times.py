"""A connection is waited for with an end: its requests' heads, what is left of a body, its reading of an answer."""

from collections.abc import Sequence

import pytest

from gateway.serving.protocol import IDLE
from tests.connections import Connection
from tests.serving.test_protocol import GET, POST, echo, last, unread


@pytest.mark.parametrize(("sent", "after"), [(b"", 10), (GET, IDLE), (POST + b"body", IDLE)])
async def test_who_asks_nothing_more_is_not_waited_for(sent: bytes, after: float) -> None:
    connection = Connection(echo)
    await connection.send(sent, pause=after - 1)
    assert not connection.transport.closed
    await connection.send(b"", pause=2)
    assert (connection.statuses, connection.transport.ended) == ([200] if sent else [], True)


async def test_a_head_that_trickles_in_is_too_late_in_the_end() -> None:
    connection = Connection(echo)
    await connection.send(*(GET[at : at + 1] for at in range(len(GET) - 2)), pause=1)
    assert (connection.statuses, last(connection)["extensions"]["code"]) == ([408], "BAD_REQUEST")
    assert connection.transport.ended


async def test_a_head_that_began_with_the_end_of_another_request_is_too_late_too() -> None:
    connection = Connection(echo)
    await connection.send(POST + b"body" + GET[:20], pause=IDLE + 20)
    assert connection.statuses == [200, 408]


async def test_a_head_that_begins_at_the_last_moment_has_its_time() -> None:
    connection = Connection(echo)
    await connection.send(GET, pause=IDLE - 1)
    await connection.send(*_halves(GET), pause=8)
    assert connection.statuses == [200, 200]
    assert not connection.transport.closed


async def test_a_head_that_was_late_harms_none_that_comes_after_it() -> None:
    connection = Connection(echo)
    await connection.send(*_halves(GET), pause=12)
    await connection.send(GET[:20], pause=IDLE - 5)
    await connection.send(GET[20:], pause=1)
    assert connection.statuses == [200, 200]


async def test_a_body_that_is_waited_for_is_its_readers_to_end() -> None:
    connection = Connection(echo)
    await connection.send(POST, *(b"b", b"o", b"d", b"y"), pause=20)
    assert connection.statuses == [200]


async def test_the_rest_of_a_body_that_is_answered_already_is_taken_for_a_moment() -> None:
    connection = Connection(unread)
    await connection.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n", *[b"x"] * 3, pause=1)
    assert (connection.statuses, connection.transport.closed) == ([413], False)
    await connection.send(*[b"x"] * 3, pause=1)
    assert connection.transport.ended


async def test_after_the_rest_of_such_a_body_the_next_request_is_answered() -> None:
    connection = Connection(unread)
    await connection.send(POST, b"body", GET, pause=1)
    assert connection.statuses == [413, 413]
    await connection.send(b"", pause=10)
    assert not connection.transport.closed


@pytest.mark.parametrize("sent", [[GET], [GET, GET], [GET.replace(b"1.1", b"1.0")]])
async def test_who_does_not_read_is_cut_off(sent: Sequence[bytes]) -> None:
    connection = Connection(echo, stuck=True)
    await connection.send(*sent, pause=1)
    await connection.send(b"", pause=50)
    assert not connection.transport.ended
    await connection.send(b"", pause=20)
    assert (connection.statuses, connection.transport.ended) == ([200], True)


async def test_who_reads_in_the_end_is_not() -> None:
    connection = Connection(echo, stuck=True)
    await connection.send(GET, pause=50)
    connection.protocol.resume_writing()
    await connection.send(b"", pause=20)
    assert not connection.transport.closed


async def test_nobody_waits_for_the_reader_of_a_connection_that_is_lost() -> None:
    connection = Connection(echo, stuck=True)
    await connection.send(GET)
    waits = [connection.protocol._unread is not None]  # noqa: SLF001
    connection.protocol.connection_lost(None)
    waits.append(connection.protocol._unread is not None)  # noqa: SLF001
    assert waits == [True, False]


def _halves(request: bytes) -> tuple[bytes, bytes]:
    return request[: len(request) // 2], request[len(request) // 2 :]
