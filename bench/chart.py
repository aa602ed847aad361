"""A picture of what operations cost: a group of bars for each size, on a logarithmic scale. SVG, light and dark."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import ceil, floor, log10

_WIDTH = 760
_NAMES = 180  # pixels on the left
_PLOT = 480
_BAR = 16
_GROUP = 34  # pixels above the bars of a size
_TOP = 58
_TITLE = "Processor time of an operation, in milliseconds (logarithmic)"
_CAPTION = (
    "Shorter is cheaper. Eight clients, an upstream that answers at once. Times and ratios depend on the machine."
)
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.size { font-weight: 600 }
.caption, .tick { fill: #59636e }
.ground { fill: #ffffff }
.line { stroke: #d1d9e0 }
.peer { fill: #8c959f }
.own { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .caption, .tick { fill: #9198a1 }
  .ground { fill: #0d1117 }
  .line { stroke: #3d444d }
  .peer { fill: #656c76 }
  .own { fill: #4493f8 }
}
"""


def draw(bars: Mapping[int, Sequence[tuple[str, float]]]) -> str:
    """Draw each size's bars: names, and milliseconds. Those of the gateway, named so, are set off."""
    shown = [milliseconds for group in bars.values() for _, milliseconds in group]
    first, last = floor(log10(0.9 * min(shown))), ceil(log10(max(shown)))
    height = _TOP + sum(_GROUP + _BAR * len(group) for group in bars.values()) + 48
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{_TITLE}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{_WIDTH}" height="{height}" rx="6"/>',
        _text(12, 24, _TITLE, "title"),
        *_scale(first, last, height),
        *_groups(bars, first, last),
        _text(12, height - 12, _CAPTION, "caption"),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _scale(first: int, last: int, height: int) -> Iterator[str]:
    for power in range(first, last + 1):
        x = _x(10.0**power, first, last)
        yield f'<line class="line" x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{height - 34}"/>'
        yield _text(x, _TOP - 12, f"{10.0**power:g}", "tick", anchor="middle")


def _groups(bars: Mapping[int, Sequence[tuple[str, float]]], first: int, last: int) -> Iterator[str]:
    y = _TOP
    for size, group in bars.items():
        yield _text(12, y + 22, "1 customer" if size == 1 else f"{size} customers", "size")
        y += _GROUP
        for name, milliseconds in group:
            end = _x(milliseconds, first, last)
            kind = "own" if name.startswith("gateway") else "peer"
            yield _text(_NAMES - 8, y + 11, name, "name", anchor="end")
            size_of_bar = f'width="{end - _NAMES:.1f}" height="{_BAR - 4}"'
            yield f'<rect class="{kind}" x="{_NAMES}" y="{y + 1}" {size_of_bar} rx="2"/>'
            value = f"{milliseconds:.3g}" if milliseconds < 100 else f"{milliseconds:.0f}"
            yield _text(end + 6, y + 11, value, "value")
            y += _BAR


def _x(milliseconds: float, first: int, last: int) -> float:
    return _NAMES + _PLOT * (log10(milliseconds) - first) / max(1, last - first)


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
