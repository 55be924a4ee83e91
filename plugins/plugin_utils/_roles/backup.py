# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backup: how phones were before a run changed them, in a file that the role restore takes."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems, RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    REGISTERED,
    UNVERIFIED,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Plan
from ansible_collections.voip.rps.plugins.module_utils._reconcile.reconcile import BeforeWriting
from ansible_collections.voip.rps.plugins.module_utils._reconcile.runner import Runner
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context
from ansible_collections.voip.rps.plugins.plugin_utils._roles.phones import writable_path

_AWX = "awx_job_id"
_TIME = "%Y%m%dT%H%M%SZ"

Row = dict[str, Any]


class Backup:
    """The backup file of a run. C(path) is None until it was written.

    It is written anew before the first change of each account, with the phones of the accounts before, so it always has
    every phone that this run may have changed.
    """

    def __init__(self, path: str) -> None:
        self.path: str | None = None
        self._path = path
        self._rows: list[Row] = []

    def of(self, account: str) -> BeforeWriting:
        """Return what saves the phones that a plan of the account is about to change."""
        return lambda runner, plan: self._save(account, runner, plan)

    def _save(self, account: str, runner: Runner[Service], plan: Plan) -> Mapping[str, RpsError]:
        seen, errors = _before(runner, plan)
        rows = list(_rows(account, runner.service, seen))
        if not rows:
            return errors
        self._rows += rows
        try:
            if self.path is None:
                _keep_existing(self._path)
            _write(self._path, self._rows)
        except OSError as error:
            words = f"the backup {self._path} could not be written, so nothing was changed: {error.strerror or error}"
            raise RpsError("invalid_input", words) from None
        self.path = self._path
        return errors


def find_backup(role: str, values: Mapping[str, Any], context: Context, problems: Problems) -> Backup | None:
    """Return the backup of a run, None where there shall be none; adds to C(problems) why it cannot be written."""
    option = f"{role}_backup"
    if values["backup"] is False:
        return None
    given = values["backup"]
    if given is None:
        if _AWX in context.names and option not in context.given:
            words = (
                "is required in AWX, where the working directory is gone after the job: give a path that stays, or "
                "false for no backup"
            )
            problems.append(Problem("invalid_input", option, words))
            return None
        given = _default_name(role, context.cwd)
    path = writable_path(option, given, context, problems)
    return None if path is None else Backup(path)


def now() -> str:
    """Return the time, in UTC, as backups have it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _default_name(role: str, folder: str) -> str:
    name = f"rps-backup-{role}-{datetime.now(UTC).strftime(_TIME)}"
    return f"{os.path.basename(_unused(os.path.join(folder, name), '.json'))}.json"


def _unused(stem: str, extension: str) -> str:
    """Return the stem, with a number behind it where there is such a file already."""
    candidate, number = stem, 1
    while os.path.lexists(candidate + extension):
        number += 1
        candidate = f"{stem}-{number}"
    return candidate


def _before(runner: Runner[Service], plan: Plan) -> tuple[dict[str, Observation], dict[str, RpsError]]:
    """Return how the phones are that a plan may change, and why some of them could not be read."""
    can = runner.service.can
    macs = [*(mac for step in plan.steps for mac in step.macs), *plan.swaps.values()]
    if can.read_target and can.rebind:
        # One of these may be bound again, to learn where its server leads.
        macs += [mac for mac, one in plan.outcomes.items() if one.action == UNVERIFIED and _is_named(one.target)]
    seen = {mac: plan.outcomes[mac].was for mac in macs}
    unread = [mac for mac, one in seen.items() if one.status == REGISTERED and one.url is None and can.read_target]
    seen.update(runner.read(unread, frozenset(unread)))
    errors = {
        mac: RpsError(one.error.code, f"not changed, as it could not be read for the backup: {one.error.message}")
        for mac, one in seen.items()
        if one.error
    }
    return {mac: one for mac, one in seen.items() if mac not in errors}, errors


def _is_named(target: object) -> bool:
    return isinstance(target, Target) and target.server is not None


def _rows(account: str, service: Service, seen: Mapping[str, Observation]) -> Iterable[Row]:
    time = now()
    for mac, one in seen.items():
        yield {
            "mac": mac,
            "provider": service.provider,
            "account": account,
            "status": one.status,
            "server": None,
            "current_url": one.url or None,
            # Where a service has named servers, not every one tells whether a URL is one of theirs.
            "own_url": True if one.url is not None and not service.can.named_servers else one.own_url,
            "seen_at": time,
        }


def _keep_existing(path: str) -> None:
    """Move a file in the place of the backup aside: it may be the only backup of an earlier run."""
    if not os.path.lexists(path):
        return
    stem, extension = os.path.splitext(path)
    written = datetime.fromtimestamp(os.stat(path, follow_symlinks=False).st_mtime, UTC).strftime(_TIME)
    os.rename(path, f"{_unused(f'{stem}-{written}', extension)}{extension}")


def _write(path: str, rows: Iterable[Row]) -> None:
    """Write the file, whole or not at all, for the user alone to read. Raises OSError."""
    lines = ",\n".join(json.dumps(row) for row in rows)
    folder = os.path.dirname(path)
    # With the mode 0600.
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".voip.rps-")
    try:
        with open(handle, "w", encoding="ascii") as file:
            file.write(f'{{"rows": [\n{lines}\n]}}\n')
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Not every file system can.
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
