# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the roles ask of the reconciliation that the modules do not."""

from __future__ import annotations

import pytest

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device, Target
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Policy
from ansible_collections.voip.rps.plugins.module_utils._reconcile.reconcile import reconcile
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES

ROME = "https://rome.example/"


@pytest.fixture
def bind(rps):
    """Bind devices to servers, MAC to name, with all these servers to be added where they are needed."""

    def run(wanted, to_add, *, policy=None, can=None, own=False, **options):
        kind = SERVICES[rps.provider]
        service = kind(rps.client())
        if can:
            service.can = service.can._replace(**can)
        urls = {**rps.servers, **to_add}
        devices = [Device(mac, Target(name, urls[name], own)) for mac, name in wanted.items()]
        return reconcile(service, devices, policy or Policy(), batch_size=4, add_servers=to_add, **options)

    return run


def servers(report):
    return [(server.name, server.action) for server in report.servers]


def actions(report):
    return [outcome.action for outcome in report.outcomes]


@pytest.mark.needs("named_servers")
@pytest.mark.parametrize("count", [1, 12])
def test_a_server_is_added_before_the_first_device_is_bound_to_it(rps, bind, count):
    report = bind(dict.fromkeys(rps.macs(count), "rome"), {"rome": ROME, "oslo": ROME})

    assert servers(report) == [("rome", "added")]
    assert actions(report) == ["registered"] * count
    assert rps.writes[0].what == "add"
    assert set(rps.urls.values()) == {ROME}


@pytest.mark.needs("named_servers", "read_target")
def test_a_rollout_that_has_converged_adds_nothing(rps, bind):
    to_add = {"rome": ROME}
    bind(dict.fromkeys(rps.macs(12), "rome"), to_add)
    rps.simulator.clear_log()

    report = bind(dict.fromkeys(rps.macs(12), "rome"), to_add)

    assert (servers(report), set(actions(report)), rps.writes) == ([], {"none"}, [])


@pytest.mark.needs("named_servers")
def test_check_mode_tells_which_servers_would_be_added(rps, bind):
    report = bind({rps.mac(1): "rome"}, {"rome": ROME, "oslo": ROME}, check_mode=True)

    assert servers(report) == [("rome", "added")]
    assert rps.writes == []


@pytest.mark.dialect("redirect")
@pytest.mark.needs("named_servers")
@pytest.mark.parametrize("own", [False, True])
def test_where_a_server_cannot_be_added_its_devices_fail_and_the_others_do_not(rps, bind, own):
    if own and not rps.can.own_url:
        pytest.skip("no URLs of their own")
    rps.answers("add", False, "Error: quota exceeded")
    wanted = {**dict.fromkeys(rps.macs(12), "rome"), rps.mac(20): "berlin"}

    report = bind(wanted, {"rome": ROME}, own=own)

    assert servers(report) == [("rome", "failed")]
    assert actions(report) == ["failed"] * 12 + ["registered"]
    assert {outcome.error.message for outcome in report.outcomes if outcome.error} == {"Error: quota exceeded"}
    assert list(rps.urls) == [rps.mac(20)]


@pytest.mark.dialect("redirect")
@pytest.mark.needs("named_servers", "read_target")
def test_of_a_name_that_is_taken_the_first_device_tells_whether_it_is_the_server(rps, bind):
    right = bind({rps.mac(1): "berlin"}, {"berlin": rps.servers["berlin"]})
    wrong = bind(dict.fromkeys(rps.macs(12, start=10), "berlin"), {"berlin": ROME})

    assert (servers(right), actions(right)) == ([("berlin", "unverified")], ["registered"])
    assert servers(wrong) == [("berlin", "unverified")]
    codes = [outcome.error.code for outcome in wrong.outcomes if outcome.error]
    assert codes == ["invalid_server"] * 4 + ["not_sent"] * 8


@pytest.mark.lacks("rebind")
@pytest.mark.parametrize(("limit", "refused"), [(11, True), (12, False)])
@pytest.mark.parametrize("check_mode", [True, False])
def test_force_that_may_have_to_release_has_a_limit(rps, bind, limit, refused, check_mode):
    """No vendor's service so far neither tells targets nor binds again in place."""
    rps.holds(*rps.macs(12), server="paris")
    wanted = dict.fromkeys(rps.macs(12), "berlin")
    policy = Policy(force=True, force_limit=limit)
    can = {"read_target": False, "list_models": False, "rebind": False}

    def run():
        return bind(wanted, {}, policy=policy, can=can, own=True, check_mode=check_mode)

    # Its reads tell nothing but whose a device is.
    rps.misbehaves("fault", "locate", code=-32601, message="no such method")
    if refused:
        with pytest.raises(RpsError, match="12 devices to bind them again, more than force_limit"):
            run()
        assert rps.writes == []
    else:
        assert actions(run()) == ["moved"] * 12
