# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's version, which is the collection's, and the oldest Python that runs it. Any Python can read this."""

VERSION = "0.1.0"
PYTHON = (3, 10)
