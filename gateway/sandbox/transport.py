"""The sandbox in the same process, behind httpx as a remote one would be: it can be too slow, or gone."""

import asyncio

import httpx

from gateway.sandbox.app import Sandbox

_FIRST_ERROR = 400


class SandboxTransport(httpx.AsyncBaseTransport):
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._transport = httpx.ASGITransport(app=sandbox)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        limit = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(limit):
                response = await self._transport.handle_async_request(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout("the sandbox did not answer in time", request=request) from error
        except ConnectionRefusedError as error:
            raise httpx.ConnectError("the sandbox refused the connection", request=request) from error
        except ConnectionResetError as error:
            raise httpx.ReadError("the sandbox dropped the connection", request=request) from error
        return self._with_reason(response)

    def _with_reason(self, response: httpx.Response) -> httpx.Response:
        """Plant the canary where ASGI has no room for it: in the reason phrase of an error."""
        canary = self._sandbox.switches.canary
        if canary and response.status_code >= _FIRST_ERROR:
            response.extensions["reason_phrase"] = canary.encode("ascii")
        return response
