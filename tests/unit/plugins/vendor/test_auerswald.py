# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""Auerswald's provisioning server: phones with URLs, of which one client is all that is known."""

from __future__ import annotations

import pytest

from ansible_collections.voip.rps.tests.unit.plugins.vendor.account import HERE, THERE, Account, actions


@pytest.fixture
def acme(simulator, run):
    return Account(simulator, "auerswald", run)


@pytest.mark.parametrize("unknown", ["false", "struct", "text"])
@pytest.mark.parametrize("yes", ["boolean", "int"])
@pytest.mark.parametrize("refusal", ["false", "fault"])
@pytest.mark.parametrize("rebind", ["ok", "ignored"])
def test_both_readings_of_what_is_not_known(acme, unknown, yes, refusal, rebind):
    acme.simulator.settings(
        auerswald_unknown=unknown, auerswald_yes=yes, auerswald_refusal=refusal, auerswald_rebind=rebind
    )
    theirs = acme.mac(2)
    acme.holds(acme.mac(0))
    acme.holds(theirs, account="other")

    result = acme.device(*acme.macs(3), server="paris", force=True, retries=0)

    code = "owned_by_other_user" if refusal == "false" else "service_error"
    assert list(actions(result).values()) == ["moved", "registered", code]
    assert acme.urls == dict.fromkeys(acme.macs(2), THERE)
    assert actions(acme.device(*acme.macs(2))) == dict.fromkeys(acme.macs(2), "unverified")
    assert acme.device(*acme.macs(3), state="absent")["summary"]["removed"] == 2
    assert acme.simulator.devices("other").keys() == {theirs}


@pytest.mark.parametrize("rebind", ["ok", "ignored"])
@pytest.mark.parametrize("count", [2, 9])
def test_a_url_that_is_told_is_made_use_of(acme, rebind, count):
    acme.simulator.settings(auerswald_url="told", auerswald_rebind=rebind)
    acme.holds(*acme.macs(count))

    assert acme.device(*acme.macs(count))["summary"]["none"] == count
    moved = acme.device(*acme.macs(count), server="paris", retries=0)

    assert moved["summary"]["moved"] == count
    assert acme.urls == dict.fromkeys(acme.macs(count), THERE)
    # Nothing is released that the service can register again.
    assert acme.calls.count("DeviceDeregister") == (count if rebind == "ignored" else 0)


def test_fresh_and_again(acme):
    fresh = acme.device(*acme.macs(9), url=f"{HERE}{{mac}}.xml")
    assert (fresh["summary"]["registered"], fresh["requests"]) == (9, 18)
    assert set(acme.urls.values()) == {f"{HERE}<MACADR>.xml"}

    again = acme.device(*acme.macs(9), check_target=False)
    assert (again["changed"], again["requests"]) == (False, 9)


@pytest.mark.parametrize("what", ["DeviceRegister", "DeviceDeregister", "DeviceInfo"])
@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "half_answer"])
def test_a_lost_answer(acme, what, kind):
    acme.holds(*acme.macs(3))
    acme.simulator.misbehave({"kind": kind, "methods": [what], "times": 1})

    result = acme.device(*acme.macs(6), server="paris", force=True)

    assert (result["summary"]["moved"], result["summary"]["registered"]) == (3, 3)
    assert acme.urls == dict.fromkeys(acme.macs(6), THERE)


def test_the_account_cannot_be_listed(acme):
    assert acme.info()["problems"][0]["code"] == "unsupported"
    acme.holds(acme.mac(1))
    assert acme.statuses(macs=acme.macs(2, 1)) == {acme.mac(1): "registered", acme.mac(2): "unknown"}
