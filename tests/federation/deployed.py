"""The supergraph that deploy/compose's router is given: the gateway alone, as Apollo composes it.

Run by ``make supergraph-schema``.
"""

from tests.deploy.chart import DEPLOY
from tests.federation.supergraph import INSTALLED, TO_INSTALL, Subgraph, compose
from tests.test_schema import PRINTED

DEPLOYED = DEPLOY / "compose" / "router" / "supergraph.graphql"


def composed() -> str:
    return compose([Subgraph("kpis", "http://gateway:8000/graphql", PRINTED.read_text())])["apollo"].supergraph


if __name__ == "__main__":
    INSTALLED.install(TO_INSTALL)
    DEPLOYED.write_text(composed())
