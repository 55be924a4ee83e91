# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""Akuvox's RPS: Htek's dialect at an address that the user gives."""

from __future__ import annotations

import pytest

from ansible_collections.voip.rps.tests.unit.plugins.vendor.account import SERVERS, THERE, Account, actions


@pytest.fixture
def acme(simulator, run):
    return Account(simulator, "akuvox", run)


def test_it_is_as_htek(acme):
    assert acme.how["api_url"].endswith("/fcgi/do?id=1")
    theirs = acme.mac(1)
    acme.holds(theirs, account="other")

    fresh = acme.device(*acme.macs(9))
    assert (fresh["summary"]["registered"], actions(fresh)[theirs]) == (8, "needs_override")
    assert acme.device(*acme.macs(9), override=True)["summary"]["registered"] == 1
    moved = acme.device(*acme.macs(9), server="paris", force=True)
    assert moved["summary"]["moved"] == 9
    assert set(acme.urls.values()) == {THERE}
    assert acme.server(servers={"rome": "https://rome.example/"})["changed"]
    assert acme.device(*acme.macs(9), state="absent")["summary"]["removed"] == 9


@pytest.mark.parametrize(
    ("url", "where"), [(None, "api_url"), ("http://192.0.2.1/fcgi/do?id=1", "api_url"), ("", "api_url")]
)
def test_its_address_is_asked_for(acme, run, url, where):
    options = {key: value for key, value in {**acme.how, "api_url": url}.items() if value is not None}

    result = run("rps_device", **options, mac=acme.mac(1), server="berlin", servers=SERVERS)

    assert [problem["where"] for problem in result["problems"]] == [where]
    assert acme.calls == []
