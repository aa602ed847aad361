"""An operation is gone when it is over: nothing of it waits for the garbage collector."""

import gc

import pytest

from gateway.sandbox import Sandbox, SandboxTransport
from tests.conftest import serving


@pytest.mark.parametrize("cache", ["none://", "memory://"])
@pytest.mark.parametrize("ids", [[1], [1, 2, 3], [1, "x", 999999999]])
async def test_an_operation_leaves_nothing_of_the_gateways_for_the_collector(
    sandbox: Sandbox, cache: str, ids: list[object]
) -> None:
    async with serving(SandboxTransport(sandbox), cache_url=cache) as gateway:
        for _ in range(3):
            await gateway.kpis(ids)
        gc.collect()
        gc.disable()
        try:
            gc.set_debug(gc.DEBUG_SAVEALL)
            for _ in range(5):
                await gateway.kpis(ids)
            gc.collect()
            left = {type(each).__name__ for each in gc.garbage if type(each).__module__.startswith("gateway.")}
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    assert left == set()
