"""A supergraph to play with: the gateway on its sandbox, a subgraph of customers' names, and Hive Gateway in front.

Run by ``make supergraph``. It asks one query across the seam and shows the answer, then runs until Ctrl+C.
"""

import contextlib
import json
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import NamedTuple

import httpx

from building.node import NotInstalled
from tests.federation.programs import NotStarted, started
from tests.federation.supergraph import INSTALLED, TO_INSTALL, NotComposed, routed, vips

_QUERY = (
    '{ vips(first: 3) { id name kpi(from: "2024-01-01", to: "2024-12-31") { totalTransaction totalSpendingAmount } } }'
)
_LONGEST = 30.0  # seconds, for the first query
_CREDENTIAL = {"Authorization": "Bearer demo"}


class Addresses(NamedTuple):
    router: str
    gateway: str
    names: str


def main() -> int:
    parser = ArgumentParser(prog="python -m tests.federation", description="Run a supergraph on this machine alone.")
    parser.add_argument("--port", type=int, default=4000, help="the router's port (4000); 0 takes a free one")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # as an exception: what was started is ended
    with contextlib.suppress(KeyboardInterrupt):
        try:
            INSTALLED.install(TO_INSTALL)
            with running(options.port) as addresses:
                _show(_welcome(addresses))
                signal.pause()
        except (NotInstalled, NotStarted, NotComposed, httpx.HTTPError) as error:
            sys.stderr.write(f"the supergraph did not start: {error}\n")
            return 1
    return 0


@contextlib.contextmanager
def running(port: int) -> Iterator[Addresses]:
    """Run all of it; what the gateway and the router say is shown: each upstream call among it."""
    serve = sys.executable, "-m", "gateway", "serve", "--sandbox"
    with (
        started(*serve, until="  -d ", tell=_show, GATEWAY_PORT="0", GATEWAY_DRAIN_DELAY="0") as gateway,
        vips() as names,
        routed("hive", gateway, names, port=port, tell=_show) as router,
    ):
        yield Addresses(router, gateway, names)


def _welcome(addresses: Addresses) -> str:
    response = httpx.post(addresses.router, json={"query": _QUERY}, headers=_CREDENTIAL, timeout=_LONGEST)
    answer = response.raise_for_status().json()
    ((name, credential),) = _CREDENTIAL.items()
    body = json.dumps({"query": _QUERY})
    return f"""
The supergraph runs: two subgraphs, and Hive Gateway in front of them.

  router     {addresses.router}        with {name}: {credential}
  KPIs       {addresses.gateway}/graphql        the gateway on its sandbox; GraphiQL at {addresses.gateway}/
  names      {addresses.names}

A query that begins at the names, and gets the KPIs across the seam:

curl -s {addresses.router} -H '{name}: {credential}' -H 'Content-Type: application/json' \\
  -d '{body}'

{json.dumps(answer, indent=2)}

Ctrl+C ends all of it.
"""


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
