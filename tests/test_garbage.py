"""An operation is gone when it is over: nothing of it waits for the garbage collector."""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count

import pytest
from graphql import ExecutionResult

from gateway.context import Context
from gateway.costs import NOBODY, Counter
from gateway.documents import Documents
from gateway.errors import RequestRefused, let_go
from gateway.limits import Allowance, Bounds
from gateway.sandbox import Sandbox, SandboxTransport, Switches, create_sandbox
from gateway.schema import build_schema
from tests.conftest import DEMO, Gateway, serving
from tests.test_departures import Client


@pytest.mark.parametrize("headers", [DEMO, DEMO | {"apollo-federation-include-trace": "ftv1"}])
@pytest.mark.parametrize("cache", ["none://", "memory://"])
@pytest.mark.parametrize("ids", [[1], [1, 2, 3], [1, "x", 999999999]])
async def test_an_operation_leaves_nothing_of_the_gateways_for_the_collector(
    sandbox: Sandbox, cache: str, ids: list[object], headers: dict[str, str]
) -> None:
    async with serving(SandboxTransport(sandbox), cache_url=cache, ftv1=True) as gateway:
        for _ in range(3):
            await gateway.kpis(ids, headers=headers)
        gc.collect()
        gc.disable()
        try:
            gc.set_debug(gc.DEBUG_SAVEALL)
            for _ in range(5):
                await gateway.kpis(ids, headers=headers)
            gc.collect()
            left = {type(each).__name__ for each in gc.garbage if type(each).__module__.startswith("gateway.")}
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    assert left == set()


KEPT = "query ($ids: [ID!]!, $if: Boolean = true) { customers(ids: $ids) { id kpi @include(if: $if) { asOf } } }"


@pytest.mark.parametrize(
    "text",
    [
        KEPT,
        "{ nope }",
        "{ a: __typename b: nope } fragment A on Query { a }",
        "{" + "__typename " * 60 + "}",
        "{" + "a { b " * 20 + "}" * 21,
        f"query A($a: Int) {{ {'a' * 300} }}",
    ],
)
async def test_a_document_leaves_nothing_for_the_collector_whatever_comes_of_it(text: str) -> None:
    bounds = Bounds()
    documents = Documents(build_schema()._schema, introspection=False, bounds=bounds)  # noqa: SLF001  # Strawberry has no other name

    async def run() -> None:
        with suppress(RequestRefused):
            known = documents.operation(text, None, Allowance(bounds), queries_only=False)
            ready = documents.run(known, {"ids": ["1", "x"]}, Context(NOBODY, Counter()), Allowance(bounds))
            result = known.operation.execute(ready)
            let_go((result if isinstance(result, ExecutionResult) else await result).errors or ())

    await run()
    documents = Documents(documents._schema, introspection=False, bounds=bounds)  # noqa: SLF001  # as above
    gc.collect()
    gc.disable()
    try:
        await run()
        documents._kept.clear()  # noqa: SLF001  # as when others take its place
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        left = {
            type(each).__name__ for each in gc.garbage if type(each).__module__.startswith(("gateway.", "graphql."))
        }
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert left == set()


async def _left_by(doing: Callable[[], Awaitable[object]]) -> set[str]:
    """Return the types of ours that something leaves for the collector; what pytest keeps of the log hides nothing."""
    logging.disable()
    for _ in range(3):
        await doing()
    gc.collect()
    gc.disable()
    try:
        gc.set_debug(gc.DEBUG_SAVEALL)
        for _ in range(5):
            await doing()
        gc.collect()
        return {type(each).__name__ for each in gc.garbage if _is_ours(type(each).__module__)}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
        logging.disable(logging.NOTSET)


def _is_ours(module: str) -> bool:
    return module.startswith(("gateway.", "graphql.")) and not module.startswith("gateway.sandbox.")


@pytest.mark.parametrize("fault", ["500", "truncated", "short", "hang"])
async def test_a_failure_of_the_upstream_leaves_nothing_for_the_collector(fault: str) -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", fault=fault))
    async with serving(SandboxTransport(sandbox)) as gateway:
        assert await _left_by(lambda: gateway.kpis([1, 2, 3])) == set()


async def test_a_renewal_that_fails_leaves_nothing_for_the_collector() -> None:
    good = Switches(csharp_method="Any")
    sandbox, ids = create_sandbox(good), count(1)

    async def fails() -> None:
        id_, sandbox.switches = next(ids), good
        await gateway.kpis([id_])
        await asyncio.sleep(25)
        sandbox.switches = good.changed({"fault": "truncated"})
        assert not (await gateway.kpis([id_])).errors
        await asyncio.sleep(1)

    async with serving(SandboxTransport(sandbox), cache_url="memory://") as gateway:
        assert await _left_by(fails) == set()


async def test_a_call_that_nobody_waits_for_leaves_nothing_for_the_collector() -> None:
    sandbox = create_sandbox(Switches(csharp_method="Any", latency_call=60))

    async def asks_and_leaves() -> None:
        client = Client(gateway, 1, 2, 3)
        await asyncio.sleep(0.1)
        client.leave()
        await client.task
        await asyncio.sleep(0.1)

    async with serving(SandboxTransport(sandbox)) as gateway:
        assert await _left_by(asks_and_leaves) == set()


async def test_a_refused_request_leaves_nothing_for_the_collector(gateway: Gateway) -> None:
    async def refused() -> None:
        reply = await gateway.ask(
            "query ($id: ID!, $from: Date) { customer(id: $id) { kpi(from: $from) { asOf } } }", {"id": {}}
        )
        assert reply.status == 422

    assert await _left_by(refused) == set()
