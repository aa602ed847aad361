"""The gateway's own credential, through the front door."""

import asyncio
from collections.abc import Mapping

import httpx
import pytest

from gateway.sandbox import Sandbox, SandboxTransport, Switches, create_sandbox
from tests.conftest import DEMO, Reply, serving

OWN: dict[str, dict[str, object]] = {
    "bearer": {"upstream_token": "demo"},
    "api-key": {"upstream_api_key": "demo"},
    "basic": {"upstream_username": "demo", "upstream_password": ""},
}


async def asked(transport: httpx.AsyncBaseTransport, headers: Mapping[str, str], **settings: object) -> Reply:
    async with serving(transport, allow_anonymous=True, **settings) as gateway:
        return await gateway.kpis([1, 2], headers=headers)


@pytest.mark.parametrize(("auth", "settings"), OWN.items())
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nobody"}, {"X-Api-Key": "nobody"}])
async def test_everyone_is_served_with_the_gateways_own_credential(
    sandbox: Sandbox, auth: str, settings: Mapping[str, object], headers: Mapping[str, str]
) -> None:
    reply = await asked(SandboxTransport(sandbox), headers, upstream_auth=auth, **settings)
    assert (reply.status, reply.errors) == (200, [])


@pytest.mark.parametrize("auth", ["attribute", "declarative", "jwt"])
async def test_when_it_is_refused_that_is_nothing_a_caller_could_mend(auth: str) -> None:
    sandbox = create_sandbox(Switches(auth=auth))
    reply = await asked(SandboxTransport(sandbox), DEMO, upstream_auth="bearer", upstream_token="hunter2")
    assert reply.codes == ["UPSTREAM_ERROR"] * 2
    assert reply.errors[0]["message"] == "The gateway has no credential that the KPI service accepts."
    assert "hunter2" not in str(reply.body)


class Estate(httpx.AsyncBaseTransport):
    """The KPI service, and a token endpoint whose tokens it accepts until they are revoked."""

    def __init__(self) -> None:
        self.sandbox = create_sandbox(Switches(csharp_method="Any"))
        self.tokens = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != "login.test":
            return await SandboxTransport(self.sandbox).handle_async_request(request)
        self.tokens += 1
        return httpx.Response(200, json={"access_token": f"demo-{self.tokens}", "expires_in": 3600})


CLIENT = {
    "upstream_auth": "client-credentials",
    "upstream_token_url": "http://login.test/token",
    "upstream_client_id": "gateway",
    "upstream_client_secret": "hunter2",
}


async def test_client_credentials_are_fetched_once_and_again_after_a_401() -> None:
    estate = Estate()
    async with serving(estate, allow_anonymous=True, **CLIENT) as gateway:
        for _ in range(3):
            assert (await gateway.kpis([1, 2], headers={})).errors == []
        assert estate.tokens == 1
        await asyncio.sleep(10)
        estate.sandbox.switches = estate.sandbox.switches.changed({"revoked": "demo-1"})
        assert (await gateway.kpis([1, 2], headers={})).errors == []
    assert estate.tokens == 2
    assert [call.status for call in estate.sandbox.calls] == [200, 200, 200, 401, 200]
