"""Where fields that ask are, by their own names."""

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from gateway.paths import paths


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{ customer(id: 1) { id } }", []),
        ("{ customer(id: 1) { kpi { a } } }", ["customer.kpi"]),
        ("{ c1: customer(id: 1) { k: kpi { a } } c2: customer(id: 2) { kpi { a } } }", ["customer.kpi"]),
        ("{ customers(ids: []) { ... { ... on Customer { kpi { a } } } } }", ["customers.kpi"]),
        (
            "{ ...Q ...Q } fragment Q on Query { customer(id: 1) { ...C } } fragment C on Customer { kpi { a } }",
            ["customer.kpi"],
        ),
        (
            "{ customer(id: 1) { ...C ...C } customers(ids: []) { ...C } } fragment C on Customer { kpi { a } }",
            ["customer.kpi", "customers.kpi"],
        ),
        ("{ kpi { kpi } }", ["kpi", "kpi.kpi"]),
        ("{ a }", []),
    ],
)
def test_paths_are_of_names_and_each_is_told_once(text: str, found: list[str]) -> None:
    operation, *fragments = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    spread = {each.name.value: each for each in fragments if isinstance(each, FragmentDefinitionNode)}
    assert paths(operation, spread, {"kpi"}) == found


def test_fragments_that_double_each_other_are_gone_through_once() -> None:
    doubling = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    operation, *fragments = parse(f"{{ ...F0 }} {doubling} fragment F60 on Query {{ kpi }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    spread = {each.name.value: each for each in fragments if isinstance(each, FragmentDefinitionNode)}
    assert paths(operation, spread, {"kpi"}) == ["kpi"]
