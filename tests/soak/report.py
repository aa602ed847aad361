"""What a soak found, in words."""

from collections import Counter
from collections.abc import Iterator
from statistics import quantiles

from tests.soak.run import Findings
from tests.soak.watching import kinds

_SHOWN = 20  # complaints


def report(found: Findings) -> str:
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Findings) -> Iterator[str]:
    tally, seconds = found.tally, sorted(found.tally.seconds)
    yield f"{found.ended - found.began:.0f} s of load, {len(seconds)} operations judged"
    yield f"asked          {_counted(tally.asked)}"
    if len(seconds) > 1:
        cuts = quantiles(seconds, n=100)
        yield f"seconds        median {cuts[49]:.3f}, 99th {cuts[98]:.3f}, longest {seconds[-1]:.3f}"
    yield f"figures        {_counted(tally.ages)}"
    yield f"errors         {_counted(tally.codes)}"
    yield f"weathers       {_counted(Counter(spell.weather.name for spell in found.sky.spells))}"
    yield f"upstream       {found.calls.calls} calls, {found.calls.items} items"
    for (before, after), course in zip(found.memory, found.course, strict=True):
        yield f"memory         {before:.1f} MB after the warm-up, {after:.1f} MB at the end ({after / before - 1:+.1%})"
        yield f"  in ten parts {', '.join(f'{each:.1f}' for each in course)}"
    for opened, left in zip(found.open_before, found.open_after, strict=False):
        yield f"open           {_named(opened)} before; {_named(left)} after"
    if found.logs:
        yield f"log            {_counted(kinds(found.logs))}"
    yield from _verdict(found)


def _verdict(found: Findings) -> Iterator[str]:
    complaints, untold = found.all_complaints, found.tally.count - len(found.tally.complaints)
    if not found.is_whole:
        yield "stopped early: what is left behind, and memory, are not judged"
    if not complaints:
        yield "all is well" if found.is_whole else "all was well until then"
        return
    yield f"{len(complaints) + untold} complaints:"
    yield from (f"  {each}" for each in complaints[:_SHOWN])


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common()) or "none"


def _named(files: tuple[int, ...]) -> str:
    return ", ".join(
        f"{count} {name}" for name, count in zip(("clients", "upstream", "cache", "others"), files, strict=True)
    )
