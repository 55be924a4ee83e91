# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""yeastar_autoprovision_info: the four menus, and what each needs."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("menu", "about", "first"),
    [
        ("phone_vendor", {}, {"text": "Alcatel-Lucent Enterprise", "value": "Ale", "type": "Deskphone"}),
        ("phone_model", {"vendor": "Yealink"}, {"text": "CP920", "value": "CP920", "type": "Conferencephone"}),
        ("phone_template", {"model": "CP920"}, {"text": "YSDP_YealinkCP", "value": "24", "type": None}),
    ],
)
@pytest.mark.parametrize("check", [False, True])
def test_a_menu(pbx, menu, about, first, check):
    result = pbx.menu(menu, **about, check=check)

    assert (result["changed"], result["requests"]) == (False, 3)
    assert result["options"][0] == first


@pytest.mark.parametrize(
    ("about", "methods"),
    [({"vendor": "Yealink", "model": "CP920"}, {"rps"}), ({"vendor": "Htek", "model": "UC902"}, {"pnp", "dhcp"})],
)
def test_the_methods_with_the_link(pbx, about, methods):
    result = pbx.menu("autop_method", **about)

    assert {option["value"] for option in result["options"]} == methods
    assert all("/api/autoprovision/" in option["text"] for option in result["options"])


@pytest.mark.parametrize(
    ("menu", "about", "missing"),
    [
        ("phone_model", {}, "vendor"),
        ("phone_model", {"model": "CP920"}, "vendor"),
        ("phone_template", {"vendor": "Yealink"}, "model"),
        ("autop_method", {"vendor": "Yealink"}, "model"),
        ("autop_method", {"model": "CP920"}, "vendor"),
        ("autop_method", {}, "vendor, model"),
        ("phone_colour", {}, "phone_vendor, phone_model, phone_template, autop_method"),
    ],
)
def test_what_is_missing_is_told_before_anything_is_sent(pbx, menu, about, missing):
    result = pbx.menu(menu, **about)

    assert result["failed"] is True
    assert missing in result["msg"]
    assert not pbx.simulator.log


@pytest.mark.parametrize(
    ("menu", "about", "words"),
    [
        ("phone_model", {"vendor": "Acme"}, "FAILURE (errcode -1): vendor Acme"),
        ("phone_template", {"model": "X1"}, "FAILURE (errcode -1): model X1"),
    ],
)
def test_what_the_pbx_does_not_know_is_told_in_its_words(pbx, menu, about, words):
    result = pbx.menu(menu, **about)

    assert result["failure"] == {"code": "invalid_input", "message": words}


def test_names_with_any_letters(pbx):
    result = pbx.menu("phone_model", vendor="Ä&vendor=Yealink#x y")

    assert result["failure"]["message"] == "FAILURE (errcode -1): vendor Ä&vendor=Yealink#x y"


@pytest.mark.parametrize("kind", ["reset_before", "http_error", "cut_answer"])
def test_what_fails_for_a_passing_reason_is_tried_again(pbx, kind):
    more = {"status": 503} if kind == "http_error" else {}
    pbx.misbehaves(kind, "auto_provisioning/compatibility", times=2, **more)

    assert len(pbx.menu("phone_vendor")["options"]) == 5
