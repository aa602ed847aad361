"""The sandbox behind a web server, where a connection that breaks is no failure of the server's."""

from starlette.types import ASGIApp, Receive, Scope, Send


def over_the_wire(sandbox: ASGIApp) -> ASGIApp:
    """Turn a broken connection into an answer that never ends, which makes a web server drop it."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await sandbox(scope, receive, send)
            return
        try:
            await sandbox(scope, receive, send)
        except ConnectionError:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})

    return served
