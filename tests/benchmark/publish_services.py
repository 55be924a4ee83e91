# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python publish_services.py JSON …`` writes runs of the case ``vendors`` into the guide on performance."""

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
from vendors import CONCURRENCY, LATENCY, SIZES
from world import MOVED_EVERY

GUIDE = Path(__file__).parents[2] / "docs" / "docsite" / "rst" / "performance.rst"
BEGIN = ".. begin: written by tests/benchmark/publish_services.py\n"
END = ".. end of tests/benchmark/publish_services.py\n"
CASES = {"fresh": "fresh rollout", "again": "run again", "move": "move of 1 %"}


def main(sources: Sequence[Path]) -> None:
    rows = [row for source in sources for row in json.loads(source.read_text())["vendors"]]
    head, _begin, rest = GUIDE.read_text().partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    GUIDE.write_text(f"{head}{BEGIN}\n{page(rows)}\n\n{END}{tail}")


def page(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the section."""
    worst = max(row["requests"] / row["least"] for row in rows)
    words = f"""The requests that whole plays with ``rps_device`` send, as the simulator counted them. In brackets is
        the least that the API of the service allows. No service is asked more than {worst:.2f} times that here; the
        goal is {MOST:g}. If nothing tells where a phone points, a move is a run with ``force`` over the moved
        phones alone."""
    times = f"""The seconds that the least requests take at {LATENCY * 1000:g} ms a request, {CONCURRENCY} at a time.
        The start of Ansible and of the module comes on top. ``make benchmark`` measures whole plays, and says how near
        they come."""
    measured = {(row["provider"], row["size"], row["case"]): row for row in rows}
    return "\n\n".join(
        [
            _filled(words),
            _table({key: f"{row['requests']:,} ({row['least']:,})" for key, row in measured.items()}),
            _filled(times),
            _table({key: seconds(value) for key, value in _least_seconds().items()}),
            "What the least is made of:",
            _rst([["service", "requests"], *([f"`{name}`", api.why] for name, api in APIS.items())]),
        ]
    )


def _least_seconds() -> dict[tuple[str, int, str], float]:
    found = {}
    for name, api in APIS.items():
        for size in SIZES:
            works = (api.fresh(size), api.again(size), api.moved(size, size // MOVED_EVERY))
            for case, work in zip(CASES, works, strict=True):
                found[name, size, case] = work.seconds(LATENCY, CONCURRENCY, api.rate)
    return found


def _filled(words: str) -> str:
    return fill(" ".join(words.split()), 120, break_on_hyphens=False)


def _table(cells: Mapping[tuple[str, int, str], str]) -> str:
    names = list(APIS)
    lines = [["service", "phones", *CASES.values()]]
    for provider, size in sorted({key[:2] for key in cells}, key=lambda one: (names.index(one[0]), one[1])):
        lines.append([f"`{provider}`", f"{size:,}", *(cells[provider, size, case] for case in CASES)])
    return _rst(lines)


def _rst(rows: Sequence[Sequence[str]]) -> str:
    cells = [f"   {'  -' if number else '* -'} {cell}".rstrip() for row in rows for number, cell in enumerate(row)]
    table = "\n".join([".. list-table::", "   :header-rows: 1", "", *cells])
    return re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", table)


if __name__ == "__main__":
    main([Path(one) for one in sys.argv[1:]])
