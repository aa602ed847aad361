"""The end of a gateway: it says so first, takes requests for a while, lets go of its clients, finishes what runs."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from tempfile import TemporaryDirectory, TemporaryFile

import httpx
import pytest

from gateway.serving.server import address, bind
from gateway.serving.shares import Shares
from tests.test_main import ENVIRONMENT, running

pytestmark = pytest.mark.real_time

QUERY = {"query": "{ customer(id: 1) { kpi { totalItems } } }"}
LONGEST = 30  # seconds, for anything


def asked(client: httpx.Client) -> httpx.Response:
    return client.post("/graphql", json=QUERY, headers={"Authorization": "Bearer demo"})


def until_not_ready(client: httpx.Client) -> httpx.Response:
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        response = client.get("/health/ready")
        if response.status_code == 503:
            return response
        time.sleep(0.05)
    raise AssertionError("it is ready still")


def test_told_to_stop_it_is_not_ready_and_answers_until_it_is_told_again() -> None:
    pids: list[int] = []
    with running("serve", "--sandbox", until="  -d ", pids=pids, port="0", drain_delay="300") as (url, _):
        with httpx.Client(base_url=url, timeout=LONGEST) as client:
            assert "connection" not in asked(client).headers
            os.kill(pids[0], signal.SIGTERM)
            told = until_not_ready(client)
            answer = asked(client)
        assert told.json() == {"status": "not ready", "reasons": ["the gateway is stopping: it finishes what runs"]}
        assert told.headers.get_list("connection") == ["close"]
        assert (answer.json()["data"]["customer"]["kpi"] is None, answer.headers["connection"]) == (False, "close")


class Work:
    """A gateway that is one of many, as who starts it sees it: asked where all listen, heard on a line."""

    def __init__(self, process: subprocess.Popen[bytes], listening: socket.socket, line: socket.socket) -> None:
        self.process = process
        self.listening = listening
        self.line = line
        self.client = httpx.Client(base_url=address(listening), timeout=LONGEST)


@contextmanager
def working(
    upstream: str = "http://127.0.0.1:1", longest: float = 15, more: dict[str, str] | None = None
) -> Iterator[Work]:
    line, its = socket.socketpair()
    line.settimeout(LONGEST)
    settings = {"GATEWAY_UPSTREAM_URL": upstream, "GATEWAY_DRAIN_DELAY": "0.5", "GATEWAY_REQUEST_TIMEOUT": f"{longest}"}
    with TemporaryDirectory() as metrics, bind("127.0.0.1", 0) as listening, line, its, TemporaryFile() as counts:
        settings["PROMETHEUS_MULTIPROC_DIR"] = metrics
        Shares.begin(counts)
        given = (listening.fileno(), its.fileno(), counts.fileno())
        command = [sys.executable, "-m", "gateway", "serve", "--worker", *map(str, (*given, 0))]
        with subprocess.Popen(command, env=ENVIRONMENT | settings | (more or {}), pass_fds=given) as process:
            its.close()
            work = Work(process, listening, line)
            try:
                assert line.recv(1) == b"."
                yield work
            finally:
                work.client.close()
                process.kill()


def test_a_worker_is_heard_from_and_ends_when_who_started_it_is_gone() -> None:
    with working() as work:
        assert work.client.get("/health/ready").status_code == 200
        assert work.line.recv(1) == b"."
        work.line.close()
        assert work.process.wait(LONGEST) == 0


def test_a_worker_that_is_replaced_takes_no_connection_and_lets_go_of_those_it_has() -> None:
    with working() as work:
        assert "connection" not in work.client.get("/health/ready").headers
        work.process.send_signal(signal.SIGHUP)
        time.sleep(0.2)  # a tick and more
        kept = work.client.get("/health/ready")
        assert (kept.status_code, kept.headers["connection"]) == (200, "close")
        assert work.process.wait(LONGEST) == 0
        with socket.create_connection(work.listening.getsockname(), timeout=LONGEST) as client:
            accepted, of = work.listening.accept()  # it was left for whoever listens still
            accepted.close()
            assert of == client.getsockname()


def test_a_worker_that_ends_is_heard_from_while_it_finishes_what_runs() -> None:
    with bind("127.0.0.1", 0) as silent, working(address(silent), longest=4) as work, ThreadPoolExecutor() as pool:
        answer = pool.submit(asked, work.client)
        asking, _ = silent.accept()  # and is never answered
        work.process.send_signal(signal.SIGHUP)
        time.sleep(1.5)  # the delay, and a moment: it takes no more
        work.line.recv(100)
        assert work.line.recv(1) == b"."
        assert not answer.done()
        assert answer.result(LONGEST).json()["errors"]
        asking.close()
        assert work.process.wait(LONGEST) == 0


def test_an_address_is_told_as_clients_name_it() -> None:
    with bind("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        assert address(listening) == f"http://127.0.0.1:{port}"
        with pytest.raises(OSError, match="in use"):
            bind("127.0.0.1", port)
