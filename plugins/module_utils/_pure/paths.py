# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find a file that a user names by a relative path."""

from __future__ import annotations

import os
from typing import Sequence


def find_file(path: str, folders: Sequence[str]) -> str:
    """Return the absolute path of the file that ``path`` names.

    Return an absolute path, or one that begins with ``~``, without searching. Search a relative one in ``folders``,
    which are absolute, in order. Do not expand environment variables, not even ``$PWD``.
    Raise ValueError, in words that name the folders, if there is no such file.
    """
    if not path.strip():
        raise ValueError("the path is empty")
    expanded = os.path.expanduser(path)
    if os.path.isabs(expanded):
        return expanded
    searched = list(dict.fromkeys(map(os.path.abspath, folders)))
    for folder in searched:
        found = os.path.join(folder, expanded)
        if os.path.exists(found):
            return found
    raise ValueError(f"{path} was not found. Searched in: {', '.join(searched)}")
