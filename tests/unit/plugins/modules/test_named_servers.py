# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""rps_device, where devices are bound to named servers: does a server send them where it shall?"""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.needs("named_servers", "read_target", "own_url")

NEW = "https://new.example/prov/"
LAB = "https://lab.example/phones/"


def actions(result):
    return [device["action"] for device in result["devices"]]


def codes(result):
    return [device.get("error", {}).get("code") for device in result["devices"]]


def refuses_the_server(rps, result, sent):
    """Expect that the devices of the first call failed, with both URLs, and that the others were not sent."""
    assert codes(result) == ["invalid_server"] * sent + ["not_sent"] * (len(result["devices"]) - sent)
    assert (result["changed"], result["failed"]) == (True, True)
    for device in result["devices"]:
        assert f"has the URL {rps.servers['berlin']} at the service, not {NEW}" in device["error"]["message"]
        assert "add a server of another name" in device["error"]["message"]
    assert set(rps.urls.values()) <= {rps.servers["berlin"]}


@pytest.mark.parametrize(("count", "sent"), [(1, 1), (3, 3), (30, 10)])
def test_a_server_with_another_url_gets_no_more_than_one_call(rps, count, sent):
    result = rps.device(*rps.macs(count), servers={"berlin": NEW}, batch_size=10)

    refuses_the_server(rps, result, sent)
    assert rps.writes == [("register", sent)]
    assert len(rps.urls) == sent


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize(("count", "sent"), [(1, 1), (3, 3), (30, 10)])
def test_a_new_url_for_a_server_that_all_are_bound_to_moves_nothing_and_says_so(rps, count, sent):
    """The commonest change there is: a new provisioning URL, under the name of the server."""
    rps.holds(*rps.macs(count))

    result = rps.device(*rps.macs(count), servers={"berlin": NEW}, batch_size=10)

    refuses_the_server(rps, result, sent)
    assert set(rps.urls.values()) == {rps.servers["berlin"]}


def test_devices_for_other_servers_are_not_held_back(rps):
    rows = [{"mac": mac, "server": server} for mac, server in zip(rps.macs(40), ["berlin", "paris"] * 20, strict=True)]

    result = rps.device(devices=rows, servers={**rps.servers, "berlin": NEW}, batch_size=10)

    assert codes(result)[0::2] == ["invalid_server"] * 10 + ["not_sent"] * 10
    assert actions(result)[1::2] == ["registered"] * 20


@pytest.mark.parametrize("moved", [0, 12])
def test_the_device_that_is_read_was_not_ours_before(rps, moved):
    """A URL of its own could hide that of the server."""
    rps.holds(*rps.macs(moved), server="paris")

    result = rps.device(*rps.macs(24), servers={"berlin": NEW})

    assert codes(result) == ["not_sent"] * moved + ["invalid_server"] * (24 - moved)
    assert set(rps.urls.values()) <= set(rps.servers.values())


@pytest.mark.dialect("redirect")
def test_one_read_for_each_server(rps):
    rows = [{"mac": mac, "server": server} for mac, server in zip(rps.macs(40), ["berlin", "paris"] * 20, strict=True)]

    result = rps.device(devices=rows, batch_size=5)

    assert result["summary"]["registered"] == 40
    assert result["requests"] == rps.requests == 1 + 8 + 2


@pytest.mark.dialect("redirect")
def test_one_read_where_all_are_moved_from_one_server(rps):
    rps.holds(*rps.macs(40), server="paris")

    result = rps.device(*rps.macs(40), batch_size=10)

    assert result["summary"]["moved"] == 40
    assert result["requests"] == rps.requests == 1 + 40 + 4 + 1


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("lag", [1, 3])
@pytest.mark.parametrize("held", [None, "paris"])
def test_a_read_that_lags_is_no_proof(rps, lag, held):
    if held:
        rps.holds(*rps.macs(30), server=held)
    rps.simulator.settings(read_lag=lag)

    result = rps.device(*rps.macs(30), batch_size=10)

    assert "failed" not in result
    assert set(rps.urls.values()) == {rps.servers["berlin"]}
    assert len(rps.urls) == 30


def test_devices_that_cannot_be_read_back_hold_the_others_back(rps):
    rps.misbehaves("fault", "locate", code=1, message="internal")

    result = rps.device(*rps.macs(30), batch_size=10)

    assert actions(result)[:10] == ["registered"] * 10
    assert codes(result)[10:] == ["not_sent"] * 20
    assert "could be read" in result["devices"][-1]["error"]["message"]


@pytest.mark.dialect("redirect")
def test_devices_that_are_accepted_and_then_unknown_are_no_success(rps):
    rps.answers("register", True, "OK")

    result = rps.device(*rps.macs(30), batch_size=10)

    assert codes(result) == ["protocol_error"] * 10 + ["not_sent"] * 20
    assert rps.urls == {}


@pytest.mark.dialect("redirect")
def test_a_server_that_does_not_exist_is_tried_once(rps):
    result = rps.device(*rps.macs(30), server="rome", servers={}, batch_size=10)

    assert codes(result) == ["invalid_server"] * 10 + ["not_sent"] * 20
    assert rps.writes == [("register", 10)]


OWN_URLS = pytest.mark.parametrize("own_urls", ["cleared", "kept"])


def points_there(rps, result, macs, own):
    """Expect that all devices point to berlin, by their own URL those alone that kept one."""
    assert {mac: rps.urls[mac] for mac in macs} == dict.fromkeys(macs, rps.servers["berlin"])
    assert {device["mac"] for device in result["devices"] if device.get("own_url")} == own
    assert all("own_url" not in device or device["own_url"] is True for device in result["devices"])
    again = rps.device(*macs)
    assert not again["changed"]
    assert set(actions(again)) == {"none"}


@pytest.mark.dialect("redirect")
@OWN_URLS
@pytest.mark.parametrize("count", [1, 3, 30])
def test_devices_with_urls_of_their_own_go_to_a_server(rps, own_urls, count):
    rps.simulator.settings(own_urls=own_urls)
    for mac in rps.macs(count):
        rps.holds(mac, server="paris", url=f"{LAB}{mac}")

    result = rps.device(*rps.macs(count), batch_size=10)

    assert actions(result) == ["moved"] * count
    assert "remove" not in [call.what for call in rps.writes]
    points_there(rps, result, rps.macs(count), set(rps.macs(count)) if own_urls == "kept" else set())


@pytest.mark.dialect("redirect")
@OWN_URLS
@pytest.mark.parametrize("count", [1, 3, 30])
def test_devices_that_share_a_url_of_their_own_go_to_a_server(rps, own_urls, count):
    rps.simulator.settings(own_urls=own_urls)
    rps.holds(*rps.macs(count), server=None, url=LAB)

    result = rps.device(*rps.macs(count), batch_size=10)

    assert actions(result) == ["moved"] * count
    points_there(rps, result, rps.macs(count), set(rps.macs(count)) if own_urls == "kept" else set())


@pytest.mark.dialect("redirect")
@OWN_URLS
@pytest.mark.parametrize("count", [3, 30])
@pytest.mark.parametrize("place", [0, -1])
def test_one_device_with_a_url_of_its_own_among_others(rps, own_urls, count, place):
    rps.simulator.settings(own_urls=own_urls)
    macs = rps.macs(count)
    own = macs[place]
    rps.holds(*macs, server="paris")
    rps.holds(own, server="paris", url=LAB)

    result = rps.device(*macs, batch_size=10)

    assert actions(result) == ["moved"] * count
    points_there(rps, result, macs, {own} if own_urls == "kept" else set())


@pytest.mark.dialect("redirect")
@OWN_URLS
def test_devices_with_urls_of_their_own_among_new_ones(rps, own_urls):
    rps.simulator.settings(own_urls=own_urls)
    macs = rps.macs(30)
    rps.holds(*macs[::10], server="paris", url=LAB)
    rps.holds(*macs[1::10], server="paris")

    result = rps.device(*macs, batch_size=10)

    assert result["summary"]["moved"] == 6
    assert result["summary"]["registered"] == 24
    points_there(rps, result, macs, set(macs[::10]) if own_urls == "kept" else set())


@pytest.mark.dialect("redirect")
def test_a_url_of_its_own_that_cannot_be_changed_is_no_success(rps):
    missing = ["editDeviceWithUniqueUrl", "registerDeviceWithUniqueUrl"]
    rps.simulator.settings(own_urls="kept", missing_methods=missing)
    rps.holds(*rps.macs(4), server="paris")
    rps.holds(rps.mac(3), server="paris", url=LAB)

    result = rps.device(*rps.macs(4))

    assert actions(result) == ["moved"] * 3 + ["failed"]
    assert "kept a URL of its own" in result["devices"][3]["error"]["message"]


def learns(rps, *macs, **options):
    """Bind to berlin without its URL being given."""
    return rps.device(*macs, servers=None, **options)


def test_one_device_is_moved_by_its_mac_and_the_servers_name_alone(rps):
    rps.holds(rps.mac(1), server="paris")

    result = rps.device(mac=rps.mac(1), server="berlin", servers=None)

    assert actions(result) == ["moved"]
    assert result["changed"]
    assert rps.urls == {rps.mac(1): rps.servers["berlin"]}
    assert "warnings" not in result


@pytest.mark.dialect("redirect")
def test_one_device_whose_url_does_not_change_is_unverified(rps):
    rps.holds(rps.mac(1))

    result = rps.device(mac=rps.mac(1), server="berlin", servers=None)

    assert actions(result) == ["unverified"]
    assert not result["changed"]
    assert result["requests"] == 3
    assert "1 devices are registered, but nothing shows where they point" in result["warnings"][0]


@pytest.mark.parametrize("count", [3, 30])
def test_a_servers_url_is_learnt_from_a_new_device(rps, count):
    macs = rps.macs(count)
    rps.holds(macs[0])
    rps.holds(macs[1], server="paris")

    result = learns(rps, *macs)

    assert actions(result) == ["none", "moved", *["registered"] * (count - 2)]
    assert set(rps.urls.values()) == {rps.servers["berlin"]}
    assert "warnings" not in result


@pytest.mark.parametrize("count", [2, 30])
@pytest.mark.parametrize("elsewhere", [0, -1])
def test_a_servers_url_is_learnt_from_a_probe(rps, count, elsewhere):
    macs = rps.macs(count)
    rps.holds(*macs)
    rps.holds(macs[elsewhere], server="paris")

    result = learns(rps, *macs)

    assert result["summary"]["moved"] == 1
    assert result["devices"][elsewhere]["action"] == "moved"
    assert result["summary"]["none"] == count - 1
    assert sum(call.devices for call in rps.writes) <= 2
    assert set(rps.urls.values()) == {rps.servers["berlin"]}


@pytest.mark.parametrize("count", [2, 30])
def test_devices_that_all_point_to_one_url_stay_unverified(rps, count):
    rps.holds(*rps.macs(count))

    result = learns(rps, *rps.macs(count))

    assert actions(result) == ["unverified"] * count
    assert not result["changed"]
    assert rps.writes == [("move", 1)]


@pytest.mark.parametrize("count", [2, 30])
def test_devices_that_all_point_elsewhere_are_moved_by_the_servers_name(rps, count):
    rps.holds(*rps.macs(count), server="paris")

    result = learns(rps, *rps.macs(count))

    assert actions(result) == ["moved"] * count
    assert set(rps.urls.values()) == {rps.servers["berlin"]}


def test_without_checks_nothing_is_learnt(rps):
    rps.holds(*rps.macs(10), server="paris")

    result = learns(rps, *rps.macs(10), check_target=False)

    assert actions(result) == ["none"] * 10
    assert rps.calls == [("list", 0)]


def test_check_mode_probes_nothing(rps):
    rps.holds(*rps.macs(3), server="paris")

    result = learns(rps, *rps.macs(3), check=True)

    assert actions(result) == ["unverified"] * 3
    assert rps.writes == []
    assert not result["changed"]


@pytest.mark.dialect("redirect")
@OWN_URLS
def test_what_was_learnt_holds_for_devices_with_urls_of_their_own(rps, own_urls):
    rps.simulator.settings(own_urls=own_urls)
    rps.holds(*rps.macs(4), server="paris")
    rps.holds(rps.mac(2), server="paris", url=LAB)

    result = learns(rps, *rps.macs(8))

    assert actions(result) == ["moved"] * 4 + ["registered"] * 4
    assert set(rps.urls.values()) == {rps.servers["berlin"]}
