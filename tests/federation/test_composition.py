"""The schema as composers take it, beside another team's."""

import pytest

from gateway.federation import Federation
from gateway.schema import build_schema
from tests.federation.deployed import DEPLOYED
from tests.federation.deployed import composed as composed_for_the_router
from tests.federation.supergraph import Composition, Maker, Subgraph, compose
from tests.federation.vips import SCHEMA
from tests.schema_changes import definitions
from tests.test_schema import PRINTED

MAKERS: list[Maker] = ["apollo", "guild"]
OURS = Subgraph("kpis", "http://kpis.test/graphql", PRINTED.read_text())
THEIRS = Subgraph("vips", "http://vips.test", SCHEMA.as_str())
NOT_FOR_CLIENTS = {"Query._entities", "Query._entities(representations:)", "Query._service", "_Service", "_Service.sdl"}


@pytest.fixture(scope="module")
def composed() -> dict[Maker, Composition]:
    return compose([OURS, THEIRS])


@pytest.mark.parametrize("maker", MAKERS)
def test_composers_find_no_error_and_have_no_hint(maker: Maker, composed: dict[Maker, Composition]) -> None:
    assert (composed[maker].errors, composed[maker].hints) == ([], [])


@pytest.mark.parametrize("maker", MAKERS)
def test_a_customer_has_what_both_subgraphs_say(maker: Maker, composed: dict[Maker, Composition]) -> None:
    assert {"Customer.id", "Customer.name", "Customer.kpi"} <= definitions(composed[maker].api).keys()


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("reader", ["api", "supergraph"])
def test_descriptions_survive(reader: str, maker: Maker, composed: dict[Maker, Composition]) -> None:
    ours = {at: it.description for at, it in definitions(PRINTED.read_text()).items() if it.description}
    theirs = definitions(getattr(composed[maker], reader))
    lost = {at for at, description in ours.items() if at not in theirs or theirs[at].description != description}
    assert lost <= NOT_FOR_CLIENTS
    assert len(ours) > 20


@pytest.mark.parametrize(
    ("version", "auth", "makers"),
    [((2, 0), False, MAKERS), ((2, 5), True, MAKERS), ((2, 9), True, MAKERS), ((2, 12), True, ["apollo"])],
    ids=str,
)
def test_composers_take_every_version_that_they_know(version: tuple[int, int], auth: bool, makers: list[Maker]) -> None:
    sdl = build_schema(Federation(version, auth=auth)).as_str()
    made = compose([Subgraph("kpis", "http://kpis.test/graphql", sdl), THEIRS])
    assert [(maker, made[maker].errors, made[maker].hints) for maker in makers] == [(maker, [], []) for maker in makers]


def test_what_is_amiss_is_told() -> None:
    strange = Subgraph(
        "strange", "http://strange.test", "type Query { freshness: Freshness } type Freshness { of: ID }"
    )
    assert all(composition.errors and not composition.supergraph for composition in compose([OURS, strange]).values())


def test_the_router_of_the_compose_file_has_the_gateways_schema() -> None:
    """If not: `make supergraph-schema`."""
    assert composed_for_the_router() == DEPLOYED.read_text()
