"""What was measured, for people: a table, and what is claimed with what came of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Case:
    """One way of asking, an item's time in milliseconds, and how many operations at once."""

    way: str
    item_ms: int
    at_once: int = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """What operations that ran together cost: upstream calls, and KPIs in them; seconds by the clock, and of processor.

    ``cpu`` is the gateway's alone.
    """

    operations: int
    calls: int
    items: int
    seconds: float
    cpu: float


class Samples:
    """The samples of one case, each figure as one operation's."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples = list(samples)

    @property
    def calls(self) -> float:
        return median(each.calls / each.operations for each in self._samples)

    @property
    def most_calls(self) -> float:
        return max(each.calls / each.operations for each in self._samples)

    @property
    def items(self) -> float:
        return median(each.items / each.operations for each in self._samples)

    @property
    def milliseconds(self) -> float:
        return 1000 * median(each.seconds / each.operations for each in self._samples)

    @property
    def cpu_milliseconds(self) -> float:
        return 1000 * median(each.cpu / each.operations for each in self._samples)

    def time_against(self, other: "Samples") -> float:
        """Return the ratio of the times: the median of those of samples that were taken in the same round."""
        return self._against(other, lambda sample: sample.seconds / sample.operations)

    def cpu_against(self, other: "Samples") -> float:
        """Return the ratio of the processor times, as ``time_against``; nan where nobody can tell them."""
        return self._against(other, lambda sample: sample.cpu / sample.operations)

    def _against(self, other: "Samples", figure: Callable[[Sample], float]) -> float:
        return median(figure(own) / figure(others) for own, others in zip(self, other, strict=True))

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._samples)

    def __len__(self) -> int:
        return len(self._samples)


Results = Mapping[Case, Samples]


@dataclass(frozen=True, slots=True)
class Claim:
    text: str
    holds: bool

    def __str__(self) -> str:
        return f"{'ok    ' if self.holds else 'NOT OK'}  {self.text}"


_TITLES = (
    f"{'':<16}{'samples':>8}{'items/op':>10}{'calls/op':>10}{'(most)':>8}{'ms/op':>9}{'ratio':>8}{'ops/s':>8}"
    f"{'gateway CPU ms/op':>20}{'ratio':>8}"
)


def table(results: Results, *, yardstick: str) -> Iterator[str]:
    """Write the cases as lines, those of one scenario together, with the ratios of times to the yardstick's."""
    for at_once, item_ms in dict.fromkeys((case.at_once, case.item_ms) for case in results):
        yield ""
        yield f"{_together(at_once)}, {item_ms} ms an item"
        yield _TITLES
        for case, samples in results.items():
            if (case.at_once, case.item_ms) == (at_once, item_ms):
                yield _row(case, samples, results[Case(yardstick, item_ms, at_once)])


def _together(at_once: int) -> str:
    return "operations one at a time" if at_once == 1 else f"{at_once} operations of one caller at once"


def _row(case: Case, samples: Samples, yardstick: Samples) -> str:
    time, cpu = samples.milliseconds, samples.cpu_milliseconds
    return (
        f"{case.way:<16}{len(samples):>8}{samples.items:>10.1f}{samples.calls:>10.1f}{samples.most_calls:>8.1f}"
        f"{time:>9.1f}{samples.time_against(yardstick):>8.2f}{1000 / time:>8.1f}"
        f"{cpu:>20.1f}{samples.cpu_against(yardstick):>8.2f}"
    )


def print_report(results: Results, claims: Sequence[Claim], *, yardstick: str) -> None:
    print(*table(results, yardstick=yardstick), "", *claims, sep="\n")
