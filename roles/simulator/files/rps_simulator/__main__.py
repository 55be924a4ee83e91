# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `python path/to/rps_simulator SUBCOMMAND` or `python -m rps_simulator SUBCOMMAND`."""

import sys
from pathlib import Path

if not __package__:  # run by its path: make the package, and not its modules, importable
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

try:
    from rps_simulator.cli import main
except ImportError as error:
    sys.exit(f"rps_simulator: {error}")

sys.exit(main())
