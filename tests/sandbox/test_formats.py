"""Which format an answer gets."""

import pytest

from gateway.sandbox.formats import Format, accepted
from gateway.sandbox.routing import Target, callback, find, negotiate
from gateway.sandbox.switches import Switches
from tests.sandbox.asking import Upstream
from tests.sandbox.test_routing import incoming


@pytest.mark.parametrize(
    ("lines", "default", "chosen"),
    [
        ([], "html", "html"),
        ([], "json", "json"),
        (["*/*"], "html", "html"),
        (["*/*"], "json", "json"),
        (["application/json"], "html", "json"),
        (["APPLICATION/JSON"], "html", "json"),
        (["application/json; charset=utf-8"], "html", "json"),
        (["application/json;q=0.1, application/xml"], "html", "json"),
        (["text/plain, application/json"], "html", "html"),
        (["text/plain", "application/json"], "html", "json"),
        (["application/xml"], "html", "xml"),
        (["application/xml", "application/json"], "html", "json"),
        (["application/json", "text/html"], "html", "html"),
        (["application/json", "text/html"], "json", "json"),
        (["application/xml", "*/*"], "json", "xml"),
        (["application/jsv"], "html", "jsv"),
        (["text/csv"], "html", "csv"),
        (["text/csv", "*/*"], "json", "json"),
        (["text/jsonl"], "html", "jsonl"),
        (["image/png"], "json", "json"),
    ],
)
def test_accept_is_read_by_how_each_line_begins(lines: list[str], default: str, chosen: str) -> None:
    assert accepted(lines, Format(default)) == chosen


@pytest.mark.parametrize(
    ("url", "accept", "chosen"),
    [
        ("/customer/1/kpi.xml?format=csv&callback=f", "application/json", "xml"),
        ("/customer/1/kpi?callback=f&format=xml", "application/xml", "json"),
        ("/customer/1/kpi?format=xml", "application/json", "xml"),
        ("/customer/1/kpi?format=nope", "application/json", "json"),
        ("/customer/1/kpi?FORMAT=CSV", "application/json", "csv"),
        ("/customer/1/kpi", "application/xml", "xml"),
        ("/customer/1/kpi", "image/png", "html"),
        ("/api/GetCustomerKpi", "application/xml", "json"),
        ("/api/GetCustomerKpi.xml", "application/json", "xml"),
        ("/api/GetCustomerKpi.xml?format=csv", "application/json", "csv"),
        ("/json/reply/GetCustomerKpi", "application/xml", "json"),
        ("/json/reply/GetCustomerKpi?format=xml", "application/json", "xml"),
        ("/xml/reply/GetCustomerKpi", "application/json", "xml"),
        ("/api/GetCustomerKpi?callback=f", "application/xml", "json"),
    ],
)
def test_each_route_has_its_own_order_of_asking(url: str, accept: str, chosen: str) -> None:
    asked = incoming("GET", url, ("accept", accept))
    target = find(asked, Switches())
    assert negotiate(target, asked, "html") == chosen


@pytest.mark.parametrize(
    ("target", "function"),
    [(Target("custom"), "f"), (Target("custom", Format.XML), None), (Target("api"), None)],
)
def test_only_the_custom_route_knows_jsonp(target: Target, function: str | None) -> None:
    assert callback(target, incoming("GET", "/?callback=f")) == function


async def test_jsonp_wraps_results_and_errors(upstream: Upstream) -> None:
    found = await upstream.get("/customer/900002/kpi?callback=show")
    assert found.text.startswith('show({"boosterCustomerId":900002,')
    assert found.headers["Content-Type"] == "text/javascript"
    assert (await upstream.get("/customer/x/kpi?callback=show")).text.startswith('show({"responseStatus":')


async def test_jsonp_wraps_nothing_but_json(upstream: Upstream) -> None:
    upstream.set(roleless="demo", not_found="204")
    refused = await upstream.get("/customer/1/kpi?callback=show")
    assert (refused.status_code, refused.headers["Content-Type"]) == (403, "text/plain")
    assert refused.text.startswith("Forbidden")
    assert (await upstream.get("/customer/999999/kpi?callback=show", token="demo-anna")).content == b""


@pytest.mark.parametrize(
    ("suffix", "content_type", "disposition"),
    [
        ("json", "application/json; charset=utf-8", None),
        ("xml", "application/xml", None),
        ("html", "text/html", None),
        ("jsv", "application/jsv", None),
        ("jsonl", "text/jsonl", None),
        ("csv", "text/csv", "attachment;filename=GetCustomerKpi.csv"),
    ],
)
async def test_every_format_says_what_it_is(
    upstream: Upstream, suffix: str, content_type: str, disposition: str | None
) -> None:
    answer = await upstream.get(f"/customer/123456/kpi.{suffix}")
    assert answer.headers["Content-Type"] == content_type
    assert answer.headers.get("Content-Disposition") == disposition
    assert answer.headers["Vary"] == "Accept"
    assert answer.headers["X-Powered-By"].startswith("ServiceStack/6.11 ")


async def test_html_is_the_answer_when_nothing_else_is_asked_for(upstream: Upstream) -> None:
    answer = await upstream.get(Accept="*/*")
    assert answer.status_code == 200
    assert "<td>2150.50</td>" in answer.text


async def test_the_default_type_can_be_json(upstream: Upstream) -> None:
    upstream.set(default_type="json")
    assert (await upstream.get(Accept="*/*")).headers["Content-Type"].startswith("application/json")
