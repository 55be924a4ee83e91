# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python measured.py REPORT SCRIPT ARGUMENTS…`` runs a Python script, and writes to REPORT what its process took.

The script runs in this very process, for only the process itself knows its peak: what its parent is told begins with
the peak of whichever process it was forked from. Times are in seconds, sizes in bytes.
"""

from __future__ import annotations

import json
import os
import re
import resource
import runpy
import sys
from contextlib import suppress
from pathlib import Path


def main(report: str, script: str, *arguments: str) -> None:
    sys.argv = [script, *arguments]
    del sys.path[0]  # this script's folder
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        with suppress(ChildProcessError):  # a child's peak is known once it was waited for
            while True:
                os.wait()
        own = resource.getrusage(resource.RUSAGE_SELF)
        (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        took = {
            "cpu": own.ru_utime + own.ru_stime,
            "peak": int(peak) * 1024,
            "children_peak": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
        }
        Path(report).write_text(json.dumps(took))


main(*sys.argv[1:])
