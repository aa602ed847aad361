"""`make supergraph`, as its users meet it: a process, what it prints, its end."""

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
from itertools import takewhile
from typing import Any

import httpx
import pytest

from tests.federation.programs import NotStarted, started

pytestmark = pytest.mark.real_time

LAST = "Ctrl+C ends all of it.\n"


def test_it_shows_a_query_that_works_and_leaves_nothing_behind() -> None:
    command = [sys.executable, "-m", "tests.federation", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout
        printed = "".join(takewhile(LAST.__ne__, process.stdout))
        shown = printed[printed.index("\n{\n") :]
        answer = _curl(printed[printed.index("curl ") :].removesuffix(shown))
        process.send_signal(signal.SIGINT)
        printed += process.stdout.read()
    assert process.returncode == 0
    assert answer == json.loads(shown)
    assert [vip["kpi"] is None for vip in answer["data"]["vips"]] == [False] * 3
    assert len(re.findall(r"upstream #\d+ POST .* 3 items -> 200", printed)) == 1
    ports = {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", printed)}
    assert (len(ports), [port for port in ports if _listens(port)]) == (3, [])


def _curl(line: str) -> Any:
    """Do what the printed line does, its words read as a shell would."""
    words = shlex.split(line)
    headers = dict(words[at + 1].split(": ") for at, word in enumerate(words) if word == "-H")
    return httpx.post(words[2], headers=headers, content=words[words.index("-d") + 1], timeout=20).json()


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_a_program_that_does_not_start_is_told_with_what_it_said() -> None:
    with pytest.raises(NotStarted, match="not today"), started(sys.executable, "-c", "print('not today')"):
        pass
