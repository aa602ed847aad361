"""HTTP/1.1 on a connection: uvicorn's protocol, with an end to all that a client could make it wait for, or keep.

A request's head is bounded while it arrives, in bytes and in time; so are its trailers, what is left of a body that
nobody wants, and how long an answer waits to be read. What is refused here is refused in the endpoint's words, and ends
the connection.
"""

import asyncio
import re
from collections.abc import Collection, Sequence
from typing import Any

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway import replies, requests
from gateway.errors import Code, RequestRefused
from gateway.incoming import Headers
from gateway.negotiation import MediaType
from gateway.serving.joined_writes import JoinedWrites

LONGEST_URI = 16_384  # bytes
LONGEST_HEAD = 49_152  # bytes, the URI's among them
MOST_HEADERS = 100
MOST_WAITING = 1000  # requests of a connection that were sent before the one before them was answered
IDLE = 75  # seconds that a connection is kept for its next request: longer than load balancers keep theirs
_HEAD_TIME = 10  # seconds
_REST_TIME = 5  # seconds, for what is left of a body once it is answered
_READING_TIME = 60  # seconds, for a client to read what is written
_UPGRADE = re.compile(rb"(?i)\r\nupgrade(?=[ \t]*:)")
_PARTING_TIME = 2  # seconds, for a client to stop sending what is refused, and read why


class BoundedProtocol(HttpToolsProtocol):
    """Ends what takes too long or is too much; an answer's head and body are one write, each write being a packet."""

    cycle: RequestResponseCycle | None  # type: ignore[assignment]  # uvicorn begins with None too

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.url, self.headers = b"", []
        self._in_head = True  # what comes next is of a head, not of a body
        self._head = 0  # bytes of it that came; in a body, those that are none of it: trailers, what chunks say
        self._is_late = False  # its time was up once
        self._is_refused = False
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.flow = _Turns(transport, self.pipeline)
        self.transport = JoinedWrites(transport, self.loop)  # type: ignore[assignment]  # in all that uvicorn uses
        self._wait(_HEAD_TIME)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._end_reading_time()

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        rest = b""
        self._head += len(data)
        if self._in_head:
            if self._head > LONGEST_HEAD:
                fitting = len(data) - self._head + LONGEST_HEAD
                data, rest = data[:fitting], data[fitting:]
            if b"upgrade" in data.lower():
                data = _without_upgrade(data)
        self._feed(data)
        if rest:
            self.data_received(rest)

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, RequestRefused) else _malformed())
        else:
            if refused := _too_long(self._head, self.url, self.headers if self._in_head else ()):
                self._refuse(refused)

    def on_headers_complete(self) -> None:
        if refused := _too_long(0, self.url, self.headers) or _ambiguous(self.parser.get_http_version(), self.headers):
            raise refused
        if len(self.pipeline) == MOST_WAITING:
            raise _too_much(503, f"More than {MOST_WAITING} requests wait for their turn.")
        self._in_head = self._is_late = False
        self._unset_keepalive_if_required()
        super().on_headers_complete()
        self.headers, self._head = [*self.headers], 0  # trailers are no headers: the app is not shown them

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._head = 0

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.url, self.headers = b"", []
        self._in_head, self._head = True, 0

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._begin_reading_time()
        elif self.timeout_keep_alive_task and not self._in_head:
            self._wait(_REST_TIME)

    def timeout_keep_alive_handler(self) -> None:
        """End a connection whose time is up; a head that began within it has a time of its own."""
        has_begun = self._in_head and (self._head or self.url) and not self._is_refused
        if has_begun and not self._is_late:
            self._is_late = True
            self._wait(_HEAD_TIME)
        elif has_begun:
            self._refuse(RequestRefused(408, Code.BAD_REQUEST, "The request did not arrive in time."))
        else:
            self.transport.close()
            self._begin_reading_time()

    def let_go(self) -> None:
        """Have the connection end with the last answer that is under way; one without any is left as it is."""
        if self.cycle and not self.cycle.response_complete:
            self.shutdown()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._begin_reading_time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._end_reading_time()

    def _wait(self, seconds: float) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _begin_reading_time(self) -> None:
        self._end_reading_time()
        self._unread = self.loop.call_later(_READING_TIME, self.transport.abort)

    def _end_reading_time(self) -> None:
        if self._unread:
            self._unread.cancel()
            self._unread = None

    def _refuse(self, refused: RequestRefused) -> None:
        """Take nothing more; answer, and end the connection. What is under way before it is answered first."""
        self._is_refused = True
        last = self.cycle
        if last is None or (self._in_head and last.response_complete):
            self._part(refused)
        elif self._in_head:
            last.keep_alive = False
        elif self.pipeline or last.response_started:
            self.transport.close()
        else:  # it is the body of the one that is under way
            last.disconnected = True
            last.waiting_for_100_continue = False
            last.message_event.set()
            self._part(refused)

    def _part(self, refused: RequestRefused) -> None:
        """Write the last answer; a connection that were closed at once would be reset, and the answer lost."""
        is_graphql = self.url.partition(b"?")[0] == b"/graphql"
        reply = replies.refusal(refused, MediaType.GRAPHQL if is_graphql else None)
        told = reply.headers(requests.request_id(Headers(self.headers)))
        lines = [*self.server_state.default_headers, *told, (b"connection", b"close")]
        is_head = self.url and self.parser.get_method() == b"HEAD"
        head = STATUS_LINE[reply.status] + b"".join(b"%s: %s\r\n" % line for line in lines) + b"\r\n"
        self.transport.write(head if is_head else head + reply.body)
        self.transport.write_eof()
        self._wait(_PARTING_TIME)


def _without_upgrade(piece: bytes) -> bytes:
    """Return the piece without a wish to speak something else: httptools would take the body for that already."""
    head, end, body = piece.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"\r\nignored", head) + end + body


def _too_long(head: int, url: bytes, headers: Sequence[object]) -> RequestRefused | None:
    """Judge a head of which so much is there."""
    if len(url) > LONGEST_URI:
        return _too_much(414, f"The URI is longer than {LONGEST_URI} bytes: send the request as a POST.")
    if len(headers) > MOST_HEADERS:
        return _too_much(431, f"The request has more than {MOST_HEADERS} headers.")
    if head > LONGEST_HEAD:
        return _too_much(431, f"The request's head, or what trails its body, is longer than {LONGEST_HEAD} bytes.")
    return None


def _ambiguous(version: str, headers: Sequence[tuple[bytes, bytes]]) -> RequestRefused | None:
    """Judge whom a head is for: RFC 9112 wants one Host, so that all on a request's way read it the same."""
    if version not in {"1.0", "1.1"}:
        return _malformed()
    hosts = [name for name, _ in headers].count(b"host")
    if hosts > 1 or (hosts == 0 and version == "1.1"):
        return RequestRefused(400, Code.BAD_REQUEST, f"The request has {hosts} Host headers: it is to have one.")
    return None


def _too_much(status: int, told: str) -> RequestRefused:
    return RequestRefused(status, Code.REQUEST_LIMIT_EXCEEDED, told)


def _malformed() -> RequestRefused:
    return RequestRefused(400, Code.BAD_REQUEST, "The request is not HTTP/1.1.")


class _Turns(FlowControl):
    """Reads on only when no request waits for its turn: uvicorn reads more with each answer, which has no end."""

    def __init__(self, transport: asyncio.Transport, waiting: Collection[object]) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        if not self._waiting:
            super().resume_reading()
