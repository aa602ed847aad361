"""KPIs from the upstream: one key by a GET, many by batches, and every key gets an outcome of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime

from gateway.domain import KpiKey, Outcome
from gateway.errors import GatewayError, InternalError, UpstreamContract
from gateway.upstream import statuses, wire
from gateway.upstream.batching import Batching, Mode, Verdict, failed_item, judge
from gateway.upstream.decoding import decode_many, decode_one
from gateway.upstream.exchange import Answer, Ask, Exchange
from gateway.upstream.wire import Format

Outcomes = dict[KpiKey, Outcome]

_log = logging.getLogger(__name__)


class KpiClient:
    """Asks for KPIs; holds nothing of any caller's, only what was learnt of the upstream's batching."""

    def __init__(self, exchange: Exchange, *, form: Format, batching: Batching, batch_size: int) -> None:
        self._exchange = exchange
        self._form = form
        self._batching = batching
        self._batch_size = batch_size

    async def fetch(self, ask: Ask, keys: Sequence[KpiKey]) -> Outcomes:
        """Return an outcome for every key: its KPI, None for an unknown customer, or what went wrong.

        All keys are one caller's, and ``ask`` is that caller's: ValueError for a second partition among them.
        """
        if len({key.partition for key in keys}) > 1:
            raise ValueError("keys of two partitions in one batch")
        chunks = [keys[at : at + self._batch_size] for at in range(0, len(keys), self._batch_size)]
        return _joined(await asyncio.gather(*(_whole(chunk, self._together(ask, chunk)) for chunk in chunks)))

    async def _together(self, ask: Ask, keys: Sequence[KpiKey], *, again: bool = True) -> Outcomes:
        """Ask for the keys in one batch where that is possible; ``again``: whether a second one may follow."""
        mode = self._batching.current(_now())
        if len(keys) < 2 or mode is Mode.OFF:
            return await self._singly(ask, keys)
        try:
            answer = await self._exchange.send(ask, wire.batch(keys, self._form, override=mode is Mode.OVERRIDE))
        except GatewayError as error:
            return dict.fromkeys(keys, _logged(error))
        return await self._judged(ask, keys, answer, mode, again=again)

    async def _judged(self, ask: Ask, keys: Sequence[KpiKey], answer: Answer, mode: Mode, *, again: bool) -> Outcomes:
        """Do what the answer to a batch allows."""
        match judge(answer, self._form, len(keys)):
            case Verdict.DECODE:
                return await self._decoded(ask, keys, answer)
            case Verdict.BROKEN:
                return await self._distrusted(ask, keys, f"status {answer.status}")
            case Verdict.CLOSED:
                self._batching.step_down(mode, answer.status, _now())
                _log.warning("batching by %s is closed (status %d)", mode.name, answer.status)
                return await self._together(ask, keys, again=again)
            case Verdict.ITEM_FAILED if again:
                return await self._around(ask, keys, answer)
            case Verdict.REFUSED:
                return dict.fromkeys(keys, _logged(statuses.failure(answer, datetime.now(UTC))))
            case _:
                return await self._singly(ask, keys)

    async def _decoded(self, ask: Ask, keys: Sequence[KpiKey], answer: Answer) -> Outcomes:
        """Take the batch whole or not at all; an item without a result is asked for singly."""
        try:
            kpis = decode_many(answer.body, self._form, keys)
        except UpstreamContract as breach:
            return await self._distrusted(ask, keys, str(breach))
        outcomes: Outcomes = dict(zip(keys, kpis, strict=True))
        return outcomes | await self._singly(ask, [key for key in keys if outcomes[key] is None])

    async def _distrusted(self, ask: Ask, keys: Sequence[KpiKey], why: str) -> Outcomes:
        """Discard a batch that was answered with something else, and send no more of them for a while."""
        self._batching.distrust(_now())
        _log.error("batching is off: a batch was answered with something else (%s)", why)
        return await self._singly(ask, keys)

    async def _around(self, ask: Ask, keys: Sequence[KpiKey], answer: Answer) -> Outcomes:
        """Ask the failed item alone for its own verdict, and the others once more together."""
        failed = failed_item(answer, len(keys)) or 0
        others = [*keys[:failed], *keys[failed + 1 :]]
        return _joined(
            await asyncio.gather(self._singly(ask, [keys[failed]]), self._together(ask, others, again=False))
        )

    async def _singly(self, ask: Ask, keys: Sequence[KpiKey]) -> Outcomes:
        return _joined(await asyncio.gather(*(_whole([key], self._single(ask, key)) for key in keys)))

    async def _single(self, ask: Ask, key: KpiKey) -> Outcomes:
        return {key: await self._one(ask, key)}

    async def _one(self, ask: Ask, key: KpiKey) -> Outcome:
        try:
            answer = await self._exchange.send(ask, wire.single(key, self._form))
            if answer.status == 200 and answer.media_type == self._form.media_type:
                return decode_one(answer.body, self._form, key)
        except GatewayError as error:
            return _logged(error)
        if statuses.is_unknown_customer(answer, self._form):
            return None
        return _logged(statuses.failure(answer, datetime.now(UTC)))


async def _whole(keys: Sequence[KpiKey], work: Awaitable[Outcomes]) -> Outcomes:
    """Let a mistake of ours harm no key but these, and no call go on unattended."""
    try:
        return await work
    except Exception:  # noqa: BLE001  # whatever it is, the other keys' outcomes are still due
        _log.exception("a call could not be made or read")
        return dict.fromkeys(keys, InternalError())


def _logged(error: GatewayError) -> GatewayError:
    """Log what a call failed of, without whom it was about."""
    _log.warning("a call failed: %s %s", error.code, error)
    return error


def _joined(parts: Sequence[Outcomes]) -> Outcomes:
    return {key: outcome for part in parts for key, outcome in part.items()}


def _now() -> float:
    return asyncio.get_running_loop().time()
