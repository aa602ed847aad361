"""Requests as bytes: what is listed, and nothing that could be read as more."""

import pytest
from httptools import HttpRequestParser
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import InternalError
from gateway.upstream.exchange import Request
from gateway.upstream.ways import way_to
from gateway.upstream.writing import split, written


def bytes_of(request: Request) -> bytes:
    origin, target = split(request.url)
    return written(request, target, way_to(origin))


@pytest.mark.parametrize(
    ("method", "content", "length"),
    [
        ("GET", None, b""),
        ("POST", None, b"Content-Length: 0\r\n"),
        ("GET", b"", b"Content-Length: 0\r\n"),
        ("POST", b"[1]", b"Content-Length: 3\r\n"),
    ],
)
def test_a_request_is_what_is_listed_with_its_host_and_its_length(
    method: str, content: bytes | None, length: bytes
) -> None:
    request = Request(method, "http://upstream.test:81/v1/X[]?a=%20", (("A", "b c"), ("B", "")), content)
    head = b"%s /v1/X[]?a=%%20 HTTP/1.1\r\nHost: upstream.test:81\r\nA: b c\r\nB: \r\n" % method.encode()
    assert bytes_of(request) == head + length + b"\r\n" + (content or b"")


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://upstream.test", ("http://upstream.test", "/")),
        ("https://[::1]:80?a", ("https://[::1]:80", "/?a")),
        ("http://a-b_c.test//?/", ("http://a-b_c.test", "//?/")),
    ],
)
def test_an_address_is_split(url: str, parts: tuple[str, str]) -> None:
    assert split(url) == parts


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/hunter2",
        "ftp://upstream.test/",
        "http:///hunter2",
        "http://user:hunter2@upstream.test/",
        "http://upstream.test/hunter2 HTTP/1.1",
        "http://upstream.test/\r\nhunter2: x",
        "http://upstream.test/hunter2\n",
        "http://upstream.test/\0",
        "http://upstream.test/#hunter2",
        "http://upstream.test/ä",
        "http://upstreäm.test/",
        "http://upstream.test\r\n/",
        "http://upstream.test:hunter2:1/",
    ],
)
def test_what_is_no_address_is_a_mistake_of_ours_and_is_not_repeated(url: str) -> None:
    with pytest.raises((InternalError, ValueError)) as mistake:
        bytes_of(Request("GET", url, ()))
    assert "hunter2" not in str(mistake.value)


@pytest.mark.parametrize(
    "header",
    [
        *(("A", f"hunter2{end}B: c") for end in ("\r\n", "\r", "\n", "\0")),
        *((name, "hunter2") for name in ("", "A b", "A:", "A\r\nB", "Ä", " A")),
        ("A", "hunter2ä"),
    ],
)
def test_what_is_no_header_is_a_mistake_of_ours_and_is_not_repeated(header: tuple[str, str]) -> None:
    with pytest.raises(InternalError) as mistake:
        bytes_of(Request("GET", "http://upstream.test/", (header,)))
    assert "hunter2" not in f"{mistake.value}{mistake.value.__cause__}"


@pytest.mark.parametrize("method", ["", "GET /", "G\r\n", "GET\0"])
def test_what_is_no_method_is_a_mistake_of_ours(method: str) -> None:
    with pytest.raises(InternalError):
        bytes_of(Request(method, "http://upstream.test/", ()))


class Reader:
    """Another's reading of a request."""

    def __init__(self, request: bytes) -> None:
        self.target, self.content = b"", b""
        self.headers: list[tuple[str, str]] = []
        self.ends = 0
        HttpRequestParser(self).feed_data(request)

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode(), value.decode()))

    def on_body(self, piece: bytes) -> None:
        self.content += piece

    def on_message_complete(self) -> None:
        self.ends += 1


NAMES = st.text("AbX-_\r\n\0: ä", min_size=1, max_size=4)
VALUES = st.text('aZ09,;="\t \r\n\0:ä', max_size=12)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=4), st.text("ab/?&=%# \r\n\0ä", max_size=12), st.binary(max_size=20))
def test_what_is_written_is_read_as_it_was_meant_or_not_written(
    headers: list[tuple[str, str]], path: str, content: bytes
) -> None:
    try:
        request = bytes_of(Request("POST", f"http://upstream.test/{path}", tuple(headers), content))
    except InternalError:
        text = "".join([path, *(part for header in headers for part in header)])
        assert not text.isprintable() or not text.isascii() or set(text) & set(" :#")
        return
    read = Reader(request)
    meant = [(name, value.strip(" \t")) for name, value in headers]
    expected = [("Host", "upstream.test"), *meant, ("Content-Length", str(len(content)))]
    assert [(name, value.strip(" \t")) for name, value in read.headers] == expected
    assert (read.target, read.content, read.ends) == (f"/{path}".encode(), content, 1)
