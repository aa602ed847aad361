"""The call log."""

import re
from datetime import UTC, date, datetime

import pytest

from gateway.sandbox import Call, create_sandbox
from gateway.sandbox.calls import KEPT, KEPT_ITEMS, CallLog
from gateway.sandbox.kpi import KpiRequest
from tests.sandbox.asking import BATCH, OVERRIDE, Upstream, basic


def call(**known: object) -> Call:
    made = Call(12, "POST", BATCH, {})
    for name, value in known.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("known", "line"),
    [
        (
            {"kind": "batch", "items": [KpiRequest()] * 50, "status": 200, "duration": 0.0031},
            f"#12 POST {BATCH} 50 items -> 200 in 3 ms",
        ),
        ({"kind": "batch", "items": [KpiRequest()], "status": 200, "duration": 0}, f"{BATCH} 1 item -> 200 in 0 ms"),
        ({"kind": "single", "items": [KpiRequest()], "status": 404, "duration": 1.5}, "-> 404 in 1500 ms"),
        ({"duration": 0.25}, "-> no answer, after 250 ms"),
        ({}, "-> under way"),
    ],
)
def test_a_call_reads_as_one_line(known: dict[str, object], line: str) -> None:
    assert str(call(**known)).endswith(line)
    assert str(call(**known)).startswith(f"#12 POST {BATCH} ")


async def told(upstream: Upstream) -> str:
    """Return all that the sandbox tells of its first call: in Python, in JSON and as a line."""
    [made] = upstream.sandbox.calls
    listed = await upstream.get("/_sandbox/calls")
    lines = await upstream.get("/_sandbox/calls?format=text")
    assert listed.json()[0]["number"] == made.number
    return f"{made} {made!r} {listed.text} {lines.text}"


async def test_a_call_says_what_was_asked(upstream: Upstream) -> None:
    before = datetime.now(UTC)
    await upstream.get("/customer/7/kpi?transactionDateFrom=2022-01-01&transactionDateTo=20221231")
    [found] = upstream.sandbox.calls
    assert (found.number, found.method, found.kind, found.status) == (1, "GET", "single", 200)
    assert found.path == "/customer/7/kpi?transactionDateFrom=2022-01-01&transactionDateTo=20221231"
    assert found.items == [(7, date(2022, 1, 1), date(2022, 12, 31))]
    assert before <= found.start <= datetime.now(UTC)
    assert found.duration is not None


async def test_a_batch_lists_its_items(upstream: Upstream) -> None:
    await upstream.batch([7, 8], url="/json/reply/GetCustomerKpi%5B%5D", **OVERRIDE)
    [found] = upstream.sandbox.calls
    assert (found.kind, [item.customer for item in found.items]) == ("batch", [7, 8])
    assert found.path == "/json/reply/GetCustomerKpi%5B%5D"


@pytest.mark.parametrize("url", ["/nope", "/json/reply/Nope", "/customer/x/kpi"])
async def test_what_asks_for_no_customer_has_no_items(upstream: Upstream, url: str) -> None:
    await upstream.get(url)
    assert upstream.sandbox.calls[0].items == []


@pytest.mark.parametrize(
    "credential",
    [
        {"Authorization": "Bearer demo-hunter2"},
        {"Authorization": basic("demo-hunter2")},
        {"Authorization": "demo-hunter2"},
        {"X_Api_Key": "demo-hunter2"},
        {"Authorization": "demo-hunter2 demo"},
        {"Authorization": "Bearer a demo-hunter2"},
        {"Cookie": "ss-tok=demo-hunter2"},
        {"Cookie": "ss-tok=demo-hunter2; ss-id=1"},
        {"Proxy_Authorization": "Bearer demo-hunter2"},
        {"Set_Cookie": "ss-id=demo-hunter2"},
        {"X_ss_id": "demo-hunter2"},
        {"X_ss_pid": "demo-hunter2"},
        {"AuthSecret": "demo-hunter2"},
        {"ApiKey": "demo-hunter2"},
        {"ss_tok": "demo-hunter2"},
    ],
)
async def test_a_credential_is_kept_as_a_digest_only(upstream: Upstream, credential: dict[str, str]) -> None:
    await upstream.get(token=None, **credential)
    [name] = [each.lower().replace("_", "-") for each in credential]
    assert "sha256:" in upstream.sandbox.calls[0].headers[name]
    everything = await told(upstream)
    assert "hunter2" not in everything
    assert next(iter(credential.values())).split()[-1] not in str(upstream.sandbox.calls[0].headers)


async def test_digests_tell_callers_apart(upstream: Upstream) -> None:
    for token in ("demo-anna", "demo-bert", "demo-anna"):
        await upstream.get(token=token)
    anna, bert, again = (each.headers["authorization"] for each in upstream.sandbox.calls)
    assert anna == again != bert
    assert re.fullmatch(r"Bearer sha256:[0-9a-f]{12}", anna)


@pytest.mark.parametrize(
    "query",
    [
        "apikey=hunter2",
        "ApiKey=hunter2",
        "%61pikey=hunter2",
        "ss-tok=hunter2&a=b",
        "a=b&authsecret=hunter2",
        "refreshToken=hunter2",
        "userName=anna&password=hunter2",
        "apikey=&apikey=hunter2=hunter2",
    ],
)
async def test_a_credential_in_the_query_is_nowhere_to_be_read(upstream: Upstream, query: str) -> None:
    upstream.set(cache_response="on")
    await upstream.get(f"/customer/7/kpi?{query}")
    assert "sha256:" in upstream.sandbox.calls[0].path
    assert "hunter2" not in await told(upstream)


async def test_the_rest_of_a_url_is_kept_as_it_came(upstream: Upstream) -> None:
    await upstream.get("/customer/7/kpi?A=b%20c&&d&password=&apikey")
    assert upstream.sandbox.calls[0].path == "/customer/7/kpi?A=b%20c&&d&password=&apikey"


def test_repeated_headers_are_joined() -> None:
    log = CallLog()
    with log.taking("GET", "/", [("accept", "a"), ("accept", "b")]) as made:
        assert made.headers == {"accept": "a, b"}


async def test_each_call_is_told_when_it_is_complete() -> None:
    told: list[str] = []
    sandbox = create_sandbox(on_call=lambda each: told.append(str(each)))
    with sandbox.calls.taking("GET", "/", []) as made:
        made.status = 200
        assert not told
    assert told == ["#1 GET / -> 200 in 0 ms"]


def test_the_log_is_bounded_and_numbers_go_on() -> None:
    log = CallLog()
    for _ in range(KEPT + 5):
        with log.taking("GET", "/", []):
            pass
    assert KEPT == 10_000
    assert (len(log), log[0].number, log[-1].number) == (KEPT, 6, KEPT + 5)
    log.clear()
    with log.taking("GET", "/", []):
        assert [each.number for each in log] == [KEPT + 6]


def test_the_log_can_be_sliced_and_asked_for_what_is_new() -> None:
    log = CallLog()
    for _ in range(5):
        with log.taking("GET", "/", []):
            pass
    assert [each.number for each in log[1:3]] == [2, 3]
    assert [each.number for each in log.since(3)] == [4, 5]


def noted(log: CallLog, items: int) -> None:
    with log.taking("POST", BATCH, []) as made:
        made.items = [KpiRequest()] * items


def test_the_oldest_calls_make_room_for_many_items() -> None:
    log = CallLog()
    for items in (60_000, 1, 40_000, 60_000):
        noted(log, items)
    assert KEPT_ITEMS == 100_000
    assert [len(each.items) for each in log] == [40_000, 60_000]
    noted(log, 1)
    assert [len(each.items) for each in log] == [60_000, 1]


def test_forgotten_calls_take_no_room() -> None:
    log = CallLog()
    noted(log, 60_000)
    log.clear()
    noted(log, 60_000)
    assert len(log) == 1


def test_a_call_forgotten_under_way_takes_no_room_when_it_is_complete() -> None:
    log = CallLog()
    with log.taking("POST", BATCH, []) as slow:
        log.clear()
        noted(log, 1)
        slow.items = [KpiRequest()] * 60_000
    noted(log, 60_000)
    assert [each.number for each in log] == [2, 3]


def test_a_call_under_way_can_be_dropped() -> None:
    log = CallLog()
    with log.taking("POST", BATCH, []) as slow:
        for _ in range(2):
            noted(log, 60_000)
        slow.items = [KpiRequest()] * 50_000
    assert [each.number for each in log] == [3]
