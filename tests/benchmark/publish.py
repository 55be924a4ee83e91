# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python publish.py [JSON]`` puts a run's figures into the guide on performance, and keeps the JSON and a plot."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from textwrap import fill

import plot
from cases import CASES, OTHERS, Setting
from figures import Figures
from report import seconds

ROOT = Path(__file__).parents[2]
LATENCY = 0.02
GUIDE = ROOT / "docs" / "docsite" / "rst" / "performance.rst"
PICTURES = "https://raw.githubusercontent.com/voip-rps/voip.rps/main/docs/images"
BEGIN = ".. begin: written by tests/benchmark/publish.py\n"
END = ".. end\n"
ROWS = [
    *((f"**{case.title}**", name, "src", 8) for name, case in CASES.items() if not case.reads),
    *((f"**{case.title}**, concurrency 32", name, "src", 32) for name, case in CASES.items() if case.reads),
    ("**fresh rollout**, through ``devices``", "fresh", "devices", 8),
]
COLOURS = {"uri": "#c0392b", "curl": "#d35400", "script": "#8e44ad", "curl --parallel": "#7f8c8d"}


def main(source: Path) -> None:
    data = source.read_bytes()
    figures = Figures(json.loads(data))
    Path(__file__).with_name("figures.json").write_bytes(data)
    (ROOT / "docs" / "images" / "benchmark.svg").write_text(_plot(figures))
    head, _begin, rest = GUIDE.read_text().partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    GUIDE.write_text(f"{head}{BEGIN}\n{_section(figures)}\n{END}{tail}")


def _section(figures: Figures) -> str:
    machine = figures.data["machine"]
    rows = [["phones", *(f"{size:,}" for size in figures.sizes)]]
    for title, case, way, concurrency in ROWS:
        settings = [Setting(case, way, size, LATENCY, concurrency) for size in figures.sizes]
        rows.append([title, *(_ours(figures, one) for one in settings)])
    floors = [figures.floor(Setting("fresh", "src", size, LATENCY, 8)) for size in figures.sizes]
    rows.append(["the floor of a fresh rollout", *(f"{seconds(floor)} s" for floor in floors)])
    for way, (title, _most) in OTHERS.items():
        values = [figures.other(way, size, LATENCY) for size in figures.sizes]
        rows.append([title, *(f"{'~' * scaled}{seconds(value)} s" for value, scaled in values)])
    fresh = Setting("fresh", "src", max(figures.sizes), LATENCY, 8)
    words = f"""Against the simulator, at {LATENCY * 1000:g} ms a request, 100 phones a batch, 8 requests at a time and
        the phone list as ``src`` unless it says otherwise; whole plays, ansible-core {machine["ansible"]}, Python
        {machine["python"]}, {machine["cpus"]} CPUs. The floor is the requests' latency and a play of one task that does
        nothing. ~: scaled from fewer phones. The largest process of a fresh rollout of {fresh.size:,} phones takes
        {figures.median(fresh, "largest_peak") / 1e6:.0f} MB. ``make benchmark`` measures all of it again."""
    cells = [
        f"   {'  -' if number else '* -'} {cell.replace('`', '')}".rstrip()
        for row in rows
        for number, cell in enumerate(row)
    ]
    table = "\n".join([".. list-table::", "   :header-rows: 1", "", *cells])
    picture = f".. image:: {PICTURES}/benchmark.svg\n   :alt: Time against the number of phones"
    return "\n\n".join([table, picture, fill(" ".join(words.split()), 120, break_on_hyphens=False)])


def _ours(figures: Figures, one: Setting) -> str:
    try:
        return f"{seconds(figures.wall(one))} s"
    except KeyError:
        return ""


def _plot(figures: Figures) -> str:
    lines = [
        plot.Line(
            title,
            COLOURS[way],
            [(size, value) for size, (value, scaled) in values.items() if not scaled],
            [(size, value) for size, (value, scaled) in values.items() if scaled],
        )
        for way, (title, _most) in OTHERS.items()
        for values in [{size: figures.other(way, size, LATENCY) for size in figures.sizes}]
    ]
    for title, colour, case, concurrency in (
        ("rps_device: 32 at a time, targets checked", "#2980b9", "checked", 32),
        ("rps_device: fresh rollout", "#27ae60", "fresh", 8),
    ):
        settings = [Setting(case, "src", size, LATENCY, concurrency) for size in figures.sizes]
        lines.append(plot.Line(title, colour, [(one.size, figures.wall(one)) for one in settings]))
    floors = [figures.floor(Setting("fresh", "src", size, LATENCY, 8)) for size in figures.sizes]
    lines.append(plot.Line("the floor of a fresh rollout", "#bbb", list(zip(figures.sizes, floors, strict=True))))
    return plot.svg(
        "Time against the number of phones", [line._replace(title=line.title.replace("`", "")) for line in lines]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "output" / "benchmark.json")
