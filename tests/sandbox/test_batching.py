"""Automatic batches, row by row of what is known of them."""

import httpx
import pytest

from gateway.sandbox import Sandbox, SandboxTransport, Switches
from tests.sandbox.asking import BATCH, OVERRIDE, ZEROS, Upstream, ids, pieces

ROUTES = [BATCH, "/json/reply/GetCustomerKpi%5B%5D", "/api/GetCustomerKpi[]", "/api/GetCustomerKpi[].json"]
UNKNOWN = 999_999
TYPE = '"__type":"Richemont.Booster2.PublicApi.CRM.ServiceModel.GetCustomerKpiResponse, '


@pytest.mark.parametrize("url", ROUTES)
async def test_a_batch_answers_all_in_order(batching: Upstream, url: str) -> None:
    answer = await batching.batch([5, 3, 5, 123456], url=url)
    assert (answer.status_code, ids(answer)) == (200, [5, 3, 5, 123456])
    assert answer.headers["X-AutoBatch-Completed"] == "4"


@pytest.mark.parametrize("url", ROUTES)
async def test_an_override_batches_on_a_get_only_service(upstream: Upstream, url: str) -> None:
    assert ids(await upstream.batch([5, 3], url=f"{url}?_=1", **OVERRIDE)) == [5, 3]


async def test_an_override_by_query_batches_too(upstream: Upstream) -> None:
    assert ids(await upstream.batch([5], url=f"{BATCH}?X-Http-Method-Override=GET")) == [5]


async def test_a_batch_answers_what_single_calls_answer(batching: Upstream) -> None:
    batch = await batching.batch([1, 2, 3])
    singles = [await batching.get(f"/customer/{each}/kpi") for each in (1, 2, 3)]
    assert batch.text == "[" + ",".join(each.text for each in singles) + "]"


async def test_periods_are_bound_item_by_item(batching: Upstream) -> None:
    body = b'[{"boosterCustomerId":1,"transactionDateTo":"2022-06-30"},{"boosterCustomerId":1}]'
    upto, whole = (await batching.ask("POST", BATCH, body=body)).json()
    single = await batching.get("/customer/1/kpi?transactionDateTo=2022-06-30")
    assert (upto, whole) == (single.json(), (await batching.get("/customer/1/kpi")).json())


async def test_the_query_does_not_reach_the_items(batching: Upstream) -> None:
    answer = await batching.batch([1], url=f"{BATCH}?boosterCustomerId=2&transactionDateFrom=2099-01-01")
    assert answer.json() == [(await batching.get("/customer/1/kpi")).json()]


async def test_the_first_item_to_fail_is_the_whole_answer(batching: Upstream) -> None:
    batching.set(csharp_method="Any", fail={1: 418, 3: 500})
    answer = await batching.batch([2, 3, 1])
    assert (answer.status_code, answer.text) == (500, ZEROS)
    assert answer.headers["X-AutoBatch-Completed"] == "1"


@pytest.mark.parametrize("index", [0, 1, 2])
async def test_the_count_is_the_index_of_the_failed_item(batching: Upstream, index: int) -> None:
    batching.set(csharp_method="Any", fail="7=409")
    wanted = [1, 2, 3]
    wanted[index] = 7
    answer = await batching.batch(wanted)
    assert (answer.status_code, answer.headers["X-AutoBatch-Completed"]) == (409, str(index))


async def test_an_unreadable_id_becomes_customer_0(batching: Upstream) -> None:
    answer = await batching.ask("POST", BATCH, body=b'[{"boosterCustomerId":"abc"}]')
    assert answer.status_code == 404
    assert batching.sandbox.calls[-1].items == [(0, None, None)]


@pytest.mark.parametrize("body", [b"{", b"{}", b"abc"])
async def test_an_unparsable_body_is_a_400_without_a_count(batching: Upstream, body: bytes) -> None:
    answer = await batching.ask("POST", BATCH, body=body)
    assert (answer.status_code, answer.json()["responseStatus"]["errors"]) == (400, [])
    assert "X-AutoBatch-Completed" not in answer.headers


@pytest.mark.parametrize("token", ["demo", "nobody", None])
async def test_an_empty_array_is_answered_to_anybody(upstream: Upstream, token: str | None) -> None:
    answer = await upstream.batch([], token=token)
    assert (answer.status_code, answer.text) == (200, "[]")
    assert "X-AutoBatch-Completed" not in answer.headers


async def test_an_empty_array_in_xml_is_an_empty_element(upstream: Upstream) -> None:
    answer = await upstream.batch([], url=f"{BATCH}?format=xml")
    assert answer.text.endswith('CRM.ServiceModel" />')


async def test_a_chunked_body_is_not_seen_in_override_mode(upstream: Upstream) -> None:
    body = pieces([b'[{"boosterCustomerId":1}', b"]"])
    answer = await upstream.ask("POST", BATCH, body=body, **OVERRIDE)
    assert (answer.status_code, answer.text) == (200, "[]")


async def test_a_chunked_body_is_read_with_a_plain_post(batching: Upstream) -> None:
    body = pieces([b'[{"boosterCustomerId":1}', b"]"])
    assert ids(await batching.ask("POST", BATCH, body=body)) == [1]


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/json"])
async def test_the_body_is_read_by_the_format_of_the_url(batching: Upstream, content_type: str) -> None:
    assert ids(await batching.batch([1], Content_Type=content_type)) == [1]


@pytest.mark.parametrize(
    ("null_item", "wanted", "written"),
    [
        ("{}", [900002, UNKNOWN], ["{", "{}"]),
        ("{}", [UNKNOWN, 900002], ["null", "{" + TYPE]),
        ("{}", [UNKNOWN, UNKNOWN], ["null", "null"]),
        ("null", [900002, UNKNOWN], ["{", "null"]),
        ("null", [UNKNOWN, 900002], ["null", "{"]),
    ],
)
async def test_an_item_without_result_is_written_as_the_switch_says(
    batching: Upstream, null_item: str, wanted: list[int], written: list[str]
) -> None:
    batching.set(csharp_method="Any", not_found="204", null_item=null_item)
    answer = await batching.batch(wanted)
    assert answer.headers["X-AutoBatch-Completed"] == "2"
    known = '"boosterCustomerId":900002,"totalTransaction":1'
    body = answer.text.replace(known, "")
    assert body.startswith("[" + written[0])
    assert f",{written[1]}" in body
    assert (known in answer.text) == (900002 in wanted)


async def test_an_item_without_result_is_nil_in_xml(batching: Upstream) -> None:
    batching.set(csharp_method="Any", not_found="204")
    answer = await batching.batch([UNKNOWN], url=f"{BATCH}?format=xml")
    assert '<GetCustomerKpiResponse i:nil="true" />' in answer.text


async def test_an_unknown_customer_can_be_zeros(batching: Upstream) -> None:
    batching.set(csharp_method="Any", not_found="zeros-200")
    [item] = (await batching.batch([UNKNOWN])).json()
    assert item.pop("boosterCustomerId") == UNKNOWN
    assert set(item.values()) == {0}


async def slept(ids: list[int], **switches: object) -> list[float]:
    """Batch these customers, and tell how long each sleep was to be."""
    sleeps: list[float] = []

    async def sleep(seconds: float) -> None:
        sleeps.append(seconds)

    sandbox = Sandbox(Switches(csharp_method="Any").changed(switches), sleep=sleep)
    client = httpx.AsyncClient(transport=SandboxTransport(sandbox), base_url="http://upstream.test")
    await Upstream(sandbox, client).batch(ids)
    return sleeps


async def test_latency_is_once_a_call_and_once_an_item() -> None:
    assert await slept([1, 2, 3], latency_call=7, latency_item=0.5) == [7, 0.5, 0.5, 0.5]


async def test_items_after_a_failure_cost_no_time() -> None:
    assert await slept([1, 2, 3, 4], latency_item=0.5, fail={2: 500}) == [0, 0.5, 0.5]


@pytest.mark.real_time
async def test_latency_is_time_spent(batching: Upstream) -> None:
    batching.set(csharp_method="Any", latency_item=0.01)
    await batching.batch([1, 2, 3])
    assert (batching.sandbox.calls[-1].duration or 0) >= 0.025
