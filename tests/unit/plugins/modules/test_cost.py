# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rps_device: what a large list costs beside its requests, counted and never timed."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

COLLECTION = Path(__file__).parents[4]
OURS = str(COLLECTION / "plugins")
MOST_CALLS = 25
"""A phone takes fewer calls of our functions than this, from its row to its outcome: 19 when this was written."""


@pytest.mark.dialect("redirect")
@pytest.mark.needs("named_servers", "read_target")
def test_a_fresh_rollout_over_several_servers_reads_one_device_of_each(rps):
    rows = [{"mac": mac, "server": ("berlin", "paris")[number % 2]} for number, mac in enumerate(rps.macs(300))]

    result = rps.device(devices=rows, batch_size=50)

    assert result["summary"]["registered"] == 300
    assert Counter(rps.calls) == {("list", 0): 1, ("register", 50): 6, ("locate", 1): 2}
    # The servers do not wait for each other.
    assert rps.calls[1:3] == [("register", 50)] * 2
    assert result["requests"] == rps.requests == 9


@pytest.mark.dialect("redirect")
@pytest.mark.needs("list_account")
def test_a_large_list_takes_no_more_calls_a_phone_than_it_did(rps, tmp_path):
    few, many = (calls_of_ours(rps, tmp_path, count) for count in (200, 1200))

    a_phone = Counter({name: round((many[name] - few[name]) / 1000, 1) for name in many})
    assert sum(a_phone.values()) < MOST_CALLS, a_phone.most_common(20)


def calls_of_ours(rps, tmp_path, count):
    """Return how often each function of the collection is called where so many phones are bound, all of them fresh."""
    path = tmp_path / f"{count}.csv"
    macs = rps.macs(count, start=count * 10)
    path.write_text("mac,server\n" + "".join(f"{mac},berlin\n" for mac in macs))
    calls = Counter()

    def note(frame, event, _argument):
        if event == "call" and frame.f_code.co_filename.startswith(OURS):
            calls[f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"] += 1

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        result = rps.device(src=str(path), return_devices="failed")
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert result["summary"]["registered"] == count
    return calls


def test_a_task_imports_nothing_that_it_has_no_use_for():
    """Every file that a module imports is sent to the managed node with each task, and compiled there."""
    script = (
        "import ansible_collections.voip.rps.plugins.modules.rps_device, sys\n"
        "heavy = {'yaml', 'openpyxl', 'sqlite3', 'asyncio', 'multiprocessing'}\n"
        "print(*sorted(name for name in sys.modules if '._pbx' in name or '.plugin_utils' in name or name in heavy))"
    )
    path = {"PYTHONPATH": ":".join([str(COLLECTION.parents[2]), *filter(None, sys.path)])}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=path, check=False)

    assert (done.stdout.strip(), done.stderr) == ("", "")
