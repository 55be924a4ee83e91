# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python publish_services.py JSON …`` writes the page on the speed of services from runs of the case C(vendors)."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

from least import APIS, MOST
from report import seconds
from vendors import CONCURRENCY, LATENCY, SIZES
from world import MOVED_EVERY

PAGE = Path(__file__).parents[2] / "docs" / "docsite" / "rst" / "speed_of_services.rst"
NAME = "ansible_collections.voip.rps.docsite.speed_of_services"
HEAD = f"""\
.. Copyright (c) voip.rps contributors
.. GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
.. SPDX-License-Identifier: GPL-3.0-or-later
.. written by tests/benchmark/publish_services.py

.. _{NAME}:

How fast each service is
========================

"""
CASES = {"fresh": "fresh rollout", "again": "run again", "move": "move of 1 %"}


def main(sources: Sequence[Path]) -> None:
    rows = [row for source in sources for row in json.loads(source.read_text())["vendors"]]
    PAGE.write_text(f"{HEAD}{page(rows)}\n")


def page(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the page."""
    worst = max(row["requests"] / row["least"] for row in rows)
    words = f"""The requests that whole plays with :ansplugin:`voip.rps.rps_device#module` send, as the simulator
        counted them; in brackets the least that the API of the service allows. No service is asked more than
        {worst:.2f} times that here; the goal is {MOST:g}. If nothing tells where a phone points, a move is a run with
        ``force`` over the moved phones alone."""
    times = f"""What the least requests take at {LATENCY * 1000:g} ms a request, {CONCURRENCY} at a time. The start of
        Ansible and of the module comes on top. ``make benchmark`` measures whole plays, and says how near they come."""
    measured = {(row["provider"], row["size"], row["case"]): row for row in rows}
    requests = {key: f"{row['requests']:,} ({row['least']:,})" for key, row in measured.items()}
    return "\n\n".join(
        [
            _filled(words),
            _heading("requests", "Requests"),
            _table(requests),
            _heading("seconds", "Seconds, at least"),
            _filled(times),
            _table({key: seconds(value) for key, value in _least_seconds().items()}),
            _heading("least", "What the least is made of"),
            _rows([["service", "what it takes"], *([f"``{name}``", api.why] for name, api in APIS.items())]),
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


def _heading(name: str, words: str) -> str:
    return f".. _{NAME}.{name}:\n\n{words}\n{'-' * len(words)}"


def _table(cells: Mapping[tuple[str, int, str], str]) -> str:
    names = list(APIS)
    rows = sorted({key[:2] for key in cells}, key=lambda one: (names.index(one[0]), one[1]))
    found = [[f"``{name}``", f"{size:,}", *(cells[name, size, case] for case in CASES)] for name, size in rows]
    return _rows([["service", "phones", *CASES.values()], *found])


def _rows(rows: Sequence[Sequence[str]]) -> str:
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in rows:
        lines += [f"   {'  -' if number else '* -'} {cell}" for number, cell in enumerate(row)]
    return "\n".join(lines)


if __name__ == "__main__":
    main([Path(one) for one in sys.argv[1:]])
