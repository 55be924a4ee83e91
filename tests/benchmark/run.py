# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the collection against the simulator, and compare it with an empty play and with plays that do not use it.

Prints a table and whether the goals are met, and writes every figure as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import load
import report
import slices
import vendors
from cases import CASES, LATENCIES, SIZES, Sample, Setting, groups, sample
from figures import Figures
from least import APIS
from measure import Play
from world import World

REPEAT = 3
SLICES = "slices"
VENDORS = "vendors"
OTHER_CASES = (SLICES, VENDORS)
ONCE_ABOVE = 20.0
"""What takes more seconds than this is measured once."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="numbers of phones")
    parser.add_argument("--latency", type=float, nargs="+", default=LATENCIES, metavar="S", help="seconds a request")
    parser.add_argument("--cases", nargs="+", choices=[*CASES, *OTHER_CASES], default=[*CASES, *OTHER_CASES])
    parser.add_argument(
        "--services", nargs="+", choices=list(APIS), default=list(APIS), metavar="P", help="those of the case vendors"
    )
    parser.add_argument("--repeat", type=int, default=REPEAT, help=f"but once what takes over {ONCE_ABOVE:g} s")
    parser.add_argument("--output", type=Path, default=Path("tests/output/benchmark.json"), metavar="JSON")
    options = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="voip.rps-benchmark-") as name:
        folder = Path(name)
        play = Play(folder)
        with World(folder) as world:
            simulator = load.measure(world)
            sample(world, play, Setting("empty", "empty", 0, 0, 1), folder)  # fills caches
            rows: list[dict[str, Any]] = []
            cases = [case for case in options.cases if case not in OTHER_CASES]
            for group in groups(options.sizes, options.latency, cases) if cases else []:
                rows += _side_by_side(world, play, folder, group, options.repeat)
            sliced = []
            if SLICES in options.cases:
                size = min(slices.MOST, max(options.sizes))
                for one in slices.measure(world, size):
                    sliced.append(one)
                    print(f"{time.strftime('%H:%M:%S')} {report.slice_words(one)}", flush=True)
            by_vendor = []
            if VENDORS in options.cases:
                sizes = [size for size in options.sizes if size in vendors.SIZES] or [min(options.sizes)]
                for one in vendors.measure(world, play, sizes, options.services, folder):
                    by_vendor.append(one)
                    print(f"{time.strftime('%H:%M:%S')} {report.vendor_words(one)}", flush=True)
    figures = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version(), "ansible": version("ansible-core")},
        "seconds": round(time.monotonic() - started),
        "repeat": options.repeat,
        "once_above": ONCE_ABOVE,
        "simulator": simulator,
        "rows": rows,
        "slices": sliced,
        "vendors": by_vendor,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(figures) + "\n")
    print(report.text(Figures(figures)))
    print(f"\nEvery figure is in {options.output}.")


def _side_by_side(
    world: World, play: Play, folder: Path, group: Sequence[Setting], repeat: int
) -> list[dict[str, Any]]:
    """Measure a group's settings in turn, again and again, so that what else the machine does meets all of them."""
    samples: dict[Setting, list[Sample]] = {setting: [] for setting in group}
    for _round in range(repeat):
        for setting in group:
            taken = samples[setting]
            if taken and taken[0].cost.wall > ONCE_ABOVE:
                continue
            taken.append(sample(world, play, setting, folder))
            print(f"{time.strftime('%H:%M:%S')} {' '.join(map(str, setting))}: {taken[-1].cost.wall:.2f} s", flush=True)
    return [
        {
            **setting._asdict(),
            "requests": taken[0].requests,
            "logged": [one.logged for one in taken],
            "simulator_cpu": [one.simulator_cpu for one in taken],
            **{field: [getattr(one.cost, field) for one in taken] for field in taken[0].cost._fields},
        }
        for setting, taken in samples.items()
    ]


if __name__ == "__main__":
    main()
