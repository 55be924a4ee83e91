# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python publish_services.py JSON …`` writes runs of the case C(vendors) into the guide on performance."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from least import APIS, MOST
from report import seconds
from vendors import CONCURRENCY, LATENCY

GUIDE = Path(__file__).parents[2] / "docs" / "docsite" / "rst" / "performance.rst"
BEGIN = ".. begin: written by tests/benchmark/publish_services.py\n"
END = ".. end of tests/benchmark/publish_services.py\n"
LOAD = """The seconds were measured on a machine with 2 cores and much other work: the start of Ansible alone took 5
to 9 of them in each play, and varied more than what was measured. The requests are exact."""
CASES = {"fresh": "fresh rollout", "again": "run again", "move": "move of 1 %"}


def main(sources: Sequence[Path]) -> None:
    rows = [row for source in sources for row in json.loads(source.read_text())["vendors"]]
    head, _begin, rest = GUIDE.read_text().partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    GUIDE.write_text(f"{head}{BEGIN}\n{page(rows)}\n\n{END}{tail}")


def page(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the section."""
    worst = max(row["requests"] / row["least"] for row in rows)
    words = f"""What whole plays with ``rps_device`` take against the simulator, at {LATENCY * 1000:g} ms a request and
        {CONCURRENCY} requests at a time, with the phone list as ``src``. In brackets is the least: the requests that
        the service's API allows, and for the time their latency and the same play with an empty list. No service is
        asked more than {worst:.2f} times the least here; the goal is {MOST:g}. If nothing tells where a phone points,
        a move is a run with ``force`` over the moved phones alone."""
    return "\n\n".join(
        [
            _filled(words),
            "Requests:",
            _table(rows, lambda row: f"{row['requests']:,} ({row['least']:,})"),
            "Seconds:",
            _filled(LOAD),
            _table(rows, lambda row: f"{seconds(row['seconds'])} ({seconds(row['floor'])})"),
            "What the least is made of:",
            _rst([["service", "requests"], *([f"`{name}`", api.why] for name, api in APIS.items())]),
        ]
    )


def _filled(words: str) -> str:
    return fill(" ".join(words.split()), 120, break_on_hyphens=False)


def _table(rows: Sequence[Mapping[str, Any]], cell: Any) -> str:
    cells = {(row["provider"], row["size"], row["case"]): cell(row) for row in rows}
    lines = [["service", "phones", *CASES.values()]]
    for provider, size in sorted({key[:2] for key in cells}, key=lambda one: (list(APIS).index(one[0]), one[1])):
        lines.append([f"`{provider}`", f"{size:,}", *(cells[provider, size, case] for case in CASES)])
    return _rst(lines)


def _rst(rows: Sequence[Sequence[str]]) -> str:
    cells = [f"   {'  -' if number else '* -'} {cell}".rstrip() for row in rows for number, cell in enumerate(row)]
    table = "\n".join([".. list-table::", "   :header-rows: 1", "", *cells])
    return re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", table)


if __name__ == "__main__":
    main([Path(one) for one in sys.argv[1:]])
