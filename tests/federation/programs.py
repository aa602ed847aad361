"""The programs of a supergraph: each started until it says where it is, and always ended."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread, Timer

_TO_START = 60.0  # seconds
_TO_STOP = 10.0
_ADDRESS = re.compile(r"http://127\.0\.0\.1:[0-9]+")
_OTHERS = re.compile(r"GATEWAY_|APOLLO_|HIVE_|OTEL_|NODE_|.*_PROXY$", re.IGNORECASE)  # they would change what is run


class NotStarted(Exception):
    """A program ended, or said nothing, instead of saying where it is."""


@contextmanager
def started(
    *command: str | Path, tell: Callable[[str], object] = str, until: str = "http://", **variables: str
) -> Iterator[str]:
    """Run a server from the line in which it says its address, to the end; yields the address.

    ``tell`` is told the lines that come after. Ctrl+C in a terminal does not reach it: it is ended here.
    """
    process = subprocess.Popen(
        command,
        env={**_environment(), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            address = _address(process, until)
            Thread(target=_pass_on, args=(process, tell), daemon=True).start()
            yield address
        finally:
            _end(process)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not _OTHERS.match(name)}


def _address(process: subprocess.Popen[str], until: str) -> str:
    said = ""
    late = Timer(_TO_START, process.kill)
    late.start()
    try:
        for line in process.stdout or ():
            said += line
            if until in line and (found := _ADDRESS.search(said)):
                return found.group()
    finally:
        late.cancel()
    raise NotStarted(f"{process.args!r} did not start:\n{said}")


def _pass_on(process: subprocess.Popen[str], tell: Callable[[str], object]) -> None:
    for line in process.stdout or ():
        tell(line)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
