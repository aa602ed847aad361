"""Bytes become an answer, however they are cut, within bounds. Nothing is received here."""

from functools import lru_cache

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from gateway.errors import GatewayError, UpstreamContract, UpstreamUnavailable
from gateway.upstream.exchange import Answer, Body

MAX_HEAD_BYTES = 64 * 1024  # before a body, between two pieces of it, or after it
_NO_BODY = Body(0, "")


class Incoming:
    """The answer to one request. The parser calls what begins with ``on_``.

    ``keeps_alive``: whether another answer may follow on the same connection.
    """

    def __init__(self) -> None:
        self.keeps_alive = False
        self._parser = HttpResponseParser(self)
        self._beside = 0  # bytes since there was one of a body
        self._headers: dict[str, str] = {}
        self._body = _NO_BODY
        self._ends_with_connection = False
        self._answer: Answer | None = None

    def close(self) -> None:
        """Let go of the parser, which holds on to this too: the collector would find them late."""
        del self._parser

    def feed(self, data: bytes) -> Answer | None:
        """Take what came next; returns the answer when it is whole.

        UpstreamUnavailable for what is none, UpstreamContract for one beyond its bounds.
        """
        self._beside += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self.keeps_alive = False
            if self._answer is None:
                raise _ours(error) from None
        if self._answer is None and self._beside > MAX_HEAD_BYTES:
            raise UpstreamContract("the answer's headers are too large")
        return self._answer

    def end(self) -> Answer | None:
        """Return the answer that is whole because the connection ends; None when there is none."""
        if self._ends_with_connection:
            self._complete()
        return self._answer

    def on_message_begin(self) -> None:
        if self._answer:
            raise UpstreamUnavailable("more than an answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._body is _NO_BODY:  # else it is a trailer
            key, text = _key(name), value.strip().decode("latin-1")
            self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        codings = self._headers.get("transfer-encoding")
        if codings is not None and codings.lower() != "chunked":
            raise UpstreamContract("a transfer coding that was not asked for")
        self._body = Body(self._parser.get_status_code(), self._headers.get("content-encoding", ""))
        self._ends_with_connection = codings is None and "content-length" not in self._headers
        self.keeps_alive = self._parser.should_keep_alive()

    def on_body(self, piece: bytes) -> None:
        self._body.take(piece)
        self._beside = 0

    def on_message_complete(self) -> None:
        if self._body.status >= 200:
            self._complete()
        elif self._body.status < 100:
            raise UpstreamContract("a status that is none")
        else:  # it says that the answer is still to come
            self._headers, self._body, self._ends_with_connection = {}, _NO_BODY, False

    def _complete(self) -> None:
        self._answer = Answer(self._body.status, self._headers, self._body.whole())


@lru_cache(maxsize=128)
def _key(name: bytes) -> str:
    return name.decode("latin-1").lower()


def _ours(error: Exception) -> GatewayError:
    """Return why the parser stopped: what a callback raised, or that it could not read on."""
    return (
        error.__context__ if isinstance(error.__context__, GatewayError) else UpstreamUnavailable(type(error).__name__)
    )
