"""What goes wrong with whole calls."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from gateway.sandbox import faults
from gateway.sandbox.switches import FAULTS
from tests.sandbox.asking import BATCH, EXAMPLE, NO_CURRENCY, ZEROS, Upstream, ids

CALLS = ["single", "batch"]
COMPLETED = "X-AutoBatch-Completed"
HTTP_DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


async def called(upstream: Upstream, kind: str = "single", **switches: object) -> httpx.Response:
    """Call while a fault is set; a batch asks for two customers."""
    upstream.set(csharp_method="Any", **switches)
    return await (upstream.get() if kind == "single" else upstream.batch([123456, 900002]))


@pytest.mark.parametrize(
    ("fault", "status", "content_type", "text"),
    [
        ("429", 429, None, ""),
        ("503", 503, None, ""),
        ("502", 502, "text/html; charset=utf-8", "<title>Bad Gateway</title>"),
        ("504", 504, "text/html; charset=utf-8", "<title>Gateway Timeout</title>"),
        ("500", 500, "application/json; charset=utf-8", '{"responseStatus":{"errorCode":"Exception"'),
        ("206", 206, None, ""),
        ("html-200", 200, "text/html; charset=utf-8", "<title>Sign in</title>"),
        ("login-302", 302, None, ""),
    ],
)
async def test_an_answer_in_the_services_place(
    upstream: Upstream, fault: str, status: int, content_type: str | None, text: str
) -> None:
    for kind in CALLS:
        answer = await called(upstream, kind, fault=fault)
        assert (answer.status_code, answer.headers.get("Content-Type")) == (status, content_type)
        assert text in answer.text
        assert bool(text) == bool(answer.content)
        assert COMPLETED not in answer.headers


@pytest.mark.parametrize("fault", ["429", "503"])
@pytest.mark.parametrize(
    ("body", "content_type", "part"),
    [
        ("empty", None, ""),
        ("text", "text/plain", "{name}"),
        ("html", "text/html; charset=utf-8", "<h1>{name}</h1>"),
        ("json", "application/json", '{"error":{"reason":"{name}"}}'),
    ],
)
async def test_an_overload_has_any_body(
    upstream: Upstream, fault: str, body: str, content_type: str | None, part: str
) -> None:
    answer = await called(upstream, fault=fault, fault_body=body)
    assert answer.headers.get("Content-Type") == content_type
    name = "Too Many Requests" if fault == "429" else "Service Unavailable"
    told = part.replace("{name}", name)
    assert told in answer.text if body == "html" else told == answer.text


@pytest.mark.parametrize("fault", ["429", "503"])
@pytest.mark.parametrize(
    ("retry_after", "header"), [("none", None), ("0", "0"), ("5", "5"), (5, "5"), (HTTP_DATE, HTTP_DATE)]
)
async def test_an_overload_says_when_to_come_back(
    upstream: Upstream, fault: str, retry_after: object, header: str | None
) -> None:
    assert (await called(upstream, fault=fault, retry_after=retry_after)).headers.get("Retry-After") == header


async def test_that_can_be_a_date_some_seconds_ahead(upstream: Upstream) -> None:
    answer = await called(upstream, fault="503", retry_after="date:100")
    ahead = parsedate_to_datetime(answer.headers["Retry-After"]) - datetime.now(UTC)
    assert timedelta(seconds=90) < ahead <= timedelta(seconds=100)


async def test_only_overloads_have_a_retry_after(upstream: Upstream) -> None:
    assert "Retry-After" not in (await called(upstream, fault="502", retry_after="5")).headers


async def test_a_login_says_where_it_is(upstream: Upstream) -> None:
    location = urlsplit((await called(upstream, fault="login-302")).headers["Location"])
    assert (location.path, parse_qsl(location.query)) == ("/login", [("redirect", "/")])


async def test_a_500_with_a_count_fails_the_first_item(upstream: Upstream) -> None:
    answer = await called(upstream, "batch", fault="500-completed")
    assert (answer.status_code, answer.headers[COMPLETED], answer.text) == (500, "0", ZEROS)


async def test_a_500_is_written_in_the_format_asked_for(upstream: Upstream) -> None:
    upstream.set(fault="500")
    answer = await upstream.get(Accept="application/xml")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/xml")
    assert "<ErrorCode>Exception</ErrorCode>" in answer.text
    assert (await upstream.get("/customer/1/kpi.html")).headers["Content-Type"] == "text/html"


async def test_a_500_with_a_count_is_written_in_the_format_asked_for(upstream: Upstream) -> None:
    upstream.set(fault="500-completed")
    answer = await upstream.batch([1], url=f"{BATCH}?format=xml")
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/xml")
    assert "<boosterCustomerId>0</boosterCustomerId>" in answer.text


@pytest.mark.parametrize("kind", CALLS)
async def test_a_truncated_answer_is_half_an_answer(upstream: Upstream, kind: str) -> None:
    answer = await called(upstream, kind, fault="truncated")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r".*"):
        answer.json()


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize(
    ("fault", "was", "becomes"),
    [
        ("nan", '"totalSpendingAmount":{}', '"totalSpendingAmount":NaN'),
        ("infinity", '"totalSpendingAmount":{}', '"totalSpendingAmount":Infinity'),
        ("retyped", '"totalItems":{}', '"totalItems":"{}"'),
        ("missing", '"totalItems":{},', ""),
        ("wrong-id", '"boosterCustomerId":{}', '"boosterCustomerId":{}'),
        ("zero-id", '"boosterCustomerId":{}', '"boosterCustomerId":0'),
    ],
)
async def test_a_fault_of_the_data_spoils_the_last_result(
    upstream: Upstream, kind: str, fault: str, was: str, becomes: str
) -> None:
    text = EXAMPLE if kind == "single" else NO_CURRENCY
    name = was.partition('"')[2].partition('"')[0]
    value = text.partition(f'"{name}":')[2].partition(",")[0].rstrip("}")
    other = str(int(value) + 1) if fault == "wrong-id" else value
    spoiled = text.replace(was.format(value), becomes.format(other))
    assert spoiled != text
    answer = await called(upstream, kind, fault=fault)
    assert answer.status_code == 200
    assert answer.text == (spoiled if kind == "single" else f"[{EXAMPLE},{spoiled}]")


async def test_a_double_that_is_no_number_is_written_as_xml_writes_it(upstream: Upstream) -> None:
    upstream.set(fault="infinity")
    assert ">INF<" in (await upstream.get("/customer/1/kpi.xml")).text


async def test_the_wrong_id_after_the_greatest_is_1(upstream: Upstream) -> None:
    upstream.set(fault="wrong-id")
    assert (await upstream.get("/customer/2147483647/kpi")).json()["boosterCustomerId"] == 1


async def test_a_fault_of_the_data_leaves_missing_results_alone(upstream: Upstream) -> None:
    upstream.set(csharp_method="Any", fault="zero-id", not_found="204")
    assert (await upstream.get("/customer/999999/kpi")).status_code == 204
    assert (await upstream.batch([1, 999999])).json() == [
        {**(await fetched(upstream, 1)), "boosterCustomerId": 0},
        {},
    ]


async def fetched(upstream: Upstream, customer: int) -> dict[str, object]:
    upstream.set()
    found: dict[str, object] = (await upstream.get(f"/customer/{customer}/kpi")).json()
    return found


@pytest.mark.parametrize(
    ("fault", "order", "completed"),
    [("swapped", [900002, 123456], "2"), ("short", [123456], "2"), ("stripped", [123456, 900002], None)],
)
async def test_a_batch_can_be_swapped_short_or_without_its_count(
    upstream: Upstream, fault: str, order: list[int], completed: str | None
) -> None:
    answer = await called(upstream, "batch", fault=fault)
    assert (ids(answer), answer.headers.get(COMPLETED)) == (order, completed)


async def test_a_stripped_failure_looks_like_one_before_execution(upstream: Upstream) -> None:
    upstream.set(csharp_method="Any", fault="stripped", fail={2: 500})
    answer = await upstream.batch([1, 2])
    assert (answer.status_code, COMPLETED in answer.headers) == (500, False)


@pytest.mark.parametrize("fault", ["swapped", "short", "stripped", "500-completed"])
async def test_faults_of_batches_do_not_touch_or_count_single_calls(upstream: Upstream, fault: str) -> None:
    assert (await called(upstream, fault=fault, fault_calls=1)).text == EXAMPLE
    hit = await upstream.batch([123456, 900002])
    assert hit.text != f"[{EXAMPLE},{NO_CURRENCY}]" or COMPLETED not in hit.headers


@pytest.mark.parametrize(
    ("fault_on", "single", "batch", "other"),
    [("all", 503, 503, 503), ("single", 503, 200, 404), ("batch", 200, 503, 404)],
)
async def test_a_fault_hits_the_calls_it_is_set_on(
    upstream: Upstream, fault_on: str, single: int, batch: int, other: int
) -> None:
    upstream.set(csharp_method="Any", fault="503", fault_on=fault_on)
    answers = [await upstream.get(), await upstream.batch([1]), await upstream.get("/nope")]
    assert [each.status_code for each in answers] == [single, batch, other]


@pytest.mark.parametrize("fault_calls", [1, "2", 3])
async def test_a_fault_lasts_as_many_calls_as_it_says(upstream: Upstream, fault_calls: object) -> None:
    upstream.set(fault="503", fault_calls=fault_calls)
    statuses = [(await upstream.get()).status_code for _ in range(4)]
    assert statuses.count(503) == int(str(fault_calls))
    assert statuses == sorted(statuses, reverse=True)


async def test_setting_the_switches_begins_the_count_anew(upstream: Upstream) -> None:
    for _ in range(2):
        upstream.set(fault="503", fault_calls=1)
        assert [(await upstream.get()).status_code for _ in range(2)] == [503, 200]


@pytest.mark.real_time
async def test_a_hanging_call_answers_in_the_end(upstream: Upstream) -> None:
    answer = await called(upstream, fault="hang", hang=0.01)
    assert answer.text == EXAMPLE
    assert (upstream.sandbox.calls[-1].duration or 0) >= 0.01


async def test_a_call_in_trouble_is_still_understood_for_the_log(upstream: Upstream) -> None:
    await called(upstream, "batch", fault="429")
    call = upstream.sandbox.calls[-1]
    assert (call.path, call.kind, call.status) == (BATCH, "batch", 429)
    assert call.items == [(123456, None, None), (900002, None, None)]


def test_every_fault_is_explained() -> None:
    assert set(FAULTS) - {"none"} <= set((faults.__doc__ or "").split())
