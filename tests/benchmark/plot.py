# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time against the number of phones, as SVG: both axes logarithmic, each line named where it ends."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor, log10
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 860, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 270, 30, 50
LINE_HEIGHT = 17


class Line(NamedTuple):
    """A line through points of phones and seconds; those of ``scaled`` continue it, dashed."""

    title: str
    colour: str
    points: Sequence[tuple[int, float]]
    scaled: Sequence[tuple[int, float]] = ()


def svg(title: str, lines: Sequence[Line]) -> str:
    """Return the plot."""
    every = [point for line in lines for point in (*line.points, *line.scaled)]
    x = _Axis(min(size for size, _time in every), max(size for size, _time in every), LEFT, WIDTH - RIGHT)
    y = _Axis(min(time for _size, time in every), max(time for _size, time in every), HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="13"'
        ' font-family="system-ui, sans-serif">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        '<g stroke="#ddd">',
        *(f'<path d="M{x.at(tick):.1f} {TOP}V{HEIGHT - BOTTOM}"/>' for tick in x.ticks),
        *(f'<path d="M{LEFT} {y.at(tick):.1f}H{WIDTH - RIGHT}"/>' for tick in y.ticks),
        "</g>",
        '<g fill="#555">',
        *(
            f'<text x="{x.at(tick):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{tick:,.0f}</text>'
            for tick in x.ticks
        ),
        *(
            f'<text x="{LEFT - 8}" y="{y.at(tick) + 4:.1f}" text-anchor="end">{_duration(tick)}</text>'
            for tick in y.ticks
        ),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">phones</text>',
        "</g>",
    ]
    labels = _apart([y.at((*line.points, *line.scaled)[-1][1]) for line in lines])
    for line, label in zip(lines, labels, strict=True):
        solid = [(x.at(size), y.at(time)) for size, time in line.points]
        dashed = [(x.at(size), y.at(time)) for size, time in (*line.points[-1:], *line.scaled)]
        parts += [
            f'<g fill="none" stroke="{line.colour}" stroke-width="2">',
            f'<path d="{_path(solid)}"/>',
            *([f'<path d="{_path(dashed)}" stroke-dasharray="5 5"/>'] if line.scaled else []),
            "</g>",
            f'<g fill="{line.colour}">',
            *(f'<circle cx="{right:.1f}" cy="{down:.1f}" r="3.5"/>' for right, down in solid),
            f'<text x="{WIDTH - RIGHT + 12}" y="{label + 4:.1f}">{escape(line.title)}</text>',
            "</g>",
        ]
    return "\n".join([*parts, "</svg>", ""])


class _Axis:
    """A logarithmic axis that runs from one place to another, over whole powers of ten."""

    def __init__(self, least: float, most: float, begin: float, end: float) -> None:
        self._first, self._last = floor(log10(least)), ceil(log10(most))
        self._begin, self._length = begin, end - begin
        self.ticks = [10.0**power for power in range(self._first, self._last + 1)]

    def at(self, value: float) -> float:
        return self._begin + self._length * (log10(value) - self._first) / max(1, self._last - self._first)


def _apart(places: Sequence[float]) -> list[float]:
    """The places, moved up and down so that texts at them do not overlap."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = list(places)
    for above, below in pairwise(order):
        moved[below] = max(moved[below], moved[above] + LINE_HEIGHT)
    too_low = max(0.0, moved[order[-1]] - (HEIGHT - BOTTOM))
    return [place - too_low for place in moved]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{right:.1f} {down:.1f}" for right, down in points)


def _duration(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 1000 else f"{seconds:,.0f} s"
