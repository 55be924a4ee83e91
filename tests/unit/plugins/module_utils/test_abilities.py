# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service that lists devices in no way, as none of the vendors' so far: what then is asked of it."""

from __future__ import annotations

import pytest

from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Bulk
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device, Target
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Policy
from ansible_collections.voip.rps.plugins.module_utils._reconcile.reconcile import reconcile
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES


@pytest.fixture
def one_by_one(rps):
    """Bind devices at a service like the vendor's, but that takes one device a call."""
    kind = SERVICES[rps.provider]

    class Single(kind):
        can = kind.can._replace(bulk=Bulk())

    def run(macs, target):
        if target and not kind.can.named_servers:
            target = target._replace(own=True)
        policy = Policy(force=True, force_limit=100)
        report = reconcile(Single(rps.client()), [Device(mac, target) for mac in macs], policy, batch_size=100)
        return {outcome.action for outcome in report.outcomes}

    return run


def test_a_service_without_bulk_calls(rps, one_by_one):
    berlin, paris = (Target(name, rps.servers[name], own=False) for name in ("berlin", "paris"))

    for target, action in ((berlin, "registered"), (paris, "moved"), (None, "removed")):
        assert one_by_one(rps.macs(7), target) == {action}
        urls = {target.url} if target else set()
        assert set(rps.urls.values()) == urls

    assert {call.devices for call in rps.writes} == {1}


@pytest.fixture
def carry_out(rps):
    """Bind devices to berlin at a service like the vendor's, but that does not list the account."""
    kind = SERVICES[rps.provider]

    class Listless(kind):
        can = kind.can._replace(list_account=False)

    def run(macs):
        target = Target("berlin", rps.servers["berlin"], own=False)
        report = reconcile(Listless(rps.client()), [Device(mac, target) for mac in macs], Policy(), batch_size=100)
        return [outcome.action for outcome in report.outcomes]

    return run


@pytest.mark.dialect("redirect")
@pytest.mark.needs("list_account")
def test_devices_are_checked_one_by_one(rps, carry_out):
    rps.holds(*rps.macs(4))

    assert carry_out(rps.macs(12)) == [rps.left_alone] * 4 + ["registered"] * 8
    assert rps.calls == [(rps.look, 1)] * 12 + [("register", 8)] + rps.canary


@pytest.mark.dialect("redirect")
@pytest.mark.needs("list_account")
def test_a_lost_answer_is_read_back_device_by_device(rps, carry_out):
    rps.misbehaves("reset_after", "register", times=1)

    assert carry_out(rps.macs(12)) == ["registered"] * 12
    assert rps.calls == [(rps.look, 1)] * 12 + [("register", 12)] + [("check", 1)] * 12 + rps.canary
