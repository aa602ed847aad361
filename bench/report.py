"""What was measured, for people: a table, and what is claimed with what came of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    """What operations that ran together cost: upstream calls, seconds by the clock, the gateway's processor seconds."""

    operations: int
    calls: int
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
    def milliseconds(self) -> float:
        return 1000 * median(each.seconds / each.operations for each in self._samples)

    @property
    def cpu_milliseconds(self) -> float:
        return 1000 * median(each.cpu / each.operations for each in self._samples)

    def __len__(self) -> int:
        return len(self._samples)


Results = Mapping[Case, Samples]


@dataclass(frozen=True, slots=True)
class Claim:
    text: str
    holds: bool

    def __str__(self) -> str:
        return f"{'ok    ' if self.holds else 'NOT OK'}  {self.text}"


def table(results: Results, *, yardstick: str) -> Iterator[str]:
    """Write the cases as lines, those of one scenario together, with each one's time against the yardstick's."""
    titles = f"{'samples':>8}{'calls/op':>10}{'(most)':>8}{'ms/op':>9}{'ratio':>8}{'ops/s':>8}{'gateway CPU ms/op':>20}"
    for at_once, item_ms in dict.fromkeys((case.at_once, case.item_ms) for case in results):
        yield ""
        yield f"{_together(at_once)}, {item_ms} ms an item"
        yield f"{'':<16}{titles}"
        against = results[Case(yardstick, item_ms, at_once)].milliseconds
        for case, samples in results.items():
            if (case.at_once, case.item_ms) == (at_once, item_ms):
                yield _row(case, samples, samples.milliseconds / against)


def _together(at_once: int) -> str:
    return "operations one at a time" if at_once == 1 else f"{at_once} operations of one caller at once"


def _row(case: Case, samples: Samples, ratio: float) -> str:
    return (
        f"{case.way:<16}{len(samples):>8}{samples.calls:>10.1f}{samples.most_calls:>8.1f}{samples.milliseconds:>9.1f}"
        f"{ratio:>8.2f}{1000 / samples.milliseconds:>8.1f}{samples.cpu_milliseconds:>20.1f}"
    )


def print_report(results: Results, claims: Sequence[Claim], *, yardstick: str) -> None:
    print(*table(results, yardstick=yardstick), "", *claims, sep="\n")
