"""An app on a port: uvicorn with what is measured to be lean, from the first request to an orderly end."""

import contextlib
import gc
import signal
import socket
import sys
from collections.abc import Callable
from math import ceil

import uvicorn
from starlette.types import ASGIApp

from gateway.protocol import IDLE, BoundedProtocol

_COLLECTED = (50_000, 1, 100)  # objects more before the collector looks, in place of 700: an operation makes few rings
_TIME_TO_WRITE = 2  # seconds, for an answer that is ready when the process is told to stop


def listen(app: ASGIApp, host: str, port: int, *, longest: float, ready: Callable[[str], None]) -> int:
    """Serve until told to stop: SIGTERM and Ctrl+C finish what runs, in ``longest`` seconds; returns 0.

    ``ready`` is told the address, once there is an answer.
    """
    config = uvicorn.Config(
        app,
        host,
        port,
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=ceil(longest) + _TIME_TO_WRITE,
    )
    server = _Server(config, ready)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it once more when it is done
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    return 0


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what is there now stays, and is looked through no more
        gc.set_threshold(*_COLLECTED)
        self._ready(self._address())

    def _address(self) -> str:
        host, port, *_ = self.servers[0].sockets[0].getsockname()
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
