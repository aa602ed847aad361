"""What came of the turns, for people: tables of each figure, and what is claimed with what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from math import isnan
from statistics import median, quantiles

from bench.peer_programs import CACHED, MERCURIUS, STRAWBERRY, TAILCALL, WHOLE_ANSWERS, YARDSTICK, Peer, Way
from bench.peer_turns import AT_ONCE, CROWD, Case, Turn, Turns
from bench.report import Claim, Samples

MUCH = (10, 50, 200)  # customers: where the gateway is to be the cheapest
CROWDED = 4  # times the median latency: the most that one in a hundred may take


class Report:
    def __init__(self, turns: Turns, memory: Mapping[str, float], ways: Sequence[Way]) -> None:
        self._turns = turns
        self._memory = memory
        self._ways = ways

    def cpu(self, name: str, customers: int, delay: int = 0) -> float:
        """Return the milliseconds of processor time of an operation, its median over the rounds; nan without any."""
        samples = self._samples(name, customers, delay)
        return samples.cpu_milliseconds if len(samples) else float("nan")

    def against(self, name: str, other: str, customers: int, delay: int = 0) -> float:
        """Return the ratio of two ways' processor time: the median of the rounds' in which both had a turn."""
        own, others = (self._turns.get(Case(each, delay, customers, AT_ONCE), ()) for each in (name, other))
        rounds = min(len(own), len(others))
        if not rounds:
            return float("nan")
        first, second = (Samples(each.sample for each in taken[:rounds]) for taken in (own, others))
        return first.cpu_against(second)

    def lines(self) -> Iterator[str]:
        for delay in sorted({case.delay for case in self._turns}):
            sizes = sorted({case.customers for case in self._turns if (case.delay, case.clients) == (delay, AT_ONCE)})
            if sizes:
                yield from self._table(delay, sizes)
        yield from self._notes()
        crowded = [case for case in self._turns if case.clients == CROWD]
        if crowded:
            yield ""
            yield f"p50, p99 ms with {CROWD} clients at once (fewer of 200 customers: more are refused), upstream 0 ms"
            for name in dict.fromkeys(case.way for case in crowded):
                shown = (f"{case.customers}: {_latencies(self._turns[case])}" for case in crowded if case.way == name)
                yield f"{name:<20}  " + "   ".join(shown)

    def bars(self, sizes: Sequence[int]) -> Mapping[int, Sequence[tuple[str, float]]]:
        """Return for each size the ways and their milliseconds, the cheapest first."""
        shown = {size: [(way.name, self.cpu(way.name, size)) for way in self._ways] for size in sizes}
        return {size: sorted((b for b in bars if b[1] > 0), key=lambda b: b[1]) for size, bars in shown.items()}

    def claims(self) -> Iterator[Claim]:
        """Claim nothing where nobody can tell, or of a way that was not measured."""
        for own in (YARDSTICK, CACHED):
            names = [way.name for way in self._ways if way.cached == own.cached and way is not own]
            rivals = [name for name in names if name != WHOLE_ANSWERS]
            for size in MUCH:
                ratios = {name: self.against(own.name, name, size) for name in rivals}
                yield from _less_than_all(f"{own.name}: less CPU than every peer's", size, ratios, 1)
            best = MERCURIUS if own is YARDSTICK else None
            ratios = {name: self.against(own.name, name, 1) for name in rivals if best in {name, None}}
            yield from _less_than_all(f"{own.name}: at most 1.5 times {best or 'the best'}", 1, ratios, 1.5)
        for peer, most in ((TAILCALL, 1 / 10), (STRAWBERRY.name, 1 / 100)):
            ratios = {peer: self.against(YARDSTICK.name, peer, 50)}
            yield from _less_than_all(f"{YARDSTICK.name}: at most 1/{1 / most:.0f} of {peer}", 50, ratios, most)
        for case, turns in self._turns.items():
            if case.clients == CROWD:
                ratio = median(_percentile(each, 99) / _percentile(each, 50) for each in turns)
                text = f"{case.way}: p99 at most {CROWDED} times p50, {CROWD} clients, {case.customers} customers"
                yield Claim(f"{text}: {ratio:.2f}", ratio <= CROWDED)

    def _samples(self, name: str, customers: int, delay: int) -> Samples:
        return Samples(each.sample for each in self._turns.get(Case(name, delay, customers, AT_ONCE), ()))

    def _notes(self) -> Iterator[str]:
        for way in self._ways:
            if isinstance(way, Peer) and way.most_waiting:
                yield f"{way.name}: {way.most_waiting} customers at once at the most; that flatters it"
            elif way.name == WHOLE_ANSWERS:
                yield f"{way.name}: kept by operation and variables, not by customer; nothing is claimed of it"

    def _table(self, delay: int, sizes: Sequence[int]) -> Iterator[str]:
        shown = [way.name for way in self._ways if Case(way.name, delay, sizes[0], AT_ONCE) in self._turns]
        heads = "".join(f"{f'{size} customers':>20}" for size in sizes)
        yield ""
        yield f"upstream {delay} ms, {AT_ONCE} clients at once, medians of the rounds"
        yield f"{f'CPU ms/op (ratio to {YARDSTICK.name})':<31}" + heads
        for name in shown:
            cells = ((self.cpu(name, size, delay), self.against(name, YARDSTICK.name, size, delay)) for size in sizes)
            rounds = len(self._samples(name, sizes[0], delay))
            yield f"{name:<20}{rounds:>4} rounds" + "".join(f"{ms:>11.3f} ({ratio:>6.2f})" for ms, ratio in cells)
        yield f"{'operations/s; p50, p99 ms':<31}" + heads + f"{'peak MB':>9}"
        for name in shown:
            cases = [Case(name, delay, size, AT_ONCE) for size in sizes]
            rates = [1000 / Samples(turn.sample for turn in self._turns[case]).milliseconds for case in cases]
            cells_ = (f"{r:>6.0f};{_latencies(self._turns[c]):>13}" for r, c in zip(rates, cases, strict=True))
            yield f"{name:<31}" + "".join(cells_) + f"{self._memory.get(name, float('nan')) / 1e6:>9.0f}"


def _less_than_all(what: str, customers: int, ratios: Mapping[str, float], most: float) -> Iterator[Claim]:
    """Claim it against the one that comes closest."""
    known = {name: ratio for name, ratio in ratios.items() if not isnan(ratio)}
    if known:
        closest = max(known, key=lambda name: known[name])
        text = f"{what}, {customers} customers: {known[closest]:.3f} of {closest}'s"
        yield Claim(text, known[closest] < most)


def _latencies(turns: Sequence[Turn]) -> str:
    taken = list(chain.from_iterable(each.latencies for each in turns))
    low, high = (1000 * _percentile_of(taken, percent) for percent in (50, 99))
    return f"{low:.1f}, {high:.1f}"


def _percentile(turn: Turn, percent: int) -> float:
    return _percentile_of(turn.latencies, percent)


def _percentile_of(values: Sequence[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]
