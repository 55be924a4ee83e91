# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rps_device: what each service is asked, next to the least that its API allows, which the benchmark knows."""

from __future__ import annotations

import sys
from pathlib import Path

# ansible-test knows nothing of pyproject.toml.
sys.path.append(str(Path(__file__).parents[3] / "benchmark"))

from least import APIS, MOST

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES

PHONES = 120


def test_the_least_requests_are_known_for_every_service():
    assert APIS.keys() == SERVICES.keys()


def test_a_service_is_asked_no_more_than_its_api_takes(rps):
    api, macs = APIS[rps.provider], rps.macs(PHONES)
    force = {} if api.shows else {"force": True}
    assert api.shows == rps.can.read_target

    fresh = rps.device(*macs)
    again = rps.device(*macs)
    listed = macs if api.shows else macs[:1]
    rows = [{"mac": mac, "server": "paris" if mac == macs[0] else "berlin"} for mac in listed]
    moved = rps.device(devices=rows, **force)

    assert fresh["summary"]["registered"] == PHONES
    assert not again["changed"]
    assert moved["summary"]["moved"] == 1
    for result, least in ((fresh, api.fresh(PHONES)), (again, api.again(PHONES)), (moved, api.moved(PHONES, 1))):
        assert least.total <= result["requests"] <= MOST * least.total
    assert rps.requests == fresh["requests"] + again["requests"] + moved["requests"]
