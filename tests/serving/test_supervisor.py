"""Processes that answer on one port: kept, renewed and ended together, by one that notices when they are not well."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Thread

import hypothesis
import pytest
from hypothesis import strategies as st

from gateway.serving.supervisor import pause

pytestmark = pytest.mark.real_time

_LONGEST = 30  # seconds, for anything


class Supervised:
    """A supervisor of two workers: what it and they print, and what it logs, line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: Queue[str] = Queue()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def until(self, *beginnings: str) -> list[str]:
        """Wait for lines that begin so, in any order; returns the last word of each: a worker's process."""
        missing, found = list(beginnings), []
        while missing:
            line = self._lines.get(timeout=_LONGEST)
            if beginning := next((each for each in missing if line.startswith(each)), None):
                missing.remove(beginning)
                found.append(line.split()[-1])
        return found

    def workers(self, many: int) -> list[int]:
        return [int(pid) for pid in self.until(*["worker"] * many)]

    def tell(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ended(self) -> tuple[int, list[str]]:
        """Return its status, and what it said at last."""
        status = self._process.wait(_LONGEST)
        self._reader.join(_LONGEST)
        return status, list(self._lines.queue)

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._lines.put(line.rstrip())


@contextmanager
def supervised(kind: str, pause: float = 0.05) -> Iterator[Supervised]:
    command = [sys.executable, "-m", "tests.supervised", kind, str(pause)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        supervisor = Supervised(process)
        try:
            yield supervisor
        finally:
            process.kill()
            supervisor.ended()


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_all_are_told_as_it_is_told_and_it_ends_in_order(number: signal.Signals) -> None:
    with supervised("well") as supervisor:
        supervisor.until("worker", "worker", "ready")
        supervisor.tell(number)
        status, said = supervisor.ended()
    assert status == 0
    assert [line.split()[0] for line in said] == [number.name] * 2


def test_who_is_not_ready_is_told_to_end_in_a_way_that_it_heeds_already() -> None:
    with supervised("late") as supervisor:
        supervisor.workers(2)
        supervisor.tell(signal.SIGINT)
        status, said = supervisor.ended()
    assert (status, [line.split()[0] for line in said]) == (0, ["SIGTERM"] * 2)


def test_one_that_dies_is_replaced() -> None:
    with supervised("well") as supervisor:
        first, _, _ = supervisor.until("worker", "worker", "ready")
        os.kill(int(first), signal.SIGKILL)
        supervisor.until(f"worker {first} ended (SIGKILL): another takes its place")
        (other,) = supervisor.workers(1)
        assert os.getsid(other) == other  # what a terminal sends to all is not sent to it
        supervisor.tell(signal.SIGTERM)
        assert supervisor.ended()[0] == 0


def test_each_is_renewed_before_it_goes() -> None:
    with supervised("well") as supervisor:
        old = set(supervisor.until("worker", "worker", "ready")) - {"ready"}
        for _ in range(3):
            supervisor.tell(signal.SIGHUP)
            told = [supervisor.until("worker", "SIGHUP") for _ in range(2)]
            assert {gone for _, gone in told} == old
            old = {new for new, _ in told}
        supervisor.tell(signal.SIGTERM)
        assert supervisor.ended()[0] == 0


def test_one_that_dies_while_who_had_its_place_is_about_to_end_is_replaced() -> None:
    with supervised("slow") as supervisor:
        supervisor.until("worker", "worker", "ready")
        supervisor.tell(signal.SIGHUP)
        other, _ = supervisor.until("worker", "replaced")
        supervisor.until("worker", "replaced")
        os.kill(int(other), signal.SIGKILL)
        supervisor.until(f"worker {other} ended (SIGKILL): another takes its place")
        supervisor.workers(1)
        supervisor.tell(signal.SIGTERM)
        assert supervisor.ended()[0] == 0


def test_one_that_dies_as_all_are_renewed_is_replaced_once() -> None:
    with supervised("well", pause=3) as supervisor:
        first, second, _ = supervisor.until("worker", "worker", "ready")
        os.kill(int(first), signal.SIGKILL)
        supervisor.until(f"worker {first} ended")
        supervisor.tell(signal.SIGHUP)
        supervisor.until("worker", "worker", f"SIGHUP {second}")
        time.sleep(3)  # until somebody would take the first one's place, if it were free
        supervisor.tell(signal.SIGTERM)
        status, said = supervisor.ended()
    assert (status, [line.split()[0] for line in said]) == (0, ["SIGTERM"] * 2)


def test_who_stands_still_is_killed_and_replaced() -> None:
    with supervised("stuck") as supervisor:
        supervisor.until("ready")
        supervisor.until("worker", "worker", "worker")
        supervisor.tell(signal.SIGTERM)
        supervisor.ended()


def test_while_one_answers_the_other_is_tried_again_and_again() -> None:
    with supervised("first") as supervisor:
        first, second, _ = supervisor.until("worker", "worker", "ready")
        supervisor.tell(signal.SIGHUP)
        supervisor.until("a worker was not ready when it ended (status 2): the others stay")
        os.kill(int(first), signal.SIGKILL)
        supervisor.until(*["a worker was not ready when it ended (status 2): it is tried again"] * 2)
        assert lives(int(second))
        os.kill(int(second), signal.SIGKILL)
        assert supervisor.ended()[0] == 2


@pytest.mark.parametrize(
    ("kind", "tries", "exits", "named"),
    [
        ("7", 3, 7, "status 7"),
        ("2", 1, 2, "status 2"),
        ("mute", 3, 1, "SIGKILL"),
        ("none", 3, 1, "status 1"),
    ],
)
def test_one_that_is_never_ready_ends_all_with_its_status(kind: str, tries: int, exits: int, named: str) -> None:
    with supervised(kind) as supervisor:
        status, said = supervisor.ended()
    failed = f"a worker was not ready when it ended ({named})"
    assert status == exits
    assert said.count(f"{failed}: it is tried again") >= tries - 1
    assert f"{failed}, and there is no other: the gateway ends" in said
    assert not any("Traceback" in line for line in said)


def test_who_does_not_end_is_told_twice_and_killed_at_last() -> None:
    with supervised("stubborn") as supervisor:
        workers = [int(pid) for pid in supervisor.until("worker", "worker", "ready") if pid.isdecimal()]
        supervisor.tell(signal.SIGTERM)
        supervisor.until("told", "told")
        supervisor.tell(signal.SIGTERM)
        supervisor.until("told", "told", "workers did not end in 1.5 seconds, and were killed")
        assert supervisor.ended()[0] == 1
    assert not any(map(lives, workers))


@hypothesis.given(st.integers(0, 10_000))
def test_the_more_die_early_the_longer_is_the_pause_within_a_bound(failures: int) -> None:
    longer = pause(0.5, failures + 1)
    assert 0 <= pause(0.5, failures) <= longer <= 30
    assert longer > 0
