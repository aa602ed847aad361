"""What has happened, counted in plain numbers: a few tenths of a microsecond each, for the way of every request.

Each part is handed the tally of its own and tells it what happened, by name. ``metrics`` takes the numbers from there
now and then, and starts them anew. Nothing here is ever about somebody: labels are codes, settings, names of
fields, and so many names of operations.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

ANONYMOUS, OTHER, NONE = "anonymous", "other", "-"
MOST_NAMES = 200
OK = "OK"

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
_CALL_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_KPIS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_SIZES = (2, 5, 10, 20, 50, 100, 200, 500, 1000)
_AGES = (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 21_600, 86_400)

Labels = tuple[str, ...]
Counts = Counter[Labels]


class Spread:
    """Values, counted by the least of the bounds that they do not pass; the last count is of those beyond all."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float, times: int = 1) -> None:
        self.counts[bisect_left(self.bounds, value)] += times
        self.total += value * times

    def add_all(self, values: list[float]) -> None:
        """Add many values, in as many steps as there are bounds; they are put in order."""
        values.sort()
        before = 0
        for index, bound in enumerate(self.bounds):
            until = bisect_right(values, bound)
            self.counts[index] += until - before
            before = until
        self.counts[-1] += len(values) - before
        self.total += sum(values)

    def take(self) -> tuple[list[int], float]:
        """Return the counts and the sum of all values, and start anew.

        A sum that clocks made negative, which may differ a little, is none: it must not fall.
        """
        taken = self.counts, max(self.total, 0.0)
        self.counts, self.total = [0] * len(self.counts), 0.0
        return taken


class Spreads(dict[Labels, Spread]):
    """A spread for each combination of labels."""

    def __init__(self, bounds: tuple[float, ...], *of: Labels) -> None:
        super().__init__({labels: Spread(bounds) for labels in of})
        self.bounds = bounds

    def __missing__(self, labels: Labels) -> Spread:
        spread = self[labels] = Spread(self.bounds)
        return spread


def _counts(*of: Labels) -> Counts:
    """Return counts that are there from the start: a rate needs a zero to rise from."""
    return Counter(dict.fromkeys(of, 0))


class OperationTally:
    """Operations, and what of them was refused. ``limits``: the settings that refuse, without their prefix."""

    def __init__(self, limits: Iterable[str] = ()) -> None:
        self.done = _counts((ANONYMOUS, OK))
        self.seconds = Spreads(_SECONDS, (ANONYMOUS,))
        self.kpis = Spreads(_KPIS, ())
        self.limits = _counts(*((limit,) for limit in (*limits, OTHER)))
        self.plans = _counts(("hit",), ("miss",))
        self.departed = _counts(())
        self._trusted: frozenset[str] = frozenset()
        self._names: set[str] = {ANONYMOUS, NONE}

    def trust(self, names: Iterable[str]) -> None:
        """Take the names of trusted documents' operations, which are told whatever else was asked before."""
        self._trusted = frozenset(names)

    def know(self, names: Iterable[str]) -> None:
        """Take names that are told already: they are among the most that there may be."""
        self._names |= set(names)

    def answered(self, operation: str, code: str, seconds: float, kpis: int) -> None:
        """Count an answer, to an operation or a request without one: its code, and how many KPIs it asked for."""
        name = self._name(operation)
        self.done[name, code] += 1
        self.seconds[(name,)].add(seconds)
        if operation != NONE:
            self.kpis[()].add(kpis)

    def refused(self, limit: str) -> None:
        """Count that more was asked than the setting of this name allows; empty: a bound without a setting."""
        self.limits[limit or OTHER,] += 1

    def left(self) -> None:
        """Count a client that did not wait for its answer."""
        self.departed[()] += 1

    def planned(self, *, known: bool) -> None:
        """Count a document that is ready to run, or has to be read."""
        self.plans[("hit",) if known else ("miss",)] += 1

    def _name(self, operation: str) -> str:
        if operation in self._names or operation in self._trusted:
            return operation
        if len(self._names) >= MOST_NAMES:
            return OTHER
        self._names.add(operation)
        return operation


class UpstreamTally:
    """Calls to the upstream. ``codes``: what may come of one; ``fields``: those that the upstream declares."""

    def __init__(self, codes: Iterable[str] = (), fields: Iterable[str] = ()) -> None:
        self.calls = _counts(*((kind, code) for kind in ("batch", "single") for code in (OK, *codes)))
        self.seconds = Spreads(_CALL_SECONDS, ())
        self.items = _counts(())
        self.sizes = Spreads(_SIZES, ())
        self.retries = _counts(())
        self.abandoned = _counts(())
        self.unasked = _counts(("circuit_open",), ("queue_full",))
        self._fields = frozenset(fields)
        declared = ((kind, field) for kind in ("missing", "retyped") for field in sorted(self._fields))
        self.drift = _counts(*declared, ("unknown", OTHER))

    def called(self, items: int, code: str, seconds: float) -> None:
        """Count a call for so many items, and what came of it."""
        self.calls["batch" if items > 1 else "single", code] += 1
        self.seconds[()].add(seconds)
        self.items[()] += items
        if items > 1:
            self.sizes[()].add(items)

    def gave_up(self) -> None:
        """Count a call that was cancelled: nobody waited for it any longer."""
        self.abandoned[()] += 1

    def retried(self) -> None:
        """Count a call that failed and is made again."""
        self.retries[()] += 1

    def refused(self, reason: str, items: int) -> None:
        """Count items that were not asked for: ``circuit_open`` or ``queue_full``."""
        self.unasked[reason,] += items

    def drifted(self, kind: str, field: str) -> None:
        """Count a field that is ``unknown``, ``missing`` or ``retyped`` in an answer."""
        self.drift[kind, field if field in self._fields else OTHER] += 1


class CacheTally:
    """What is kept, and what was shown of it."""

    def __init__(self) -> None:
        self.lookups = _counts(("hit",), ("miss",))
        self.ages = Spreads(_AGES, ())
        self.stale = _counts(())
        self.errors = _counts(())

    def shown(self, times: Sequence[float], now: float) -> None:
        """Count values of these times (seconds since the epoch) that are shown; those of one call are alike."""
        self.lookups["hit",] += len(times)
        if times and times.count(times[0]) == len(times):
            self.ages[()].add(now - times[0], len(times))
        else:
            self.ages[()].add_all([now - time for time in times])

    def missed(self, keys: int) -> None:
        """Count keys that had to be asked for."""
        self.lookups["miss",] += keys

    def stood_in(self, time: float, now: float) -> None:
        """Count a value that is shown past its end, for the upstream failed."""
        self.stale[()] += 1
        self.ages[()].add(now - time)

    def failed(self) -> None:
        """Count that the shared cache failed, or took no writes."""
        self.errors[()] += 1


class CallerTally:
    """Who was not let in, and the keys by which they are judged."""

    def __init__(self, reasons: Iterable[str] = ()) -> None:
        self.turned_away = _counts(*((reason,) for reason in reasons))
        self.refreshes = _counts(("ok",), ("failed",))

    def refused(self, reason: str) -> None:
        """Count a caller that was refused, for a reason out of a short list."""
        self.turned_away[reason,] += 1

    def refreshed(self, result: str) -> None:
        """Count that the keys were fetched anew: ``ok``, or ``failed``."""
        self.refreshes[result,] += 1


class Tallies:
    """All of them: one of each, for one app."""

    def __init__(
        self,
        operations: OperationTally | None = None,
        upstream: UpstreamTally | None = None,
        cache: CacheTally | None = None,
        callers: CallerTally | None = None,
    ) -> None:
        self.operations = operations or OperationTally()
        self.upstream = upstream or UpstreamTally()
        self.cache = cache or CacheTally()
        self.callers = callers or CallerTally()
