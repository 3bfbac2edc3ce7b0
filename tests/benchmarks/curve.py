"""The curve of how commands grow, drawn as an SVG that can be read on dark and on light paper."""

import math
from collections.abc import Iterator, Sequence
from html import escape

Grown = dict[str, dict[int, float]]
"""Seconds by what was done and by how many nodes there are."""

WIDTH, HEIGHT = 760, 430
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 190, 56, 52
_LEAST_GAP = 15
_LIGHT = ("#0b66c3", "#b4461b", "#117a4b", "#8a3fa8", "#8a6d00", "#c2185b", "#50606e")
_DARK = ("#6cb6ff", "#ff9a6b", "#5fd39a", "#d9a1f0", "#e3c34b", "#ff8fb4", "#b4c1cc")


def short(nodes: int) -> str:
    """1k, 10k, 1M."""
    return f"{nodes // 1_000_000}M" if nodes >= 1_000_000 else f"{nodes // 1000}k"


def draw(grown: Grown) -> str:
    """The SVG: for each command one line of its times as multiples of those at the fewest nodes."""
    sizes = sorted({nodes for by_size in grown.values() for nodes in by_size})
    ratios = {name: _ratios(by_size) for name, by_size in grown.items()}
    values = [value for one in ratios.values() for value in one.values()]
    plane = _Plane(sizes, min(0.5, *values), max(2.0, *values))
    title = f"Time of a command, as a multiple of its time with {sizes[0]:,} nodes"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{escape(title)}">',
        f"<style>{_style(len(ratios))}</style>",
        f'<text class="title" x="{_LEFT}" y="26">{escape(title)}</text>',
        *plane.grid(),
    ]
    labels = _apart([(plane.y(one[max(one)]), name) for name, one in ratios.items()])
    for number, (name, one) in enumerate(ratios.items()):
        points = [(plane.x(nodes), plane.y(value)) for nodes, value in sorted(one.items())]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        lines.append(f'<polyline class="line c{number}" points="{path}"/>')
        lines += [f'<circle class="dot c{number}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
                  for x, y in points]  # fmt: skip
        until = "" if max(one) == sizes[-1] else f" at {short(max(one))}"
        told = f"{name} {one[max(one)]:.1f}x{until}"
        lines.append(
            f'<text class="name c{number}" x="{WIDTH - _RIGHT + 12}" y="{labels[name] + 4:.1f}">'
            f"{escape(told)}</text>"
        )
    return "\n".join([*lines, "</svg>", ""])


def _ratios(by_size: dict[int, float]) -> dict[int, float]:
    least = by_size[min(by_size)]
    return {nodes: seconds / least for nodes, seconds in by_size.items()}


class _Plane:
    """Both axes are logarithmic."""

    def __init__(self, sizes: Sequence[int], low: float, high: float) -> None:
        self._sizes = sizes
        self._low, self._high = math.log10(low), math.log10(high) + 0.05

    def x(self, nodes: int) -> float:
        """Where a number of nodes stands."""
        first, last = math.log10(self._sizes[0]), math.log10(self._sizes[-1])
        share = (math.log10(nodes) - first) / ((last - first) or 1)
        return _LEFT + share * (WIDTH - _LEFT - _RIGHT)

    def y(self, ratio: float) -> float:
        """Where a ratio stands."""
        share = (math.log10(ratio) - self._low) / (self._high - self._low)
        return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)

    def grid(self) -> Iterator[str]:
        """The axes with what they count."""
        bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
        for nodes in self._sizes:
            x = self.x(nodes)
            yield f'<line class="grid" x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}"/>'
            yield f'<text class="tick" x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">' \
                  f"{short(nodes)} nodes</text>"  # fmt: skip
        for ratio in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
            if self._low - 0.01 <= math.log10(ratio) <= self._high:
                y = self.y(ratio)
                kind = "one" if ratio == 1 else "grid"
                yield f'<line class="{kind}" x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>'
                yield f'<text class="tick" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">' \
                      f"{ratio:g}x</text>"  # fmt: skip


def _apart(wanted: list[tuple[float, str]]) -> dict[str, float]:
    """Where each name stands, near what it names and clear of the others."""
    placed: dict[str, float] = {}
    above = 0.0
    for y, name in sorted(wanted):
        above = placed[name] = max(y, above + _LEAST_GAP)
    over = max(0.0, above - (HEIGHT - _BOTTOM)) if placed else 0.0
    return {name: y - over for name, y in placed.items()}


def _style(lines: int) -> str:
    def colours(palette: Sequence[str]) -> str:
        return "".join(
            f".line.c{n}{{stroke:{palette[n % len(palette)]}}}"
            f".dot.c{n},.name.c{n}{{fill:{palette[n % len(palette)]}}}"
            for n in range(lines)
        )

    return (
        "text{font:13px system-ui,sans-serif}.title{font-weight:600;fill:#1f2328}"
        ".tick{fill:#59636e}.grid{stroke:#d1d9e0}.one{stroke:#59636e;stroke-dasharray:4 4}"
        ".line{fill:none;stroke-width:2}" + colours(_LIGHT) +
        "@media (prefers-color-scheme:dark){.title{fill:#f0f6fc}.tick{fill:#9198a1}"
        ".grid{stroke:#3d444d}.one{stroke:#9198a1}" + colours(_DARK) + "}"
    )  # fmt: skip
