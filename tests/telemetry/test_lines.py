"""Lines to a stream: at once and whole, or not at all."""

import os

import pytest

from gateway.telemetry.lines import LONGEST, Lines


def written(line: str) -> str:
    inward, outward = os.pipe()
    with os.fdopen(outward, "w") as stream, os.fdopen(inward, "rb") as reader:
        Lines(stream).write(line)
        return os.read(reader.fileno(), 100_000).decode()


@pytest.mark.parametrize("line", ["", "told", "x" * LONGEST, "\N{GRINNING FACE}", "\udc80"])
def test_a_line_is_written_whole(line: str) -> None:
    assert written(line) == line.replace("\udc80", "\\udc80") + "\n"


@pytest.mark.parametrize("letter", ["x", "\u00e9", "\N{GRINNING FACE}"])
@pytest.mark.parametrize("before", ["", "y", "yy", "yyy"])
def test_a_line_that_is_too_long_is_cut_between_letters(letter: str, before: str) -> None:
    line = written(before + letter * (LONGEST + 1))
    assert LONGEST - 3 < len(line.encode()) <= LONGEST + 1
    assert line.rstrip("x\u00e9\N{GRINNING FACE}") == line
    assert line.endswith(f"{letter}...\n")


def test_a_stream_is_free_until_it_is_full() -> None:
    inward, outward = os.pipe()
    with os.fdopen(outward, "w") as stream, os.fdopen(inward, "rb"):
        lines = Lines(stream)
        count = 0
        while lines.is_free():
            lines.write("x" * LONGEST)
            count += 1
    assert count >= 1


def test_two_who_write_to_one_pipe_and_find_it_free_do_not_wait_when_it_is_full() -> None:
    inward, outward = os.pipe()
    with os.fdopen(outward, "w") as stream, os.fdopen(inward, "rb") as reader:
        one, other = Lines(stream), Lines(stream)
        while one.is_free():
            one.write("x" * LONGEST)
        os.read(reader.fileno(), LONGEST + 1)
        assert one.is_free()
        assert other.is_free()
        one.write("x" * LONGEST)
        with pytest.raises(BlockingIOError):
            other.write("x" * LONGEST)


def test_a_pipe_that_cannot_be_opened_anew_is_written_to_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "open", refused)
    assert written("told") == "told\n"
