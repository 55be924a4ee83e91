# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulator a state folder: which process it is, and waiting for a process to end."""

from __future__ import annotations

import fcntl
import json
import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from .files import check_folder, make_folder, open_own

POLL_SECONDS = 0.2


class InUse(Exception):
    """Another process uses the state folder."""


class Running(NamedTuple):
    pid: int
    url: str
    certificate: str | None
    """The path of its certificate."""


def _lock_file(folder: Path) -> Path:
    return folder / "simulator.pid"


@contextmanager
def hold(folder: Path) -> Iterator[IO[str]]:
    """Lock the folder, create it if needed, and yield its emptied process file. Raise InUse or OSError."""
    make_folder(folder)
    with open(open_own(_lock_file(folder), os.O_CREAT | os.O_RDWR), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(f"a simulator is running or starting with {folder}") from None
        file.truncate()
        yield file
        file.seek(0)
        file.truncate()


def announce(file: IO[str], running: Running) -> None:
    """Write the process that uses the folder into the file that `hold()` yields."""
    file.write(json.dumps(running._asdict()))
    file.flush()


def find(folder: Path) -> Running | None:
    """Return the simulator that runs with this folder, or None. Raise InUse while it is starting, or OSError."""
    check_folder(folder)
    try:
        descriptor = open_own(_lock_file(folder), os.O_RDONLY)
    except FileNotFoundError:
        return None
    with open(descriptor) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            try:
                return Running(**json.load(file))
            except ValueError:
                raise InUse(f"a simulator is starting or stopping with {folder}") from None
    return None


def wait_for_exit(pid: int, seconds: float | None) -> bool:
    """Wait until the process has ended, at most `seconds` (None: without a limit). Return whether it has ended."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    except (AttributeError, OSError):  # not Linux, or an old kernel
        return _poll_for_exit(pid, seconds)
    try:
        poll = select.poll()
        poll.register(process, select.POLLIN)
        return bool(poll.poll(None if seconds is None else seconds * 1000))
    finally:
        os.close(process)


def _poll_for_exit(pid: int, seconds: float | None) -> bool:
    end = None if seconds is None else time.monotonic() + seconds
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        if end is not None and time.monotonic() > end:
            return False
        time.sleep(POLL_SECONDS)
