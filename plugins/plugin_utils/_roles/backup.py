# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backup: the state of phones before a run changed them, in a file for the role restore."""

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
    """The backup file of a run. ``path`` is None until it is written.

    Each account writes the file again before its first change, including the phones of earlier accounts. So the file
    always has every phone that this run may have changed.
    """

    def __init__(self, path: str) -> None:
        self.path: str | None = None
        self._path = path
        self._rows: list[Row] = []

    def of(self, account: str) -> BeforeWriting:
        """Return the function that saves the phones that a plan of the account will change."""
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
    """Return the backup of a run, or None if it is turned off, and add a problem if it cannot be written."""
    option = f"{role}_backup"
    if values["backup"] is False:
        return None
    given = values["backup"]
    if given is None:
        if _AWX in context.names and option not in context.given:
            words = (
                "is required in AWX, which deletes the working directory after the job: set a permanent path, or false "
                "for no backup"
            )
            problems.append(Problem("invalid_input", option, words))
            return None
        given = _default_name(role, context.cwd)
    path = writable_path(option, given, context, problems)
    return None if path is None else Backup(path)


def now() -> str:
    """Return the current time in UTC, in the format of backups."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _default_name(role: str, folder: str) -> str:
    name = f"rps-backup-{role}-{datetime.now(UTC).strftime(_TIME)}"
    return f"{os.path.basename(_unused(os.path.join(folder, name), '.json'))}.json"


def _unused(stem: str, extension: str) -> str:
    """Return the stem, with a number appended if the file already exists."""
    candidate, number = stem, 1
    while os.path.lexists(candidate + extension):
        number += 1
        candidate = f"{stem}-{number}"
    return candidate


def _before(runner: Runner[Service], plan: Plan) -> tuple[dict[str, Observation], dict[str, RpsError]]:
    """Return the state of the phones that a plan may change, and the errors of those that could not be read."""
    can = runner.service.can
    macs = [*(mac for step in plan.steps for mac in step.macs), *plan.swaps.values()]
    if can.read_target and can.rebind:
        # One of these may be re-registered to learn the URL of its server.
        macs += [mac for mac, one in plan.outcomes.items() if one.action == UNVERIFIED and _is_named(one.target)]
    seen = {mac: plan.outcomes[mac].was for mac in macs}
    unread = [mac for mac, one in seen.items() if one.status == REGISTERED and one.url is None and can.read_target]
    seen.update(runner.read(unread, frozenset(unread)))
    errors = {
        mac: RpsError(one.error.code, f"not changed, because reading it for the backup failed: {one.error.message}")
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
            # Most services with named servers do not report whether a URL belongs to one of them.
            "own_url": True if one.url is not None and not service.can.named_servers else one.own_url,
            "seen_at": time,
        }


def _keep_existing(path: str) -> None:
    """Rename an existing file with the path of the backup, because it may be the only backup of an earlier run."""
    if not os.path.lexists(path):
        return
    stem, extension = os.path.splitext(path)
    written = datetime.fromtimestamp(os.stat(path, follow_symlinks=False).st_mtime, UTC).strftime(_TIME)
    os.rename(path, f"{_unused(f'{stem}-{written}', extension)}{extension}")


def _write(path: str, rows: Iterable[Row]) -> None:
    """Write the file atomically, readable only by its owner. Raise OSError."""
    lines = ",\n".join(json.dumps(row) for row in rows)
    folder = os.path.dirname(path)
    # mkstemp creates the file with the mode 0600.
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
        # Not every file system supports this.
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
