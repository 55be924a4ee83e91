# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be done, for services that can do more or less than others."""

from __future__ import annotations

import pytest

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device, Observation, Target
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import (
    Policy,
    Step,
    is_as_requested,
    make_plan,
    wants_target,
)
from ansible_collections.voip.rps.plugins.module_utils._services.yealink import Yealink

MAC = "001565000001"
URL, ELSEWHERE = "https://berlin.example/", "https://paris.example/"
NAMED = Target("berlin", None, own=False)
KNOWN = Target("berlin", URL, own=False)
OWN = Target(None, URL, own=True)

ALL = Yealink.can
TAKES_OVER = ALL._replace(takes_over=True)
BLIND = ALL._replace(read_target=False)

HERE = Observation("registered", URL)
THERE = Observation("registered", ELSEWHERE)
SOMEWHERE = Observation("registered")
FOREIGN = Observation("registered_elsewhere")
FREE = Observation("unregistered")
UNKNOWN = Observation("unknown")

USUAL = Policy()
TRUST = Policy(check_target=False)
FORCE = Policy(force=True)
OVERRIDE = Policy(override=True)


def plan(target, seen, policy=USUAL, can=ALL):
    return make_plan([Device(MAC, target)], {MAC: seen}, policy, can)


@pytest.mark.parametrize(
    ("target", "seen", "policy", "can", "expected"),
    [
        (KNOWN, UNKNOWN, USUAL, ALL, "registered"),
        (KNOWN, FREE, USUAL, ALL, "registered"),
        (OWN, UNKNOWN, USUAL, ALL, "registered"),
        (KNOWN, HERE, USUAL, ALL, "none"),
        (OWN, HERE, USUAL, ALL, "none"),
        (KNOWN, THERE, USUAL, ALL, "moved"),
        (OWN, THERE, USUAL, ALL, "moved"),
        (KNOWN, SOMEWHERE, USUAL, ALL, "unverified"),
        (NAMED, THERE, USUAL, ALL, "unverified"),
        (KNOWN, HERE, FORCE, ALL, "none"),
        (KNOWN, SOMEWHERE, FORCE, ALL, "moved"),
        (KNOWN, SOMEWHERE, FORCE, BLIND, "moved"),
        (NAMED, SOMEWHERE, FORCE, ALL, "moved"),
        (KNOWN, SOMEWHERE, TRUST, ALL, "none"),
        (KNOWN, SOMEWHERE, Policy(check_target=False, force=True), ALL, "none"),
        (KNOWN, SOMEWHERE, Policy(check_target=False, force=True), BLIND, "moved"),
        (NAMED, SOMEWHERE, Policy(check_target=False, force=True), ALL, "moved"),
        (KNOWN, FOREIGN, USUAL, ALL, "owned_by_other_user"),
        (KNOWN, FOREIGN, FORCE, ALL, "owned_by_other_user"),
        (KNOWN, FOREIGN, USUAL, TAKES_OVER, "needs_override"),
        (KNOWN, FOREIGN, OVERRIDE, TAKES_OVER, "registered"),
        (KNOWN, FOREIGN, OVERRIDE, ALL, "owned_by_other_user"),
        (KNOWN, SOMEWHERE, USUAL, BLIND, "unverified"),
        (KNOWN, SOMEWHERE, TRUST, BLIND, "none"),
        (NAMED, SOMEWHERE, TRUST, ALL, "none"),
        (None, HERE, USUAL, ALL, "removed"),
        (None, FOREIGN, OVERRIDE, TAKES_OVER, "none"),
        (None, FREE, USUAL, ALL, "none"),
        (None, UNKNOWN, FORCE, ALL, "none"),
    ],
)
def test_what_becomes_of_a_device(target, seen, policy, can, expected):
    made = plan(target, seen, policy, can)

    outcome = made.outcomes[MAC]
    assert (outcome.error.code if outcome.error else outcome.action) == expected
    assert (outcome.status, outcome.was, outcome.target) == (seen.status, seen, target)
    changes = expected in ("registered", "moved", "removed")
    override = policy.override and expected == "registered"
    assert made.steps == ([Step(expected, target, override, (MAC,))] if changes else [])


def test_a_device_that_could_not_be_read_is_left_alone():
    error = RpsError("timeout", "no answer")
    made = plan(KNOWN, Observation(None, error=error))

    assert made.outcomes[MAC].error is error
    assert made.steps == []


@pytest.mark.parametrize(
    ("target", "seen", "policy", "count"),
    [
        (NAMED, SOMEWHERE, FORCE, 1),
        (KNOWN, SOMEWHERE, FORCE, 1),
        (NAMED, SOMEWHERE, USUAL, 0),
        (KNOWN, THERE, FORCE, 0),
        (KNOWN, HERE, FORCE, 0),
        (NAMED, UNKNOWN, FORCE, 0),
        (None, FREE, FORCE, 0),
    ],
)
def test_devices_that_are_moved_though_nothing_shows_where_they_point_are_counted(target, seen, policy, count):
    assert plan(target, seen, policy).forced == count


def test_devices_for_which_one_thing_is_to_be_done_go_together():
    macs = [f"0015650000{number:02x}" for number in range(6)]
    targets = [KNOWN, Target("paris", ELSEWHERE, own=False), KNOWN, KNOWN, None, KNOWN]
    seen = dict(zip(macs, [UNKNOWN, UNKNOWN, THERE, UNKNOWN, HERE, HERE], strict=True))

    made = make_plan([Device(*pair) for pair in zip(macs, targets, strict=True)], seen, OVERRIDE, ALL)

    assert made.steps == [
        Step("registered", KNOWN, True, (macs[0], macs[3])),
        Step("registered", targets[1], True, (macs[1],)),
        Step("moved", KNOWN, False, (macs[2],)),
        Step("removed", None, False, (macs[4],)),
    ]
    assert list(made.outcomes) == macs


@pytest.mark.parametrize("size", [1, 3, 4, 10])
def test_steps_are_split(size):
    step = Step("registered", KNOWN, False, tuple("abcdefgh"))
    parts = list(step.split(size))

    assert "".join(mac for part in parts for mac in part.macs) == "abcdefgh"
    assert all(len(part.macs) == size for part in parts[:-1])
    assert {part[:3] for part in parts} == {step[:3]}


@pytest.mark.parametrize(
    ("target", "policy", "can", "wanted"),
    [
        (KNOWN, USUAL, ALL, True),
        (OWN, USUAL, ALL, True),
        (NAMED, USUAL, ALL, True),
        (NAMED, FORCE, ALL, False),
        (NAMED, USUAL, BLIND, False),
        (None, USUAL, ALL, False),
        (KNOWN, TRUST, ALL, False),
        (KNOWN, USUAL, BLIND, False),
    ],
)
def test_targets_are_read_only_where_that_tells_what_to_do(target, policy, can, wanted):
    assert wants_target(Device(MAC, target), policy, can) is wanted


@pytest.mark.parametrize(
    ("action", "target", "seen", "done"),
    [
        ("registered", KNOWN, HERE, True),
        ("registered", KNOWN, THERE, False),
        ("registered", KNOWN, SOMEWHERE, True),
        ("registered", NAMED, SOMEWHERE, True),
        ("registered", KNOWN, FREE, False),
        ("registered", KNOWN, FOREIGN, False),
        ("moved", KNOWN, HERE, True),
        ("moved", KNOWN, THERE, False),
        ("moved", KNOWN, SOMEWHERE, False),
        ("moved", NAMED, SOMEWHERE, False),
        ("moved", KNOWN, UNKNOWN, False),
        ("removed", None, HERE, False),
        ("removed", None, UNKNOWN, True),
        ("removed", None, FOREIGN, True),
    ],
)
def test_whether_a_doubtful_write_was_carried_out(action, target, seen, done):
    assert is_as_requested(Step(action, target, False, (MAC,)), MAC, seen) is done
