"""Queries that begin in another subgraph and get KPIs across the seam, through routers of others."""

import asyncio
import json
import re

import pytest

from tests.federation.asking import DEMO, NOBODY, STRANGER, Graph, fresh
from tests.federation.conftest import FAILS, FORBIDDEN
from tests.federation.supergraph import HERE

pytestmark = pytest.mark.real_time

MANY = 40
ALL = 50
LONGEST = 200  # GATEWAY_MAX_CUSTOMERS


async def test_forty_entities_are_forty_items_in_at_most_two_upstream_calls(graph: Graph) -> None:
    for day in (fresh(), fresh()):
        answer = await graph.ask(MANY, day)
        assert "errors" not in answer
        told = [(vip["id"], str(vip["kpi"]["boosterCustomerId"])) for vip in answer["data"]["vips"]]
        assert told == [(str(number), str(number)) for number in range(1, MANY + 1)]
        calls = graph.calls(day)
        assert (sum(map(len, calls)), len(calls) <= 2) == (MANY, True)


async def test_all_entities_are_of_one_request_to_the_gateway(graph: Graph) -> None:
    """As one more than it takes in a list shows: all of them are refused."""
    day = fresh()
    answer = await graph.ask(LONGEST + 1, day)
    assert [vip["kpi"] for vip in answer["data"]["vips"]] == [None] * (LONGEST + 1)
    assert "REQUEST_LIMIT_EXCEEDED" in json.dumps(answer["errors"])
    assert graph.calls(day) == []


async def test_a_failing_customer_is_one_error_beside_whole_neighbours(graph: Graph) -> None:
    answer = await graph.ask(ALL, fresh())
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["customerId"]) == ("UPSTREAM_ERROR", str(FAILS))
    assert error["path"] == {"apollo": ["vips", FAILS - 1, "kpi"], "hive": ["vips", "kpi"]}[graph.router]
    assert [vip["id"] for vip in answer["data"]["vips"] if vip["kpi"] is None] == [str(FAILS)]


@pytest.mark.parametrize("credential", [NOBODY, STRANGER], ids=["nobody", "stranger"])
async def test_who_shows_no_good_credential_sees_nothing_that_is_kept(credential: dict[str, str], graph: Graph) -> None:
    day = fresh()
    known = await graph.ask(MANY, day)
    refused = await graph.ask(MANY, day, credential)
    assert all(vip["kpi"] for vip in known["data"]["vips"])
    assert [vip["kpi"] for vip in refused["data"]["vips"]] == [None] * MANY
    assert [error["extensions"]["code"] for error in refused["errors"]] == ["UNAUTHENTICATED"] * MANY
    asked = len(graph.calls(day))
    assert await graph.ask(MANY, day) == known
    assert len(graph.calls(day)) == asked


def test_hive_gateway_runs_as_the_readme_configures_it() -> None:
    (configured,) = re.findall(
        r"propagateHeaders: {.*?\n  },\n", (HERE.parent.parent / "README.md").read_text(), re.DOTALL
    )
    assert configured in (HERE / "programs" / "hive.mjs").read_text()


async def test_callers_who_ask_the_same_at_once_each_see_what_their_own_credential_may(graph: Graph) -> None:
    day = fresh()
    names = ["demo-a", "demo-b"]
    answers = await asyncio.gather(
        *(graph.ask(FORBIDDEN, day, DEMO | {"Authorization": f"Bearer {name}"}) for name in names)
    )
    hidden = [[vip["id"] for vip in answer["data"]["vips"] if vip["kpi"] is None] for answer in answers]
    assert hidden == [[], [str(FORBIDDEN)]]
    assert [error["extensions"]["code"] for error in answers[1]["errors"]] == ["FORBIDDEN"]
