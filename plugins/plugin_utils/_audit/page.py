# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTML page of an audit: one file without external resources, in which only its own script can run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ansible_collections.voip.rps.plugins.plugin_utils._audit.audit import (
    AccountAudit,
    Audit,
    Cells,
    as_run,
    shown,
    utc,
    vendor_of,
)
from ansible_collections.voip.rps.plugins.plugin_utils._audit.history import Run
from ansible_collections.voip.rps.plugins.plugin_utils._audit.states import (
    DRIFTED,
    ELSEWHERE,
    EXCEPTIONS,
    EXTRA,
    MISSING,
    SOURCES,
    STATES,
    summary,
    totals,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.advice import advice as advice_for_error

MOST_ROWS = 20_000
"""Maximum number of exceptions on the page, because browsers open a larger page slowly."""
MOST_RUNS = 30
"""Maximum number of runs in the chart, including this one."""

_FILES = Path(__file__).parents[3] / "roles" / "audit" / "files"
_COLUMNS: dict[str, Callable[[Cells], str | None]] = {
    "MAC": lambda row: row.mac,
    "State": lambda row: row.state,
    "Vendor": lambda row: vendor_of(row.provider),
    "Account": lambda row: row.account,
    "Name": lambda row: row.name,
    "Group": lambda row: row.group,
    "Should point to": lambda row: " ".join(filter(None, (row.server, row.url))),
    "Points to": lambda row: row.current_url,
    "Last seen": lambda row: _minute(row.seen_at),
    "Source": lambda row: row.source,
}
_ADVICE = "What to do"
_DRIFT = (DRIFTED, MISSING, ELSEWHERE, EXTRA)
_WIDTH = 1000
_MARK = re.compile(r"@@([A-Z]+)@@")


def page_text(audit: Audit) -> str:
    """Return the HTML page of an audit."""
    style, script = (_file(f"page.{kind}") for kind in ("css", "js"))
    exceptions = [row for row in audit.table if row.state in EXCEPTIONS]
    more = len(exceptions) - MOST_ROWS
    parts: dict[str, str] = {
        "POLICY": (
            f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
            "base-uri 'none'; form-action 'none'"
        ),
        "AT": escape(utc(audit.at) or ""),
        "STYLE": style,
        "SCRIPT": script,
        "INTRODUCTION": _introduction(audit),
        "FAILURES": _failures(audit.accounts),
        "TOTALS": _totals(audit),
        "VENDORS": _vendors(audit),
        "RUNS": _runs([*audit.runs[-(MOST_RUNS - 1) :], as_run(audit, summary(audit.rows))]),
        "ACCOUNTS": _accounts(audit.accounts),
        "CUT": f"<p>The first {MOST_ROWS} of them. The CSV file has {more} more.</p>" if more > 0 else "",
        "OPTIONS": "".join(f'<option value="{state}">{state}</option>' for state in EXCEPTIONS),
        "DATA": _data(exceptions[:MOST_ROWS]),
    }
    return _MARK.sub(lambda found: parts[found[1]], _file("page.html"))


def _file(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _data(rows: Iterable[Cells]) -> str:
    """Return the exceptions as JSON that cannot close the HTML element that contains it."""
    advice: dict[str, int] = {}
    table = [
        [*(cell(row) or "" for cell in _COLUMNS.values()), advice.setdefault(_advice(row), len(advice))] for row in rows
    ]
    data = {"columns": [*_COLUMNS, _ADVICE], "advice": [*advice], "rows": table}
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _minute(time: str | None) -> str:
    """Return a time with minutes for people to read."""
    return f"{time[:10]} {time[11:16]} UTC" if time else "never"


def _advice(row: Cells) -> str:
    reason = f" Reason: {row.message} ({row.code})" if row.message else ""
    return f"{row.advice or ''}{reason}"


def _introduction(audit: Audit) -> str:
    phones = sum(len(one.rows) for one in audit.accounts)
    requests = sum(one.requests for one in audit.accounts)
    return escape(
        f"{_minute(utc(audit.at))}: {phones} phones, {len(audit.accounts)} accounts, {requests} requests in "
        f"{audit.duration:.1f} seconds."
    )


def _failures(accounts: Sequence[AccountAudit]) -> str:
    lines = [
        f"<li>{escape(str(shown(one.account)))}: {escape(advice_for_error(one.failure.code))} Reason: "
        f"{escape(str(shown(one.failure.message)))} ({escape(one.failure.code)})</li>"
        for one in accounts
        if one.failure
    ]
    if not lines:
        return ""
    return (
        '<section class="failures" aria-labelledby="failures"><h2 id="failures">Accounts that could not be read</h2>'
        f"<ul>{''.join(lines)}</ul></section>"
    )


def _totals(audit: Audit) -> str:
    both = summary(audit.rows)
    by_source = totals(audit.rows)
    cards = "".join(
        f'<li class="c-{state}"><strong>{count}</strong><span>{state}</span></li>' for state, count in both.items()
    )
    rows = [[state, *(by_source[source][state] for source in SOURCES), both[state]] for state in STATES]
    rows.append(["all", *(sum(by_source[source].values()) for source in SOURCES), sum(both.values())])
    caption = "Phones by state, read in this run or taken from the history"
    return f'<ul class="cards">{cards}</ul>{_table(caption, ["State", *SOURCES, "all"], rows)}'


def _vendors(audit: Audit) -> str:
    """Return a bar for each vendor, and a table with the same numbers."""
    counts: dict[str, dict[str, int]] = {}
    for one in audit.accounts:
        total = counts.setdefault(vendor_of(one.provider), dict.fromkeys(STATES, 0))
        for state, count in summary(one.rows).items():
            total[state] += count
    figures = "".join(
        f"<figure><figcaption>{escape(vendor)}: {sum(total.values())} phones</figcaption>"
        f'<svg class="bar" role="img" aria-label="{escape(_words(vendor, total))}" viewBox="0 0 {_WIDTH} 10" '
        f'preserveAspectRatio="none">{_bar(total)}</svg></figure>'
        for vendor, total in counts.items()
    )
    rows = [[vendor, *total.values(), sum(total.values())] for vendor, total in counts.items()]
    return f"{_key(STATES)}{figures}{_table('Phones by vendor and state', ['Vendor', *STATES, 'all'], rows)}"


def _words(vendor: str, total: Mapping[str, int]) -> str:
    return f"{vendor}: {', '.join(f'{count} {state}' for state, count in total.items() if count) or 'no phones'}"


def _bar(total: Mapping[str, int]) -> str:
    whole = sum(total.values()) or 1
    x = 0.0
    parts = []
    for state, count in total.items():
        width = _WIDTH * count / whole
        if count:
            parts.append(f'<rect class="f-{state}" x="{x:.2f}" y="0" width="{width:.2f}" height="10"></rect>')
        x += width
    return "".join(parts)


def _runs(runs: Sequence[Run]) -> str:
    """Return a column for each run, and a table with the same numbers."""
    most = max((sum(run.counts[state] for state in _DRIFT) for run in runs), default=0) or 1
    columns = []
    for position, run in enumerate(runs):
        y = 100.0
        for state in _DRIFT:
            height = 100 * run.counts[state] / most
            y -= height
            if height:
                columns.append(
                    f'<rect class="f-{state}" x="{position * 10 + 1}" y="{y:.2f}" width="8" height="{height:.2f}">'
                    f"<title>{_minute(utc(run.at))}: {run.counts[state]} {state}</title></rect>"
                )
    chart = (
        f'<svg class="runs" role="img" aria-label="Drifted, missing, elsewhere and extra phones of the last '
        f'{len(runs)} runs, at most {most}; the table below has the numbers" viewBox="0 0 {len(runs) * 10} 100" '
        f'preserveAspectRatio="none">{"".join(columns)}</svg>'
    )
    ends = f'<p class="ends"><span>{_minute(utc(runs[0].at))}</span><span>{_minute(utc(runs[-1].at))}</span></p>'
    rows = [[_minute(utc(run.at)), *(run.counts[state] for state in STATES)] for run in reversed(runs)]
    table = _table("Phones by run and state, the last run first", ["Run", *STATES], rows)
    words = "" if len(runs) > 1 else '<p class="quiet">There is no earlier run in the history.</p>'
    return f"{words}{_key(_DRIFT)}{chart}{ends}<details><summary>Numbers of each run</summary>{table}</details>"


def _key(states: Iterable[str]) -> str:
    items = "".join(
        f'<li><svg viewBox="0 0 1 1" aria-hidden="true"><rect class="f-{state}" width="1" height="1"></rect></svg>'
        f"{state}</li>"
        for state in states
    )
    return f'<ul class="key">{items}</ul>'


def _accounts(accounts: Sequence[AccountAudit]) -> str:
    rows = [
        [
            shown(one.account),
            vendor_of(one.provider),
            "read" if one.failure is None else f"not read: {one.failure.code}",
            *summary(one.rows).values(),
            one.reads,
            one.requests,
        ]
        for one in accounts
    ]
    header = ["Account", "Vendor", "Result", *STATES, "phones read", "requests"]
    return _table("Phones by account and state", header, rows)


def _table(caption: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table whose first column has the names of the rows. Numbers are aligned to the right."""
    lines = list(rows)
    first = lines[0] if lines else header

    def kind(place: int) -> str:
        return ' class="number"' if isinstance(first[place], int) else ""

    head = "".join(f'<th scope="col"{kind(place)}>{escape(name)}</th>' for place, name in enumerate(header))
    text: Callable[[Any], str] = lambda value: escape(str(value))  # noqa: E731
    body = "".join(
        f'<tr><th scope="row">{text(line[0])}</th>'
        + "".join(f"<td{kind(place)}>{text(value)}</td>" for place, value in enumerate(line) if place)
        + "</tr>"
        for line in lines
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table><caption>'
        f"{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
