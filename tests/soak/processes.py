"""What runs: two gateways that share a Valkey, in front of one sandbox; each may be killed, and begun anew."""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from bench.processes import NotStarted, Program, free_port, started
from tests.cache import valkey
from tests.cache.valkey import Valkey
from tests.chaos.world import until
from tests.soak.descriptors import Descriptors, descriptors
from tests.soak.launched import LOG, TOLD
from tests.soak.rights import flags

REQUEST_TIMEOUT = 5.0  # seconds, as all of these
UPSTREAM_TIMEOUT = 2.0
TTL, CLOSED_TTL, STALE, VOUCHED = 4.0, 15.0, 20.0, 3.0
CONCURRENCY = 16
SETTINGS = {
    "PORT": 0,
    "LOG_LEVEL": "warning",
    "REQUEST_TIMEOUT": REQUEST_TIMEOUT,
    "UPSTREAM_TIMEOUT": UPSTREAM_TIMEOUT,
    "UPSTREAM_CONCURRENCY": CONCURRENCY,
    "CACHE_ENTRIES": 3000,
    "CACHE_TTL": TTL,
    "CACHE_CLOSED_TTL": CLOSED_TTL,
    "CACHE_STALE": STALE,
    "CACHE_VOUCHED": VOUCHED,
    "CACHE_SECRET": "a secret of the soak, of at least thirty-two characters",
}
_TO_TELL = 20.0  # seconds


@dataclass(frozen=True, slots=True)
class Launched:
    """A process of ours, and the folder for what it says."""

    program: Program
    folder: Path

    @property
    def address(self) -> str:
        return self.program.address

    @property
    def port(self) -> int:
        return port_of(self.address)

    def log(self) -> str:
        return (self.folder / LOG).read_text(errors="replace")

    async def under_way(self) -> dict[str, dict[str, int]]:
        """Ask the process which tasks it has, and what is left of operations."""
        told = self.folder / TOLD
        told.unlink(missing_ok=True)
        os.kill(self.program.pid, signal.SIGUSR1)
        assert await until(told.exists, _TO_TELL), f"{self.address} does not tell"
        answer: dict[str, dict[str, int]] = json.loads(told.read_text())
        return answer


@dataclass(slots=True)
class Upstream:
    """The sandbox on a port that it keeps, through as many lives as it gets."""

    port: int
    life: float
    lives: list[tuple[ExitStack, Launched]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        stack = ExitStack()
        command = ["sandbox", "--port", str(self.port), *flags()]
        self.lives.append((stack, stack.enter_context(launched(command, {}, self.life))))

    def kill(self) -> None:
        """Kill it by its process: its connections are reset, what it was answering is lost."""
        stack, sandbox = self.lives.pop()
        os.kill(sandbox.program.pid, signal.SIGKILL)
        stack.close()

    def stop(self) -> None:
        while self.lives:
            self.lives.pop()[0].close()


@dataclass(frozen=True, slots=True)
class World:
    gateways: tuple[Launched, ...]
    upstream: Upstream
    cache: Valkey

    def descriptors(self, gateway: Launched) -> Descriptors:
        named = {self.upstream.port: "upstream", self.cache.port: "cache", gateway.port: "clients"}
        return descriptors(gateway.program.pid, named)


def port_of(address: str) -> int:
    return urlsplit(address).port or 80


@contextmanager
def world(life: float, gateways: int) -> Iterator[World]:
    """Run all of it, for so many seconds at most; NotStarted if that cannot be."""
    upstream = Upstream(free_port(), life)
    with valkey.running() as cache, ExitStack() as stack:
        stack.callback(upstream.stop)
        upstream.start()
        settings = {**SETTINGS, "UPSTREAM_URL": upstream.address, "CACHE_URL": cache.url}
        serving = (launched(["serve"], settings, life) for _ in range(gateways))
        yield World(tuple(map(stack.enter_context, serving)), upstream, cache)


@contextmanager
def launched(arguments: list[str], settings: Mapping[str, Any], life: float) -> Iterator[Launched]:
    with TemporaryDirectory(prefix="soak-") as name:
        variables = {f"GATEWAY_{key}": str(value) for key, value in settings.items()}
        variables |= {"SOAK_FOLDER": name, "SOAK_LIFE": str(int(life) + 1)}
        try:
            with started([sys.executable, "-m", "tests.soak.launched", *arguments], variables) as program:
                yield Launched(program, Path(name))
                os.kill(program.pid, signal.SIGINT)  # ends it without a delay for who balances load
        except NotStarted as error:
            log = Path(name, LOG)
            raise NotStarted(f"{error}\n{log.read_text() if log.exists() else ''}") from None
