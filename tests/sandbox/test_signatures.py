"""Who answers shows in the headers: ServiceStack, or what stands before it."""

import pytest

from tests.sandbox.asking import JSON, Upstream

SERVICE_STACK = "ServiceStack/6.11 NetCore/Linux"


@pytest.mark.parametrize(
    ("powered_by", "vary", "each"),
    [
        *(("ASP.NET", None, fault) for fault in ("429", "502", "503", "504", "html-200")),
        *(
            (SERVICE_STACK, "Accept", fault)
            for fault in ("500", "500-completed", "206", "login-302", "nan", "stripped")
        ),
    ],
)
async def test_a_fault_is_signed_by_whoever_would_answer(
    upstream: Upstream, powered_by: str, vary: str | None, each: str
) -> None:
    upstream.set(csharp_method="Any", fault=each)
    answer = await upstream.batch([1, 2])
    assert (answer.headers["X-Powered-By"], answer.headers.get("Vary")) == (powered_by, vary)


@pytest.mark.parametrize(
    ("switches", "token", "accept", "status"),
    [
        ({"auth": "attribute"}, None, JSON, 401),
        ({"auth": "attribute"}, None, "text/html", 302),
        ({"auth": "attribute", "roleless": "demo"}, "demo", JSON, 403),
        ({"auth": "declarative"}, None, JSON, 401),
        ({"auth": "jwt"}, None, JSON, 401),
        ({"auth": "jwt"}, "expired", JSON, 401),
    ],
)
async def test_a_refusal_carries_the_headers_of_the_service(
    upstream: Upstream, switches: dict[str, str], token: str | None, accept: str, status: int
) -> None:
    upstream.set(**switches)
    answer = await upstream.get(token=token, Accept=accept)
    assert (answer.status_code, answer.headers["Vary"]) == (status, "Accept")
    assert answer.headers["X-Powered-By"] == SERVICE_STACK


@pytest.mark.parametrize(
    ("switches", "method", "url", "status"),
    [
        ({}, "GET", "/nope", 404),
        ({}, "POST", "/customer/1/kpi", 404),
        ({"routing": "endpoint"}, "GET", "/api/Nope", 404),
        ({"routing": "endpoint"}, "POST", "/customer/1/kpi", 405),
        ({"routing": "endpoint", "auth": "jwt"}, "GET", "/customer/1/kpi", 401),
    ],
)
async def test_what_never_reaches_the_service_carries_none_of_them(
    upstream: Upstream, switches: dict[str, str], method: str, url: str, status: int
) -> None:
    upstream.set(**switches)
    answer = await upstream.ask(method, url, token=None)
    assert (answer.status_code, answer.headers.get("Vary")) == (status, None)
    assert answer.headers["X-Powered-By"] == "ASP.NET"
