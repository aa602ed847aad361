"""Whether the upstream is what the gateway takes it for: one harmless call after another, and what each shows.

Two KPIs are asked for singly, the first in both formats, then both in a batch, and some again to take the time: at most
eight calls, and one for each customer whose KPI is not to be had.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime
from itertools import chain, cycle, islice
from statistics import linear_regression, mean

from gateway.domain import CustomerId, KpiKey, Partition, Period
from gateway.errors import CredentialRefused, GatewayError, UpstreamContract
from gateway.upstream import wire
from gateway.upstream.batching import Mode, Verdict, judge
from gateway.upstream.credentials import Credentials
from gateway.upstream.decoding import decode_many
from gateway.upstream.exchange import Answer
from gateway.upstream.findings import Finding, State, in_ms, in_words, noted, ok, wrong
from gateway.upstream.sender import Ask, Sender
from gateway.upstream.settling import Reading
from gateway.upstream.sightings import Sighting
from gateway.upstream.statuses import in_short
from gateway.upstream.wire import Call, Format

_MORE_GETS = 2
_LARGE = 10  # items of the batch that tells an item's time from a call's
_EARLIER = Period(None, date(2023, 12, 31))
_MODES = {Mode.POST: "POST", Mode.OVERRIDE: "POST with X-Http-Method-Override: GET"}
_VERDICTS = {
    Verdict.BROKEN: wrong("a batch is answered with something else than what was asked for"),
    Verdict.CLOSED: noted("batches are not to be had, each KPI is a call of its own"),
    Verdict.TOO_LARGE: noted("two KPIs are too many for a batch, each is a call of its own"),
    Verdict.VETOED: noted("a batch is refused as a whole, each KPI is a call of its own"),
    Verdict.ITEM_FAILED: wrong("a batch fails at a KPI that a single call gets"),
    Verdict.BROKE_DOWN: wrong("a batch fails, of KPIs that single calls get"),
    Verdict.REFUSED: wrong("a batch is refused, of KPIs that single calls get"),
}


class _Ended(Exception):
    """What is left would make no sense; carries the last finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence)
        self.finding = finding


class Check:
    """One check of an upstream, to be run once, in the format of ``reading`` above all.

    Two KPIs of ``customers`` are enough. ``batching``: whether batches may be sent.
    """

    def __init__(  # noqa: PLR0913  # a way to the upstream, and what to ask of it
        self,
        sender: Sender,
        credentials: Credentials,
        reading: Reading,
        *,
        ask: Ask,
        customers: Sequence[CustomerId],
        batching: bool,
    ) -> None:
        self._sender = sender
        self._credentials = credentials
        self._reading = reading
        self._ask = ask
        self._keys = (KpiKey(Partition("check"), customer, Period(None, None)) for customer in customers)
        self._batching = batching
        self._seen: list[Sighting] = []
        self._mode = Mode.OFF
        self._times: list[tuple[int, float]] = []  # KPIs of a call, and its seconds
        self._silence = "the service cannot be reached"

    async def findings(self) -> AsyncIterator[Finding]:
        """Make the calls, and say what they show, no further than makes sense."""
        try:
            await self._require_token()
            for step in (self._enter, self._read, self._other, self._second, self._batch, self._time):
                async for finding in step():
                    yield finding
        except _Ended as ended:
            yield ended.finding
        except GatewayError as error:
            yield wrong(f"{self._silence}: {in_words(error)}")

    async def _require_token(self) -> None:
        """Get the gateway's token, if it needs one, so that the service is not blamed when there is none."""
        try:
            await self._credentials.headers(self._ask.credential, _now() + self._sender.timeout)
        except CredentialRefused:
            raise _Ended(wrong("the token endpoint refuses the gateway's id or secret")) from None
        except GatewayError as error:
            raise _Ended(wrong(f"the token endpoint gives no token ({error.code})")) from None

    async def _enter(self) -> AsyncIterator[Finding]:
        """Reach the service, and look for a customer whose KPI the credential gets."""
        began = _now()
        for number, key in enumerate(self._keys):
            seen = await self._see(key, self._reading)
            if number == 0:
                yield ok(f"the service answers (in {in_ms(_now() - began)}, connecting included)")
            refusal = seen.refusal()
            if refusal is None:
                self._seen.append(seen)
                yield ok("the credential is accepted")
                return
            yield refusal
            if refusal.state is State.WRONG:
                break
        raise _Ended(noted("the rest is not checked: no KPI was seen"))

    async def _read(self) -> AsyncIterator[Finding]:
        seen = self._seen[0]
        yield ok(f"{seen.name} is answered when {seen.name} is asked for")
        for deviation in seen.deviations():
            yield deviation
        if seen.kpi is None:
            raise _Ended(noted("the rest is not checked: the KPI cannot be read"))
        yield ok("every member that is declared is there and of its type")

    async def _other(self) -> AsyncIterator[Finding]:
        """Ask for the same in the format that the gateway does not use: what is amiss there harms nobody."""
        first = self._seen[0]
        form = next(form for form in Format if form is not first.form)
        seen = await self._see(first.key, Reading(form, own=self._reading.own))
        if seen.refusal():
            yield noted(f"{seen.name}, which is not used, is not answered when asked for ({in_short(seen.answer)})")
            return
        for deviation in seen.deviations():
            yield noted(f"in {seen.name}, which is not used: {deviation.sentence}")
        if seen.kpi == first.kpi:
            yield ok(f"{seen.name} is answered when {seen.name} is asked for, with the same KPI")
        elif seen.kpi:
            yield wrong(f"{seen.name} and {first.name} tell different KPIs of one customer")

    async def _second(self) -> AsyncIterator[Finding]:
        """Get a second KPI for a batch to be measured by: another customer's, or the same one's of earlier days."""
        first = self._seen[0].key
        earlier = KpiKey(first.partition, first.customer, _EARLIER)
        for key in chain(self._keys, [earlier]):
            seen = await self._see(key, self._reading)
            if seen.kpi:
                self._seen.append(seen)
                self._times.append((1, seen.seconds))
                return
            for finding in seen.troubles():
                yield finding
        raise _Ended(noted("batching and times are not checked: a second KPI was not seen"))

    async def _batch(self) -> AsyncIterator[Finding]:
        """Find out how a batch is taken, as the gateway would."""
        if not self._batching:
            yield noted("batching is off in the settings, each KPI is a call of its own")
            return
        for mode in _MODES:
            answer, seconds = await self._send(self._batch_of(2, mode))
            if answer.status != 405:
                break
        verdict = judge(answer, self._reading.form, 2)
        if verdict is not Verdict.DECODE:
            finding = _VERDICTS[verdict]
            yield Finding(finding.state, f"{finding.sentence} ({in_short(answer)})")
            return
        finding = self._compared(answer, mode)
        if finding.state is State.OK:
            self._mode = mode
            self._times.append((2, seconds))
        yield finding

    def _compared(self, answer: Answer, mode: Mode) -> Finding:
        """Say whether a batch has what the single calls had."""
        try:
            kpis = decode_many(answer.body, self._reading.form, [seen.key for seen in self._seen])
        except UpstreamContract:
            return _VERDICTS[Verdict.BROKEN]
        if kpis != [seen.kpi for seen in self._seen]:
            return wrong("a batch tells other KPIs than single calls")
        return ok(f"batches are taken by {_MODES[mode]}, and tell the same KPIs as single calls")

    async def _time(self) -> AsyncIterator[Finding]:
        """Take the time of some calls more, of different sizes."""
        calls = [(1, wire.single(self._seen[0].key, self._reading.form))] * _MORE_GETS
        if self._mode is not Mode.OFF:
            size = affordable(self._times[-1], self._sender.timeout)
            calls.append((size, self._batch_of(size, self._mode)))
        for items, call in calls:
            answer, seconds = await self._send(call)
            if answer.status != 200:
                raise _Ended(wrong(f"a call for {items} of these KPIs fails ({in_short(answer)})"))
            self._times.append((items, seconds))
        yield ok(pace(self._times))

    async def _see(self, key: KpiKey, reading: Reading) -> Sighting:
        answer, seconds = await self._send(wire.single(key, reading.form))
        return Sighting(key, reading.form, answer, reading.one(key, answer, datetime.now(UTC)), seconds)

    def _batch_of(self, size: int, mode: Mode) -> Call:
        """Return the call for so many KPIs: those that were seen, again and again."""
        keys = list(islice(cycle(seen.key for seen in self._seen), size))
        return wire.batch(keys, self._reading.form, override=mode is Mode.OVERRIDE)

    async def _send(self, call: Call) -> tuple[Answer, float]:
        answered = await self._sender.send(self._ask, call)
        self._silence = "a call has no answer"
        return answered


def affordable(measured: tuple[int, float], timeout: float) -> int:
    """Return how many KPIs a batch can have to take no more than half of the time that it is given."""
    items, seconds = measured
    return max(1, min(_LARGE, int(timeout / 2 * items / max(seconds, timeout / 1000))))


def pace(times: Sequence[tuple[int, float]]) -> str:
    """Tell a call's own time from that of each KPI in it, by a straight line through what was measured."""
    items, seconds = zip(*times, strict=True)
    if max(items) == 1:
        return f"a call takes {in_ms(mean(seconds))}; the time per KPI cannot be told without batches"
    per_item = max(linear_regression(items, seconds).slope, 0.0)
    per_call = max(mean(seconds) - per_item * mean(items), 0.0)
    return f"a call takes {in_ms(per_call)}, and {in_ms(per_item)} for each KPI in it"


def _now() -> float:
    return asyncio.get_running_loop().time()
