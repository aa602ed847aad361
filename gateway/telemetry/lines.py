"""Lines written to a stream while others wait: each at once and whole, or not at all.

A pipe that nobody reads is full after 64 KiB, and who writes to it then waits for as long as nobody reads. Others may
write to it too, and fill it between a look and a write: so it is opened once more, in a way that never waits, which is
nobody else's.
"""

import io
import os
import select
import stat
from contextlib import suppress
from typing import TextIO

LONGEST = 4095
"""Bytes, without the line's end: as much as a pipe takes in one piece, whoever else writes to it."""

_CUT = b"..."


class Lines:
    """``write`` and ``is_free`` never wait, where the system can tell whether they would."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._descriptor = _unwaiting(_descriptor(stream))
        self._poll = select.poll() if hasattr(select, "poll") and self._descriptor is not None else None
        if self._poll and self._descriptor is not None:
            self._poll.register(self._descriptor, select.POLLOUT)

    def is_free(self) -> bool:
        """Return whether a line could be written now."""
        return self._poll is None or bool(self._poll.poll(0))

    def write(self, line: str) -> None:
        """Write a line, which is free to be; what is too long of it is left out. OSError if nobody reads."""
        if self._descriptor is None:
            self._stream.write(f"{line}\n")
            return
        written = line.encode("utf-8", "backslashreplace")
        if len(written) > LONGEST:
            written = written[: LONGEST - len(_CUT)].decode("utf-8", "ignore").encode() + _CUT
        os.write(self._descriptor, written + b"\n")


def _unwaiting(descriptor: int | None) -> int | None:
    """Return another descriptor of a pipe, one that is written to at once or not at all; any other as it is."""
    if descriptor is not None and stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        with suppress(OSError):  # where the system has no such way, or it is not allowed
            return os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    return descriptor


def _descriptor(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except io.UnsupportedOperation:
        return None
