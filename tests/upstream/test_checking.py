"""The check of an upstream: what its single calls show, what it costs, and what it never tells."""

import re
from typing import Any

import httpx
import pytest

from tests.upstream.checks import CANARY, KPI, TOKEN, answering, told, troubles, upstream

UNREACHABLE = "the service cannot be reached: the KPI service "
NO_KPI = "note   the rest is not checked: no KPI was seen"
UNREADABLE = "note   the rest is not checked: the KPI cannot be read"
FORBIDDEN = "(status 403, text/plain): name another with --customer"
NO_SECOND = "note   batching and times are not checked: a second KPI was not seen"
CONTRACT = "the KPI service answered with something that is not a KPI of this customer (UPSTREAM_CONTRACT)"


@pytest.mark.parametrize(("method", "mode"), [("Any", "POST"), ("Get", "POST with X-Http-Method-Override: GET")])
@pytest.mark.parametrize("form", ["json", "xml"])
async def test_all_is_well_with_a_healthy_upstream(method: str, mode: str, form: str) -> None:
    used, other = form.upper(), "XML" if form == "json" else "JSON"
    assert await told(upstream(csharp_method=method), upstream_format=form) == [
        "ok     the service answers (in ? ms, connecting included)",
        "ok     the credential is accepted",
        f"ok     {used} is answered when {used} is asked for",
        "ok     every member that is declared is there and of its type",
        f"ok     {other} is answered when {other} is asked for, with the same KPI",
        f"ok     batches are taken by {mode}, and tell the same KPIs as single calls",
        "ok     a call takes ? ms, and ? ms for each KPI in it",
    ]


async def test_it_asks_for_two_customers_in_few_calls() -> None:
    sandbox = upstream(csharp_method="Get")
    await told(sandbox, 7, 8, 9, upstream_timeout=60, request_timeout=60)
    assert [len(call.items) for call in sandbox.calls] == [1, 1, 1, 2, 2, 1, 1, 10]
    assert {item.customer for call in sandbox.calls for item in call.items} == {7, 8}


async def test_one_customer_is_asked_for_in_two_periods() -> None:
    sandbox = upstream()
    assert troubles(await told(sandbox, 123)) == []
    (batch,) = (call for call in sandbox.calls if len(call.items) == 2)
    assert [(item.customer, item.last is None) for item in batch.items] == [(123, True), (123, False)]


async def test_no_figure_is_told() -> None:
    lines = " ".join(await told(upstream(), 123456, 900002))
    assert not re.search(r"2150|25806|99\.9|EUR", lines)


OF_THE_FIRST_CALL: list[tuple[dict[str, Any], list[str]]] = [
    ({"revoked": {TOKEN}}, ["wrong  the credential is not accepted (status 401, no media type)", NO_KPI]),
    (
        {"revoked": {TOKEN}, "auth": "declarative"},
        ["wrong  the credential is not accepted (status 401, application/json)", NO_KPI],
    ),
    ({"fault": "login-302"}, ["wrong  the credential is not accepted (status 302, no media type)", NO_KPI]),
    (
        {"roleless": {TOKEN}},
        [
            f"note   the credential may not see customer 1 {FORBIDDEN}",
            f"note   the credential may not see customer 2 {FORBIDDEN}",
            NO_KPI,
        ],
    ),
    ({"fault": "html-200"}, [f"wrong  {CONTRACT}: status 200, text/html; is the base address right?", NO_KPI]),
    ({"fault": "206"}, [f"wrong  {CONTRACT}: status 206, no media type; is the base address right?", NO_KPI]),
    (
        {"fault": "503"},
        ["wrong  the KPI service is not available (UPSTREAM_UNAVAILABLE): status 503, no media type", NO_KPI],
    ),
    (
        {"fail": {1: 500}},
        [
            "wrong  the KPI service could not answer for this customer (UPSTREAM_ERROR): status 500, application/json",
            NO_KPI,
        ],
    ),
    ({"fault": "missing"}, ["wrong  missing: totalItems", UNREADABLE]),
    ({"fault": "retyped"}, ["wrong  totalItems is text, where a whole number is declared", UNREADABLE]),
    ({"fault": "wrong-id"}, ["wrong  boosterCustomerId is not the one that was asked for", UNREADABLE]),
    ({"fault": "zero-id"}, ["wrong  boosterCustomerId is not the one that was asked for", UNREADABLE]),
    ({"fault": "nan"}, ["wrong  the body is no JSON object", UNREADABLE]),
    ({"fault": "truncated"}, ["wrong  the body is no JSON object", UNREADABLE]),
]


@pytest.mark.parametrize(("switches", "lines"), OF_THE_FIRST_CALL)
async def test_what_the_first_call_shows_is_told_and_the_rest_is_left(
    switches: dict[str, Any], lines: list[str]
) -> None:
    sandbox = upstream(**switches)
    said = await told(sandbox)
    assert said[0].startswith("ok     the service answers")
    assert troubles(said) == lines
    assert len(sandbox.calls) <= 2


async def test_an_unknown_api_key_is_a_credential_and_no_unknown_customer() -> None:
    user = "Basic aHVudGVyMjo="  # hunter2 without a password
    said = troubles(await told(upstream(), authorization=user))
    assert said == ["wrong  the credential is not accepted (status 404, application/json)", NO_KPI]


async def test_another_address_is_no_unknown_customer() -> None:
    (line, _) = troubles(await told(upstream(), upstream_url="http://upstream.test/elsewhere"))
    assert line == f"wrong  {CONTRACT}: status 404, no media type; is the base address right?"


@pytest.mark.parametrize(
    ("switches", "settings", "line"),
    [
        ({"fault": "refuse"}, {}, f"{UNREACHABLE}is not available (UPSTREAM_UNAVAILABLE)"),
        ({"fault": "hang"}, {"upstream_timeout": 0.05}, f"{UNREACHABLE}did not answer in time (UPSTREAM_TIMEOUT)"),
    ],
)
async def test_of_an_upstream_out_of_reach_nothing_else_is_told(
    switches: dict[str, Any], settings: dict[str, Any], line: str
) -> None:
    sandbox = upstream(**switches)
    assert await told(sandbox, **settings) == [f"wrong  {line}"]
    assert len(sandbox.calls) == 1


@pytest.mark.parametrize(
    ("style", "answer"), [("404", "status 404, application/json"), ("204", "status 204, no media type")]
)
async def test_of_unknown_customers_nothing_is_wrong_but_nothing_seen(style: str, answer: str) -> None:
    said = await told(upstream(not_found=style), 5000, 5001)
    assert troubles(said) == [
        f"note   customer 5000 is not known ({answer}): name one that exists with --customer",
        f"note   customer 5001 is not known ({answer}): name one that exists with --customer",
        NO_KPI,
    ]


async def test_the_first_two_that_are_known_are_checked() -> None:
    sandbox = upstream(forbidden={TOKEN: {1}})
    said = await told(sandbox, 5000, 1, 2, 5001, 3)
    assert [line.split()[0] for line in said] == ["ok", "note", "note", "ok", "ok", "ok", "ok", "note", "ok", "ok"]
    assert [item.customer for item in max(sandbox.calls, key=lambda call: len(call.items)).items[:3]] == [2, 3, 2]


async def test_without_a_second_kpi_there_is_no_batch() -> None:
    def meddle(request: httpx.Request) -> httpx.Response | None:
        is_other = "/1/" not in request.url.path or request.url.query
        return httpx.Response(200, json={"boosterCustomerId": CANARY}) if is_other else None

    sandbox = upstream()
    said = troubles(await told(sandbox, meddle=meddle))
    assert (said[-1], sandbox.calls[-1].method) == (NO_SECOND, "GET")
    assert said[1] == "wrong  boosterCustomerId is text, where a whole number is declared"


XML = "note   XML, which is not used, is not answered when asked for"


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (httpx.Response(200, json=KPI), f"{XML} (status 200, application/json)"),
        (httpx.Response(200, headers={"Content-Type": CANARY}), f"{XML} (status 200, an odd media type)"),
        (httpx.Response(406), f"{XML} (status 406, no media type)"),
        (
            httpx.Response(200, text=f"<{CANARY}/>", headers={"Content-Type": "application/xml"}),
            "note   in XML, which is not used: the XML cannot be read as this customer's KPI",
        ),
    ],
)
async def test_what_is_amiss_in_the_other_format_is_only_noted(answer: httpx.Response, line: str) -> None:
    assert troubles(await told(upstream(), meddle=answering("GET", "xml", answer))) == [line]


async def test_what_is_amiss_in_json_is_only_noted_where_xml_is_used() -> None:
    meddle = answering("GET", "json", httpx.Response(200, json=KPI | {"totalItems": CANARY, "tier": 1}))
    said = troubles(await told(upstream(), meddle=meddle, upstream_format="xml"))
    assert said == [
        "note   in JSON, which is not used: totalItems is text, where a whole number is declared",
        "note   in JSON, which is not used: not declared, and ignored: tier",
    ]


async def test_two_formats_that_tell_different_kpis_are_wrong() -> None:
    meddle = answering("GET", "json", httpx.Response(200, json=KPI))
    said = troubles(await told(upstream(), meddle=meddle, upstream_format="xml"))
    assert said == ["wrong  JSON and XML tell different KPIs of one customer"]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (KPI | {"currencyCode": "E" * 99}, ["wrong  the JSON cannot be read as this customer's KPI", UNREADABLE]),
        (KPI | {"tier": CANARY}, ["note   not declared, and ignored: tier"]),
    ],
)
async def test_a_shape_beyond_what_is_declared_is_told(body: dict[str, Any], lines: list[str]) -> None:
    meddle = answering("GET", "json", httpx.Response(200, json=body))
    assert troubles(await told(upstream(), 1, meddle=meddle))[: len(lines)] == lines


async def test_xml_that_cannot_be_read_is_wrong_where_it_is_used() -> None:
    said = troubles(await told(upstream(fault="missing"), upstream_format="xml"))
    assert said == ["wrong  the XML cannot be read as this customer's KPI", UNREADABLE]
