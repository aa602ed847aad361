"""How batches are sent, and what an answer to one means: decided here by pure functions, acted on by the client."""

from dataclasses import dataclass
from enum import Enum, auto

from gateway.upstream.exchange import Answer
from gateway.upstream.statuses import is_of_credential, is_overload
from gateway.upstream.wire import Format

RETRY_BATCHING_AFTER = 600.0  # seconds


class Mode(Enum):
    """How many keys are asked for."""

    POST = auto()  # a plain POST: the service's method takes any verb
    OVERRIDE = auto()  # a POST that says it is a GET: the method takes a GET only
    OFF = auto()  # one call a key


class Verdict(Enum):
    """What the answer to a batch lets us do."""

    DECODE = auto()  # read it
    BROKEN = auto()  # it is not what was asked for: batching cannot be trusted
    CLOSED = auto()  # this way of batching is not to be had
    VETOED = auto()  # this batch was refused as a whole, for one of its items: ask singly
    ITEM_FAILED = auto()  # one item failed, those before it are lost and those after it never ran
    REFUSED = auto()  # it would be no different for any single call


@dataclass(slots=True)
class Batching:
    """The mode of one upstream in one process: begins with POST, steps down when one is closed, tries again later."""

    mode: Mode = Mode.POST
    off_until: float = 0.0

    def current(self, now: float) -> Mode:
        if self.mode is Mode.OFF and now >= self.off_until:
            self.mode = Mode.POST
        return self.mode

    def step_down(self, closed: Mode, status: int, now: float) -> None:
        """Leave the mode that was found closed, unless another call has left it already."""
        if self.mode is closed:
            takes_gets_only = closed is Mode.POST and status == 405
            self.mode = Mode.OVERRIDE if takes_gets_only else Mode.OFF
            self.off_until = now + RETRY_BATCHING_AFTER

    def distrust(self, now: float) -> None:
        """Switch off: a batch was answered with something else."""
        self.mode = Mode.OFF
        self.off_until = now + RETRY_BATCHING_AFTER


def judge(answer: Answer, form: Format, count: int) -> Verdict:
    """Say what the answer to a batch of ``count`` items means."""
    failed = failed_item(answer, count)
    match answer.status:
        case 200 if answer.media_type == form.media_type and _is_whole(answer, count):
            return Verdict.DECODE
        case status if status < 300:
            return Verdict.BROKEN
        case status if status < 400 or is_of_credential(answer) or is_overload(status):
            return Verdict.REFUSED
        case _ if failed is not None:
            return Verdict.ITEM_FAILED
        case 404 | 405 | 411 | 413 | 415 | 501:
            return Verdict.CLOSED
        case _:
            return Verdict.VETOED


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
