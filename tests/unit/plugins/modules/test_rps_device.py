# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rps_device: what is done to devices, in which state they then are, and what is said of it."""

from __future__ import annotations

import pytest

OWN = "https://lab.example/0003/"


def spellings(mac):
    pairs = [mac[i : i + 2] for i in range(0, 12, 2)]
    groups = [mac[i : i + 4] for i in range(0, 12, 4)]
    return [mac, mac.upper(), "-".join(pairs).upper(), ":".join(pairs), " ".join(pairs), ".".join(groups).upper()]


def actions(result):
    return [device["action"] for device in result["devices"]]


def test_registers_one_device(rps):
    result = rps.device(mac=rps.mac(1), diff=True)

    expected = {"server": "berlin", "url": rps.servers["berlin"]}
    assert result["changed"]
    assert result["devices"] == [{"mac": rps.mac(1), "action": "registered", "status": "unknown", **expected}]
    assert result["summary"] == {"registered": 1, "moved": 0, "removed": 0, "none": 0, "unverified": 0, "failed": 0}
    assert result["diff"] == {"prepared": f"{rps.mac(1)}  unknown -> berlin {expected['url']}\n"}
    assert rps.urls == {rps.mac(1): rps.servers["berlin"]}
    assert "failure" not in result
    assert "failed" not in result


def test_without_diff_mode_there_is_no_diff(rps):
    assert "diff" not in rps.device(rps.mac(1))


def test_nothing_to_do(rps):
    rps.holds(*rps.macs(3))

    result = rps.device(*rps.macs(3), diff=True)

    assert not result["changed"]
    assert actions(result) == [rps.left_alone] * 3
    assert {device["status"] for device in result["devices"]} == {"registered"}
    assert result["diff"] == {"prepared": ""}
    assert rps.writes == []


def test_an_empty_list_asks_for_nothing(rps):
    result = rps.device(devices=[])

    assert (result["changed"], result["devices"], result["requests"], rps.requests) == (False, [], 0, 0)


@pytest.mark.dialect("redirect")
@pytest.mark.needs("named_servers")
def test_a_known_device_that_is_bound_to_nothing_is_registered(rps):
    rps.simulator.seed({"devices": [{"account": None, "mac": rps.mac(1), "provider": rps.provider}]})

    (device,) = rps.device(rps.mac(1))["devices"]

    assert (device["status"], device["action"]) == ("unregistered", "registered")


def test_devices_are_returned_in_the_order_asked(rps):
    macs = [rps.mac(number) for number in (7, 3, 9, 1, 8, 2)]

    result = rps.device(*macs)

    assert [device["mac"] for device in result["devices"]] == macs


def test_one_device_in_any_spelling(rps):
    rows = [{"mac": spelled} for spelled in spellings(rps.mac(0xABCD))]

    result = rps.device(devices=rows)

    assert [device["mac"] for device in result["devices"]] == [rps.mac(0xABCD)]
    assert [call.devices for call in rps.writes] == [1]


def test_moves_one_device(rps):
    rps.holds(rps.mac(1), server="paris")

    result = rps.device(rps.mac(1), diff=True, **rps.moving)

    assert actions(result) == ["moved"]
    assert rps.urls == {rps.mac(1): rps.servers["berlin"]}
    assert rps.writes == rps.moves(1)
    before = rps.servers["paris"] if rps.can.read_target else "registered"
    assert result["diff"] == {"prepared": f"{rps.mac(1)}  {before} -> berlin {rps.servers['berlin']}\n"}


def test_moves_many_devices_at_once(rps):
    rps.holds(*rps.macs(20), server="paris")

    result = rps.device(*rps.macs(20), **rps.moving)

    assert actions(result) == ["moved"] * 20
    assert rps.writes == rps.moves(20)
    assert set(rps.urls.values()) == {rps.servers["berlin"]}


def test_each_device_goes_to_its_own_server(rps):
    rows = [{"mac": mac, "server": server} for mac, server in zip(rps.macs(8), ["berlin", "paris"] * 4, strict=True)]

    result = rps.device(devices=rows)

    assert actions(result) == ["registered"] * 8
    assert rps.urls == {row["mac"]: rps.servers[row["server"]] for row in rows}
    assert rps.writes == [("register", 4), ("register", 4)]


@pytest.mark.needs("own_url")
@pytest.mark.parametrize("server", [None, "berlin"])
def test_registers_a_device_with_a_url_of_its_own(rps, server):
    row = {"mac": rps.mac(1), "url": OWN, **({"server": server} if server else {})}

    (device,) = rps.device(devices=[row], server="paris")["devices"]

    assert (device["action"], device["server"], device["url"]) == ("registered", server, OWN)
    known = server if rps.can.named_servers else None
    assert rps.simulator.devices(rps.account) == {rps.mac(1): {"server": known, "url": OWN, "own_url": OWN}}


@pytest.mark.needs("own_url")
def test_moves_a_device_to_a_url_of_its_own(rps):
    rps.holds(rps.mac(1))

    result = rps.device(rps.mac(1), url=OWN)

    assert actions(result) == ["moved"]
    assert rps.urls == {rps.mac(1): OWN}
    assert rps.writes == rps.moves(1)


@pytest.mark.needs("own_url")
def test_moves_a_device_from_a_url_of_its_own_to_a_server(rps):
    rps.holds(rps.mac(1), server=None, url=OWN)

    assert actions(rps.device(rps.mac(1))) == ["moved"]
    assert rps.urls == {rps.mac(1): rps.servers["berlin"]}


@pytest.mark.needs("own_url")
def test_devices_with_urls_of_their_own_are_written_one_by_one(rps):
    rps.holds(*rps.macs(3))
    rows = [{"mac": mac, "url": f"https://lab.example/{mac}/"} for mac in rps.macs(6)]

    result = rps.device(devices=rows)

    assert actions(result) == ["moved"] * 3 + ["registered"] * 3
    assert rps.urls == {row["mac"]: row["url"] for row in rows}
    assert sorted(rps.writes) == sorted(rps.moves(1) * 3 + [("register", 1)] * 3)


def test_a_url_that_only_looks_different_is_no_difference(rps):
    rps.holds(rps.mac(1), server=None, url="https://Berlin.Example")

    assert actions(rps.device(rps.mac(1), servers={"berlin": "HTTPS://berlin.example/"})) == [rps.left_alone]


@pytest.mark.needs("named_servers")
def test_force_binds_again_what_cannot_be_known(rps):
    rps.holds(*rps.macs(3), server="paris")

    result = rps.device(*rps.macs(3), servers=None, force=True)

    assert actions(result) == ["moved"] * 3
    assert "warnings" not in result
    assert set(rps.urls.values()) == {rps.servers["berlin"]}


@pytest.mark.lacks("read_target")
def test_where_targets_cannot_be_read_a_registered_device_is_unverified_and_that_is_said_once(rps):
    rps.holds(*rps.macs(8), server="paris")

    result = rps.device(*rps.macs(8))

    assert actions(result) == ["unverified"] * 8
    assert result["summary"]["unverified"] == 8
    assert not result["changed"]
    (warning,) = result["warnings"]
    assert "8 devices are registered, but nothing shows where they point" in warning
    assert rps.calls == [("list", 0)]


@pytest.mark.lacks("read_target")
@pytest.mark.parametrize("count", [3, 8])
def test_where_targets_cannot_be_read_force_moves_every_device(rps, count):
    rps.holds(*rps.macs(count), server="paris")
    rps.holds(rps.mac(0))

    result = rps.device(*rps.macs(count), force=True)

    assert actions(result) == ["moved"] * count
    assert "warnings" not in result
    assert set(rps.urls.values()) == {rps.servers["berlin"]}
    assert rps.writes == [("confirm", count)]


@pytest.mark.needs("read_target")
def test_force_leaves_alone_what_points_there(rps):
    rps.holds(*rps.macs(3))

    result = rps.device(*rps.macs(3), force=True)

    assert actions(result) == ["none"] * 3
    assert rps.writes == []


@pytest.mark.dialect("redirect")
def test_unchecked_targets_are_trusted(rps):
    rps.holds(rps.mac(1), server="paris")

    result = rps.device(rps.mac(1), check_target=False)

    assert actions(result) == ["none"]
    assert "warnings" not in result
    assert [call.what for call in rps.calls] == ["check"]


@pytest.mark.needs("read_target")
def test_unchecked_targets_are_trusted_even_with_force(rps):
    rps.holds(rps.mac(1), server="paris")

    assert actions(rps.device(rps.mac(1), check_target=False, force=True)) == ["none"]


def one_failed(rps, result, code):
    """Expect that all were registered but for the last, which is another account's."""
    *others, failed = result["devices"]
    assert {device["action"] for device in others} == {"registered"}
    assert (result["failed"], result["changed"]) == (True, True)
    reason = failed["error"]["message"]
    assert result["msg"] == f"1 of {len(others) + 1} devices failed: {reason} (1 {code})"
    assert (failed["action"], failed["status"]) == ("failed", "registered_elsewhere")
    assert failed["error"]["code"] == code
    assert list(rps.urls) == [device["mac"] for device in others]


def test_another_accounts_device_fails(rps, knobs):
    rps.simulator.settings(**knobs)
    rps.others(rps.mac(2))

    one_failed(rps, rps.device(*rps.macs(3)), rps.foreign)


@pytest.mark.lacks("takes_over")
@pytest.mark.parametrize("count", [3, 12])
def test_another_accounts_device_fails_even_with_override(rps, knobs, count):
    rps.simulator.settings(**knobs)
    rps.others(rps.mac(2))

    one_failed(rps, rps.device(*rps.macs(2), *rps.macs(count - 3, start=3), rps.mac(2), override=True), rps.foreign)


@pytest.mark.needs("takes_over")
@pytest.mark.parametrize("count", [3, 12])
def test_another_accounts_device_is_taken_with_override_alone(rps, knobs, count):
    rps.simulator.settings(**knobs)
    foreign = rps.macs(2)
    rps.others(*foreign)

    refused = rps.device(*rps.macs(count))
    assert {device["mac"] for device in refused["devices"] if "error" in device} == set(foreign)
    assert not {"confirm", "move"} & {call.what for call in rps.writes}
    assert list(rps.simulator.devices("other")) == foreign

    taken = rps.device(*rps.macs(count), override=True)
    assert actions(taken)[:2] == ["registered"] * 2
    assert taken["summary"][rps.left_alone] == count - 2
    assert list(rps.urls) == rps.macs(count)
    assert rps.simulator.devices("other") == {}


@pytest.mark.needs("takes_over")
@pytest.mark.parametrize("count", [3, 12])
def test_a_device_that_is_not_given_up_in_spite_of_override(rps, count):
    rps.simulator.settings(htek_override="fails")
    rps.others(rps.mac(2))

    result = rps.device(*rps.macs(count), override=True)

    assert result["summary"]["registered"] == count - 1
    assert result["devices"][2]["error"]["code"] == "override_failed"
    assert list(rps.simulator.devices("other")) == [rps.mac(2)]


@pytest.mark.dialect("redirect")
@pytest.mark.needs("override")
def test_a_question_about_one_device_is_asked_once_even_if_it_names_nobody(rps):
    rps.answers("register", False, "Are you sure you want to override MAC addresses")

    result = rps.device(rps.mac(1))

    assert result["devices"][0]["error"]["code"] == rps.foreign
    assert rps.writes == [("register", 1)]


@pytest.mark.needs("override")
def test_override_is_confirmed_to_the_service(rps):
    rps.device(rps.mac(1), override=True)
    rps.device(*rps.macs(3, start=10), override=True)

    assert rps.writes == [("confirm", 1), ("confirm", 3)]


@pytest.mark.needs("override", "own_url")
def test_override_is_confirmed_with_a_url_too(rps):
    rps.device(rps.mac(2), url=OWN, override=True)

    assert rps.writes == [("confirm", 1)]


@pytest.mark.needs("override")
def test_without_override_nothing_is_confirmed_but_for_devices_of_ours(rps):
    rps.holds(*rps.macs(8), server="paris")
    rps.others(rps.mac(20))

    rps.device(*rps.macs(12), rps.mac(20), force=True)

    assert sorted(call.devices for call in rps.writes if call.what == "confirm") == [8]
    assert list(rps.simulator.devices("other")) == [rps.mac(20)]


@pytest.mark.dialect("redirect")
def test_lets_go_of_one_device(rps):
    rps.holds(*rps.macs(2))

    result = rps.device(rps.mac(1), state="absent", diff=True)

    assert actions(result) == ["removed"]
    assert result["devices"][0]["server"] is None
    assert result["diff"] == {"prepared": f"{rps.mac(1)}  registered -> released\n"}
    assert list(rps.urls) == [rps.mac(0)]
    assert rps.writes == [("remove", 1)]


def test_lets_go_of_many_devices_at_once(rps):
    rps.holds(*rps.macs(20))

    assert actions(rps.device(*rps.macs(20), state="absent")) == ["removed"] * 20
    assert rps.urls == {}
    assert rps.calls == [("list", 0), ("remove", 20)]


@pytest.mark.parametrize("count", [2, 6])
def test_absent_devices_that_are_not_ours_are_absent(rps, count):
    rps.others(*rps.macs(count // 2))

    result = rps.device(*rps.macs(count), state="absent")

    assert actions(result) == ["none"] * count
    assert not result["changed"]
    assert rps.writes == []


@pytest.mark.dialect("redirect")
def test_a_device_that_was_lost_since_it_was_checked_is_absent(rps):
    rps.others(rps.mac(1))
    rps.answers("check", True, "Registered")

    result = rps.device(rps.mac(1), state="absent")

    assert actions(result) == ["none"]
    assert rps.writes == [("remove", 1)]


def test_absent_needs_no_target(rps):
    assert "failed" not in rps.device(rps.mac(1), state="absent", servers=None)


@pytest.mark.needs("list_account")
def test_prune_lets_go_of_what_the_list_does_not_name(rps):
    rps.holds(*rps.macs(5))

    result = rps.device(rps.mac(0), rps.mac(7), prune=True)

    outcomes = {device["mac"]: device["action"] for device in result["devices"]}
    expected = {rps.mac(0): rps.left_alone, rps.mac(7): "registered", **dict.fromkeys(rps.macs(4, start=1), "removed")}
    assert outcomes == expected
    assert list(outcomes)[:2] == [rps.mac(0), rps.mac(7)]
    assert sorted(rps.urls) == [rps.mac(0), rps.mac(7)]


@pytest.mark.needs("list_account")
@pytest.mark.parametrize(("limit", "refused"), [(2, True), (3, False)])
def test_prune_has_a_limit(rps, limit, refused):
    rps.holds(*rps.macs(4))

    result = rps.device(rps.mac(0), rps.mac(9), prune=True, prune_limit=limit)

    if refused:
        assert result["failure"]["code"] == "invalid_input"
        assert "3 devices, more than prune_limit (2)" in result["msg"]
        assert rps.calls == [("list", 0)]
        assert not result["changed"]
    else:
        assert result["summary"]["removed"] == 3


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ("all", [None, "registered", "failed"]),
        ("changed", ["registered"]),
        ("failed", ["failed"]),
        ("none", []),
    ],
)
def test_return_devices(rps, returned, expected):
    rps.holds(rps.mac(0))
    rps.others(rps.mac(2))

    result = rps.device(*rps.macs(3), return_devices=returned, diff=True)

    assert actions(result) == [action or rps.left_alone for action in expected]
    assert result["summary"] == {
        **dict.fromkeys(["moved", "removed", "none", "unverified"], 0),
        **{"registered": 1, "failed": 1, rps.left_alone: 1},
    }
    assert result["diff"]["prepared"] == f"{rps.mac(1)}  unknown -> berlin {rps.servers['berlin']}\n"


@pytest.mark.dialect("redirect")
@pytest.mark.needs("named_servers")
def test_a_server_that_the_service_does_not_have(rps):
    result = rps.device(*rps.macs(8), server="rome", servers={})

    assert {device["error"]["code"] for device in result["devices"]} == {"invalid_server"}
    assert rps.writes == [("register", 8)]
    assert (result["failed"], result["changed"]) == (True, False)


@pytest.mark.needs("named_servers")
def test_devices_with_a_bad_server_do_not_keep_the_others_from_theirs(rps):
    rows = [{"mac": mac, "server": server} for mac, server in zip(rps.macs(8), ["berlin", "rome"] * 4, strict=True)]

    result = rps.device(devices=rows, servers={})

    assert actions(result) == ["registered", "failed"] * 4
    assert result["changed"]


def test_of_a_long_list_the_result_shows_the_beginning_of_what_was_asked(rps):
    result = rps.device(*rps.macs(200))
    if "invocation" not in result:
        pytest.skip("this ansible-core shows on demand only what was asked")

    shown = result["invocation"]["module_args"]["devices"]
    assert [device["mac"] for device in shown[:-1]] == rps.macs(20)
    assert shown[-1] == "… and 180 more"
    assert len(rps.device(*rps.macs(20))["invocation"]["module_args"]["devices"]) == 20
