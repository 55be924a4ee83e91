# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that can do less than Yealink's, or more: what then is asked of them, and what is refused."""

from __future__ import annotations

import pytest

from ansible_collections.voip.rps.plugins.module_utils.desired import desired_devices, prune_problems, server_problems
from ansible_collections.voip.rps.plugins.module_utils.http import Client
from ansible_collections.voip.rps.plugins.module_utils.info import listing_problems
from ansible_collections.voip.rps.plugins.module_utils.model import Device, Target
from ansible_collections.voip.rps.plugins.module_utils.plan import Policy
from ansible_collections.voip.rps.plugins.module_utils.reconcile import reconcile
from ansible_collections.voip.rps.plugins.module_utils.services.yealink import Yealink

LAB = "https://lab.example/"


def able(**abilities):
    """A service like Yealink's but for these abilities."""

    class Able(Yealink):
        can = Yealink.can._replace(**abilities)

    return Able


def desired(rps, kind, **options):
    """Return what these options ask for, and the problems with them."""
    params = {"mac": None, "devices": None, "src": None, "server": None, "url": None, "account": None}
    problems = []
    params |= {"provider": "yealink", "servers": rps.servers, "state": "present", **options}
    return desired_devices(params, kind, problems).devices, problems


def test_without_urls_of_their_own(rps):
    kind = able(own_url=False)
    rows = [{"mac": rps.mac(1)}, {"mac": rps.mac(2), "url": LAB}]

    devices, problems = desired(rps, kind, devices=rows, server="berlin")

    assert devices == [Device(rps.mac(1), Target("berlin", rps.servers["berlin"], own=False))]
    words = "devices[1]: this service cannot give a device a url of its own: name a server"
    assert problems == [("unsupported", words)]


def test_without_named_servers_a_servers_url_is_the_devices_own(rps):
    kind = able(named_servers=False)
    rows = [
        {"mac": rps.mac(1), "server": "berlin"},
        {"mac": rps.mac(2), "server": "rome"},
        {"mac": rps.mac(3), "server": "any / name", "url": LAB},
    ]

    devices, problems = desired(rps, kind, devices=rows)

    assert devices == [
        Device(rps.mac(1), Target("berlin", rps.servers["berlin"], own=True)),
        Device(rps.mac(3), Target("any / name", LAB, own=True)),
    ]
    words = "devices[1]: this service has no named servers, and servers has no 'rome'"
    assert problems == [("invalid_server", words)]
    assert server_problems("servers[a/b]", "a/b", LAB, kind) == []


def test_what_cannot_be_asked(rps):
    prune = {"prune": True, "state": "present"}
    devices = desired_devices(
        {**prune, "mac": rps.mac(1), "server": None, "url": LAB, "servers": None, "provider": "x", "account": None},
        Yealink,
        [],
    )
    assert prune_problems(prune, devices, Yealink) == []
    ((code, _words),) = prune_problems(prune, devices, able(list_account=False))
    assert code == "unsupported"

    listing = {"models": ["T46"], "url": None, "check_target": None}
    assert listing_problems(listing, able(list_models=True)) == []
    assert listing_problems(listing, Yealink)[0][0] == "unsupported"
    by_url = {"models": None, "url": LAB, "check_target": None}
    assert listing_problems(by_url, Yealink) == []
    assert listing_problems(by_url, able(read_target=False))[0][0] == "unsupported"


@pytest.fixture
def carry_out(rps):
    """Bind devices to berlin at a service of these abilities; return what became of them."""

    def run(macs, *, force=False, **abilities):
        options = rps.options
        client = Client(options["api_url"], options["username"], options["password"])
        target = Target("berlin", rps.servers["berlin"], own=False)
        devices = [Device(mac, target) for mac in macs]
        return reconcile(able(**abilities)(client), devices, Policy(force=force), batch_size=100)

    return run


def actions(report):
    return [outcome.action for outcome in report.outcomes]


def test_an_account_that_cannot_be_listed_is_checked_device_by_device(rps, carry_out):
    rps.holds(*rps.macs(4))

    report = carry_out(rps.macs(12), list_account=False)

    assert actions(report) == ["none"] * 4 + ["registered"] * 8
    assert rps.calls == [("locate", 1)] * 12 + [("register", 8)]


def test_a_lost_answer_is_then_read_back_device_by_device(rps, carry_out):
    rps.misbehaves("reset_after", "register", times=1)

    report = carry_out(rps.macs(12), list_account=False)

    assert actions(report) == ["registered"] * 12
    assert rps.calls == [("locate", 1)] * 12 + [("register", 12)] + [("locate", 1)] * 12


def test_targets_that_cannot_be_read_count_as_right(rps, carry_out):
    rps.holds(*rps.macs(8), server="paris")

    report = carry_out(rps.macs(8), read_target=False)

    assert (actions(report), report.unverified) == (["none"] * 8, 8)
    assert rps.calls == [("list", 0)]


def test_targets_that_cannot_be_read_are_bound_again_by_force(rps, carry_out):
    rps.holds(*rps.macs(8), server="paris")
    rps.misbehaves("reset_after", "confirm", times=1)

    report = carry_out(rps.macs(8), force=True, read_target=False)

    assert (actions(report), report.unverified) == (["moved"] * 8, 0)
    assert set(rps.urls.values()) == {rps.servers["berlin"]}
    assert rps.calls == [("list", 0), ("confirm", 8), ("confirm", 8)]


@pytest.mark.parametrize("count", [3, 8])
def test_another_accounts_device_that_could_be_taken_over_needs_override(rps, carry_out, count):
    rps.simulator.settings(foreign="ask")
    rps.others(rps.mac(0))

    report = carry_out(rps.macs(count), takes_over=True)

    assert actions(report) == ["failed"] + ["registered"] * (count - 1)
    assert report.outcomes[0].error.code == "needs_override"
    assert report.outcomes[0].status == "registered_elsewhere"
