"""The command line, as its users meet it: a process, a socket, an exit status."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from threading import Thread
from typing import Any

import httpx
import pytest

from gateway.__main__ import main
from tests.test_schema import PRINTED

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
ENVIRONMENT["GATEWAY_DRAIN_DELAY"] = "0"


@contextmanager
def running(
    *arguments: str,
    until: str = "http://",
    stop: signal.Signals = signal.SIGTERM,
    errors: list[str] | None = None,
    pids: list[int] | None = None,
    **settings: str,
) -> Iterator[tuple[str, list[str]]]:
    """Run a command, wait for a line; yields its address, and what it printed: the rest of it when it has ended.

    ``errors`` is told what it logged, ``pids`` its process.
    """
    command = [sys.executable, "-m", "gateway", *arguments]
    environment = ENVIRONMENT | {f"GATEWAY_{name.upper()}": value for name, value in settings.items()}
    lines: list[str] = []
    with (
        TemporaryFile("w+") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment) as process,
    ):
        assert process.stdout
        if pids is not None:
            pids.append(process.pid)
        for line in process.stdout:
            lines.append(line)
            if until in line:
                break
        else:
            log.seek(0)
            pytest.fail(log.read())
        rest = Thread(target=lines.extend, args=[process.stdout])  # what nobody reads stops it in the end
        rest.start()
        try:
            yield re.findall(r"http://[\d.]+:\d+", "".join(lines))[0], lines
        finally:
            process.send_signal(stop)
            rest.join()
            process.wait(timeout=20)
            log.seek(0)
            said = [line for line in log if "gateway.operations" not in line]
    assert process.returncode == 0
    if errors is None:
        assert said == []
    else:
        errors += said


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway", *arguments]
    environment = ENVIRONMENT | {f"GATEWAY_{name.upper()}": value for name, value in settings.items()}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=20, check=False)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_sandbox_gateway_shows_a_curl_line_that_works_and_what_it_cost(stop: signal.Signals) -> None:
    delay = "300" if stop == signal.SIGINT else "0"  # nobody waits who stops it by hand
    with running("serve", "--sandbox", until="  -d ", stop=stop, port="0", drain_delay=delay) as (address, lines):
        page = httpx.get(f"{address}/graphql", headers={"Accept": "text/html"})
        schema = httpx.post(f"{address}/graphql", json={"query": "{ __schema { queryType { name } } }"})
        answer = _curl("".join(lines))
        calls = httpx.get(f"{address}/_sandbox/calls").json()
    assert (page.status_code, schema.status_code) == (200, 200)
    assert len(answer["data"]["customers"]) == 50
    assert "errors" not in answer
    sizes = [len(call["items"]) for call in calls]
    assert (sizes[0], sum(sizes)) == (25, 50)
    assert len(re.findall(r"^ *upstream #\d+ POST .* 25 items -> 200", "".join(lines), re.MULTILINE)) >= 1


def _curl(welcome: str) -> Any:
    """Do what the printed line does, its words read as a shell would."""
    words = shlex.split(welcome[welcome.index("curl ") :])
    headers = dict(words[at + 1].split(": ") for at, word in enumerate(words) if word == "-H")
    return httpx.post(words[2], headers=headers, content=words[words.index("-d") + 1]).json()


def test_the_gateway_asks_a_sandbox_elsewhere_over_real_sockets() -> None:
    query = {"query": '{ customers(ids: [123456, 2, "x"]) { id kpi { averageBasketAmount } } }'}
    headers = {"Authorization": "Bearer demo", "Accept": "application/graphql-response+json"}
    with (
        running("sandbox", "--port", "0", "--csharp-method", "Any") as (upstream, _),
        running("serve", upstream_url=upstream, port="0") as (address, _),
    ):
        response = httpx.post(f"{address}/graphql", json=query, headers=headers)
        calls = httpx.get(f"{upstream}/_sandbox/calls").json()
        assert httpx.get(f"{address}/").status_code == 404
    assert response.status_code == 294
    assert response.json()["data"]["customers"][0] == {"id": "123456", "kpi": {"averageBasketAmount": "2150.50"}}
    assert [len(call["items"]) for call in calls] == [2]


def test_calls_are_side_by_side_over_connections_of_their_own() -> None:
    query = {"query": "{ customers(ids: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) { kpi { totalItems } } }"}
    with (
        running("sandbox", "--port", "0", "--predefined-routes", "off", "--latency-call", "0.5") as (upstream, _),
        running("serve", errors=[], upstream_url=upstream, port="0") as (address, _),
    ):
        response = httpx.post(f"{address}/graphql", json=query, headers={"Authorization": "Bearer demo"}, timeout=20)
        calls = httpx.get(f"{upstream}/_sandbox/calls").json()
    assert "errors" not in response.json()
    starts = [datetime.fromisoformat(call["start"]) for call in calls if call["method"] == "GET"]
    ends = [start + timedelta(seconds=0.5) for start in starts]
    assert (len(starts), max(starts) < min(ends)) == (12, True)


def test_a_failing_call_is_in_the_log_under_its_requests_id() -> None:
    query = {"query": "{ customer(id: 1) { kpi { totalItems } } }"}
    errors: list[str] = []
    with running("serve", errors=errors, upstream_url="http://127.0.0.1:1", port="0") as (address, _):
        headers = {"Authorization": "Bearer hunter2", "X-Request-Id": "my-request"}
        response = httpx.post(f"{address}/graphql", json=query, headers=headers)
    assert response.json()["errors"][0]["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"
    assert "server" not in response.headers
    told = [(line["level"], line["request_id"], line["logger"]) for line in map(json.loads, errors)]
    assert told == [("warning", "my-request", "gateway.upstream.asking")] * 3
    assert "hunter2" not in "".join(errors)


def test_a_client_that_does_not_read_does_not_keep_the_process() -> None:
    query = "{" + "".join(f"a{number}: _service {{ sdl }} " for number in range(900)) + "}"
    body = json.dumps({"query": query}).encode()
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with (
        running("serve", errors=[], upstream_url="http://127.0.0.1:1", port="0", request_timeout="1") as (address, _),
        socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as client,
    ):
        client.sendall(head.encode() + body)
        assert client.recv(1)


def test_serve_without_an_upstream_says_so_and_stops() -> None:
    done = run("serve")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("GATEWAY_UPSTREAM_URL is not set")
    assert "--sandbox" in done.stderr


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"port": "http"}, "GATEWAY_PORT is 'http': "),
        ({"prot": "1"}, "GATEWAY_PROT is not a setting; the nearest is GATEWAY_PORT"),
    ],
)
def test_a_bad_setting_is_one_line_and_no_traceback(settings: dict[str, str], line: str) -> None:
    done = run("serve", **settings)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(line)


def test_a_bad_switch_is_named() -> None:
    done = run("sandbox", "--fault", "earthquake")
    assert done.returncode == 2
    assert "earthquake" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_that_is_taken_is_told(workers: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("serve", upstream_url="http://upstream.test", port=port, workers=workers)
    assert done.returncode == 3
    assert "address already in use" in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_many_workers_answer_on_one_port_and_one_that_dies_is_replaced() -> None:
    pids: list[int] = []
    errors: list[str] = []
    many = running("serve", pids=pids, errors=errors, upstream_url="http://127.0.0.1:1", port="0", workers="2")
    with many as (address, lines):
        first = children(pids[0])
        os.kill(first[0], signal.SIGKILL)
        assert httpx.get(f"{address}/health/ready", timeout=20).json() == {"status": "ready", "reasons": []}
    assert (len(first), len(lines)) == (2, 1)
    (told,) = map(json.loads, errors)
    assert told["event"] == f"worker {first[0]} ended (SIGKILL): another takes its place"


def children(pid: int) -> list[int]:
    return [
        int(child) for listed in Path(f"/proc/{pid}/task").glob("*/children") for child in listed.read_text().split()
    ]


def test_the_sandbox_gateway_is_one_process() -> None:
    done = run("serve", "--sandbox", workers="2")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("GATEWAY_WORKERS is 2: --sandbox ")


def test_help_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    printed = capsys.readouterr().out
    assert all(command in printed for command in ("serve", "sandbox", "schema", "run the gateway"))


def test_schema_prints_what_is_published(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == PRINTED.read_text()


def test_a_schema_that_is_unchanged_passes_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--check", str(PRINTED)]) == 0
    assert capsys.readouterr().out == ""


def test_a_changed_schema_fails_with_its_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "schema.graphql"
    other.write_text(PRINTED.read_text().replace("totalItems: Int!", "totalItems: Int"))
    assert main(["schema", "--check", str(other)]) == 1
    assert "-  totalItems: Int\n+  totalItems: Int!\n" in capsys.readouterr().out


def test_a_schema_that_was_never_printed_fails(tmp_path: Path) -> None:
    assert main(["schema", "--check", str(tmp_path / "none")]) == 1


def test_what_a_program_prints_while_nobody_reads_does_not_stop_it() -> None:
    url, headers = "/customer/1/kpi", {"Authorization": "Bearer demo", "Accept": "application/json"}
    with running("sandbox", "--port", "0") as (address, lines), httpx.Client(base_url=address) as client:
        for _ in range(1500):  # more than a pipe takes
            client.get(url, headers=headers).raise_for_status()
    assert len("".join(lines)) > 65_536
