"""Accept-Encoding decides between three codings and none, and what is coded can be read again."""

import gzip

import brotli
import hypothesis
import pytest
import zstandard
from hypothesis import strategies as st

from gateway.codings import Choice, Coding, choose, encode
from gateway.sandbox import Sandbox, SandboxTransport
from tests.conftest import DEMO, PREFLIGHT, Gateway, serving

ZSTD, BROTLI, GZIP = Coding
LONG = 10_000  # bytes
LARGE = f"{{ customers(ids: {list(range(1, 51))}) {{ id kpi {{ totalItems totalSales }} }} }}"
DECODE = {
    ZSTD: lambda body: zstandard.ZstdDecompressor().decompress(body),
    BROTLI: brotli.decompress,
    GZIP: gzip.decompress,
}


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("", None),
        ("identity", None),
        ("gzip, deflate, br, zstd", ZSTD),  # browsers
        ("gzip, deflate, br", BROTLI),
        ("gzip, deflate", GZIP),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", BROTLI),  # mobile clients
        ("GZIP", GZIP),
        ("x-gzip", GZIP),
        ("compress, deflate", None),
        ("zstd;q=0.5, br;q=0.6, gzip;q=0.4", BROTLI),
        ("zstd;q=0.5,gzip;q=0.999", GZIP),
        ("zstd ; q=0.1\t, br;q=0.100", ZSTD),
        ("zstd;q=0, gzip", GZIP),
        ("gzip;q=0", None),
        ("gzip;q=0.0, *", None),
        ("*", GZIP),
        ("*;q=0", None),
        ("*;q=0, br", BROTLI),
        ("*;q=0.5, gzip;q=0.2", None),
        ("identity;q=1, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=1", GZIP),
        ("identity, gzip", GZIP),
        ("identity;q=0", None),
        ("identity;q=0, *;q=0", None),
        ("gzip;q=2", None),
        ("gzip;q=0.1234", None),
        ("gzip;q=", None),
        ("gzip;level=9", None),
        ("g zip, br", BROTLI),
        (",;, gzip", GZIP),
    ],
)
def test_the_best_coding_that_the_client_takes_is_chosen(accept: str, coding: Coding | None) -> None:
    assert choose(accept).of(LONG) == coding


@pytest.mark.parametrize("accept", ["identity;q=0, gzip", "*;q=0, gzip", "gzip, identity;q=0.000"])
def test_a_client_that_takes_nothing_plain_gets_even_a_short_answer_coded(accept: str) -> None:
    assert [choose(accept).of(size) for size in (0, 1, LONG)] == [None, GZIP, GZIP]


def test_a_short_answer_is_not_coded() -> None:
    assert [choose("gzip").of(size) for size in (0, 999, 1000)] == [None, None, GZIP]


names = st.sampled_from([*Coding, "identity", "*", "x-gzip", "deflate", "GZip"])
qualities = st.sampled_from(["", ";q=0", ";q=0.3", "; q=0.7", ";q=1", ";q=1.000", ";q=9"])
headers = st.lists(st.tuples(names, qualities).map("".join))


@hypothesis.given(headers)
def test_order_decides_nothing(entries: list[str]) -> None:
    assert choose(",".join(entries)) == choose(",".join(reversed(entries)))


@hypothesis.given(headers)
def test_no_coding_is_used_that_was_refused_or_not_named(entries: list[str]) -> None:
    coding = choose(",".join(entries)).coding
    if coding:
        named = [entry.lower().removeprefix("x-") for entry in entries]
        assert any(entry.startswith(coding) or (entry.startswith("*") and coding is GZIP) for entry in named)
        assert [entry for entry in named if entry.startswith(coding)] != [f"{coding};q=0"]


@hypothesis.given(st.text())
def test_no_header_is_too_strange_to_be_read(accept: str) -> None:
    assert isinstance(choose(accept), Choice)


@pytest.mark.parametrize("coding", Coding)
@hypothesis.given(body=st.binary())
def test_what_is_coded_is_what_it_was(coding: Coding, body: bytes) -> None:
    assert DECODE[coding](encode(body, coding)) == body


@pytest.mark.parametrize("coding", Coding)
async def test_an_answer_is_coded_as_its_client_takes_it(gateway: Gateway, coding: Coding) -> None:
    plain = await gateway.ask(LARGE, headers=DEMO | {"Accept-Encoding": "identity"})
    coded = await gateway.ask(LARGE, headers=DEMO | {"Accept-Encoding": coding})
    assert "content-encoding" not in plain.headers
    assert coded.headers["content-encoding"] == coding
    assert int(coded.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert (coded.body, coded.headers["content-type"]) == (plain.body, plain.headers["content-type"])


@pytest.mark.parametrize("query", [LARGE, "{ __typename }", "{"])
async def test_whatever_could_have_been_coded_says_that_it_varies(gateway: Gateway, query: str) -> None:
    reply = await gateway.ask(query, headers=DEMO | {"Accept-Encoding": "identity"})
    assert "Accept-Encoding" in reply.headers["vary"].split(", ")


async def test_a_short_answer_and_one_without_a_body_are_as_they_are(gateway: Gateway) -> None:
    small = await gateway.ask("{ __typename }", headers=DEMO | {"Accept-Encoding": "gzip"})
    none = await gateway.http.options("/graphql", headers={"Accept-Encoding": "gzip, identity;q=0"})
    assert "content-encoding" not in {*small.headers, *none.headers}


@pytest.mark.parametrize("accept", ["identity", *Coding])
async def test_a_head_tells_the_length_that_a_get_would_have(sandbox: Sandbox, accept: str) -> None:
    told = []
    async with serving(SandboxTransport(sandbox)) as gateway:
        for method in ("GET", "HEAD"):
            headers = DEMO | PREFLIGHT | {"Accept-Encoding": accept, "X-Request-Id": "the-same"}
            told.append(await gateway.http.request(method, "/graphql", params={"query": LARGE}, headers=headers))
    assert told[0].headers == told[1].headers
    assert int(told[1].headers["content-length"]) > 0
