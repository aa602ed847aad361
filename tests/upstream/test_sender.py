"""One call: what it carries, by when it ends, what it tells the breaker, and when it is replayed."""

import asyncio
from contextlib import suppress

import httpx
import pytest

from gateway.errors import CircuitOpen, UpstreamContract, UpstreamTimeout, UpstreamUnavailable
from gateway.upstream.breaker import IN_A_ROW, RECOVERY, Breaker
from gateway.upstream.credentials import Credential, Unchanging
from gateway.upstream.exchange import Headers
from gateway.upstream.over_httpx import HttpxExchange
from gateway.upstream.sender import Ask, Sender
from gateway.upstream.wire import Call

GET = Call("GET", "customer/1/kpi", "application/json")


def ask(seconds: float = 5) -> Ask:
    deadline = asyncio.get_running_loop().time() + seconds
    return Ask(Credential((("Authorization", "Bearer demo"),)), "id-7", deadline)


class Upstream:
    """Answers with what is set, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception | float) -> None:
        self.seen: list[httpx.Request] = []
        self._answers = list(answers)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            return httpx.Response(200)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def sender(
    upstream: Upstream,
    *,
    credentials: Unchanging | None = None,
    timeout: float = 5,  # a setting
    breaker: Breaker | None = None,
) -> Sender:
    return Sender(
        HttpxExchange(httpx.MockTransport(upstream)),
        "http://upstream.test/v1/",
        credentials=credentials or Unchanging(),
        breaker=breaker or Breaker(),
        timeout=timeout,
    )


async def test_nothing_leaves_but_what_is_listed() -> None:
    upstream = Upstream(httpx.Response(200))
    call = Call(
        "POST", "json/reply/X[]", "application/json", {"_": "1"}, (("Content-Type", "application/json"),), b"[]"
    )
    answer, seconds = await sender(upstream).send(ask(), call)
    assert (answer.status, 0 <= seconds < 5) == (200, True)
    assert upstream.seen[0].url == "http://upstream.test/v1/json/reply/X[]?_=1"
    assert upstream.seen[0].headers.raw == [
        (b"Host", b"upstream.test"),
        (b"Accept", b"application/json"),
        (b"Accept-Encoding", b"gzip"),
        (b"X-Request-Id", b"id-7"),
        (b"Authorization", b"Bearer demo"),
        (b"Content-Type", b"application/json"),
        (b"Content-Length", b"2"),
    ]


async def test_the_gateways_own_credential_leaves_in_place_of_the_callers() -> None:
    upstream = Upstream(httpx.Response(200))
    await sender(upstream, credentials=Unchanging(("X-Api-Key", "k"))).send(ask(), GET)
    assert upstream.seen[0].headers["x-api-key"] == "k"
    assert "authorization" not in upstream.seen[0].headers


async def test_an_attempt_ends_by_its_own_time() -> None:
    async with asyncio.timeout(3):
        with pytest.raises(UpstreamTimeout):
            await sender(Upstream(30.0), timeout=0.05).send(ask(), GET)


ZEROS = {"boosterCustomerId": 0, "totalTransaction": 0, "totalSales": 0, "totalReturn": 0, "totalItems": 0} | {
    "averageBasketAmount": 0,
    "totalSpendingAmount": 0,
}
JSON = {"Content-Type": "application/json; charset=utf-8"}


@pytest.mark.parametrize(
    ("answer", "is_open"),
    [
        (httpx.Response(200), False),
        (httpx.Response(401), False),
        (httpx.Response(404), False),
        (httpx.Response(408), True),
        (httpx.Response(429), True),
        (httpx.Response(500), True),
        (httpx.Response(500, json={"responseStatus": {"errorCode": "Exception"}}), True),
        (httpx.Response(500, json=ZEROS), False),
        (httpx.Response(500, headers=JSON | {"X-AutoBatch-Completed": "3"}), False),
        (httpx.Response(502), True),
        (httpx.Response(503), True),
        (httpx.Response(504, json=ZEROS), True),
        (httpx.ConnectError("refused"), True),
        (httpx.ReadError("reset"), True),
    ],
)
async def test_what_breaks_the_service_opens_the_circuit_and_what_is_one_customers_own_does_not(
    answer: httpx.Response | Exception, is_open: bool
) -> None:
    breaker = Breaker()
    for _ in range(IN_A_ROW):
        with suppress(UpstreamUnavailable):
            await sender(Upstream(answer), breaker=breaker).send(ask(), GET)
    assert breaker.is_open is is_open


async def cancelled(asked: Sender, after: float) -> None:
    call = asyncio.create_task(asked.send(ask(), GET))
    await asyncio.sleep(after)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)


async def test_time_outs_open_the_circuit() -> None:
    breaker = Breaker()
    for _ in range(IN_A_ROW):
        with pytest.raises(UpstreamTimeout):
            await sender(Upstream(30.0), breaker=breaker, timeout=1).send(ask(), GET)
    assert breaker.is_open


@pytest.mark.parametrize(("after", "is_open"), [(0.1, False), (0.8, False), (0.95, True)])
async def test_a_cancelled_call_says_nothing_of_the_upstream_unless_its_time_was_nearly_up(
    after: float, is_open: bool
) -> None:
    breaker = Breaker()
    for _ in range(IN_A_ROW):
        await cancelled(sender(Upstream(30.0), breaker=breaker, timeout=1), after)
    assert breaker.is_open is is_open


async def test_a_cancelled_probe_makes_room_for_another() -> None:
    breaker = Breaker()
    with suppress(UpstreamUnavailable):
        for _ in range(IN_A_ROW):
            await sender(Upstream(httpx.Response(503)), breaker=breaker).send(ask(), GET)
    await asyncio.sleep(RECOVERY)
    await cancelled(sender(Upstream(30.0), breaker=breaker), after=0.1)
    assert (await sender(Upstream(httpx.Response(200)), breaker=breaker).send(ask(), GET))[0].status == 200
    assert not breaker.is_open


async def test_a_probe_with_an_answer_that_cannot_be_read_is_an_answer() -> None:
    breaker = Breaker()
    for _ in range(IN_A_ROW):
        await sender(Upstream(httpx.Response(503)), breaker=breaker).send(ask(), GET)
    await asyncio.sleep(RECOVERY)
    with pytest.raises(UpstreamContract):
        await sender(Upstream(httpx.Response(200, headers={"Content-Encoding": "br"})), breaker=breaker).send(
            ask(), GET
        )
    assert not breaker.is_open


async def test_an_open_circuit_is_logged_once_and_nothing_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    upstream, breaker = Upstream(httpx.Response(503)), Breaker()
    for _ in range(IN_A_ROW):
        await sender(upstream, breaker=breaker).send(ask(), GET)
    for _ in range(3):
        with pytest.raises(CircuitOpen):
            await sender(upstream, breaker=breaker).send(ask(), GET)
    assert len(upstream.seen) == IN_A_ROW
    assert [record.message for record in caplog.records] == ["the circuit is open: the upstream fails too often"]


class Renewed(Unchanging):
    """Has another token once the first is refused, or none."""

    def __init__(self, other: str | None) -> None:
        super().__init__(("Authorization", "Bearer first"))
        self._other = other

    async def renewed(self, refused: Headers, end: float) -> Headers | None:  # type: ignore[override]  # it may have one
        assert refused == (("Authorization", "Bearer first"),)
        assert end > 0
        return (("Authorization", f"Bearer {self._other}"),) if self._other else None


@pytest.mark.parametrize(
    ("refusal", "other", "calls", "status"),
    [
        (httpx.Response(401), "second", 2, 200),
        (httpx.Response(302, headers={"Location": "/login"}), "second", 2, 200),
        (httpx.Response(401), None, 1, 401),
    ],
)
async def test_after_a_refusal_a_call_is_replayed_once_with_another_credential(
    refusal: httpx.Response, other: str | None, calls: int, status: int
) -> None:
    upstream = Upstream(refusal, httpx.Response(200))
    answer, _ = await sender(upstream, credentials=Renewed(other)).send(ask(), GET)
    assert (len(upstream.seen), answer.status) == (calls, status)
    assert upstream.seen[-1].headers["authorization"] == f"Bearer {other or 'first'}"


async def test_a_second_401_is_the_answer() -> None:
    upstream = Upstream(httpx.Response(401))
    answer, _ = await sender(upstream, credentials=Renewed("second")).send(ask(), GET)
    assert (len(upstream.seen), answer.status) == (2, 401)
