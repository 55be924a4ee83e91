# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python publish_services.py JSON …`` writes docs/speed-of-services.md from runs of the case C(vendors)."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from least import APIS, MOST
from report import seconds
from vendors import CONCURRENCY, LATENCY

PAGE = Path(__file__).parents[2] / "docs" / "speed-of-services.md"
HEAD = """\
<!--
Copyright (c) voip.rps contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
Written by tests/benchmark/publish_services.py.
-->

# How fast each service is

"""
CASES = {"fresh": "fresh rollout", "again": "run again", "move": "move of 1 %"}


def main(sources: Sequence[Path]) -> None:
    rows = [row for source in sources for row in json.loads(source.read_text())["vendors"]]
    PAGE.write_text(f"{HEAD}{page(rows)}\n")


def page(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the page."""
    worst = max(row["requests"] / row["least"] for row in rows)
    words = f"""What whole plays with `rps_device` take against the simulator, at {LATENCY * 1000:g} ms a request and
        {CONCURRENCY} requests at a time, with the phone list as `src`. In brackets is the least: the requests that the
        service's API allows, and for the time their latency and a play of one task that does nothing. No service is
        asked more than {worst:.2f} times the least here; the goal is {MOST:g}. Where nothing tells where a phone
        points, a move is a run with `force` over the moved phones alone."""
    return "\n\n".join(
        [
            _filled(words),
            "## Requests",
            _table(rows, lambda row: f"{row['requests']:,} ({row['least']:,})"),
            "## Seconds",
            _filled("The requests count; the seconds are those of a machine that had other work as well."),
            _table(rows, lambda row: f"{seconds(row['seconds'])} ({seconds(row['floor'])})"),
            "## What the least is made of",
            "\n".join(["| service | |", "| --- | --- |", *(f"| `{name}` | {api.why} |" for name, api in APIS.items())]),
        ]
    )


def _filled(words: str) -> str:
    return fill(" ".join(words.split()), 120, break_on_hyphens=False)


def _table(rows: Sequence[Mapping[str, Any]], cell: Any) -> str:
    cells = {(row["provider"], row["size"], row["case"]): cell(row) for row in rows}
    lines = [f"| service | phones | {' | '.join(CASES.values())} |", "| --- | ---: | ---: | ---: | ---: |"]
    for provider, size in sorted({key[:2] for key in cells}, key=lambda one: (list(APIS).index(one[0]), one[1])):
        found = " | ".join(cells[provider, size, case] for case in CASES)
        lines.append(f"| `{provider}` | {size:,} | {found} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main([Path(one) for one in sys.argv[1:]])
