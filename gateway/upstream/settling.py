"""What an answer means for each key that was asked for: an outcome, or another call. Pure: nothing is sent here.

No key is asked for in more than three calls, and no failure of the whole service is followed by a call a key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain import Fetched, Freshness, KpiKey, Outcome
from gateway.errors import (
    CredentialRefused,
    GatewayError,
    Unauthenticated,
    UpstreamContract,
    UpstreamError,
    UpstreamTimeout,
)
from gateway.telemetry.tallies import OK
from gateway.upstream import statuses
from gateway.upstream.batching import Verdict, failed_item, judge
from gateway.upstream.caching import UNSAID, Keeping
from gateway.upstream.decoding import decode_many, decode_one
from gateway.upstream.exchange import Answer
from gateway.upstream.wire import Format

MOST_CALLS = 3
_LIVE = Freshness.LIVE


@dataclass(frozen=True, slots=True)
class Chunk:
    """Keys of one call, which have been ``asked`` for in so many calls before.

    Those ``behind`` wait for what comes of it: they fail with it when the service does. Else they are asked for, singly
    or, when it was the one that broke the batch, together.
    """

    keys: tuple[KpiKey, ...]
    asked: int = 0
    behind: tuple[KpiKey, ...] = ()

    def singly(self) -> "tuple[Chunk, ...]":
        return tuple(Chunk((key,), self.asked) for key in self.keys)

    def halves(self, asked: int) -> "tuple[Chunk, ...]":
        middle = (len(self.keys) + 1) // 2
        return (Chunk(self.keys[:middle], asked), Chunk(self.keys[middle:], asked))


@dataclass(slots=True)
class Settlement:
    """What came of a chunk: outcomes, chunks to ask for next, and what a batch told of batching (with why).

    ``failed`` is the failure of the whole call, when it is one: all the outcomes are it. ``pause`` (seconds) is how
    long to wait before asking again. ``as_of`` (seconds since the epoch) is when the answer was asked for, and
    ``keeping`` what it says of being kept.
    """

    outcomes: Mapping[KpiKey, Outcome] = field(default_factory=dict)
    again: tuple[Chunk, ...] = ()
    failed: GatewayError | None = None
    verdict: Verdict | None = None
    why: str = ""
    pause: float = 0.0
    as_of: float = 0.0
    keeping: Keeping = UNSAID

    def code(self, chunk: Chunk) -> str:
        """Return what came of the call itself: ``OK``, or the code of its failure."""
        if self.verdict is Verdict.DECODE:
            return OK
        if self.verdict:
            return (UpstreamContract if self.verdict is Verdict.BROKEN else UpstreamError).code
        outcome = self.outcomes[chunk.keys[0]]
        return outcome.code if isinstance(outcome, GatewayError) else OK

    def fetched(self) -> dict[KpiKey, Fetched | GatewayError]:
        """Return the outcomes with what is known of their age."""
        live, as_of, max_age, may_stand_in = _LIVE, self.as_of, self.keeping.max_age, self.keeping.may_stand_in
        return {
            key: outcome
            if isinstance(outcome, GatewayError)
            else Fetched(outcome, as_of, live, 0.0, max_age, may_stand_in)
            for key, outcome in self.outcomes.items()
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """How answers are read: their format, and whether the credential is the gateway's ``own``."""

    form: Format
    own: bool

    def settle(self, chunk: Chunk, answer: Answer, now: datetime) -> Settlement:
        """Say what the answer to the call for a chunk means; each of its keys is settled or asked for again."""
        if len(chunk.keys) == 1:
            return self._single(chunk, answer, now)
        return self._several(chunk, answer, now)

    def one(self, key: KpiKey, answer: Answer, now: datetime) -> Outcome:
        """Read the answer to a single call."""
        try:
            if answer.status == 200 and answer.media_type == self.form.media_type:
                return decode_one(answer.body, self.form, key)
        except UpstreamContract as breach:
            return breach
        if statuses.is_unknown_customer(answer, self.form):
            return None
        return self.failure(answer, now)

    def failure(self, answer: Answer, now: datetime) -> GatewayError:
        error = statuses.failure(answer, now)
        if self.own and isinstance(error, Unauthenticated):
            return CredentialRefused(f"status {answer.status}", upstream_status=answer.status)
        return error

    def _single(self, chunk: Chunk, answer: Answer, now: datetime) -> Settlement:
        outcome = self.one(chunk.keys[0], answer, now)
        if chunk.behind and statuses.is_one_customers(answer):
            return Settlement({chunk.keys[0]: outcome}, (Chunk(chunk.behind, chunk.asked),))
        if isinstance(outcome, GatewayError) and statuses.is_everyones(answer):
            return failing(chunk, outcome)
        return Settlement({chunk.keys[0]: outcome}, Chunk(chunk.behind, chunk.asked).singly())

    def _several(self, chunk: Chunk, answer: Answer, now: datetime) -> Settlement:
        verdict = judge(answer, self.form, len(chunk.keys))
        if verdict is Verdict.DECODE:
            return self._decoded(chunk, answer)
        if verdict is Verdict.REFUSED:
            return failing(chunk, self.failure(answer, now))
        return _then(_next(chunk, verdict, answer), verdict, f"status {answer.status}")

    def _decoded(self, chunk: Chunk, answer: Answer) -> Settlement:
        """Take the batch whole or not at all; an item without a result is asked for singly."""
        try:
            kpis = decode_many(answer.body, self.form, chunk.keys)
        except UpstreamContract as breach:
            return _then(Chunk(chunk.keys, chunk.asked + 1).singly(), Verdict.BROKEN, str(breach))
        outcomes: dict[KpiKey, Outcome] = dict(zip(chunk.keys, kpis, strict=True))
        if None not in kpis:
            return Settlement(outcomes, verdict=Verdict.DECODE)
        without = tuple(key for key, kpi in outcomes.items() if kpi is None)
        rest = _then(Chunk(without, chunk.asked + 1).singly(), Verdict.DECODE)
        for key in without:
            del outcomes[key]
        return Settlement({**outcomes, **rest.outcomes}, rest.again, verdict=Verdict.DECODE)


def failing(chunk: Chunk, error: GatewayError) -> Settlement:
    """Give every key of a chunk the same failure."""
    return Settlement(dict.fromkeys((*chunk.keys, *chunk.behind), error), failed=error)


def retried(chunk: Chunk, error: GatewayError) -> tuple[Chunk, ...]:
    """Return how a chunk is asked for again after a passing failure: in halves when it took too long, else as it is.

    Empty for one that has been asked for often enough.
    """
    asked = chunk.asked + 1
    if asked >= MOST_CALLS:
        return ()
    if isinstance(error, UpstreamTimeout) and len(chunk.keys) > 1:
        return chunk.halves(asked)
    return (Chunk(chunk.keys, asked, chunk.behind),)


def _next(chunk: Chunk, verdict: Verdict, answer: Answer) -> tuple[Chunk, ...]:
    """Return what to ask for when a batch gave nothing; one whose way was closed counts for none."""
    asked = chunk.asked + 1
    match verdict:
        case Verdict.CLOSED:
            return (chunk,)
        case Verdict.TOO_LARGE if asked < MOST_CALLS - 1:
            return chunk.halves(asked)
        case Verdict.ITEM_FAILED:
            return _around(chunk.keys, failed_item(answer, len(chunk.keys)) or 0, asked)
        case Verdict.BROKE_DOWN:
            return (Chunk(chunk.keys[:1], asked, behind=chunk.keys[1:]),)
        case _:
            return Chunk(chunk.keys, asked).singly()


def _around(keys: tuple[KpiKey, ...], failed: int, asked: int) -> tuple[Chunk, ...]:
    """Ask for the failed item alone, for its own verdict, and for the others once more together, then singly."""
    alone, others = Chunk(keys[failed : failed + 1], asked), Chunk((*keys[:failed], *keys[failed + 1 :]), asked)
    return (alone, others) if asked < MOST_CALLS - 1 else (alone, *others.singly())


def _then(chunks: Sequence[Chunk], verdict: Verdict, why: str = "") -> Settlement:
    """Ask for the chunks next; those that have been asked for often enough fail instead."""
    again = tuple(chunk for chunk in chunks if chunk.asked < MOST_CALLS)
    spent = [key for chunk in chunks if chunk.asked >= MOST_CALLS for key in (*chunk.keys, *chunk.behind)]
    outcomes: dict[KpiKey, Outcome] = dict.fromkeys(spent, UpstreamError("asked often enough", retryable=True))
    return Settlement(outcomes, again, verdict=verdict, why=why)
