"""The control room over HTTP."""

import re
import shlex
from datetime import UTC, datetime

import pytest

from gateway.sandbox import Switches
from tests.sandbox.asking import EXAMPLE, Upstream, upstream

SWITCHES = "/_sandbox/switches"
CALLS = "/_sandbox/calls"


async def patch(upstream: Upstream, body: str) -> tuple[int, str]:
    answer = await upstream.ask("PATCH", SWITCHES, token=None, body=body.encode())
    return answer.status_code, answer.text


async def test_it_says_what_there_is(upstream: Upstream) -> None:
    page = await upstream.get("/_sandbox/", token=None)
    assert page.headers["Content-Type"].startswith("text/plain")
    assert all(name in page.text for name in Switches().plain())


async def test_it_says_who_is_let_in_and_which_customers_are_odd(upstream: Upstream) -> None:
    page = (await upstream.get("/_sandbox/")).text
    assert "`demo` and `demo-anything`" in page
    assert all(way in page for way in ("Bearer", "X-Api-Key", "Basic"))
    for odd in (123456, 900001, 900002, 900003, 900004, 900005, 900006, 2147483647):
        assert re.search(rf"^{odd} +\w", page, re.MULTILINE)


async def test_it_says_what_the_switches_are_now_and_may_be(upstream: Upstream) -> None:
    upstream.set(auth="jwt", fail={7: 500, 9: 404}, forbidden={"demo": [3, 4]}, roleless="demo-a,demo-b")
    page = (await upstream.get("/_sandbox/")).text
    values = dict(re.findall(r"^(\w+) +(\S+) ", page.partition("Switches, ")[2], re.MULTILINE))
    assert (values["auth"], values["fail"], values["forbidden"]) == ("jwt", "7=500,9=404", "demo=3+4")
    assert (values["roleless"], values["revoked"], values["canary"]) == ("demo-a,demo-b", "none", "none")
    assert "attribute | declarative | jwt | none\n" in page
    assert "Assigning any begins anew" in page


async def test_the_line_it_shows_works_as_pasted(upstream: Upstream) -> None:
    page = (await upstream.get("http://here.test:81/_sandbox/")).text
    [line] = [each for each in page.splitlines() if each.startswith("curl ")]
    *_, method, url, _, body = shlex.split(line)
    assert url.startswith("http://here.test:81/")
    assert (await upstream.ask(method, url, body=body.encode())).status_code == 200
    assert [(await upstream.get()).status_code for _ in range(2)] == [503, 200]


async def test_it_needs_no_credential_and_is_not_logged(upstream: Upstream) -> None:
    assert (await upstream.get(CALLS, token=None)).json() == []
    assert len(upstream.sandbox.calls) == 0


async def test_calls_are_listed_newest_last(upstream: Upstream) -> None:
    await upstream.get("/customer/7/kpi?transactionDateTo=2022-01-01")
    await upstream.get("/nope")
    first, last = (await upstream.get(CALLS)).json()
    assert (first["number"], first["kind"], first["status"]) == (1, "single", 200)
    assert first["items"] == [{"customer": 7, "from": None, "to": "2022-01-01"}]
    assert (last["number"], last["path"]) == (2, "/nope")
    assert set(first) == {
        "number", "method", "path", "kind", "items", "status", "headers", "start", "duration",
    }  # fmt: skip
    assert first["headers"]["accept"] == "application/json"
    assert datetime.fromisoformat(first["start"]).tzinfo == UTC
    assert 0 <= first["duration"] < 60


@pytest.mark.parametrize(("since", "numbers"), [("0", [1, 2, 3]), ("2", [3]), ("9", [])])
async def test_calls_can_be_listed_since_a_number(upstream: Upstream, since: str, numbers: list[int]) -> None:
    for _ in range(3):
        await upstream.get()
    listed = (await upstream.get(f"{CALLS}?since={since}")).json()
    assert [each["number"] for each in listed] == numbers


@pytest.mark.parametrize("since", ["9" * 5000, "9" * 19, "-1", "", "%D9%A7"])
async def test_a_since_that_is_no_number_of_a_call_is_a_400(upstream: Upstream, since: str) -> None:
    assert (await upstream.get(f"{CALLS}?since={since}")).status_code == 400


async def test_a_since_that_is_no_number_is_refused(upstream: Upstream) -> None:
    answer = await upstream.get(f"{CALLS}?since=x")
    assert (answer.status_code, answer.json()) == (400, {"error": "since: 'x' is not the number of a call"})


@pytest.mark.parametrize(("url", "accept"), [(f"{CALLS}?format=text", "*/*"), (CALLS, "text/plain")])
async def test_calls_can_be_read_as_lines(upstream: Upstream, url: str, accept: str) -> None:
    await upstream.get()
    lines = (await upstream.get(url, Accept=accept)).text
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} #1 GET /customer/123456/kpi -> 200 in \d+ ms\n", lines)
    assert lines.startswith(f"{upstream.sandbox.calls[0].start:%H:%M:%S}.")


async def test_calls_can_be_forgotten(upstream: Upstream) -> None:
    await upstream.get()
    assert (await upstream.ask("DELETE", CALLS)).status_code == 204
    assert (await upstream.get(CALLS)).json() == []
    await upstream.get()
    assert [each["number"] for each in (await upstream.get(CALLS)).json()] == [2]


async def test_switches_can_be_read_changed_and_read_back(upstream: Upstream) -> None:
    before = (await upstream.get(SWITCHES)).json()
    status, _ = await patch(upstream, '{"fail": {"7": 500}, "latency-item": 0.01, "revoked": ["demo-a"]}')
    after = (await upstream.get(SWITCHES)).json()
    assert status == 200
    assert after == {**before, "fail": {"7": 500}, "latency_item": 0.01, "revoked": ["demo-a"]}


async def test_a_change_keeps_what_it_does_not_name(upstream: Upstream) -> None:
    await patch(upstream, '{"auth": "none"}')
    await patch(upstream, '{"not_found": "204"}')
    assert (await upstream.get("/customer/999999/kpi", token=None)).status_code == 204


async def test_a_change_works_at_once(upstream: Upstream) -> None:
    await patch(upstream, '{"fault": "503", "fault_calls": 1}')
    assert [(await upstream.get()).status_code for _ in range(2)] == [503, 200]


async def test_switches_go_back_to_how_it_was_started() -> None:
    started = upstream(Switches(not_found="204"))
    await patch(started, '{"not_found": "404", "auth": "none"}')
    answer = await started.ask("DELETE", SWITCHES)
    assert (answer.json()["not_found"], answer.json()["auth"]) == ("204", "attribute")
    assert started.sandbox.switches == Switches(not_found="204")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"fautl": "503"}', "there is no switch 'fautl'; did you mean fault?"),
        ('{"auth": "maybe"}', "switch auth: 'maybe' is not allowed; allowed: attribute | declarative | jwt | none"),
        ("[]", "the body is not a JSON object of switches and values"),
        ("", "the body is not a JSON object of switches and values"),
    ],
)
async def test_a_wrong_change_is_refused_whole(upstream: Upstream, body: str, message: str) -> None:
    status, text = await patch(upstream, body)
    assert status == 400
    assert message in text.replace('\\"', '"')
    assert upstream.sandbox.switches == Switches()


async def test_a_refused_change_changes_nothing_else(upstream: Upstream) -> None:
    await patch(upstream, '{"auth": "none", "fault": "nope"}')
    assert upstream.sandbox.switches.auth == "attribute"


async def test_a_fault_does_not_reach_the_control_room(upstream: Upstream) -> None:
    upstream.set(fault="503")
    assert (await upstream.get(SWITCHES)).status_code == 200
    assert (await upstream.ask("DELETE", SWITCHES)).json()["fault"] == "none"
    assert (await upstream.get()).text == EXAMPLE


@pytest.mark.parametrize(("method", "url", "status"), [("GET", "/_sandbox/nope", 404), ("PUT", CALLS, 405)])
async def test_there_is_nothing_else(upstream: Upstream, method: str, url: str, status: int) -> None:
    assert (await upstream.ask(method, url)).status_code == status


@pytest.mark.parametrize(
    ("url", "verbs"),
    [
        ("/_sandbox/", {"GET", "HEAD"}),
        (CALLS, {"GET", "HEAD", "DELETE"}),
        (SWITCHES, {"GET", "HEAD", "PATCH", "DELETE"}),
    ],
)
async def test_a_wrong_verb_is_told_all_the_right_ones(upstream: Upstream, url: str, verbs: set[str]) -> None:
    answer = await upstream.ask("PUT", url)
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, verbs)
    assert (await upstream.ask("HEAD", url)).status_code == 200
