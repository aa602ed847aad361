"""How batches are sent, and what an answer to one means: decided here by pure functions, acted on by the client."""

from dataclasses import dataclass
from enum import Enum, auto

from gateway.upstream.exchange import Answer
from gateway.upstream.statuses import is_of_credential, is_overload, is_unknown_customer
from gateway.upstream.wire import Format

RETRY_BATCHING_AFTER = 600.0  # seconds


class Mode(Enum):
    """How many keys are asked for."""

    UNKNOWN = auto()  # by a plain POST, to find out
    POST = auto()  # a plain POST: the service's method takes any verb
    OVERRIDE = auto()  # a POST that says it is a GET: the method takes a GET only
    OFF = auto()  # one call a key


class Verdict(Enum):
    """What the answer to a batch lets us do."""

    DECODE = auto()  # read it
    BROKEN = auto()  # it is not what was asked for: batching cannot be trusted
    CLOSED = auto()  # this way of batching is not to be had; nothing was run
    TOO_LARGE = auto()  # a smaller one may be taken; nothing was run
    VETOED = auto()  # this batch was refused as a whole, for one of its items: ask singly
    ITEM_FAILED = auto()  # one item failed, those before it are lost and those after it never ran
    BROKE_DOWN = auto()  # an item or the service: one single call tells which
    REFUSED = auto()  # it would be no different for any single call


@dataclass(slots=True)
class Batching:
    """The mode of one upstream in one process, and the most items it takes: found out, and tried again later.

    ``tried``: whether any batch was answered yet, whatever the answer.
    """

    mode: Mode = Mode.UNKNOWN
    most: int = 1000
    tried: bool = False
    _again_at: float = float("inf")

    def current(self, now: float) -> Mode:
        if now >= self._again_at:
            self.mode, self.most, self.tried, self._again_at = Mode.UNKNOWN, 1000, False, float("inf")
        return self.mode

    def learn(self, verdict: Verdict, sent: Mode, status: int, count: int, now: float) -> None:
        """Take in what came of a batch of ``count`` items that was sent in a mode.

        News of a mode that another call has left already changes nothing.
        """
        self.tried = True
        match verdict:
            case Verdict.BROKEN:
                self._leave(Mode.OFF, now)
            case Verdict.TOO_LARGE:
                self.most = min(self.most, max(1, count // 2))
                self._again_at = now + RETRY_BATCHING_AFTER
            case Verdict.CLOSED if self.mode is sent:
                takes_gets_only = sent in {Mode.UNKNOWN, Mode.POST} and status == 405
                self._leave(Mode.OVERRIDE if takes_gets_only else Mode.OFF, now)
            case Verdict.DECODE | Verdict.ITEM_FAILED if self.mode is Mode.UNKNOWN is sent:
                self.mode = Mode.POST

    def _leave(self, mode: Mode, now: float) -> None:
        self.mode = mode
        if mode is Mode.OFF:
            self._again_at = now + RETRY_BATCHING_AFTER


def judge(answer: Answer, form: Format, count: int) -> Verdict:
    """Say what the answer to a batch of ``count`` items means."""
    if answer.status < 300:
        is_good = answer.status == 200 and answer.media_type == form.media_type and _is_whole(answer, count)
        return Verdict.DECODE if is_good else Verdict.BROKEN
    if answer.status < 400 or answer.status == 429 or is_of_credential(answer):
        return Verdict.REFUSED
    if failed_item(answer, count) is not None:
        return Verdict.ITEM_FAILED
    if is_overload(answer.status):
        return Verdict.REFUSED
    if is_unknown_customer(answer, form):  # an item was run, and a proxy has stripped which
        return Verdict.VETOED
    return _NOT_RUN.get(answer.status, Verdict.BROKE_DOWN if answer.status >= 500 else Verdict.VETOED)


_NOT_RUN = dict.fromkeys((404, 405, 411, 415, 501), Verdict.CLOSED) | {413: Verdict.TOO_LARGE}


def failed_item(answer: Answer, count: int) -> int | None:
    """Return the index of the item that ended the batch: as many as were completed before it."""
    completed = _completed(answer)
    return completed if completed is not None and 0 <= completed < count else None


def _is_whole(answer: Answer, count: int) -> bool:
    return _completed(answer) in {None, count}


def _completed(answer: Answer) -> int | None:
    """Read X-AutoBatch-Completed; None when a proxy stripped it, -1 for what is not a count."""
    text = answer.headers.get("x-autobatch-completed")
    if text is None:
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else -1
