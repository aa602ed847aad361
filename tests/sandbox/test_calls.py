"""The call log."""

from datetime import UTC, date, datetime

import pytest

from gateway.sandbox import Call, create_sandbox
from gateway.sandbox.calls import KEPT, CallLog
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
    ],
)
async def test_a_credential_is_kept_as_a_digest_only(upstream: Upstream, credential: dict[str, str]) -> None:
    await upstream.get(token=None, **credential)
    [name] = [each.lower().replace("_", "-") for each in credential]
    headers = upstream.sandbox.calls[0].headers
    assert "sha256:" in headers[name]
    assert "hunter2" not in str(headers)
    assert next(iter(credential.values())).split()[-1] not in str(headers)


async def test_digests_tell_callers_apart(upstream: Upstream) -> None:
    for token in ("demo-anna", "demo-bert", "demo-anna"):
        await upstream.get(token=token)
    anna, bert, again = (each.headers["authorization"] for each in upstream.sandbox.calls)
    assert anna == again != bert
    assert anna.startswith("Bearer sha256:")


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
