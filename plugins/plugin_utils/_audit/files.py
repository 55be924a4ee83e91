# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of an audit except the HTML page. Pure: functions return the text of each file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._reconcile.outcome_file import safe_cell
from ansible_collections.voip.rps.plugins.plugin_utils._audit.audit import (
    COLUMNS,
    AccountAudit,
    Audit,
    colons,
    shown,
    utc,
    vendor_of,
)
from ansible_collections.voip.rps.plugins.plugin_utils._audit.states import ELSEWHERE, STATES, Row, summary, totals

CLAIM_COLUMNS = ("mac", "sn", "vendor", "model", "provider", "account", "ticket")

_ALWAYS = COLUMNS[:10]
_PREFIX = "voip_rps_audit"


def json_text(audit: Audit) -> str:
    """Return the audit as JSON, with totals, accounts, and one line for each row."""
    head = {
        "at": utc(audit.at),
        "duration": round(audit.duration, 3),
        "summary": summary(audit.rows),
        "totals": totals(audit.rows),
        "accounts": {one.account: _account(one) for one in audit.accounts},
    }
    lines = [
        json.dumps({key: value for key, value in zip(COLUMNS, row, strict=True) if value is not None or key in _ALWAYS})
        for row in audit.table
    ]
    rows = ",\n".join(lines)
    return f'{json.dumps(head, indent=1)[:-2]},\n "rows": [\n{rows}\n ]\n}}\n'


def _account(one: AccountAudit) -> dict[str, Any]:
    return {
        "provider": one.provider,
        "summary": summary(one.rows),
        "reads": one.reads,
        "requests": one.requests,
        "failure": one.failure.as_dict() if one.failure else None,
    }


def csv_text(audit: Audit) -> str:
    """Return every row as CSV."""
    return _csv(COLUMNS, audit.table)


def claims_text(audit: Audit) -> str:
    """Return as CSV the phones that somebody else's account has registered, each with a support ticket's text."""
    return _csv(CLAIM_COLUMNS, (_claim(one, row) for one in audit.accounts for row in _claimed(one)))


def _claimed(one: AccountAudit) -> Iterable[Row]:
    return (row for row in one.rows if row.state == ELSEWHERE and not row.held_by)


def _claim(one: AccountAudit, row: Row) -> tuple[Any, ...]:
    vendor, serial = vendor_of(row.provider), shown(row.columns.get("sn"))
    number = f", serial number {serial}," if serial else ""
    user = f" (user name {shown(one.user)})" if one.user else ""
    ticket = (
        f"The {vendor} phone with MAC address {colons(row.mac)}{number} is ours, but another account of your "
        f"redirection service has registered it. Please release it, so that we can register it with our "
        f"account{user}. We can send you the receipt."
    )
    return row.mac, serial, vendor, shown(row.columns.get("model")), row.provider, shown(one.account), ticket


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell and safe_cell(cell) for cell in row])
    return text.getvalue()


def metrics_text(audit: Audit) -> str:
    """Return the audit in the text format of Prometheus, for the textfile collector of its node exporter."""
    counts = [
        ({**_labels(one), "state": state, "source": source}, by_state[state])
        for one in audit.accounts
        for source, by_state in totals(one.rows).items()
        for state in STATES
    ]
    oldest = [
        (_labels(one), min(times))
        for one in audit.accounts
        if (times := [row.seen.seen_at for row in one.rows if row.seen.seen_at is not None])
    ]
    families: list[tuple[str, str, Sequence[tuple[Mapping[str, str], float]]]] = [
        ("phones", "Number of phones by state and source.", counts),
        ("reads", "Number of phones that were read.", [(_labels(one), one.reads) for one in audit.accounts]),
        ("requests", "Number of HTTP requests.", [(_labels(one), one.requests) for one in audit.accounts]),
        (
            "account_up",
            "Whether the account could be read, 1 or 0.",
            [(_labels(one), int(one.failure is None)) for one in audit.accounts],
        ),
        ("oldest_reading_timestamp_seconds", "Time of the oldest reading that the audit uses.", oldest),
        (
            "unread_accounts",
            "Number of accounts that could not be read.",
            [({}, sum(one.failure is not None for one in audit.accounts))],
        ),
        ("last_run_timestamp_seconds", "Time at which the audit started.", [({}, audit.at)]),
        ("duration_seconds", "Duration of the audit.", [({}, round(audit.duration, 3))]),
    ]
    return "".join(_family(f"{_PREFIX}_{name}", help_text, samples) for name, help_text, samples in families)


def _labels(one: AccountAudit) -> dict[str, str]:
    return {"account": str(shown(one.account)), "provider": one.provider}


def _family(name: str, help_text: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> str:
    lines = [f"# HELP {name} {help_text}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        inner = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        lines.append(f"{name}{{{inner}}} {value}" if inner else f"{name} {value}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
