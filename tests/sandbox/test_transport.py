"""The sandbox in the same process, as trying as a remote one."""

import asyncio

import httpx
import pytest

from tests.sandbox.asking import EXAMPLE, Upstream


async def test_a_slow_answer_is_a_read_timeout(upstream: Upstream) -> None:
    upstream.set(fault="hang")
    upstream.client.timeout = httpx.Timeout(5, read=0.01)
    with pytest.raises(httpx.ReadTimeout) as late:
        await upstream.get()
    assert late.value.request.url.path == "/customer/123456/kpi"


async def test_a_call_that_was_given_up_is_in_the_log_without_status(upstream: Upstream) -> None:
    upstream.set(fault="hang")
    upstream.client.timeout = httpx.Timeout(0.01)
    with pytest.raises(httpx.ReadTimeout):
        await upstream.get()
    [call] = upstream.sandbox.calls
    assert (call.status, call.items) == (None, [(123456, None, None)])
    assert "-> no answer, after " in str(call)


async def test_without_timeout_it_waits(upstream: Upstream) -> None:
    upstream.set(latency_call=0.01)
    upstream.client.timeout = httpx.Timeout(None)
    assert (await upstream.get()).text == EXAMPLE


@pytest.mark.parametrize(("fault", "error"), [("reset", httpx.ReadError), ("refuse", httpx.ConnectError)])
async def test_a_connection_can_break(upstream: Upstream, fault: str, error: type[httpx.TransportError]) -> None:
    upstream.set(fault=fault, fault_calls=1)
    with pytest.raises(error) as broken:
        await upstream.get()
    assert broken.value.request.url.host == "upstream.test"
    assert upstream.sandbox.calls[-1].status is None
    assert (await upstream.get()).status_code == 200


async def test_cancelling_a_call_cancels_the_sandbox(upstream: Upstream) -> None:
    upstream.set(fault="hang")
    call = asyncio.create_task(upstream.get())
    await asyncio.sleep(0.005)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert upstream.sandbox.calls[-1].duration is not None


async def test_calls_run_side_by_side(upstream: Upstream) -> None:
    upstream.set(latency_call=0.01)
    answers = await asyncio.gather(*(upstream.get() for _ in range(100)))
    assert {each.text for each in answers} == {EXAMPLE}
    latest, earliest = upstream.sandbox.calls[-1].start, upstream.sandbox.calls[0].start
    assert (latest - earliest).total_seconds() < 0.5
