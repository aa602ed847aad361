"""Entities, as a router asks for them: by representations, each for itself, all of their KPIs together."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox import Sandbox, SandboxTransport
from tests.conftest import DEMO, FIGURES, Gateway, Reply, items, serving
from tests.plan.judging import Ready, compared
from tests.plan.operations import Asked
from tests.plan.test_agreement import OURS
from tests.plan.upstream import Upstream
from tests.plan.world import World
from tests.test_representations import BAD, KINDS, ODD, representations

ENTITIES = (
    f"query ($of: [_Any!]!) {{ _entities(representations: $of) {{ ... on Customer {{ id kpi {{ {FIGURES} }} }} }} }}"
)


def customers(*ids: object) -> list[dict[str, object]]:
    return [{"__typename": "Customer", "id": str(each)} for each in ids]


async def entities(gateway: Gateway, of: Sequence[object], **headers: str) -> Reply:
    return await gateway.ask(ENTITIES, {"of": of}, DEMO | headers)


def mixed(bad: Sequence[object]) -> list[object]:
    """Put a good one before each bad one, and one at the end."""
    good = customers(*range(1, len(bad) + 2))
    return [each for pair in zip(good, [*bad, None], strict=True) for each in pair][:-1]


async def test_forty_entities_are_as_forty_customers(gateway: Gateway, sandbox: Sandbox) -> None:
    await gateway.kpis([1, 2])
    found = (await entities(gateway, customers(*range(1, 41)))).data["_entities"]
    assert [len(call.items) for call in sandbox.calls] == [2, 40]
    assert found == (await gateway.kpis(range(1, 41))).data["customers"]


async def test_a_customer_that_is_named_often_is_asked_for_once(gateway: Gateway, sandbox: Sandbox) -> None:
    found = (await entities(gateway, customers(1, 2, 1, 1))).data["_entities"]
    assert [each["id"] for each in found] == ["1", "2", "1", "1"]
    assert items(sandbox.calls) == 2


async def test_seven_kinds_of_bad_ones_fail_alone_beside_good_ones(gateway: Gateway, sandbox: Sandbox) -> None:
    await gateway.kpis([1, 2])
    reply = await entities(gateway, mixed(BAD))
    found = reply.data["_entities"]
    assert [each and each["kpi"]["boosterCustomerId"] for each in found] == [
        *(each for number in range(1, 8) for each in (number, None)),
        8,
    ]
    assert reply.codes == ["BAD_USER_INPUT"] * 7
    for place, told in zip(range(1, 15, 2), (told for _, told in KINDS.values()), strict=True):
        assert told in reply.at[f"_entities.{place}"]["message"]
    assert [len(call.items) for call in sandbox.calls] == [2, 8]


async def test_bad_ones_in_the_document_fail_alone_too(gateway: Gateway, sandbox: Sandbox) -> None:
    bad = [
        '"Customer:1"', '{id: "1"}', '{__typename: "Order", id: "1"}', '{__typename: "Customer"}',
        '{__typename: "Customer", id: 1}', '{__typename: "Customer", id: "007"}',
        '{__typename: "Customer", id: "1", name: "A"}',
    ]  # fmt: skip
    written = " ".join(f'{each} {{__typename: "Customer", id: "{number}"}}' for number, each in enumerate(bad, 1))
    reply = await gateway.ask(
        f"{{ _entities(representations: [{written}]) {{ ... on Customer {{ kpi {{ asOf }} }} }} }}"
    )
    assert sorted(reply.at) == sorted(f"_entities.{place}" for place in range(0, 14, 2))
    assert set(reply.codes) == {"BAD_USER_INPUT"}
    assert items(sandbox.calls) == 7


@pytest.mark.parametrize("bad", ODD)
async def test_whatever_else_is_sent_fails_alone(gateway: Gateway, bad: object) -> None:
    reply = await entities(gateway, mixed([bad]))
    assert [each and each["id"] for each in reply.data["_entities"]] == ["1", None, "2"]
    assert {path: error["extensions"]["code"] for path, error in reply.at.items()} == {"_entities.1": "BAD_USER_INPUT"}


async def test_a_null_among_them_is_a_variable_that_does_not_fit(gateway: Gateway) -> None:
    """It is none of the schema's, ``[_Any!]!``; no router sends one."""
    reply = await entities(gateway, [*customers(1), None])
    assert (reply.status, reply.codes) == (422, ["BAD_USER_INPUT"])


async def test_a_failing_customer_is_one_error_beside_whole_neighbours(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"forbidden": {"demo": [2]}})
    reply = await entities(gateway, customers(1, 2, 3))
    assert [each["kpi"] is None for each in reply.data["_entities"]] == [False, True, False]
    assert {path: error["extensions"]["code"] for path, error in reply.at.items()} == {"_entities.1.kpi": "FORBIDDEN"}


async def test_without_a_credential_no_entity_has_a_kpi(gateway: Gateway, sandbox: Sandbox) -> None:
    reply = await gateway.ask(ENTITIES, {"of": customers(1, 2)}, headers={})
    assert reply.data["_entities"] == [{"id": "1", "kpi": None}, {"id": "2", "kpi": None}]
    assert (set(reply.codes), len(sandbox.calls)) == ({"UNAUTHENTICATED"}, 0)


async def test_the_limit_of_a_list_is_one_of_representations_too(sandbox: Sandbox) -> None:
    written = " ".join('{__typename: "Customer", id: "1"}' for _ in range(4))
    async with serving(SandboxTransport(sandbox), max_customers=3) as gateway:
        refused = [
            await entities(gateway, customers(1, 2, 3, 4)),
            await gateway.ask(f"{{ _entities(representations: [{written}]) {{ __typename }} }}"),
        ]
        assert (await entities(gateway, customers(1, 2, 3))).errors == []
    assert [(each.status, each.codes) for each in refused] == [(422, ["REQUEST_LIMIT_EXCEEDED"])] * 2
    assert all("4 items" in each.errors[0]["message"] for each in refused)
    assert all("at most 3 (GATEWAY_MAX_CUSTOMERS)" in each.errors[0]["message"] for each in refused)


async def test_what_entities_cost_is_counted_as_what_customers_do(gateway: Gateway) -> None:
    """An operation whose cost is told runs twice with the same variables."""
    reply = await entities(gateway, [*customers(1, 2, 2), *BAD], **{"GraphQL-Cost": "report"})
    assert reply.body["extensions"]["cost"] == {"requested": 2, "limit": 500, "fromCache": 0, "upstream": 2}
    assert [each and each["id"] for each in reply.data["_entities"]] == ["1", "2", "2", *[None] * 7]


async def both_ways(of: list[Any]) -> None:
    before = deepcopy(of)
    ready = Ready.of(OURS, Asked(ENTITIES, {"of": of}, None))
    mine, cores, full = (Upstream(World(7, 0)) for _ in range(3))
    await compared(ready, await ready.by_plan(mine.context()), cores.context(), full.context())
    assert len(mine.batches) <= 1
    assert mine.keys() == cores.keys()
    assert repr(of) == repr(before)


async def test_both_ways_of_execution_agree_on_the_seven_kinds_and_change_none() -> None:
    await both_ways(mixed(BAD))


@given(representations.flatmap(lambda drawn: st.permutations([*drawn, *customers(1, 2)])))
async def test_both_ways_of_execution_agree_on_any(of: list[Any]) -> None:
    await both_ways([each for each in of if each is not None])
