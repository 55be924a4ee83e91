# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From any state, whatever is asked and whatever the service does with a batch: one run makes it so, at little cost."""

from __future__ import annotations

from math import ceil, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rps_simulator import Simulator

STATES = ("nobody's", "unknown", "berlin", "paris", "other's")
WISHES = ("berlin", "paris", "absent", "not asked for")
FAULTS = (
    None,
    {"kind": "reset_before"},
    {"kind": "reset_after"},
    {"kind": "half_answer"},
    {"kind": "cut_answer"},
    {"kind": "http_error", "status": 503},
    {"kind": "http_error_after", "status": 500},
)

EXAMPLES = 75


def many_times(rps, test):
    """Run a test many times, each time with what it draws; a few times for a vendor of which only cases are drawn."""
    settings(max_examples=rps.examples(EXAMPLES))(given(data=st.data())(test))()


def hold(rps, states):
    """Have the devices in their states."""
    for state in STATES:
        macs = [mac for mac, held in states.items() if held == state]
        if state in rps.servers:
            rps.holds(*macs, server=state)
        elif state == "other's":
            rps.others(*macs)
        elif state == "nobody's":
            devices = [{"account": None, "provider": rps.provider, "mac": mac} for mac in macs]
            rps.simulator.seed({"devices": devices})


def knobs(rps):
    return st.fixed_dictionaries({knob: st.sampled_from(rps.values(knob)) for knob in rps.vendor.knobs})


@pytest.mark.drawn
def test_converges(rps, anew):
    many_times(rps, lambda data: converges(rps, anew, data))


def converges(rps, anew, data):
    macs = rps.macs(data.draw(st.sampled_from([1, 3, 6, 12, 30]), "devices"))
    states = {mac: data.draw(st.sampled_from(STATES), mac) for mac in macs}
    wishes = {mac: data.draw(st.sampled_from(WISHES), mac) for mac in macs}
    behaviour = data.draw(knobs(rps), "behaviour")
    fault = data.draw(st.sampled_from(FAULTS), "fault")
    what = data.draw(st.sampled_from(sorted(set(rps.vendor.calls.values()))), "at")
    skip = data.draw(st.integers(0, 1), "after so many")
    options = {
        "batch_size": data.draw(st.sampled_from([1, 4, 100]), "batch_size"),
        "concurrency": data.draw(st.sampled_from([1, 4]), "concurrency"),
    }

    with Simulator() as simulator:
        service = anew(simulator)
        hold(service, states)
        simulator.settings(**behaviour)
        if fault:
            simulator.misbehave({**fault, "methods": service.methods(what), "skip": skip, "times": 1})
        outcomes = run(service, wishes, **options, **rps.moving)
        for mac, outcome in outcomes.items():
            refused = states[mac] == "other's" and wishes[mac] != "absent"
            assert (outcome["action"] == "failed") == refused, outcome
        for mac in macs:
            stays = states[mac] if states[mac] in rps.servers else None
            kept = states[mac] == "other's" or wishes[mac] == "not asked for"
            assert service.urls.get(mac) == rps.servers.get(stays if kept else wishes[mac])

        simulator.misbehave()
        simulator.clear_log()
        again = run(service, wishes, **options, check=True)
        known = [one for mac, one in again.items() if rps.vendor.foresees or states[mac] != "other's"]
        assert {outcome["action"] for outcome in known} <= {"none", rps.left_alone, "failed"}
        run(service, {mac: wish for mac, wish in wishes.items() if states[mac] != "other's"}, **options)
        assert service.writes == []


def run(service, wishes, **options):
    """Run the tasks that the wishes are, and return what became of each device."""
    bound = [{"mac": mac, "server": wish} for mac, wish in wishes.items() if wish in service.servers]
    absent = [mac for mac, wish in wishes.items() if wish == "absent"]
    outcomes = []
    if bound:
        outcomes += service.device(devices=bound, **options)["devices"]
    if absent:
        outcomes += service.device(*absent, state="absent", **options)["devices"]
    return {outcome["mac"]: outcome for outcome in outcomes}


@pytest.mark.drawn
def test_devices_that_the_service_refuses_cost_little(rps, anew):
    """Each one that it does not name is found by halving; where it names them, all are taken out at once."""
    many_times(rps, lambda data: cost_little(rps, anew, data))


def cost_little(rps, anew, data):
    bulk = rps.can.bulk
    if (bulk.bind if rps.can.named_servers else bulk.bind_url) == 1:
        return
    macs = rps.macs(data.draw(st.sampled_from([8, 33, 100, 256]), "devices"))
    foreign = data.draw(st.sets(st.sampled_from(macs), max_size=6), "foreign")
    behaviour = data.draw(knobs(rps), "behaviour")

    with Simulator() as simulator:
        service = anew(simulator)
        service.others(*sorted(foreign))
        simulator.settings(**behaviour)
        result = service.device(*macs, batch_size=len(macs), concurrency=1)

        assert {one["mac"] for one in result["devices"] if one["action"] == "failed"} == foreign
        assert set(service.urls) == set(macs) - foreign
        # And where the service asks about one, it is checked.
        halving = (2 * ceil(log2(len(macs))) + 1) * len(foreign)
        if rps.can.confirm_by_list:
            # After each refusal a list tells what was carried out.
            halving += (ceil(log2(len(macs))) + 1) * len(foreign)
        bulk = service.can.bulk
        one_by_one = 0 if max(bulk.bind, bulk.bind_url) > 1 else len(macs)
        listed = len(service.listing) if service.can.list_account or service.can.list_models else len(macs)
        # Where a call takes fewer devices, there are more of them; a token, and the list of the servers.
        more = ceil(len(macs) / max(bulk.bind, bulk.bind_url)) - 1 + 2 * rps.logins
        assert result["requests"] <= listed + 3 + one_by_one + more + len(service.canary) + halving
