# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""yeastar_phone: what becomes of phones, by what the PBX held before."""

from __future__ import annotations

import pytest

from .conftest import CLIENT, CP, T5

MENUS = ["auto_provisioning/compatibility"] * 4


def actions(result):
    return [device["action"] for device in result["devices"]]


def test_phones_that_the_pbx_does_not_have_are_added_in_one_call(pbx):
    phones = pbx.phones(12)

    result = pbx.phone(phones, rps_auth=True)

    assert result["changed"] is True
    assert result["summary"] == {"registered": 12, "moved": 0, "removed": 0, "none": 0, "unverified": 0, "failed": 0}
    assert result["devices"][1] == {
        "mac": "805ec0000001",
        "action": "registered",
        "status": "unknown",
        **T5,
        "extension": "1001",
        "ext_id": 2,
        "provisioning_link": None,
    }
    assert pbx.extensions == {phone["mac"]: phone["extension"] for phone in phones}
    assert pbx.calls == ["phone/search", *MENUS, "extension/search", "phone/batchcreate"]
    assert result["requests"] == len(pbx.simulator.log)
    assert all(phone["rps_auth"] for phone in pbx.simulator.phones(CLIENT).values())


def test_batches_are_of_a_hundred_at_most(pbx):
    numbers = [{"account": CLIENT, "number": str(number)} for number in range(2000, 2250)]
    pbx.simulator.seed({"extensions": numbers})

    result = pbx.phone([{"mac": f"805ec0{int(one['number']):06x}", "extension": one["number"]} for one in numbers])

    assert result["summary"]["registered"] == 250
    assert sorted(pbx.writes) == [("phone/batchcreate", count) for count in (50, 100, 100)]


@pytest.mark.parametrize("count", [1, 12])
def test_the_second_run_changes_nothing_and_asks_for_no_extension(pbx, count):
    pbx.phone(pbx.phones(count))
    pbx.simulator.clear_log()

    result = pbx.phone(pbx.phones(count))

    assert result["changed"] is False
    assert actions(result) == ["none"] * count
    assert pbx.calls == ["phone/search", *MENUS]


@pytest.mark.parametrize("count", [3, 12])
def test_a_phone_with_another_extension_is_moved_without_being_removed(pbx, count):
    pbx.holds(pbx.phones(count))
    ids = {mac: phone["id"] for mac, phone in pbx.simulator.phones(CLIENT).items()}
    moved = [{**phone, "extension": str(1020 + number)} for number, phone in enumerate(pbx.phones(count))]

    result = pbx.phone(moved)

    assert actions(result) == ["moved"] * count
    assert pbx.extensions == {phone["mac"]: phone["extension"] for phone in moved}
    assert pbx.writes == [("phone/batchupdate", count)]
    assert {mac: phone["id"] for mac, phone in pbx.simulator.phones(CLIENT).items()} == ids


@pytest.mark.parametrize("count", [1, 12])
def test_a_phone_without_an_extension_gets_one(pbx, count):
    pbx.holds([{"mac": phone["mac"]} for phone in pbx.phones(count)])

    assert actions(pbx.phone(pbx.phones(count))) == ["moved"] * count
    assert pbx.extensions == {phone["mac"]: phone["extension"] for phone in pbx.phones(count)}


def test_phones_are_grouped_by_what_a_call_can_hold(pbx):
    pbx.holds([{"mac": phone["mac"]} for phone in pbx.phones(4)])
    pbx.holds([{"mac": phone["mac"]} for phone in pbx.phones(4, 4)], **CP)

    result = pbx.phone([*pbx.phones(4), *pbx.phones(4, 4, **CP), *pbx.phones(3, 8), *pbx.phones(2, 12, **CP)])

    assert actions(result) == ["moved"] * 8 + ["registered"] * 5
    assert sorted(pbx.writes) == [
        ("phone/batchcreate", 2),
        ("phone/batchcreate", 3),
        ("phone/batchupdate", 4),
        ("phone/batchupdate", 4),
    ]
    assert [pbx.kinds[phone["mac"]] for phone in pbx.phones(2, 12)] == [CP, CP]


@pytest.mark.parametrize("count", [1, 12])
def test_another_model_cannot_be_changed(pbx, count):
    pbx.holds(pbx.phones(count))
    new = pbx.phones(1, 30)

    result = pbx.phone([*pbx.phones(count), *new], **CP)

    assert actions(result) == ["failed"] * count + ["registered"]
    assert result["failed"] is result["changed"] is True
    error = result["devices"][0]["error"]
    assert error["code"] == "unsupported"
    assert error["message"] == (
        "the PBX has it as Yealink SIP-T53W with YSDP_YealinkT5, and its API cannot change vendor, model and "
        "template_name: with recreate, it is removed and added again"
    )
    assert result["msg"] == f"{count} of {count + 1} devices failed: {error['message']} ({count} unsupported)"
    assert pbx.kinds["805ec0000000"] == T5


@pytest.mark.parametrize("count", [1, 12])
def test_another_model_is_recreated_on_demand(pbx, count):
    pbx.holds(pbx.phones(count))

    result = pbx.phone(pbx.phones(count), **CP, recreate=True)

    assert actions(result) == ["moved"] * count
    assert pbx.writes == [("phone/batchdelete", count), ("phone/batchcreate", count)]
    assert pbx.kinds["805ec0000000"] == CP
    assert pbx.phone(pbx.phones(count), **CP, recreate=True)["changed"] is False


def test_recreate_leaves_alone_what_can_be_changed(pbx):
    pbx.holds(pbx.phones(2))

    result = pbx.phone([{**phone, "extension": "1030"} for phone in pbx.phones(2)], recreate=True)

    assert actions(result) == ["moved", "moved"]
    assert pbx.writes == [("phone/batchupdate", 2)]


@pytest.mark.parametrize("count", [2, 12])
def test_absent_removes_what_is_there(pbx, count):
    pbx.holds(pbx.phones(count))
    macs = [{"mac": phone["mac"]} for phone in pbx.phones(count + 2)]

    result = pbx.phone(macs, state="absent")

    assert actions(result) == ["removed"] * count + ["none"] * 2
    assert result["devices"][0] == {"mac": "805ec0000000", "action": "removed", "status": "registered"}
    assert pbx.extensions == {}
    assert pbx.writes == [("phone/batchdelete", count)]
    assert pbx.phone(macs, state="absent")["changed"] is False


@pytest.mark.parametrize("spelled", ["805EC0000000", "80:5e:c0:00:00:00", "80-5E-C0-00-00-00", "805e.c000.0000"])
@pytest.mark.parametrize("macs", ["upper", "lower"])
def test_a_mac_is_one_however_it_is_spelled(pbx, spelled, macs):
    pbx.simulator.settings(yeastar_macs=macs)
    pbx.phone(pbx.phones(1))

    result = pbx.phone([{"mac": spelled, "extension": "1000"}])

    assert (result["changed"], result["devices"][0]["mac"]) == (False, "805ec0000000")


@pytest.mark.parametrize("count", [2, 12])
def test_what_the_search_finds_besides_is_passed_over(pbx, count):
    """An extension whose name is a phone's address, and a number within another."""
    pbx.simulator.seed(
        {
            "extensions": [
                {"account": CLIENT, "number": "10", "name": "80:5E:C0:00:00:00"},
                {"account": CLIENT, "number": "100"},
            ]
        }
    )
    pbx.holds([{"mac": "805ec0ffffff", "extension": "10"}])

    result = pbx.phone([{**pbx.phones(1)[0], "extension": "100"}, *pbx.phones(count - 1, 1)])

    assert actions(result) == ["registered"] * count
    assert pbx.extensions["805ec0000000"] == "100"
    assert pbx.extensions["805ec0ffffff"] == "10"


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_pages_may_be_shorter_than_asked_for(pbx, limit):
    pbx.simulator.settings(page_size_limit=limit)
    pbx.holds(pbx.phones(7))

    result = pbx.phone(pbx.phones(14))

    assert actions(result) == ["none"] * 7 + ["registered"] * 7
    assert pbx.phone(pbx.phones(14))["changed"] is False


@pytest.mark.parametrize("shape", ["object", "array"])
@pytest.mark.parametrize("count", [2, 12])
def test_extensions_by_their_id(pbx, shape, count):
    pbx.simulator.settings(yeastar_phone=shape)
    phones = [{"mac": phone["mac"], "ext_id": number + 1} for number, phone in enumerate(pbx.phones(count))]

    result = pbx.phone(phones)

    assert actions(result) == ["registered"] * count
    assert pbx.extensions == {phone["mac"]: phone["extension"] for phone in pbx.phones(count)}
    assert (result["devices"][0]["extension"], result["devices"][0]["ext_id"]) == (None, 1)
    assert pbx.phone(phones)["changed"] is False
    moved = [{**phone, "ext_id": phone["ext_id"] + 20} for phone in phones]
    assert actions(pbx.phone(moved)) == ["moved"] * count
    assert pbx.phone(moved)["changed"] is False


def test_several_phones_of_one_extension(pbx):
    phones = [{**phone, "extension": "1000"} for phone in pbx.phones(5)]

    assert actions(pbx.phone(phones)) == ["registered"] * 5

    result = pbx.phone([{**pbx.phones(1, 5)[0], "extension": "1000"}, *pbx.phones(1, 6)])

    assert actions(result) == ["failed", "registered"]
    assert result["devices"][0]["error"]["message"].startswith("MAX LIMITATION EXCEEDED")


@pytest.mark.parametrize("vendor", ["Ale", "ale", "Alcatel-Lucent Enterprise", "ALCATEL-LUCENT ENTERPRISE"])
def test_a_vendor_by_its_name_or_value(pbx, vendor):
    result = pbx.phone(pbx.phones(1), vendor=vendor, model="m3", template_name="YSDP_AleM")

    assert actions(result) == ["registered"]
    assert pbx.kinds["805ec0000000"] == {"vendor": "Ale", "model": "M3", "template_name": "YSDP_AleM"}
    assert pbx.phone(pbx.phones(1), vendor=vendor, model="m3", template_name="YSDP_AleM")["changed"] is False


@pytest.mark.parametrize("check", [False, True])
def test_phones_that_the_pbx_does_not_have_redirected(pbx, check):
    htek = {"vendor": "Htek", "model": "UC924E", "template_name": "YSDP_Htek"}

    result = pbx.phone([*pbx.phones(1, 0, **htek), *pbx.phones(1, 1)], check=check)

    assert actions(result) == ["failed", "registered"]
    device = result["devices"][0]
    assert device["error"]["code"] == "unsupported"
    assert device["provisioning_link"].startswith(pbx.options["base_url"].replace("http:", "https:"))
    assert "/api/autoprovision/" in device["provisioning_link"]
    pbx.holds(pbx.phones(1), **htek)
    assert pbx.phone(pbx.phones(1, 0, **htek))["changed"] is False
    assert actions(pbx.phone([{**pbx.phones(1)[0], "extension": "1030"}], **htek)) == ["moved"]


def test_a_phone_list(pbx, tmp_path):
    src = tmp_path / "phones.csv"
    src.write_text(
        "mac;provider;model;extension;template;name;ext_id\r\n"
        "80:5e:c0:00:00:00;yealink;SIP-T53W;1000;YSDP_YealinkT5;Reception;\r\n"
        "80:5e:c0:00:00:01;;CP920;1001;YSDP_YealinkCP;Meeting room;7\r\n"
        "80:5e:c0:00:00:02;;;1002;;Kitchen;\r\n",
        encoding="utf-8-sig",
    )

    result = pbx.phone(src=str(src), vendor=None)

    assert actions(result) == ["registered"] * 3
    assert [pbx.kinds[phone["mac"]] for phone in pbx.phones(3)] == [T5, CP, T5]
    assert pbx.extensions == {phone["mac"]: phone["extension"] for phone in pbx.phones(3)}


def test_the_diff_tells_what_differs(pbx):
    pbx.holds(pbx.phones(2))
    changed = {**pbx.phones(1)[0], "extension": "1009"}

    result = pbx.phone([changed, *pbx.phones(2, 1)], diff=True)

    kind = " ".join(T5.values())
    assert result["diff"]["prepared"].splitlines() == [
        f"805ec0000000  {kind} 1000 -> {kind} 1009",
        f"805ec0000002  unknown -> {kind} 1002",
    ]
    assert "diff" not in pbx.phone(pbx.phones(2))


@pytest.mark.parametrize("count", [0, 10])
@pytest.mark.parametrize("options", [{}, {"recreate": True}, {"state": "absent"}])
def test_check_mode_tells_what_the_run_does_and_writes_nothing(pbx, count, options):
    pbx.holds(pbx.phones(2 + count))
    pbx.holds(pbx.phones(1, 20), **CP)
    before = pbx.simulator.phones(CLIENT)
    asked = [
        *pbx.phones(1 + count),
        {**pbx.phones(1, 1 + count)[0], "extension": "1040"},
        *pbx.phones(1, 20),
        *pbx.phones(1, 21),
    ]

    told = pbx.phone(asked, check=True, diff=True, **options)

    assert pbx.writes == []
    assert pbx.simulator.phones(CLIENT) == before
    done = pbx.phone(asked, diff=True, **options)
    for key in ("changed", "devices", "summary", "diff"):
        assert told[key] == done[key]
    assert len(pbx.writes) > 0
