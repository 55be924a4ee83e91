# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of an audit, in the form that all of its files show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
    NOT_TOLD,
    NOT_YET,
    UNVERIFIABLE,
    Row,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.advice import advice as advice_for_error

LONGEST = 300
"""Maximum number of characters of a text in the files."""

LIST_COLUMNS = ("name", "model", "extension", "group", "sn")


class Cells(NamedTuple):
    """A phone as all files show it, without passwords and without characters that change the direction of text."""

    mac: str
    provider: str
    account: str | None
    state: str
    status: str | None
    server: str | None
    url: str | None
    current_url: str | None
    seen_at: str | None
    source: str
    name: str | None
    model: str | None
    extension: str | None
    group: str | None
    sn: str | None
    code: str | None
    message: str | None
    advice: str | None


COLUMNS = Cells._fields

_ADVICE = {
    MISSING: "It is not registered. Run rollout with this list.",
    DRIFTED: "It points to another target. Run rollout, or correct the list if the change was on purpose.",
    EXTRA: "No row of the list names it. Add a row, or release it with decommission.",
    ELSEWHERE: "Another account has registered it. Ask its former owner, or send the vendor the receipt.",
}
_ADVICE_UNVERIFIABLE = {
    NOT_TOLD: "Its row has only the column replaces. It is registered now, so add its server or url to the row.",
    NO_URL: "The list names a server without a URL. Add the URL to audit_servers.",
    NOT_YET: "It was not read yet. One of the next runs will read it. A higher audit_reads makes that sooner.",
}
_NOT_SHOWN = "The service cannot report where it points. Check the phone, or run rollout with rollout_force."


class AccountAudit(NamedTuple):
    """The audit of an account.

    ``reads``: the number of phones whose target was read. ``failure``: why the account could not be read, or None.
    """

    account: str
    provider: str
    rows: Sequence[Row]
    reads: int
    requests: int
    failure: RpsError | None
    user: str = ""


class Audit(NamedTuple):
    """A whole run.

    ``at``: its start in seconds since 1970. ``duration``: in seconds. ``runs``: the runs before it. ``table``: its rows
    as ``cells_of`` returns them.
    """

    at: int
    duration: float
    accounts: Sequence[AccountAudit]
    runs: Sequence[Run] = ()
    table: Sequence[Cells] = ()

    @property
    def rows(self) -> Iterator[Row]:
        for account in self.accounts:
            yield from account.rows


def advice(row: Row) -> str:
    """Return what to do about a row, or an empty text if its state is right."""
    if row.error is not None:
        return advice_for_error(row.error.code)
    if row.held_by:
        return f"Your account {shown(row.held_by)} has registered it. Correct the list, or run migrate."
    if row.state == UNVERIFIABLE:
        return _ADVICE_UNVERIFIABLE.get(row.reason, _NOT_SHOWN)
    return _ADVICE.get(row.state, "")


def cells_of(rows: Iterable[Row]) -> list[Cells]:
    """Return the rows as all files show them."""
    # Most texts occur for many phones, and cleaning them takes most of the time.
    text = _Memo(shown)
    time = _Memo(utc)
    return [_cells(row, text, time) for row in rows]


class _Memo(dict[Any, Any]):
    """A cache of the results of a function, by its argument."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, key: Any) -> Any:
        value = self[key] = self._function(key)
        return value


def _cells(row: Row, text: Mapping[Any, Any], time: Mapping[Any, Any]) -> Cells:
    target, error, seen, columns = row.target, row.error, row.seen, row.columns
    place = target.as_dict(row.mac) if target else {}
    return Cells(
        row.mac,
        row.provider,
        text[row.account],
        row.state,
        seen.observation.status,
        text[place.get("server")],
        text[place.get("url")],
        text[seen.current_url],
        time[seen.seen_at],
        seen.source,
        text[columns.get("name")],
        text[columns.get("model")],
        text[columns.get("extension")],
        text[columns.get("group")],
        text[columns.get("sn")],
        error.code if error else None,
        text[error.message] if error else None,
        advice(row) or None,
    )


def shown(text: Any) -> Any:
    """Return a text of the list or the service without secrets, at most ``LONGEST`` characters, or None if empty."""
    if not text:
        return None
    cleaned = without_userinfo(SECRETS.hide(str(text)))
    return cleaned if len(cleaned) <= LONGEST else f"{cleaned[: LONGEST - 1]}…"


def utc(seconds: int | None) -> str | None:
    """Return a time in seconds since 1970 as ``2026-01-31T23:59:59Z``, or None if it is None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def vendor_of(provider: str) -> str:
    """Return the name of the vendor of a provider."""
    return provider.partition("_")[0].capitalize()


def colons(mac: str) -> str:
    """Return a MAC address in the format of vendors' labels, in upper-case pairs with colons."""
    return ":".join(mac[place : place + 2] for place in range(0, 12, 2)).upper()


def as_run(audit: Audit, counts: Mapping[str, int]) -> Run:
    """Return the record of the run for the history."""
    return Run(audit.at, counts)
