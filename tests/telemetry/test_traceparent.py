"""W3C Trace Context: what is well-formed is continued upstream and named in the log, and nothing else is."""

import asyncio
import contextvars
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox import Sandbox, SandboxTransport
from gateway.telemetry import ids
from gateway.telemetry.traceparent import Trace, read
from tests.conftest import DEMO, Gateway, serving
from tests.log import logged

ID, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GIVEN = f"00-{ID}-{PARENT}-01"
HEX = "0123456789abcdef"


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(HEX, min_size=count, max_size=count)


@given(digits(32), digits(16), digits(2))
def test_of_a_well_formed_one_the_id_and_the_flags_that_are_settled_are_read(id_: str, parent: str, flags: str) -> None:
    is_valid = set(id_) != {"0"} and set(parent) != {"0"}
    assert read(f"00-{id_}-{parent}-{flags}") == (Trace(id_, int(flags, 16) & 3) if is_valid else None)


@given(digits(32).filter(lambda it: set(it) != {"0"}), st.integers(0, 3))
def test_a_call_is_of_the_same_trace_with_a_number_of_its_own(id_: str, flags: int) -> None:
    trace = Trace(id_, flags)
    calls = [trace.child() for _ in range(3)]
    assert [read(call) for call in calls] == [trace] * 3
    assert len(set(calls)) == 3


@given(
    st.text() | st.from_regex(r"[0-9a-fA-F]{2}-[0-9a-g]{31,33}-[0-9a-f]{15,17}-[0-9a-fA-F]{2}(-.*)?", fullmatch=True)
)
def test_whatever_is_read_could_be_sent_in_a_header(text: str) -> None:
    trace = read(text)
    assert trace is None or re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]", trace.child())


@pytest.mark.parametrize(
    "given",
    [
        "",
        GIVEN.upper(),
        GIVEN[:-1],
        f"{GIVEN}0",
        f"{GIVEN}-",
        f"{GIVEN}-what-the-future-will-be-like",
        f"{GIVEN}, {GIVEN}",
        f"ff{GIVEN[2:]}",
        f"cc{GIVEN[2:]}.more",
        f"0{GIVEN}",
        GIVEN.replace("-", "_"),
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{ID}-{'0' * 16}-01",
        f"00-{ID}-{PARENT}-0x",
        f"00-{ID}-{PARENT}",
    ],
)
def test_what_is_malformed_is_no_trace(given: str) -> None:
    assert read(given) is None


@pytest.mark.parametrize("given", [f" \t{GIVEN} ", f"cc{GIVEN[2:]}", f"cc{GIVEN[2:]}-what-the-future-will-be-like"])
def test_what_is_well_formed_is_read_of_a_version_to_come_too(given: str) -> None:
    assert read(given) == Trace(ID, 1)


async def test_the_calls_of_an_operation_continue_its_trace_each_with_a_number_of_its_own(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "503", "fault_calls": 1})
    await gateway.kpis([1, 2], headers=DEMO | {"traceparent": GIVEN, "tracestate": "who=alice"})
    sent = [call.headers["traceparent"] for call in sandbox.calls]
    assert [read(each) for each in sent] == [Trace(ID, 1)] * 2
    assert len({GIVEN, *sent}) == 3
    assert not [call for call in sandbox.calls if "tracestate" in call.headers]


@pytest.mark.parametrize("given", [{}, {"traceparent": f"{GIVEN}0"}, {"tracestate": "who=alice"}])
async def test_no_trace_is_begun_for_who_names_none(gateway: Gateway, sandbox: Sandbox, given: dict[str, str]) -> None:
    assert (await gateway.kpis([1], headers=DEMO | given)).errors == []
    assert not [call for call in sandbox.calls if {"traceparent", "tracestate"} & call.headers.keys()]


async def test_two_traces_are_none(gateway: Gateway, sandbox: Sandbox) -> None:
    headers = [*DEMO.items(), ("traceparent", GIVEN), ("traceparent", GIVEN)]
    body = {"query": "{ customer(id: 1) { kpi { totalItems } } }"}
    assert (await gateway.http.post("/graphql", json=body, headers=headers)).status_code == 200
    assert "traceparent" not in sandbox.calls[0].headers


async def test_a_call_that_operations_share_is_of_the_first_ones_trace(gateway: Gateway, sandbox: Sandbox) -> None:
    other = GIVEN.replace(ID, ID[::-1])
    asked = [gateway.kpis([number], headers=DEMO | {"traceparent": it}) for number, it in enumerate((GIVEN, other), 1)]
    await asyncio.gather(*asked)
    assert [read(call.headers["traceparent"]) for call in sandbox.calls] == [Trace(ID, 1)]


async def test_what_is_fetched_behind_an_answer_is_of_the_trace_that_wanted_it(sandbox: Sandbox) -> None:
    async with serving(SandboxTransport(sandbox), cache_url="memory://") as gateway:
        await gateway.kpis([1])
        await asyncio.sleep(25)  # of thirty seconds that the value lives
        await gateway.kpis([1], headers=DEMO | {"traceparent": GIVEN})
        await asyncio.sleep(1)
    assert [read(call.headers.get("traceparent", "")) for call in sandbox.calls] == [None, Trace(ID, 1)]


async def test_the_log_names_the_trace_beside_the_request(gateway: Gateway, sandbox: Sandbox) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": "500"})
    with logged() as lines:
        await gateway.kpis([1], headers=DEMO | {"X-Request-Id": "r-1", "traceparent": GIVEN})
        await gateway.kpis([1], headers=DEMO | {"X-Request-Id": "r-2"})
    of_calls = [line for line in lines if line["logger"] == "gateway.upstream.asking"]
    assert [(line["request_id"], line.get("trace_id")) for line in of_calls] == [("r-1", ID), ("r-2", None)]


def test_a_request_without_a_trace_is_not_of_the_one_before() -> None:
    def told() -> list[str]:
        begun = []
        for request, trace in (("a", Trace(ID, 1)), ("b", None)):
            ids.begin(request, trace)
            begun.append(" ".join(ids.ids().values()))
        return begun

    assert contextvars.copy_context().run(told) == [f"a {ID}", "b"]
