"""Processes that share a directory: whichever is asked tells of all."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from prometheus_client.multiprocess import mark_process_dead

from gateway.telemetry import families
from gateway.telemetry.metrics import PUBLISHED
from gateway.telemetry.tallies import MOST_NAMES, OTHER
from tests.conftest import Gateway
from tests.processes import process
from tests.scrapes import Scrape, scrape
from tests.serving.test_server import working
from tests.test_main import ENVIRONMENT

pytestmark = pytest.mark.real_time

QUERY = "query {name}($ids: [ID!]!) {{ customers(ids: $ids) {{ kpi {{ totalItems }} }} }}"
SANDBOX = {"upstream_url": "http://127.0.0.1:9", "upstream_batching": "off"}


async def until(told: Callable[[], Awaitable[Scrape]], name: str, value: float) -> Scrape:
    """Scrape until a metric without labels has the value, for as long as it may take to come from other processes."""
    for _ in range(50):
        found = await told()
        if found.value(name) == value:
            return found
        await asyncio.sleep(PUBLISHED / 5)
    raise AssertionError(f"{name} is {found.value(name)}, not {value}: {found.text}")


async def ask(gateway: Gateway, name: str, *ids: int) -> None:
    await gateway.ask(QUERY.format(name=name), {"ids": ids})


async def test_a_scrape_of_any_sums_all_and_what_ended_stays_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    log: list[str] = []
    async with process(log, **SANDBOX) as one:
        async with process(log, **SANDBOX, cache_url="redis://127.0.0.1:1", cache_secret="s" * 32) as another:
            await ask(one, "First", 1)
            await ask(another, "First", 1, 2)
            await ask(another, "Second", 1, 2, 3)
            for each in (one, another):
                told = await until(partial(scrape, each), "gateway_operation_kpis_count", 3)
                assert told.counted("gateway_operations_total") == {
                    ("UPSTREAM_UNAVAILABLE", "First"): 2,
                    ("UPSTREAM_UNAVAILABLE", "Second"): 1,
                }
                assert told.value("gateway_operation_kpis_sum") == 6
                assert told.value("gateway_operation_kpis_bucket", le="1.0") == 1
                assert told.value("gateway_operation_kpis_bucket", le="+Inf") == 3
                assert told.value("gateway_requests_in_flight") == 0
                assert told.value("gateway_cache_backend_up") == 0
                assert told.value("gateway_info", version="0.1.0") == 1
                assert told.value("gateway_upstream_batching_mode", mode="off") == 1
            names = {each.name for each in (*families.COUNTERS, *families.HISTOGRAMS, *families.GAUGES)}
            assert {name.removesuffix("_total") for name in names} <= told.families.keys()
            assert all(family.documentation and family.samples for family in told.families.values())
            together = told.value("process_resident_memory_bytes") or 0
            assert time.time() - 600 < (told.value("process_start_time_seconds") or 0) < time.time()
            assert 0 < (told.value("process_cpu_seconds_total") or 0) <= sum(map(_processor, _pids(tmp_path)))
            await ask(another, "Last", 1)
        told = await until(partial(scrape, one), "gateway_operation_kpis_count", 4)
        assert told.value("gateway_operations_total", operation="Last", code="UPSTREAM_UNAVAILABLE") == 1
        taken = told.value("process_cpu_seconds_total") or 0
        (own, ended) = sorted(_pids(tmp_path), key=_lives, reverse=True)
        mark_process_dead(ended, str(tmp_path))  # type: ignore[no-untyped-call]  # it says no types
        assert _pids(tmp_path) == {own}
        left = await scrape(one)
        assert left.value("gateway_operation_kpis_count") == 4
        assert left.value("gateway_cache_backend_up") == 1
        assert 0 < (left.value("process_resident_memory_bytes") or 0) < together
        assert taken <= (left.value("process_cpu_seconds_total") or 0) < 2 * taken


def test_one_that_does_not_answer_yet_has_no_gauges_that_were_zeros(tmp_path: Path) -> None:
    made = "from gateway.app import create_app; from gateway.settings import Settings; create_app(Settings.read())"
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "GATEWAY_UPSTREAM_URL": "http://127.0.0.1:1"}
    subprocess.run([sys.executable, "-c", made], env=ENVIRONMENT | shared, check=True)
    assert {file.name.partition("_")[0] for file in tmp_path.iterdir()} == {"counter", "histogram"}


def test_who_takes_another_s_place_counts_on_where_that_ended(tmp_path: Path) -> None:
    names = [f"Name{number}" for number in range(MOST_NAMES)]
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "GATEWAY_MAX_OPERATIONS": str(MOST_NAMES)}
    for asked in (names, ["Name0", "Another"]):
        with working(more=shared) as work:
            work.client.post("/graphql", json=[{"query": f"query {name} {{ __typename }}"} for name in asked])
            told = Scrape(work.client.get("/metrics").text)
        mark_process_dead(0, str(tmp_path))  # type: ignore[no-untyped-call]  # it says no types
        assert sorted(file.name for file in tmp_path.iterdir()) == ["counter_0.db", "histogram_0.db"]
    assert told.value("gateway_operations_total", operation="Name0", code="OK") == 2
    assert told.value("gateway_operations_total", operation=OTHER, code="OK") == 3  # and names beyond the most
    assert "Another" not in told.names_of("operation")


def _pids(folder: Path) -> set[int]:
    return {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}


def _processor(pid: int) -> float:
    """Return the seconds of processor time that a process has taken."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
