"""A program that supervises two workers of a kind (`tests.working`), in little time; "none" is no command at all."""

import logging
import socket
import sys
from pathlib import Path

from gateway.serving import supervisor
from gateway.serving.supervisor import Times, supervise

_WORKER = Path(__file__).with_name("working.py")


def main(kind: str, pause: float) -> int:
    supervisor.SLOTS = 4  # type: ignore[attr-defined]  # so few that they have to be used again
    logging.basicConfig(format="%(message)s")
    command = ["/nowhere"] if kind == "none" else [sys.executable, "-S", str(_WORKER), kind]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        times = Times(end=1.5, ready=0.3 if kind == "mute" else 10, silent=1, pause=pause)
        return supervise(command, listening, 2, times=times, ready=_ready)


def _ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
