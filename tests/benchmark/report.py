# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures as text: one row a setting, then the goals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cases import CASES, LEFT_OUT, OTHERS, Setting
from figures import Figures
from goals import goals

HEAD = (
    *("", "phones", "ms", "conc.", "wall s", "x floor", "CPU s", "module", "simul.", "MB module", "contr.", "largest"),
    *("requests", "runs"),
)


def text(figures: Figures) -> str:
    """The whole report."""
    data, machine = figures.data, figures.data["machine"]
    lines = [
        "",
        f"ansible-core {machine['ansible']}, Python {machine['python']}, {machine['cpus']} CPUs, {data['seconds']} s.",
        "The simulator alone:",
        f"  {_alone(figures, 'read', 'reads')}, {_alone(figures, 'bulk', 'bulk calls of 100 phones')}.",
        f"Medians of {data['repeat']}, taken in turn; what takes over {data['once_above']:g} s ran once.",
        "Floor: requests x latency / concurrency + an empty play of one task.",
        "CPU: of all processes but the simulator, of the module's, and of the simulator.",
        "",
        *_columns([HEAD, *(_row(figures, one) for one in [*figures.ours, *figures.others])]),
        "",
        "One by one, and scaled (~) from fewer phones where they would take too long:",
        *_columns([("", "ms", *(f"{size:,}" for size in figures.sizes)), *_others(figures)]),
        "",
        LEFT_OUT,
        "",
        *_slices(data.get("slices", [])),
        *_vendors(data.get("vendors", [])),
        "Goals:",
        *_columns(
            [
                ("not measured" if not goal.measured else "pass" if goal.passed else "MISS", *goal[:3])
                for goal in goals(figures)
            ],
            str.ljust,
        ),
    ]
    return "\n".join(lines)


def _slices(measured: Sequence[Mapping[str, Any]]) -> list[str]:
    if not measured:
        return []
    head = "Slices, a fresh rollout of phones as hosts, jobs at once that share the account's allowance:"
    return [head, *map(slice_words, measured), ""]


def slice_words(one: Mapping[str, Any]) -> str:
    """A measurement of slices, on one line."""
    latency, peak = one["latency"] * 1000, one["peak"] / 1e6
    return (
        f"{one['slices']} slices, {one['size']:,} phones, {latency:g} ms: {one['rate']:,.0f} phones/s"
        f" ({seconds(one['seconds'])} s, {one['requests']:,} requests, largest process {peak:.0f} MB)"
    )


def _vendors(measured: Sequence[Mapping[str, Any]]) -> list[str]:
    if not measured:
        return []
    head = "Services, a fresh rollout, a re-run and a move of 1 %, and the least that the API of each allows:"
    return [head, *map(vendor_words, measured), ""]


def vendor_words(one: Mapping[str, Any]) -> str:
    """A measurement of a service, on one line."""
    return (
        f"{one['provider']}, {one['case']}, {one['size']:,} phones: {one['requests']:,} requests, at least"
        f" {one['least']:,} ({one['requests'] / one['least']:.2f} x); {seconds(one['seconds'])} s, at least"
        f" {seconds(one['floor'])} s ({one['seconds'] / one['floor']:.2f} x)"
    )


def seconds(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _alone(figures: Figures, kind: str, calls: str) -> str:
    one = figures.data["simulator"][kind]
    return f"{one['rate']:,.0f} {calls}/s ({one['cpu'] * 1000:.2f} ms of CPU each)"


def _row(figures: Figures, one: Setting) -> tuple[str, ...]:
    ours = one.way in ("src", "devices") and one.case in CASES
    if ours:
        title = f"{CASES[one.case].title}, {one.way}"
    else:
        titles = {"empty": "an empty play", "noop": "a module that does nothing, devices"}
        title = OTHERS[one.way][0] if one.way in OTHERS else titles[one.case]
    play = one.way not in OTHERS
    return (
        title.replace("`", ""),
        f"{one.size:,}",
        f"{one.latency * 1000:g}",
        str(one.concurrency),
        seconds(figures.wall(one)),
        f"{figures.wall(one) / figures.floor(one):.2f}" if ours else "",
        seconds(figures.median(one, "cpu")),
        seconds(figures.median(one, "module_cpu")) if play else "",
        seconds(figures.median(one, "simulator_cpu")),
        *(
            f"{figures.median(one, f'{process}_peak') / 1e6:.0f}" if play else ""
            for process in ("module", "controller", "largest")
        ),
        "/".join(f"{count:,}" for count in sorted(figures.requests(one))) if ours else "",
        str(figures.times(one)),
    )


def _others(figures: Figures) -> list[tuple[str, ...]]:
    rows = []
    for way, (title, _most) in OTHERS.items():
        for latency in sorted({one.latency for one in figures.others if one.way == way}):
            cells = []
            for size in figures.sizes:
                try:
                    value, scaled = figures.other(way, size, latency)
                except KeyError:
                    cells.append("")
                else:
                    cells.append("~" * scaled + seconds(value))
            rows.append((title.replace("`", ""), f"{latency * 1000:g}", *cells))
    return rows


def _columns(rows: list[tuple[str, ...]], align: Callable[[str, int], str] = str.rjust) -> list[str]:
    """Rows as lines: the first column to the left, the others as told."""
    first, *widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join([row[0].ljust(first), *map(align, row[1:], widths)]).rstrip() for row in rows]
