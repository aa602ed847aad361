"""A program that behaves as a worker does, well or not: started as one is, in a place that is free."""

import mmap
import os
import select
import signal
import socket
import sys
from pathlib import Path

_NOBODY = 2**32 - 1
_ENOUGH = 2  # workers that get ready, of those that are "first"


def _say(what: str) -> None:
    os.write(1, f"{what} {os.getpid()}\n".encode())


def _heed(number: int) -> None:
    """Say which signal it is that is told, and end."""

    def end(*_: object) -> None:
        _say(signal.Signals(number).name)
        os._exit(0)

    signal.signal(number, end)


def _is_enough() -> bool:
    """Whether as many workers as shall get ready have been here; what they leave for each other is in their folder."""
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    here = len(list(folder.glob("worker-*")))
    (folder / f"worker-{os.getpid()}").touch()
    return here >= _ENOUGH


def _begin(counts: int, slot: int) -> None:
    """Be in a place that nobody has any longer, in the shares or the metrics; FileExistsError if somebody has."""
    shares = memoryview(mmap.mmap(counts, 0)).cast("I")
    if shares[slot] != _NOBODY:
        raise FileExistsError
    shares[slot] = 0
    Path(os.environ["PROMETHEUS_MULTIPROC_DIR"], f"gauge_livesum_{slot}.db").touch(exist_ok=False)


def main(kind: str, line: socket.socket, *slot: int) -> int:
    _begin(*slot)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        _heed(number)
    if kind.isdecimal() or (kind == "first" and _is_enough()):
        return int(kind) if kind.isdecimal() else 2
    if kind == "stubborn":
        signal.signal(signal.SIGTERM, lambda *_: _say("told"))
    if kind == "slow":
        signal.signal(signal.SIGHUP, lambda *_: _say("replaced"))
    _say("worker")
    while kind not in {"mute", "late"}:
        line.send(b".")
        ended, *_ = select.select([line], [], [], 30 if kind == "stuck" else 0.05)
        if ended:
            return 0
    signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], socket.socket(fileno=int(sys.argv[3])), *map(int, sys.argv[4:])))
