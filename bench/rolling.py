"""A rolling restart: two gateways behind HAProxy are restarted one after the other, again and again, under load.

HAProxy asks ``/health/ready``, keeps and shares its connections to the gateways (``http-reuse always``), and sends
nothing a second time (``retries 0``, no redispatch): a request that a gateway loses is lost, and counted. Operations
leave at their times whatever becomes of those before them. Run it by ``make rolling``; it needs ``haproxy`` on the
path, takes half a minute and exits with 1 when an operation failed or a gateway did not exit with 0.
"""

import asyncio
import contextlib
import shutil
import signal
import subprocess
import sys
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import aiohttp
import orjson

from bench.operations import CREDENTIAL, DOCUMENT
from bench.processes import environment, free_port, heed_sigterm, running

SECONDS, RATE = 30.0, 200.0
_DRAIN_DELAY = 3.0  # seconds: HAProxy asks thirty times in it, if it is answered at once
_TO_BE_SEEN = 0.5  # seconds
_CUSTOMERS = 2  # of an operation
_PERIOD = {"from": "2022-01-01", "to": "2023-12-31"}  # kept for an hour
_LONGEST = 30.0  # seconds, for anything
_BODIES = [
    (ids, orjson.dumps({"query": DOCUMENT, "variables": {"ids": ids, **_PERIOD}}))
    for ids in (list(range(first, first + _CUSTOMERS)) for first in range(1, 100, _CUSTOMERS))
]
_HEADERS = {**CREDENTIAL, "Content-Type": "application/json"}
_PROXY = """
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout check 15s
  retries 0
  http-reuse always
frontend in
  bind 127.0.0.1:{port}
  default_backend gateways
backend gateways
  balance roundrobin
  option httpchk GET /health/ready
  default-server check inter 100ms fall 1 rise 1
  server one 127.0.0.1:{one}
  server other 127.0.0.1:{other}
"""


@dataclass(slots=True)
class Outcome:
    """What came of it: operations, and how some failed; how gateways exited; seconds in all, and of the slowest."""

    operations: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    exits: list[int] = field(default_factory=list)
    seconds: float = 0
    slowest: float = 0

    @property
    def is_well(self) -> bool:
        return bool(self.operations and self.exits) and not self.failures and not any(self.exits)

    def __str__(self) -> str:
        return (
            f"{self.operations} operations in {self.seconds:.1f} s ({self.operations / self.seconds:.0f} a second), "
            f"{self.failures.total()} failed {dict(self.failures) or ''}\n"
            f"{len(self.exits)} restarts, exit statuses {sorted(set(self.exits))}; "
            f"the slowest operation took {1000 * self.slowest:.0f} ms"
        )


async def roll(upstream: str, seconds: float, rate: float) -> Outcome:
    """Restart gateways for so many seconds under so many operations a second; TimeoutError when one does not start."""
    outcome = Outcome()
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_LONGEST)
        client = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        gateways = [_Gateway(free_port(), upstream) for _ in range(2)]
        for gateway in gateways:
            stack.push_async_callback(gateway.end)
            await gateway.begin(client)
        proxy = stack.enter_context(_proxy(*gateways))
        await _until_ready(client, proxy)
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(_ask(client, proxy, rate, outcome))
            end = perf_counter() + seconds
            for gateway in cycle(gateways):
                outcome.exits.append(await gateway.end())
                await gateway.begin(client)
                if perf_counter() > end:
                    break
            asking.cancel()
    return outcome


class _Gateway:
    """A gateway at a port, which it has again when it is started anew."""

    def __init__(self, port: int, upstream: str) -> None:
        self.port = port
        self._process: Process | None = None
        self._variables = {
            "PORT": str(port),
            "UPSTREAM_URL": upstream,
            "DRAIN_DELAY": str(_DRAIN_DELAY),
            "LOG_LEVEL": "warning",
        }

    async def begin(self, client: aiohttp.ClientSession) -> None:
        """Start it, and wait until it is ready and HAProxy has had the time to see it."""
        variables = {f"GATEWAY_{name}": value for name, value in self._variables.items()}
        command = sys.executable, "-m", "gateway", "serve"
        self._process = await asyncio.create_subprocess_exec(*command, env=environment() | variables, stdout=DEVNULL)
        await _until_ready(client, f"http://127.0.0.1:{self.port}")
        await asyncio.sleep(_TO_BE_SEEN)

    async def end(self) -> int:
        """Tell it to end, and return how it did."""
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(_LONGEST):
            return await process.wait()


@contextmanager
def _proxy(one: _Gateway, other: _Gateway) -> Iterator[str]:
    port = free_port()
    with TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder, "haproxy.cfg")
        file.write_text(_PROXY.format(port=port, one=one.port, other=other.port))
        with subprocess.Popen(["haproxy", "-db", "-q", "-f", file]) as process:  # noqa: S603, S607  # wherever it is
            try:
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()


async def _until_ready(client: aiohttp.ClientSession, address: str) -> None:
    async with asyncio.timeout(_LONGEST):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with client.get(f"{address}/health/ready") as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.05)


async def _ask(client: aiohttp.ClientSession, proxy: str, rate: float, outcome: Outcome) -> None:
    """Begin an operation at each of its times, until cancelled; then all that has begun is waited for."""
    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        with contextlib.suppress(asyncio.CancelledError):
            for number in count():
                await asyncio.sleep(max(0, began + number / rate - perf_counter()))
                group.create_task(_ask_once(client, proxy, number, outcome))
        outcome.seconds = perf_counter() - began


async def _ask_once(client: aiohttp.ClientSession, proxy: str, number: int, outcome: Outcome) -> None:
    began = perf_counter()
    ids, body = _BODIES[number % len(_BODIES)]
    try:
        async with client.post(f"{proxy}/graphql", data=body, headers=_HEADERS) as response:
            failed = None if response.status == 200 else f"status {response.status}"
            if not failed and not _is_whole(ids, await response.read()):
                failed = "wrong answer"
    except (aiohttp.ClientError, TimeoutError) as error:
        failed = type(error).__name__
    outcome.operations += 1
    outcome.slowest = max(outcome.slowest, perf_counter() - began)
    if failed:
        outcome.failures[failed] += 1


def _is_whole(ids: Sequence[int], body: bytes) -> bool:
    answer = orjson.loads(body)
    customers = [] if "errors" in answer else answer["data"]["customers"]
    return [each["kpi"] and each["kpi"]["boosterCustomerId"] for each in customers] == ids


def main() -> int:
    heed_sigterm()
    if not shutil.which("haproxy"):
        print("haproxy is not on the path: Debian has it as a package", file=sys.stderr)
        return 1
    with running(["sandbox", "--port", "0", "--csharp-method", "Any"], {}) as upstream:
        outcome = asyncio.run(roll(upstream.address, SECONDS, RATE))
    print(outcome)
    return int(not outcome.is_well)


if __name__ == "__main__":
    sys.exit(main())
