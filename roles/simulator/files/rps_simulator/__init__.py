# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator of redirection services (RPS) and PBXs for rehearsals and tests. It needs only the standard library."""

import sys

from .version import PYTHON

if sys.version_info < PYTHON:
    needed, this = (".".join(map(str, version)) for version in (PYTHON, sys.version_info[:3]))
    raise ImportError(f"Python {needed} or later is needed, and this is {this}")

from .simulator import Simulator

__all__ = ["Simulator"]
