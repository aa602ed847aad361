"""The command `check`, as its users meet it: lines, and an exit status for a pipeline."""

import io
import os
import subprocess
import sys

import pytest

from gateway.__main__ import main
from tests.test_main import ENVIRONMENT, run, running

SECRET = "hunter2"


def check(upstream: str, *arguments: str, said: str = "", **settings: str) -> tuple[int, list[str]]:
    """Run the command with something on its standard input; nothing but findings is printed, and no secret."""
    command = [sys.executable, "-m", "gateway", "check", *arguments]
    environment = ENVIRONMENT | {"GATEWAY_UPSTREAM_URL": upstream}
    environment |= {f"GATEWAY_{name.upper()}": value for name, value in settings.items()}
    done = subprocess.run(command, capture_output=True, text=True, input=said, env=environment, timeout=20, check=False)
    assert (done.stderr, SECRET in done.stdout) == ("", False)
    return done.returncode, done.stdout.splitlines()


def test_a_healthy_upstream_is_well_and_exits_with_0() -> None:
    with running("sandbox", "--port", "0") as (upstream, _):
        status, lines = check(upstream, "--authorization", "-", said="Bearer demo-hunter2\n")
    assert (status, lines[-1]) == (0, "All is well.")
    assert [line[:7] for line in lines[:-1]] == ["ok     "] * 7
    assert "X-Http-Method-Override" in lines[5]


def test_what_is_wrong_exits_with_1() -> None:
    with running("sandbox", "--port", "0", "--fault", "retyped", "--canary", SECRET) as (upstream, _):
        status, lines = check(upstream, "--api-key", "demo", "--customer", "7")
    assert (status, lines[-1]) == (1, "1 thing is wrong.")
    assert "wrong  totalItems is text, where a whole number is declared" in lines


def test_notes_alone_exit_with_0() -> None:
    own = {"upstream_auth": "bearer", "upstream_token": "demo-hunter2", "allow_anonymous": "true"}
    with running("sandbox", "--port", "0", "--predefined-routes", "off") as (upstream, _):
        status, lines = check(upstream, "--customer", "5000", "7", "--customer", "7", "8", **own)
    assert (status, lines[-1]) == (0, "Nothing is wrong; mind the notes.")
    assert [line.split(" ")[0] for line in lines].count("note") == 2


def test_nobody_there_is_one_line_and_exits_with_1() -> None:
    status, lines = check("http://127.0.0.1:1", "--api-key", "demo-hunter2")
    assert (status, lines[1:]) == (1, ["1 thing is wrong."])
    assert lines[0].startswith("wrong  the service cannot be reached: the KPI service is not available (")


def test_many_things_can_be_wrong() -> None:
    with running("sandbox", "--port", "0", "--fail", "2=500", "--fault", "short", "--fault-on", "batch") as (
        upstream,
        _,
    ):
        status, lines = check(upstream, "--api-key", "demo")
    assert (status, lines[-1]) == (1, "2 things are wrong.")


OWN = {
    "upstream_url": "http://upstream.test",
    "upstream_auth": "api-key",
    "upstream_api_key": SECRET,
    "allow_anonymous": "true",
}
FORWARD = {"upstream_url": "http://upstream.test"}


@pytest.mark.parametrize(
    ("arguments", "settings", "line"),
    [
        ([], {}, "GATEWAY_UPSTREAM_URL is not set: "),
        ([], FORWARD, "GATEWAY_UPSTREAM_AUTH is 'forward': "),
        (["--api-key", SECRET], OWN, "GATEWAY_UPSTREAM_AUTH is 'api-key': --api-key would not be used"),
        (["--api-key", f"{SECRET}\n{SECRET}"], FORWARD, "--api-key: the value (not shown) is "),
        (["--authorization", "-"], FORWARD, "--authorization: the value (not shown) is empty"),
        (["--customer", *"123456"], FORWARD, "--customer: at most 5 "),
        ([], {"upstream_uri": "x"}, "GATEWAY_UPSTREAM_URI is not a setting"),
    ],
)
def test_what_cannot_be_used_is_told_and_exits_with_2(
    arguments: list[str],
    settings: dict[str, str],
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
        monkeypatch.delenv(name)
    for name, value in settings.items():
        monkeypatch.setenv(f"GATEWAY_{name.upper()}", value)
    assert main(["check", *arguments]) == 2
    printed = capsys.readouterr()
    assert (printed.out, SECRET in printed.err) == ("", False)
    assert printed.err.startswith(line)


def test_a_bad_id_is_told_and_exits_with_2() -> None:
    done = run("check", "--api-key", "demo", "--customer", "007", upstream_url="http://upstream.test")
    assert (done.returncode, done.stdout) == (2, "")
    assert '--customer: "007" is not a customer id: a whole number' in done.stderr
