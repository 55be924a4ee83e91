# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From any state, through any one fault, whatever the service does with a batch: the service holds what was asked."""

from __future__ import annotations

import random

import pytest
from rps_simulator.settings import CHOICES

STATES = ("nobody's", "nobody's", "unbound", "berlin", "paris", "other's")
WISHES = ("berlin", "berlin", "paris", "absent")
FAULTS = (
    ("reset_before", {}),
    ("reset_after", {}),
    ("hang_after", {"seconds": 1}),
    ("half_answer", {}),
    ("cut_answer", {}),
    ("http_error", {"status": 503}),
    ("http_error_after", {"status": 500}),
)


@pytest.mark.parametrize("seed", range(60))
def test_converges(rps, seed):
    chance = random.Random(seed)
    macs = rps.macs(chance.choice([1, 3, 6, 12, 30]))
    state = {mac: chance.choice(STATES) for mac in macs}
    wishes = {mac: chance.choice(WISHES) for mac in macs}
    for mac, held in state.items():
        if held in rps.servers:
            rps.holds(mac, server=held)
        elif held == "other's":
            rps.others(mac)
        elif held == "unbound":
            rps.simulator.seed({"devices": [{"account": None, "provider": rps.provider, "mac": mac}]})
    rps.simulator.settings(**{knob: chance.choice(CHOICES[knob]) for knob in rps.vendor.knobs})
    kind, parameters = chance.choice(FAULTS)
    what = chance.choice(sorted(set(rps.vendor.calls.values())))
    rps.misbehaves(kind, what, **parameters, skip=chance.randrange(2), times=1)
    options = {
        "batch_size": chance.choice([4, 100]),
        "concurrency": chance.choice([1, 4]),
        "timeout": 0.3,
        # Where a device points cannot be read, only force makes sure of it.
        "force": not rps.can.read_target,
    }

    bound = [{"mac": mac, "server": wish} for mac, wish in wishes.items() if wish != "absent"]
    absent = [mac for mac, wish in wishes.items() if wish == "absent"]
    outcomes = []
    if bound:
        outcomes += rps.device(devices=bound, **options)["devices"]
    if absent:
        outcomes += rps.device(*absent, state="absent", **options)["devices"]

    assert {outcome["mac"] for outcome in outcomes} == set(macs)
    for outcome in outcomes:
        mac = outcome["mac"]
        wanted = None if wishes[mac] == "absent" or state[mac] == "other's" else rps.servers[wishes[mac]]
        assert rps.urls.get(mac) == wanted
        assert (outcome["action"] == "failed") == (state[mac] == "other's" and wishes[mac] != "absent"), outcome
    again = [rps.device(devices=bound, **{**options, "force": False})] if bound else []
    assert not any(result["changed"] for result in again)
