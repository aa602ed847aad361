"""Who is let in, and how the rest is turned away."""

import pytest

from gateway.sandbox.auth import presented
from gateway.sandbox.incoming import Incoming
from tests.sandbox.asking import BATCH, OVERRIDE, ZEROS, Upstream, basic

NOT_AUTHENTICATED = '{"responseStatus":{"errorCode":"Unauthorized","message":"Not Authenticated","errors":[]}}'
EXPIRED = '{"responseStatus":{"errorCode":"TokenException","message":"Token has expired","errors":[]}}'
INVALID = '{"responseStatus":{"errorCode":"TokenException","message":"Token is invalid","errors":[]}}'


@pytest.mark.parametrize("auth", ["attribute", "declarative", "jwt"])
@pytest.mark.parametrize(
    "credential",
    [
        {"Authorization": "Bearer demo"},
        {"Authorization": "bearer demo-anna"},
        {"X_Api_Key": "demo"},
        {"X_Api_Key": "demo-anna"},
        {"Authorization": basic("demo")},
        {"Authorization": basic("demo-anna", "secret")},
    ],
)
async def test_a_demo_credential_is_let_in(upstream: Upstream, auth: str, credential: dict[str, str]) -> None:
    upstream.set(auth=auth)
    assert (await upstream.get(token=None, **credential)).status_code == 200


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"Authorization": "Bearer nobody"},
        {"Authorization": "Bearer demonstration"},
        {"Authorization": "Bearer "},
        {"Authorization": "Digest demo"},
        {"Authorization": "Basic ???"},
        {"Authorization": basic("nobody", "secret")},
        {"X_Api_Key": "nobody"},
    ],
)
async def test_any_other_is_turned_away(upstream: Upstream, credential: dict[str, str]) -> None:
    answer = await upstream.get(token=None, **credential)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="/auth/apikey"'


@pytest.mark.parametrize("encoded", ["\xe9", "/w==", "ZGVtb", ""])
def test_basic_credentials_that_cannot_be_read_are_none(encoded: str) -> None:
    headers = [("authorization", f"Basic {encoded}")]
    credential = presented(Incoming("GET", "/", "/", headers=headers))
    assert credential is None or not credential.token


@pytest.mark.parametrize(
    ("switches", "token", "realm", "text"),
    [
        ({"auth": "attribute"}, None, 'Basic realm="/auth/apikey"', ""),
        ({"auth": "declarative"}, None, None, NOT_AUTHENTICATED),
        ({"auth": "declarative"}, "expired", None, NOT_AUTHENTICATED),
        ({"auth": "jwt"}, None, 'jwt realm="/auth/jwt"', ""),
        ({"auth": "jwt"}, "expired", None, EXPIRED),
        ({"auth": "jwt"}, "nobody", None, INVALID),
        ({"auth": "jwt", "routing": "endpoint"}, None, "Bearer", ""),
        ({"auth": "jwt", "routing": "endpoint"}, "expired", 'Bearer error="invalid_token"', ""),
    ],
)
async def test_each_mode_has_its_401(
    upstream: Upstream, switches: dict[str, str], token: str | None, realm: str | None, text: str
) -> None:
    upstream.set(**switches)
    answer = await upstream.get(token=token)
    assert (answer.status_code, answer.text) == (401, text)
    assert answer.headers.get("WWW-Authenticate") == realm


@pytest.mark.parametrize("auth", ["attribute", "declarative", "jwt"])
async def test_a_browser_is_sent_to_the_login(upstream: Upstream, auth: str) -> None:
    upstream.set(auth=auth)
    answer = await upstream.get("/customer/1/kpi?a=b", token=None, Accept="text/html")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?redirect=%2Fcustomer%2F1%2Fkpi%3Fa%3Db"


async def test_a_401_in_xml_has_an_empty_list_of_errors(upstream: Upstream) -> None:
    upstream.set(auth="declarative")
    assert "<Message>Not Authenticated</Message>" in (await upstream.get("/customer/1/kpi.xml", token=None)).text
    assert "<Errors />" in (await upstream.get("/customer/1/kpi.xml", token=None)).text


async def test_an_unknown_api_key_as_basic_user_name_is_a_404(upstream: Upstream) -> None:
    answer = await upstream.get(token=None, Authorization=basic("nobody"))
    assert (answer.status_code, answer.json()["responseStatus"]["message"]) == (404, "API Key does not exist")


async def test_without_auth_everybody_is_let_in(upstream: Upstream) -> None:
    upstream.set(auth="none", forbidden={"nobody": [123456]})
    assert (await upstream.get(token=None)).status_code == 200
    assert (await upstream.get(token="nobody")).status_code == 403


async def test_a_revoked_token_is_turned_away(upstream: Upstream) -> None:
    upstream.set(revoked="demo-anna")
    assert (await upstream.get(token="demo-anna")).status_code == 401
    assert (await upstream.get(token="demo")).status_code == 200


async def test_two_callers_can_have_different_rights(upstream: Upstream) -> None:
    upstream.set(forbidden={"demo-anna": {123456}})
    refused = await upstream.get(token="demo-anna")
    assert (refused.status_code, refused.text) == (403, ZEROS)
    assert (await upstream.get(token="demo-anna", url="/customer/1/kpi")).status_code == 200
    assert (await upstream.get(token="demo-bert")).status_code == 200


async def test_a_forbidden_customer_stops_a_batch_at_its_index(upstream: Upstream) -> None:
    upstream.set(forbidden="demo=5+6")
    answer = await upstream.batch([1, 5], **OVERRIDE)
    assert (answer.status_code, answer.headers["X-AutoBatch-Completed"]) == (403, "1")


@pytest.mark.parametrize(
    ("auth", "content_type", "text"),
    [
        ("attribute", "text/plain", "Forbidden\n\nRequest.HttpMethod: GET\nRequest.PathInfo: /customer/123456/kpi"),
        (
            "declarative",
            "application/json; charset=utf-8",
            '{"responseStatus":{"errorCode":"Forbidden","message":"Sales Role Required","errors":[]}}',
        ),
    ],
)
async def test_a_caller_without_the_role_is_a_403_of_the_pipeline(
    upstream: Upstream, auth: str, content_type: str, text: str
) -> None:
    upstream.set(auth=auth, roleless="demo")
    answer = await upstream.get()
    assert (answer.status_code, answer.text) == (403, text)
    assert answer.headers["Content-Type"] == content_type
    assert (await upstream.get(token="demo-anna")).status_code == 200


@pytest.mark.parametrize("auth", ["attribute", "declarative", "jwt"])
async def test_a_batch_is_refused_whole_and_without_a_count(upstream: Upstream, auth: str) -> None:
    upstream.set(auth=auth)
    answer = await upstream.batch([1, 2], url=BATCH, token=None)
    assert answer.status_code == 401
    assert "X-AutoBatch-Completed" not in answer.headers
