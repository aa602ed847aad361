"""Plans give what graphql-core gives, whatever is asked and whatever goes wrong: see ``judge`` for what that means."""

import gc
import logging
from collections.abc import Iterator

import pytest
from graphql import GraphQLSchema
from hypothesis import given
from hypothesis import strategies as st

from gateway.schema import build_schema
from tests.plan import nasty, plain
from tests.plan.inputs import Scalars
from tests.plan.judging import Ready, compared
from tests.plan.operations import Asked, operations
from tests.plan.upstream import Upstream
from tests.plan.world import World
from tests.test_representations import BAD, ODD

# graphql-core drops coroutines that others' failures make needless, some before they began; plans await them all. The
# collector may come upon them where a warning cannot even be made: then that is what is told.
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine 'Executor:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine object Executor"),
]

NASTY = nasty.SCHEMA._schema  # noqa: SLF001  # Strawberry has no public name for it
OURS = build_schema()._schema  # noqa: SLF001
IDS = [*map(str, range(1, 8)), "007", "", "x", 5, "2147483648"]
REPRESENTATIONS = [{"__typename": "Customer", "id": each} for each in IDS]
SCALARS: Scalars = {
    "ID": IDS,
    "Date": ["2023-01-01", "2023-12-31", "2023-02-30", "soon"],
    "_Any": [*REPRESENTATIONS, *BAD, *ODD],
}

seeds = st.integers(0, 2**16)
faults = st.sampled_from([0, 3, 15])
waits = st.sampled_from([0, 20, 60])


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """Log no failures, which takes longer than all the rest; leave nothing that graphql-core dropped to other tests."""
    log = logging.getLogger("gateway.masking")
    log.disabled = True
    yield
    log.disabled = False
    gc.collect()


async def agreed(schema: GraphQLSchema, asked: Asked, *worlds: World) -> None:
    """Compare the answers; and what was called, of which a plan may call what graphql-core stops before."""
    ready, (mine, cores, full) = Ready.of(schema, asked), worlds
    planned = await ready.by_plan(mine)
    assert not mine.unfinished()
    core = await compared(ready, planned, cores, full)
    for world in (cores, full):
        world.unfinished()  # nobody is left to await them
    assert mine.calls <= full.calls
    assert mine.calls == cores.calls or core.errors


@given(operations(NASTY), seeds, faults, waits)
async def test_they_agree_on_a_schema_of_all_that_could_go_wrong(
    asked: Asked, seed: int, failing: int, waiting: int
) -> None:
    await agreed(NASTY, asked, *(World(seed, failing, waiting) for _ in range(3)))


@given(operations(plain.SCHEMA, {"Fussy": ["x", 1, {"a": [1]}]}), seeds, faults, waits)
async def test_they_agree_on_a_schema_without_strawberry(asked: Asked, seed: int, failing: int, waiting: int) -> None:
    await agreed(plain.SCHEMA, asked, *(World(seed, failing, waiting) for _ in range(3)))


@given(operations(OURS, SCALARS, depths=(3, 4, 5)), seeds, faults)
async def test_they_agree_on_the_schema_of_the_gateway_and_plans_ask_upstream_no_oftener(
    asked: Asked, seed: int, failing: int
) -> None:
    """graphql-core comes to deep fields later than to others; and to none, if all of the data is null already."""
    mine, cores, full = (Upstream(World(seed, failing)) for _ in range(3))
    ready = Ready.of(OURS, asked)
    planned = await ready.by_plan(mine.context())
    core = await compared(ready, planned, cores.context(), full.context())
    assert len(mine.batches) <= len(cores.batches) or core.data is None
    assert mine.keys() == (cores if core.data else full).keys()
