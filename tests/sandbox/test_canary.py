"""The canary: a text planted wherever the upstream could leak."""

import pytest

from gateway.sandbox.switches import FAULTS
from tests.sandbox.asking import EXAMPLE, Upstream, basic

CANARY = "db password hunter2 is wrong"
INSTEAD = ["429", "500", "500-completed", "502", "503", "504", "html-200"]


@pytest.mark.parametrize("fault", INSTEAD)
@pytest.mark.parametrize("body", ["text", "html", "json"])
async def test_it_is_in_every_body_of_a_fault(upstream: Upstream, fault: str, body: str) -> None:
    upstream.set(csharp_method="Any", canary=CANARY, fault=fault, fault_body=body)
    assert CANARY in (await upstream.batch([1, 2])).text


@pytest.mark.parametrize("suffix", ["json", "xml", "html", "csv", "jsv", "jsonl"])
@pytest.mark.parametrize("error_body", ["emptyDto", "responseStatus"])
async def test_it_is_in_every_error_of_the_service(upstream: Upstream, suffix: str, error_body: str) -> None:
    upstream.set(canary=CANARY, error_body=error_body, debug_mode=True)
    answer = await upstream.get(f"/customer/999999/kpi.{suffix}")
    assert answer.status_code == 404
    assert CANARY in answer.text


@pytest.mark.parametrize(
    ("auth", "url", "headers", "status"),
    [
        ("attribute", "/customer/abc/kpi", {}, 400),
        ("attribute", "/json/reply/Nope", {}, 405),
        ("attribute", "/customer/1/kpi", {"Authorization": basic("nobody")}, 404),
        ("attribute", "/customer/1/kpi", {"Authorization": "Bearer demo-roleless"}, 403),
        ("declarative", "/customer/1/kpi", {}, 401),
        ("declarative", "/customer/1/kpi", {"Authorization": "Bearer demo-roleless"}, 403),
        ("jwt", "/customer/1/kpi", {"Authorization": "Bearer expired"}, 401),
    ],
)
async def test_it_is_in_every_error_of_the_pipeline(
    upstream: Upstream, auth: str, url: str, headers: dict[str, str], status: int
) -> None:
    upstream.set(canary=CANARY, auth=auth, roleless="demo-roleless")
    answer = await upstream.get(url, token=None, **headers)
    assert answer.status_code == status
    assert CANARY in answer.text


@pytest.mark.parametrize("fault", [each for each in FAULTS if each not in {"hang", "reset", "refuse"}])
async def test_it_is_in_a_header_of_every_answer(upstream: Upstream, fault: str) -> None:
    upstream.set(csharp_method="Any", canary=CANARY, fault=fault)
    assert CANARY in (await upstream.batch([1, 2])).headers["X-Powered-By"]


@pytest.mark.parametrize("url", ["/nope", "/customer/abc/kpi", "/customer/999999/kpi", "/customer/1/kpi"])
async def test_it_is_in_the_header_whatever_the_service_says(upstream: Upstream, url: str) -> None:
    upstream.set(canary=CANARY, not_found="204")
    assert CANARY in (await upstream.get(url)).headers["X-Powered-By"]


async def test_it_is_the_reason_phrase_of_an_error(upstream: Upstream) -> None:
    upstream.set(canary=CANARY)
    assert (await upstream.get("/nope")).reason_phrase == CANARY


async def test_it_is_not_in_a_result(upstream: Upstream) -> None:
    upstream.set(canary=CANARY)
    answer = await upstream.get()
    assert (answer.text, answer.reason_phrase) == (EXAMPLE, "OK")


async def test_without_it_nothing_is_planted(upstream: Upstream) -> None:
    answer = await upstream.get("/nope")
    assert answer.reason_phrase == "Not Found"
    assert answer.headers["X-Powered-By"] == "ASP.NET"
