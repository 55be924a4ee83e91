# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the state folder, opened so that nobody else's links lead the simulator elsewhere."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Create the state folder if it does not exist, only for its owner. Raise OSError, see `check_folder`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_folder(folder)


def check_folder(folder: Path) -> None:
    """Raise OSError if the folder exists and other users can write to it, or if it is a link of another user."""
    try:
        link, info = folder.lstat(), folder.stat()
    except FileNotFoundError:
        return
    trusted = (0, os.geteuid())
    if link.st_uid not in trusted or (info.st_uid not in trusted and os.geteuid() != 0):
        raise OSError(f"{folder} belongs to another user: choose a folder of your own")
    if info.st_mode & stat.S_IWOTH:
        raise OSError(f"{folder} is writable by all users: choose a folder of your own, or run chmod o-w on it")


def open_own(path: Path, flags: int) -> int:
    """Open a file, and return its descriptor. If the flags create it, only its owner can read it.

    Raise OSError if it is a symbolic link, has hard links, or is not a regular file.
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO):
            raise OSError(_not_ours(path)) from None
        raise
    info = os.fstat(descriptor)
    if not stat.S_ISREG(info.st_mode) or info.st_nlink > 1:
        os.close(descriptor)
        raise OSError(_not_ours(path))
    return descriptor


def refuse_link(path: Path) -> None:
    """Raise OSError if the path is not a regular file without hard links, or FileNotFoundError if it does not exist."""
    os.close(open_own(path, os.O_RDONLY))


def _not_ours(path: Path) -> str:
    return f"{path} is a link or not a regular file: remove it, or choose another folder"
