"""Texts by their hash: bounded in the process, shared by way of a server, and never taken for another."""

from hashlib import sha256
from typing import Self

import pytest

from gateway.cache.server import Server, connect
from gateway.cache.texts import Texts
from tests.cache.valkey import Valkey
from tests.cache.values import Clock
from tests.cache.waiting import idle, patiently, until


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def name(text: str) -> str:
    return f"customer-kpi:text:{digest(text)}"


async def test_what_was_put_is_found_in_the_process() -> None:
    texts = Texts(None, Clock())
    assert await texts.find(digest("a")) is None
    texts.put(digest("a"), "a")
    assert (await texts.find(digest("a")), texts.known(digest("b"))) == ("a", None)


def test_texts_are_bounded_by_their_length_and_short_ones_by_their_number() -> None:
    texts = Texts(None, Clock())
    texts.put("huge", "x" * 8_000_001)
    assert texts.known("huge") is None
    texts.put("long", "x" * 8_000_000)
    assert texts.known("long") is not None
    for number in range(8_001):
        texts.put(str(number), "x")
    assert (texts.known("long"), texts.known("0"), texts.known("1")) == (None, None, "x")


class Process:
    def __init__(self, url: str) -> None:
        self.clock = Clock()
        self.server = Server(connect(url))
        self.texts = Texts(self.server, self.clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.aclose()


@pytest.mark.real_time
async def test_what_one_process_was_given_another_finds(valkey: Valkey) -> None:
    async with Process(valkey.url) as one, Process(valkey.url) as another:
        one.texts.put(digest("é"), "é")
        await until(lambda: valkey.inside.exists(name("é")))
        assert another.texts.known(digest("é")) is None
        assert await patiently(lambda: another.texts.find(digest("é"))) == "é"
        assert another.texts.known(digest("é")) == "é"
        assert 86_000 < valkey.inside.ttl(name("é")) <= 86_400


@pytest.mark.real_time
async def test_another_text_under_the_name_is_not_taken(valkey: Valkey) -> None:
    valkey.inside.set(name("a"), b"b")
    valkey.inside.set(name("b"), b"\xff")
    no_text = sha256(b"\xff").hexdigest()
    valkey.inside.set(f"customer-kpi:text:{no_text}", b"\xff")
    async with Process(valkey.url) as one:
        for each in (digest("a"), digest("b"), no_text):
            assert await one.texts.find(each) is None


@pytest.mark.real_time
async def test_what_is_written_in_an_hour_is_bounded_and_the_process_has_the_rest(valkey: Valkey) -> None:
    long, short = "x" * 3_999_000, [str(number) for number in range(3)]
    async with Process(valkey.url) as one:
        for text in (long, *short):
            one.texts.put(digest(text), text)
        await until(lambda: valkey.inside.dbsize() >= 2)
        assert [one.texts.known(digest(text)) for text in short] == short
        await idle()
        assert [valkey.inside.exists(name(text)) for text in (long, *short)] == [1, 1, 0, 0]
        one.clock.now += 3600
        assert one.texts.known(digest(short[2])) == short[2]
        await until(lambda: valkey.inside.exists(name(short[2])))


@pytest.mark.real_time
async def test_a_text_that_is_used_is_written_again_once_an_hour(valkey: Valkey) -> None:
    async with Process(valkey.url) as one:
        one.texts.put(digest("a"), "a")
        await until(lambda: valkey.inside.exists(name("a")))
        valkey.inside.delete(name("a"))
        one.clock.now += 3599
        assert one.texts.known(digest("a")) == "a"
        one.texts.put(digest("b"), "b")
        await until(lambda: valkey.inside.exists(name("b")))
        assert not valkey.inside.exists(name("a"))
        one.clock.now += 1
        assert one.texts.known(digest("a")) == "a"
        await until(lambda: valkey.inside.exists(name("a")))


@pytest.mark.real_time
async def test_a_server_that_is_away_means_the_process_alone(valkey: Valkey) -> None:
    async with Process(valkey.url) as one:
        valkey.stop()
        assert await one.texts.find(digest("a")) is None
        one.texts.put(digest("a"), "a")
        assert await one.texts.find(digest("a")) == "a"
