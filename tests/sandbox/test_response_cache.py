"""A cached service: what is kept, and what that does to batches."""

import asyncio

import pytest

from gateway.sandbox import Call
from gateway.sandbox.data import Customers
from gateway.sandbox.exchange import MOST_KEPT, Desk, answer
from gateway.sandbox.incoming import Incoming
from gateway.sandbox.switches import Switches
from tests.sandbox.asking import BATCH, EXAMPLE, OVERRIDE, ZEROS, Upstream, ids


@pytest.fixture
def cached(upstream: Upstream) -> Upstream:
    upstream.set(cache_response="on")
    return upstream


async def test_an_override_batch_gets_one_bare_object(cached: Upstream) -> None:
    answer = await cached.batch([123456, 1, 2], **OVERRIDE)
    assert (answer.status_code, answer.text) == (200, EXAMPLE)
    assert "X-AutoBatch-Completed" not in answer.headers


async def test_that_object_serves_later_batches_on_the_same_url(cached: Upstream) -> None:
    await cached.batch([123456], **OVERRIDE)
    answer = await cached.batch([1, 2], token="demo-anna", **OVERRIDE)
    assert answer.text == EXAMPLE


async def test_a_unique_query_value_makes_the_url_another(cached: Upstream) -> None:
    await cached.batch([123456], url=f"{BATCH}?_=1", **OVERRIDE)
    answer = await cached.batch([900002], url=f"{BATCH}?_=2", **OVERRIDE)
    assert answer.json()["boosterCustomerId"] == 900002


async def test_another_format_is_kept_apart(cached: Upstream) -> None:
    await cached.get("/customer/123456/kpi")
    assert (await cached.get("/customer/123456/kpi", Accept="application/xml")).text.startswith("<?xml")


async def test_a_plain_post_is_not_touched(cached: Upstream) -> None:
    cached.set(cache_response="on", csharp_method="Any")
    assert ids(await cached.batch([1, 2])) == [1, 2]
    assert ids(await cached.batch([3, 4])) == [3, 4]


async def test_an_empty_batch_stays_an_empty_array(cached: Upstream) -> None:
    assert (await cached.batch([], **OVERRIDE)).text == "[]"


async def test_a_kept_answer_skips_the_service_but_not_the_login(cached: Upstream) -> None:
    cached.set(cache_response="on", forbidden={"demo-anna": {123456}})
    assert (await cached.get(token="demo-anna")).status_code == 403
    assert (await cached.get()).text == EXAMPLE
    assert (await cached.get(token="demo-anna")).text == EXAMPLE
    assert (await cached.get(token=None)).status_code == 401


async def test_failures_and_missing_results_are_not_kept(cached: Upstream) -> None:
    cached.set(cache_response="on", not_found="204")
    assert (await cached.get("/customer/999999/kpi")).status_code == 204
    assert (await cached.get("/customer/999999/kpi")).status_code == 204


async def test_setting_the_switches_forgets_what_was_kept(cached: Upstream) -> None:
    await cached.get("/customer/7/kpi")
    cached.set(cache_response="on", fail={7: 500})
    assert (await cached.get("/customer/7/kpi")).text == ZEROS


@pytest.mark.parametrize("fault", ["short", "swapped", "stripped"])
async def test_a_fault_of_batches_has_nothing_to_spoil_in_one_object(cached: Upstream, fault: str) -> None:
    cached.set(cache_response="on", fault=fault)
    hit = await cached.batch([123456, 1], **OVERRIDE)
    assert (hit.status_code, hit.text) == (200, EXAMPLE)


def test_what_is_kept_is_bounded() -> None:
    desk = Desk(Customers(), Switches(), asyncio.sleep)
    for each in range(MOST_KEPT + 1):
        desk.keep(b"%d" % each, {})
    assert MOST_KEPT == 1000
    assert desk.kept == {b"1000": {}}


async def test_the_urls_of_what_is_kept_are_not_kept() -> None:
    desk = Desk(Customers(), Switches(cache_response=True, auth="none"), asyncio.sleep)
    url = "/customer/7/kpi?apikey=hunter2"
    await answer(desk, Incoming("GET", "/customer/7/kpi", url), Call(1, "GET", "", {}), asyncio.Event().wait)
    assert len(desk.kept) == 1
    assert "hunter2" not in repr(desk)
