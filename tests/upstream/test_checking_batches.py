"""What a check finds of batches, times and tokens."""

from typing import Any

import httpx
import pytest

from gateway.upstream.checking import affordable, pace
from tests.upstream.checks import CANARY, KPI, answering, told, troubles, upstream

UNTOLD = "ok     a call takes ? ms; the time per KPI cannot be told without batches"

OF_BATCHES: list[tuple[dict[str, Any], str]] = [
    (
        {"predefined_routes": False},
        "note   batches are not to be had, each KPI is a call of its own (status 404, no media type)",
    ),
    (
        {"cache_response": True, "csharp_method": "Get"},
        "wrong  a batch is answered with something else than what was asked for",
    ),
    (
        {"fault": "html-200"},
        "wrong  a batch is answered with something else than what was asked for (status 200, text/html)",
    ),
    ({"fault": "swapped"}, "wrong  a batch is answered with something else than what was asked for"),
    ({"fault": "short"}, "wrong  a batch is answered with something else than what was asked for"),
    ({"fault": "nan"}, "wrong  a batch is answered with something else than what was asked for"),
    (
        {"fault": "500-completed"},
        "wrong  a batch fails at a KPI that a single call gets (status 500, application/json)",
    ),
    ({"fault": "500"}, "wrong  a batch fails, of KPIs that single calls get (status 500, application/json)"),
    ({"fault": "503"}, "wrong  a batch is refused, of KPIs that single calls get (status 503, no media type)"),
]


@pytest.mark.parametrize(("switches", "line"), OF_BATCHES)
async def test_what_a_batch_shows_is_told_and_single_calls_are_timed(switches: dict[str, Any], line: str) -> None:
    said = await told(upstream(**({"fault_on": "batch"} | switches)))
    assert troubles(said) == [line]
    assert said[-1] == UNTOLD


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (httpx.Response(403), "note   a batch is refused as a whole, each KPI is a call of its own"),
        (httpx.Response(413), "note   two KPIs are too many for a batch, each is a call of its own"),
        (httpx.Response(405), "note   batches are not to be had, each KPI is a call of its own"),
    ],
)
async def test_a_batch_that_is_not_taken_is_noted(answer: httpx.Response, line: str) -> None:
    said = troubles(await told(upstream(), meddle=answering("POST", "json", answer)))
    assert said == [f"{line} (status {answer.status_code}, no media type)"]


async def test_a_batch_that_tells_other_figures_is_wrong() -> None:
    batch = httpx.Response(200, json=[KPI, KPI | {"boosterCustomerId": 2}])
    said = troubles(await told(upstream(), meddle=answering("POST", "json", batch)))
    assert said == ["wrong  a batch tells other KPIs than single calls"]


async def test_batches_that_are_off_in_the_settings_are_not_tried() -> None:
    sandbox = upstream()
    said = await told(sandbox, upstream_batching="off")
    assert said[-2:] == ["note   batching is off in the settings, each KPI is a call of its own", UNTOLD]
    assert {call.method for call in sandbox.calls} == {"GET"}


async def test_a_batch_without_an_answer_ends_the_check() -> None:
    said = troubles(await told(upstream(fault="hang", fault_on="batch"), upstream_timeout=0.5))
    assert said == ["wrong  a call has no answer: the KPI service did not answer in time (UPSTREAM_TIMEOUT)"]


async def test_a_call_that_fails_while_time_is_taken_is_wrong() -> None:
    batches = [None, httpx.Response(413)]

    def meddle(request: httpx.Request) -> httpx.Response | None:
        return batches.pop(0) if request.method == "POST" else None

    said = troubles(await told(upstream(), meddle=meddle, upstream_timeout=60, request_timeout=60))
    assert said == ["wrong  a call for 10 of these KPIs fails (status 413, no media type)"]


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (httpx.Response(401, text=CANARY), "wrong  the token endpoint refuses the gateway's id or secret"),
        (httpx.Response(503, text=CANARY), "wrong  the token endpoint gives no token (UPSTREAM_UNAVAILABLE)"),
        (httpx.Response(200, json={"access_token": "demo"}), "ok     the service answers"),
    ],
)
async def test_without_a_token_the_service_is_not_asked(answer: httpx.Response, line: str) -> None:
    sandbox = upstream()
    own: dict[str, Any] = {
        "upstream_auth": "client-credentials", "upstream_token_url": "http://upstream.test/token",
        "upstream_client_id": "gateway", "upstream_client_secret": CANARY, "allow_anonymous": True,
    }  # fmt: skip
    said = await told(sandbox, meddle=lambda request: answer if request.url.path == "/token" else None, **own)
    assert said[0].startswith(line)
    assert (len(said) > 1) == (len(sandbox.calls) > 0) == (answer.status_code == 200)


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        ([(1, 0.030), (1, 0.030), (2, 0.050), (10, 0.210)], "a call takes 10.0 ms, and 20.0 ms for each KPI in it"),
        ([(1, 0.030), (2, 0.020), (10, 0.010)], "a call takes 20.0 ms, and 0.0 ms for each KPI in it"),
        ([(1, 0.030), (1, 0.050)], "a call takes 40.0 ms; the time per KPI cannot be told without batches"),
    ],
)
def test_a_calls_time_is_told_from_its_items_by_a_line(times: list[tuple[int, float]], sentence: str) -> None:
    assert pace(times) == sentence


@pytest.mark.parametrize(("seconds", "size"), [(0.0, 10), (0.1, 10), (1.0, 5), (4.9, 1), (20.0, 1)])
def test_a_slow_upstream_gets_a_small_batch(seconds: float, size: int) -> None:
    assert affordable((2, seconds), timeout=5) == size
