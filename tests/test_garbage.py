"""An operation is gone when it is over: nothing of it waits for the garbage collector."""

import gc
from contextlib import suppress

import pytest
from graphql import ExecutionResult

from gateway.context import Context
from gateway.costs import NOBODY, Counter
from gateway.documents import Documents
from gateway.errors import RequestRefused
from gateway.limits import Allowance, Bounds
from gateway.masking import let_go
from gateway.sandbox import Sandbox, SandboxTransport
from gateway.schema import build_schema
from tests.conftest import DEMO, serving


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
