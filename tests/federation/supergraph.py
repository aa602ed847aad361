"""A supergraph of the gateway and another team's subgraph: composed as others compose it, behind a router of theirs."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

import httpx

from building.node import Installation
from tests.federation.programs import started

HERE = Path(__file__).parent
INSTALLED = Installation(HERE)
TO_INSTALL = "the routers (half a minute, 150 MB)"
_PROGRAMS = HERE / "programs"
_LONGEST = 60.0  # seconds, for a composition, or a subgraph's schema

Maker = Literal["apollo", "guild"]
Router = Literal["apollo", "hive"]
_COMPOSED_BY: Mapping[Router, Maker] = {"apollo": "apollo", "hive": "guild"}
_QUIET = {"NODE_ENV": "production", "APOLLO_TELEMETRY_DISABLED": "true"}  # no network but this machine's own


class Subgraph(NamedTuple):
    name: str
    url: str
    sdl: str


@dataclass(frozen=True, slots=True)
class Composition:
    """What a composer made of subgraphs: the supergraph, the schema of its clients, and what it had to say."""

    supergraph: str
    api: str
    errors: Sequence[Mapping[str, str]]
    hints: Sequence[Mapping[str, str]]


class NotComposed(Exception):
    """The subgraphs do not go together."""


def compose(subgraphs: Sequence[Subgraph]) -> dict[Maker, Composition]:
    """Return what each composer makes of the subgraphs."""
    done = subprocess.run(
        [INSTALLED.node, _PROGRAMS / "compose.mjs"],
        input=json.dumps([each._asdict() for each in subgraphs]),
        capture_output=True,
        text=True,
        timeout=_LONGEST,
        check=False,
    )
    if done.returncode:
        raise NotComposed(done.stderr)
    nothing = {"supergraph": "", "api": ""}
    return {maker: Composition(**(nothing | told)) for maker, told in json.loads(done.stdout).items()}


@contextmanager
def vips() -> Iterator[str]:
    """Run the other subgraph; yields its address."""
    with started(sys.executable, "-m", "tests.federation.vips") as address:
        yield address


@contextmanager
def routed(
    router: Router, gateway: str, others: str, *, port: int = 0, tell: Callable[[str], object] = str
) -> Iterator[str]:
    """Run a router over what a gateway and the other subgraph say of themselves; yields its endpoint."""
    maker = _COMPOSED_BY[router]
    composed = compose([_described("kpis", f"{gateway}/graphql"), _described("vips", others)])[maker]
    if composed.errors:
        raise NotComposed(f"{maker}: {composed.errors}")
    with TemporaryDirectory(prefix="supergraph-") as folder:
        file = Path(folder, "supergraph.graphql")
        file.write_text(composed.supergraph)
        program = INSTALLED.node, _PROGRAMS / f"{router}.mjs"
        with started(*program, tell=tell, SUPERGRAPH=str(file), PORT=str(port), **_QUIET) as address:
            yield f"{address}/graphql"


def _described(name: str, url: str) -> Subgraph:
    answer = httpx.post(url, json={"query": "{ _service { sdl } }"}, timeout=_LONGEST).raise_for_status()
    return Subgraph(name, url, answer.json()["data"]["_service"]["sdl"])
