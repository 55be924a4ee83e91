# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit found, as all of its files show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS
from ansible_collections.voip.rps.plugins.module_utils._pure.url import without_userinfo
from ansible_collections.voip.rps.plugins.plugin_utils._audit.history import Run
from ansible_collections.voip.rps.plugins.plugin_utils._audit.states import (
    DRIFTED,
    ELSEWHERE,
    EXTRA,
    MISSING,
    NO_URL,
    NOT_YET,
    UNVERIFIABLE,
    Row,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.advice import advice as advice_for_error

LONGEST = 300
"""So many characters of a text are shown."""

LIST_COLUMNS = ("name", "model", "extension", "group", "sn")
COLUMNS = (
    "mac",
    "provider",
    "account",
    "state",
    "status",
    "server",
    "url",
    "current_url",
    "seen_at",
    "source",
    *LIST_COLUMNS,
    "code",
    "message",
    "advice",
)

_ADVICE = {
    MISSING: "It is not registered. Run rollout with this list.",
    DRIFTED: "It points elsewhere. Run rollout, or correct the list if the change was on purpose.",
    EXTRA: "No row of the list names it. Add a row, or release it with decommission.",
    ELSEWHERE: "Another account holds it. Ask its former owner, or the vendor with a receipt.",
}
_ADVICE_UNVERIFIABLE = {
    NO_URL: "The list names a server without a URL. Give its URL in audit_servers.",
    NOT_YET: "It was not read yet. The next runs read it, sooner with a higher audit_reads.",
}
_NOT_SHOWN = "The service does not tell where it points. Check it at the phone, or run rollout with rollout_force."


class AccountAudit(NamedTuple):
    """The audit of an account. C(reads): how many phones were read one by one; C(failure): why it could not be read."""

    account: str
    provider: str
    rows: Sequence[Row]
    reads: int
    requests: int
    failure: RpsError | None
    user: str = ""


class Audit(NamedTuple):
    """A whole run: when it began, in seconds since 1970, how long it took, and the C(runs) before it."""

    at: int
    duration: float
    accounts: Sequence[AccountAudit]
    runs: Sequence[Run] = ()

    @property
    def rows(self) -> Iterator[Row]:
        for account in self.accounts:
            yield from account.rows


def advice(row: Row) -> str:
    """Return what to do about a row, empty where it is right."""
    if row.error is not None:
        return advice_for_error(row.error.code)
    if row.held_by:
        return f"Your account {shown(row.held_by)} holds it. Correct the list, or run migrate."
    if row.state == UNVERIFIABLE:
        return _ADVICE_UNVERIFIABLE.get(row.reason, _NOT_SHOWN)
    return _ADVICE.get(row.state, "")


def cells(row: Row) -> dict[str, Any]:
    """Return a row as all files show it, by C(COLUMNS): no password is in it, and nothing that turns text around."""
    target = row.target.as_dict(row.mac) if row.target else {}
    error = row.error.as_dict() if row.error else {}
    current = row.seen.current_url
    return {
        "mac": row.mac,
        "provider": row.provider,
        "account": shown(row.account),
        "state": row.state,
        "status": row.seen.observation.status,
        "server": shown(target.get("server")),
        "url": shown(target.get("url")),
        "current_url": shown(current),
        "seen_at": utc(row.seen.seen_at),
        "source": row.seen.source,
        **{name: shown(row.columns.get(name)) for name in LIST_COLUMNS},
        "code": error.get("code"),
        "message": shown(error.get("message")),
        "advice": advice(row) or None,
    }


def shown(text: Any) -> Any:
    """Return a text of the list or the service fit to be shown, None where there is none."""
    if not text:
        return None
    words = without_userinfo(SECRETS.hide(str(text)))
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def utc(seconds: int | None) -> str | None:
    """Return a time as C(2026-01-31T23:59:59Z)."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def vendor_of(provider: str) -> str:
    """Return the vendor's name, from that of its service."""
    return provider.partition("_")[0].capitalize()


def colons(mac: str) -> str:
    """Return a MAC address as vendors print it on labels."""
    return ":".join(mac[place : place + 2] for place in range(0, 12, 2)).upper()


def as_run(audit: Audit, counts: Mapping[str, int]) -> Run:
    """Return the run as the history keeps it."""
    return Run(audit.at, counts)
