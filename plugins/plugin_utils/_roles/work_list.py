# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work list of a migration between accounts, which has all data to continue after the run was killed.

It is written before the first phone is released. A later run reads from the accounts which phones were already moved.
At the end, the work list is written again as finished if every phone is registered by one of the accounts.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Target
from ansible_collections.voip.rps.plugins.module_utils._pure.url import check_url

PREFIX = "rps-migrate-"
MOST_BYTES = 256 * 1024 * 1024
_KIND = "voip.rps.migrate work list"
_WRONG = "is not a work list of the role migrate"


class Move(NamedTuple):
    """The move of a phone to another account. ``old``: its target, or None if unknown. ``new``: its new target."""

    mac: str
    old: Target | None
    new: Target


class WorkList(NamedTuple):
    """The accounts and moves of a migration. ``accounts``: the options that identify each login, by account.

    ``finished``: whether one of the accounts has registered every phone, so the list is not needed any more.
    """

    source: str
    destination: str
    accounts: Mapping[str, Mapping[str, str]]
    moves: Sequence[Move]
    finished: bool = False


def write_work_list(path: str, work: WorkList) -> None:
    """Write a file atomically that only its owner can read, and sync it to the disk. Raise OSError."""
    path = os.path.abspath(path)
    folder = os.path.dirname(path)
    content = {
        "kind": _KIND,
        "from_account": work.source,
        "to_account": work.destination,
        "finished": work.finished,
        "accounts": work.accounts,
        "rows": [{"mac": move.mac, "old": _as_dict(move.old), "new": _as_dict(move.new)} for move in work.moves],
    }
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".voip.rps-")  # of mode 0600
    try:
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    # The folder must be synced as well, or the file name can be lost.
    with contextlib.suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def read_work_list(path: str) -> WorkList:
    """Return the work list at a path. Raise ValueError. Its message begins with a verb and shows no content."""
    try:
        if os.path.getsize(path) > MOST_BYTES:
            raise ValueError(_WRONG)
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except FileNotFoundError:
        raise ValueError("was not found") from None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or 'it is not a file'}") from None
    except (ValueError, RecursionError):
        raise ValueError(_WRONG) from None
    if not isinstance(content, dict) or content.get("kind") != _KIND:
        raise ValueError(_WRONG)
    try:
        moves = [_move(row) for row in _list(content["rows"])]
        accounts = {name: _texts(options) for name, options in _dict(content["accounts"]).items()}
        finished = content["finished"] is True
        return WorkList(_text(content["from_account"]), _text(content["to_account"]), accounts, moves, finished)
    except (KeyError, TypeError, ValueError):
        raise ValueError("is damaged: use the original file that the run wrote") from None


def unfinished_work_list(folder: str, source: str, destination: str) -> str | None:
    """Return the path of the work list of an unfinished migration between these accounts in a folder, or None."""
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), f"{PREFIX}*.json"))):
        try:
            work = read_work_list(path)
        except ValueError:
            continue
        if (work.source, work.destination) == (source, destination) and not work.finished:
            return path
    return None


def _as_dict(target: Target | None) -> dict[str, Any] | None:
    return None if target is None else target._asdict()


def _move(row: Any) -> Move:
    old = _dict(row)["old"]
    return Move(parse_mac(_text(row["mac"])), None if old is None else _target(old), _target(row["new"]))


def _target(value: Any) -> Target:
    server, url, own = _dict(value)["server"], value["url"], value["own"]
    if (server is None and url is None) or not isinstance(own, bool):
        raise ValueError
    asked = value.get("asked")
    return Target(
        None if server is None else _text(server),
        None if url is None else check_url(_text(url)),
        own,
        None if asked is None else check_url(_text(asked)),
    )


def _texts(value: Any) -> dict[str, str]:
    return {str(key): _text(text) for key, text in _dict(value).items()}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _dict(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError
    return value
