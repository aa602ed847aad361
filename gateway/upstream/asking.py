"""Asking for one chunk of keys: which call leaves, what is learnt from it, and whether it is made again."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import repeat

from gateway.errors import (
    CircuitOpen,
    GatewayError,
    InternalError,
    UpstreamContract,
    UpstreamTimeout,
    failures,
    let_go,
)
from gateway.telemetry.tallies import UpstreamTally
from gateway.upstream import wire
from gateway.upstream.batching import Batching, Mode, Verdict
from gateway.upstream.caching import keeping
from gateway.upstream.drift import Drift
from gateway.upstream.planning import QUICK, Estimate, chunk_sizes
from gateway.upstream.retries import Budget, is_passing, pause
from gateway.upstream.sender import Ask, Sender
from gateway.upstream.settling import Chunk, Reading, Settlement, failing, retried
from gateway.upstream.wire import Call

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Learnt:
    """What is learnt of the upstream, by one process: how it takes batches, its pace, and how many retries are left."""

    batching: Batching
    estimate: Estimate = field(default_factory=Estimate)
    budget: Budget = field(default_factory=Budget)


class Asker:
    """Holds nothing of any caller's.

    ``clock`` (seconds since the epoch) dates answers, ``chance`` (0 to 1) spreads retries.
    """

    def __init__(  # noqa: PLR0913  # the last two have one value but in tests
        self,
        sender: Sender,
        reading: Reading,
        learnt: Learnt,
        *,
        batch_size: int,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        tally: UpstreamTally | None = None,
    ) -> None:
        self._tally = tally or UpstreamTally()
        self._drift = Drift(reading.form, self._tally)
        self._sender = sender
        self._reading = reading
        self._learnt = learnt
        self.batch_size = batch_size
        self._clock = clock
        self._chance = chance

    def refusal(self) -> GatewayError | None:
        """Return why nothing is asked for just now; None when something may be."""
        return self._sender.refusal()

    def is_probing(self) -> bool:
        """Whether one call is to find out if the upstream is back."""
        return self._sender.is_probing()

    def is_learning(self) -> bool:
        """Whether one batch is to find out how batches are taken."""
        return self._learnt.batching.current(_now()) is Mode.UNKNOWN and not self._learnt.batching.tried

    def is_quick(self, count: int) -> bool:
        """Whether a call of so many keys takes no longer than one more call is worth."""
        estimate = self._learnt.estimate
        return estimate.measured and estimate.per_call + count * estimate.per_item <= QUICK

    def plan(self, waiting: int, slots: int) -> Iterator[int]:
        """Say how many of the waiting keys leave in one call after the other, over so many slots."""
        if self._learnt.batching.current(_now()) is Mode.OFF:
            return repeat(1)
        return chunk_sizes(
            waiting,
            slots=slots,
            most=min(self.batch_size, self._learnt.batching.most),
            timeout=self._sender.timeout,
            estimate=self._learnt.estimate,
        )

    async def ask(self, chunk: Chunk, ask: Ask, until: Callable[[], float]) -> Settlement:
        """Make the call for a chunk, and say what came of it for each of its keys.

        ``until`` says, afterwards, how long its keys are waited for; another call must begin before.
        """
        mode = self._learnt.batching.current(_now())
        if len(chunk.keys) > 1 and mode is Mode.OFF:
            return Settlement(again=chunk.singly())
        try:
            settlement = await self._settled(chunk, ask, mode)
        except Exception:  # noqa: BLE001  # a mistake of ours harms no key but these
            _log.exception("a call could not be made or read")
            return failing(chunk, InternalError())
        _log_failures(settlement)
        return self._with_retry(chunk, settlement, until)

    async def _settled(self, chunk: Chunk, ask: Ask, mode: Mode) -> Settlement:
        began = _now()
        try:
            answer, seconds = await self._sender.send(ask, self._call(chunk, mode))
        except GatewayError as error:
            self._observe_failure(chunk, error, _now() - began)
            return failing(chunk, error)
        except asyncio.CancelledError:
            self._tally.gave_up()
            raise
        self._pay_in(chunk)
        settlement = self._reading.settle(chunk, answer, datetime.now(UTC))
        settlement.as_of, settlement.keeping = self._clock() - seconds, keeping(answer.headers)
        if answer.status == 200 and settlement.verdict in {None, Verdict.DECODE}:
            self._learnt.estimate.observe(len(chunk.keys), seconds)
        if settlement.verdict:
            batching, before = self._learnt.batching, self._learnt.batching.mode
            batching.learn(settlement.verdict, mode, answer.status, len(chunk.keys), _now())
            if batching.mode is not before:  # calls beside it have told already
                _log_verdict(settlement, mode, answer.status)
        code = settlement.code(chunk)
        self._tally.called(len(chunk.keys), code, seconds)
        self._drift.look(answer, _now(), is_breach=code == UpstreamContract.code)
        return settlement

    def _observe_failure(self, chunk: Chunk, error: GatewayError, seconds: float) -> None:
        if isinstance(error, CircuitOpen):
            self._tally.refused("circuit_open", len(chunk.keys) + len(chunk.behind))
        else:
            self._tally.called(len(chunk.keys), error.code, seconds)
            self._pay_in(chunk)
        if isinstance(error, UpstreamTimeout):  # so many items take that long at least
            self._learnt.estimate.observe(len(chunk.keys), self._sender.timeout)

    def _pay_in(self, chunk: Chunk) -> None:
        if chunk.asked == 0:
            self._learnt.budget.pay_in()

    def _call(self, chunk: Chunk, mode: Mode) -> Call:
        if len(chunk.keys) == 1:
            return wire.single(chunk.keys[0], self._reading.form, asked=chunk.asked)
        return wire.batch(chunk.keys, self._reading.form, override=mode is Mode.OVERRIDE, asked=chunk.asked)

    def _with_retry(self, chunk: Chunk, settlement: Settlement, until: Callable[[], float]) -> Settlement:
        """Return the settlement, or another call in its place: if it is worth one, in time and in the budget."""
        error = settlement.failed
        if error is None or not is_passing(error):
            return settlement
        again, wait = retried(chunk, error), pause(error, chunk.asked + 1, self._chance())
        if not again or _now() + wait >= until() or not self._learnt.budget.take(len(again)):
            return settlement
        self._tally.retried()
        return Settlement(again=again, pause=wait)


def _log_failures(settlement: Settlement) -> None:
    """Log what calls failed of, without whom they were about, and let go of it; an open circuit has told already."""
    failed = {id(error): error for error in failures(settlement.outcomes).values()}
    let_go(failed.values())
    for error in failed.values():
        if not isinstance(error, CircuitOpen):
            _log.warning("a call failed: %s %s", error.code, error)


def _log_verdict(settlement: Settlement, mode: Mode, status: int) -> None:
    if settlement.verdict is Verdict.BROKEN:
        _log.error("batching is off: a batch was answered with something else (%s)", settlement.why)
    elif settlement.verdict is Verdict.CLOSED:
        way = "method override" if mode is Mode.OVERRIDE else "POST"
        _log.warning("batching by %s is closed (status %d)", way, status)


def _now() -> float:
    return asyncio.get_running_loop().time()
