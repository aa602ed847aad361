"""Resolving many parents at once: what a field says of it, and what one parent alone gets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from gateway.many import alone, asks, many, many_of, one_each


def sums(context: int, parents: Sequence[int], arguments: Mapping[str, int]) -> list[int]:
    return [context + parent + arguments["plus"] for parent in parents]


async def sums_later(context: int, parents: Sequence[int], arguments: Mapping[str, int]) -> list[int]:
    return sums(context, parents, arguments)


def test_a_field_says_how_it_is_resolved_for_many_beside_whatever_else_it_says() -> None:
    assert many_of(many(sums)) is sums
    assert many_of({"other": 1} | many(sums)) is sums
    assert many_of({"other": 1}) is None
    assert (asks(many(sums, asks=True)), asks(many(sums)), asks({})) == (True, False, False)


@pytest.mark.parametrize("resolve", [sums, sums_later])
async def test_one_parent_gets_what_it_would_get_among_many(resolve: Callable[..., Any]) -> None:
    assert await alone(resolve, 100, 20, {"plus": 3}) == 123


async def test_a_failure_in_its_place_is_raised() -> None:
    failure = ValueError("hunter2")
    with pytest.raises(ValueError, match="hunter2") as raised:
        await alone(lambda *_: [failure], None, None, {})
    assert raised.value is failure


async def test_a_failure_of_all_is_raised() -> None:
    async def fails(*_: object) -> list[Any]:
        raise ValueError("hunter2")

    with pytest.raises(ValueError, match="hunter2"):
        await alone(fails, None, None, {})


async def test_an_exception_that_is_no_failure_is_a_value() -> None:
    """Nothing but exceptions of the usual kind stands for a failure, as in GraphQL."""
    assert isinstance(await alone(lambda *_: [GeneratorExit()], None, None, {}), GeneratorExit)


@pytest.mark.parametrize("values", [[], [1, 2], ()])
async def test_values_that_are_not_one_for_each_parent_are_refused(values: Sequence[int]) -> None:
    with pytest.raises(ValueError, match="values for 1 parents"):
        await alone(lambda *_: values, None, None, {})


def test_as_many_values_as_parents_are_passed_on() -> None:
    values = [1, 2, 3]
    assert one_each(values, 3) is values
    assert one_each((), 0) == ()
