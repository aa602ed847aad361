"""Whatever is sent to a gateway in a process of its own, its answer is as the specification has it, and it lives on.

`make fuzz-requests` sends a hundred thousand; `make test` has hundreds.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import event, given

from tests.abuse.conforming import CANARY, Answer, judge
from tests.abuse.drawing import Drawn, bodies, gets, posts, valid_posts
from tests.test_main import running

pytestmark = pytest.mark.real_time

MOST_GROWTH = 160_000_000  # bytes: the documents and the KPIs that are kept, which are bounded, and what is beside them
_EVERY = 1000  # requests, between two looks at the memory


class Server:
    """A gateway, and the connection to it; ``memory``: bytes that it held, each after so many requests."""

    def __init__(self, address: str, pid: int) -> None:
        self._parts = urlsplit(address)
        self._connection = HTTPConnection(self._parts.netloc, timeout=20)
        self._pid = pid
        self._sent = 0
        self.memory = [self._memory()]

    def ask(self, drawn: Drawn) -> Answer:
        self._sent += 1
        if self._sent % _EVERY == 0:
            self.memory.append(self._memory())
            sys.stderr.write(f"{self._sent} requests, {self.memory[-1] / 1e6:.1f} MB\n")
        try:
            return self._asked(drawn)
        except (HTTPException, ConnectionError):  # it was closed since, for the one before
            self._connection.close()
            return self._asked(drawn)

    def close(self) -> None:
        self._connection.close()

    def _asked(self, drawn: Drawn) -> Answer:
        self._connection.putrequest(drawn.method, drawn.target, skip_accept_encoding=True)
        for name, value in (*drawn.headers, ("Content-Length", str(len(drawn.body)))):
            self._connection.putheader(name, value.encode("latin-1"))
        self._connection.endheaders(drawn.body)
        response = self._connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())

    def _memory(self) -> int:
        told = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self._pid}/status").read_text())
        return 1024 * int(told[1]) if told else 0


@contextmanager
def served() -> Iterator[Server]:
    """Run a gateway and its sandbox; all that it logs as an error is one."""
    log: list[str] = []
    pids: list[int] = []
    sandbox = ("sandbox", "--port", "0", "--canary", CANARY, "--fail", "7=400,9=404", "--csharp-method", "Any")
    with (
        running(*sandbox, errors=[]) as (upstream, _),
        running("serve", errors=log, pids=pids, port="0", upstream_url=upstream, log_level="error") as (address, _),
    ):
        server = Server(address, pids[0])
        yield server
        server.close()
    assert log == []


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with served() as server:
        yield server
        assert server.memory[-1] - server.memory[0] < MOST_GROWTH


def check(server: Server, drawn: Drawn) -> Answer:
    answer = server.ask(drawn)
    event(f"{drawn.method} {answer.status}")
    judge(drawn.method, answer, drawn.words)
    return answer


@given(drawn=valid_posts())
def test_a_valid_operation_is_executed_unless_it_is_too_much(server: Server, drawn: Drawn) -> None:
    answer = check(server, drawn)
    assert answer.status in {200, 294} or b"REQUEST_LIMIT_EXCEEDED" in answer.body or b"BAD_USER_INPUT" in answer.body


@given(drawn=posts())
def test_an_operation_by_post_is_answered_as_it_should_be(server: Server, drawn: Drawn) -> None:
    check(server, drawn)


@given(drawn=bodies())
def test_a_body_of_any_kind_is_answered_as_it_should_be(server: Server, drawn: Drawn) -> None:
    check(server, drawn)


@given(drawn=gets())
def test_an_operation_in_an_address_is_answered_as_it_should_be(server: Server, drawn: Drawn) -> None:
    check(server, drawn)
