"""What is told of an operation when it is over: it is counted, and at info it is a line in the log.

There is nothing of the caller in it, no customer, no variable and nothing of the document but the operation's name.
"""

import logging
from collections.abc import Sequence

from gateway.errors import CallerRefused, Code, RequestRefused
from gateway.telemetry.tallies import NONE, CallerTally, OperationTally

_log = logging.getLogger("gateway.operations")


class Usage:
    """What an operation took: its name, KPIs that it asked for, those of them that were kept, and upstream calls.

    ``calls`` are those that it took part in, with others or alone; of an array's operations, those of the whole array.
    ``seconds`` are its own, where they are not its request's.
    """

    __slots__ = ("calls", "hits", "kpis", "operation", "seconds")

    def __init__(self) -> None:
        self.operation = NONE
        self.kpis = 0
        self.hits = 0
        self.calls = 0
        self.seconds: float | None = None


class Reports:
    def __init__(self, tally: OperationTally, callers: CallerTally) -> None:
        self._tally = tally
        self._callers = callers

    def answered(self, usages: Sequence[Usage], codes: Sequence[str], seconds: float) -> None:
        """Tell of a request's operations, each with its code; of one that was refused as a whole, that."""
        if len(usages) != len(codes):
            usages = [Usage()] * len(codes)
        is_logged = _log.isEnabledFor(logging.INFO)
        for usage, code in zip(usages, codes, strict=True):
            took = seconds if usage.seconds is None else usage.seconds
            self._tally.answered(usage.operation, code, took, usage.kpis)
            if is_logged:
                _log.handle(_record(usage, code, took))

    def refused(self, refused: RequestRefused) -> None:
        """Count a refusal because of a limit, or of who asks."""
        if isinstance(refused, CallerRefused):
            self._callers.refused(refused.reason)
        if refused.limit or refused.code is Code.REQUEST_LIMIT_EXCEEDED:
            self._tally.refused(refused.limit)

    def left(self) -> None:
        """Count a client that did not wait for its answer."""
        self._tally.left()


def _record(usage: Usage, code: str, seconds: float) -> logging.LogRecord:
    """Return the line, without the look through the stack for who writes it that each other one is worth."""
    told = {
        "operation": usage.operation,
        "code": str(code),
        "kpis": usage.kpis,
        "calls": usage.calls,
        "hits": usage.hits,
        "ms": round(seconds * 1000, 3),
    }
    return _log.makeRecord(_log.name, logging.INFO, __file__, 0, "operation", (), None, extra=told)
