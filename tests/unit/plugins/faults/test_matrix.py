# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every fault that the simulator knows, at every kind of request and place: nothing is told wrongly, and one more run
without the fault makes it all as asked."""

from __future__ import annotations

import os
import random
import time
from itertools import product
from threading import Event

import pytest
from rps_simulator.faults import KINDS
from rps_simulator.settings import CHOICES

PATIENCE = 0.05
"""The seconds that a module waits for an answer, where none will come in time."""

FAULTS = {
    "latency": {"seconds": 0.01},
    "latency beyond patience": {"seconds": 2 * PATIENCE},
    "slow_answer": {"seconds": 0.01},
    "hang_before": {"seconds": 30},
    "hang_after": {"seconds": 30},
    "reset_before": {},
    "reset_after": {},
    "http_error 401": {"status": 401},
    "http_error 429": {"status": 429, "retry_after": 0},
    "http_error 503": {"status": 503},
    "http_error_after": {"status": 500},
    "half_answer": {},
    "cut_answer": {},
    "login_page": {},
    "login_page_after": {},
    "redirect": {"location": "https://elsewhere.example/"},
    "answer": {},
    "answer_after": {},
    "fault": {"code": 1, "message": "internal error"},
    "fault no such method": {"code": -32601, "message": "no such method"},
}
ONCE = ("first", "middle", "last")
LASTING = ("from the first on", "from the middle on")
ACTIONS = ("registered", "moved", "removed")
READS, WRITES = ("list", "check", "locate"), ("register", "confirm", "move", "remove")
SIZES = {"single": {"devices": 5, "batch_size": 1}, "bulk": {"devices": 12, "batch_size": 4}}


def test_every_kind_of_fault_is_in_the_matrix():
    # A PBX's tokens have tests of their own.
    assert {fault.split()[0] for fault in FAULTS} == KINDS.keys() - {"token_expired"}


class Task:
    """A task that is to do one thing to so many devices, of an account that has others beside them."""

    def __init__(self, rps, action, size):
        self.rps = rps
        self.macs = rps.macs(SIZES[size]["devices"])
        self.untold = False
        self.options = {"batch_size": SIZES[size]["batch_size"], "concurrency": 1, "retries": 1}
        self.url = None if action == "removed" else rps.servers["berlin"]
        if action == "removed":
            self.options["state"] = "absent"
        self.force = rps.moving if action == "moved" else {}
        if action != "registered":
            rps.holds(*self.macs, server="paris")
        rps.holds(*rps.macs(3, start=100), server="paris")
        rps.others(*rps.macs(3, start=200))

    def run(self, **options):
        """Run the task, and expect that what it tells is what happened."""
        before = self.rps.urls
        self.rps.simulator.clear_log()
        result = self.rps.device(*self.macs, **{**self.options, **options})
        settle(self.rps, result["requests"])
        after = self.rps.urls

        whole = "devices" not in result
        uncertain = any(device["action"] == "failed" for device in result.get("devices", ()))
        if before != after:
            assert result["changed"]
        elif result["changed"]:
            assert uncertain or options.get("force")
        assert bool(result.get("failed")) == (whole or uncertain)
        if whole:
            assert result["failure"]
        else:
            assert [device["mac"] for device in result["devices"]] == self.macs
        for device in result.get("devices", ()):
            self.expect(device, before.get(device["mac"]), after.get(device["mac"]))
        return result

    def expect(self, device, before, after):
        """Expect that what is told of a device is true, given where it pointed and points."""
        action = device["action"]
        assert ("error" in device) == (action == "failed")
        if action == "registered":
            assert (before, after) == (None, self.url)
        elif action == "moved":
            assert before is not None
            assert after == self.url
        elif action == "removed":
            assert (before is None, after) == (False, None)
        elif action == "none":
            assert before == after
            assert self.untold or after == self.url

    def goes_wrong(self, fault, whats, requests, when):
        """Run the task with the fault at one of so many requests, and then without."""
        # Without the method that tells where a device points, that it is registered is all that is known.
        self.untold = fault == "fault no such method" and "locate" in whats
        place = next(place for place in ONCE if place in when)
        skip = {"first": 0, "middle": requests // 2, "last": requests - 1}[place]
        times = None if when in LASTING else 1
        how = {"body": self.rps.vendor.odd} if fault.startswith("answer") else FAULTS[fault]
        self.rps.misbehaves(fault.split()[0], *whats, skip=skip, times=times, **how)
        waits = fault.startswith("hang") or fault.endswith("patience")
        first = self.run(timeout=PATIENCE if waits else 5, **self.force)
        assert any(entry.fault for entry in self.rps.simulator.log) or fault.startswith("latency")

        self.rps.simulator.misbehave()
        untold, self.untold = self.untold, False
        again = self.run(**(self.force if first.get("failed") else {}))
        assert "failed" not in again
        assert first.get("failed") or untold or not again["changed"]
        third = self.run()

        assert not third["changed"]
        assert self.rps.writes == []
        assert {mac: self.rps.urls.get(mac) for mac in self.macs} == dict.fromkeys(self.macs, self.url)
        assert set(self.rps.urls) - set(self.macs) == set(self.rps.macs(3, start=100))
        assert set(self.rps.simulator.devices("other")) == set(self.rps.macs(3, start=200))


def settle(rps, requests):
    """Wait until the service has dealt with what is on its way, be it that nobody waits for the answer any more.

    On a busy machine some may never get there, as connecting took longer than was waited for: a second is enough.
    """
    end = time.monotonic() + 1
    while len(rps.simulator.log) < requests and time.monotonic() < end:
        Event().wait(0.005)


@pytest.fixture
def goes_wrong(rps, record_property):
    """Try a case of the matrix."""
    record_property("tally", "cases of the fault matrix")
    return lambda action, size, *case: Task(rps, action, size).goes_wrong(*case)


@pytest.mark.few(40)
@pytest.mark.share(6)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("when", ONCE + LASTING)
def test_writing(goes_wrong, fault, size, action, when):
    devices, batch_size = SIZES[size].values()
    goes_wrong(action, size, fault, WRITES, -(-devices // batch_size), when)


@pytest.mark.few(12)
@pytest.mark.share(2)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("when", ONCE + LASTING)
def test_reading_one_by_one(rps, goes_wrong, fault, when):
    reads = -(-SIZES["single"]["devices"] // rps.can.bulk.check)
    goes_wrong("moved", "single", fault, READS, reads, when)


@pytest.mark.lacks("list_targets")
@pytest.mark.few(12)
@pytest.mark.needs("read_target")
@pytest.mark.share(2)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("when", ONCE + LASTING)
def test_reading_lists_and_then_one_by_one(rps, goes_wrong, fault, when):
    goes_wrong("moved", "bulk", fault, READS, rps.reads(SIZES["bulk"]["devices"]), when)


@pytest.mark.few(12)
@pytest.mark.lacks("read_target")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("when", ["first", "from the first on"])
def test_reading_the_only_list(goes_wrong, fault, action, when):
    goes_wrong(action, "bulk", fault, READS, 1, when)


DRAWN = 40
"""So many cases with several requests at once, and a service that takes batches as it likes, for each vendor."""


@pytest.mark.few(8)
@pytest.mark.drawn
@pytest.mark.share(2)
@pytest.mark.parametrize("number", range(DRAWN))
def test_writing_with_threads(rps, record_property, number):
    chance = random.Random(f"{os.environ.get('SOAK_SEED', '')}{rps.provider} {number}")
    fault, size, action, when = chance.choice([*product(FAULTS, SIZES, ACTIONS, ("first", *LASTING))])
    rps.simulator.settings(**{knob: chance.choice(CHOICES[knob]) for knob in rps.vendor.knobs})
    record_property("tally", "cases of the fault matrix with threads")
    task = Task(rps, action, size)
    task.options["concurrency"] = chance.choice([2, 4, 8])

    devices, batch_size = SIZES[size].values()
    task.goes_wrong(fault, WRITES, -(-devices // batch_size), when)
