"""What is measured side by side, how each is started, and what the peers need: installed on the first run."""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Program, free_port, running, started
from building.node import Installation

ROUNDS = 7
UPSTREAM: Sequence[str] = (sys.executable, "-m", "bench.peer_servers.upstream")
_SERVERS = Path(__file__).parent / "peer_servers"
_PEERS = Installation(_SERVERS)
_TAILCALL = _PEERS.packages / "@tailcallhq" / "core-linux-x64-gnu" / "bin" / "tailcall"


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
    _PEERS.install("the peers (two minutes, 400 MB)")
    node = _PEERS.node
    hive = (node, _PEERS.packages / "@graphql-hive" / "gateway" / "dist" / "bin.js", "supergraph", "--fork", "1")
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
