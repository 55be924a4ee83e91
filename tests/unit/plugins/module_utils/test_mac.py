# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MAC addresses in every spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.voip.rps.plugins.module_utils._pure.mac import dashed_mac, find_macs, parse_mac

ANY_MAC = st.integers(0, 2**48 - 1).map("{:012x}".format)


def split(mac, size, separator):
    return separator.join(mac[i : i + size] for i in range(0, 12, size))


SPELLINGS = {
    "bare": lambda mac: mac,
    "dashes": lambda mac: split(mac, 2, "-"),
    "colons": lambda mac: split(mac, 2, ":"),
    "spaces": lambda mac: split(mac, 2, " "),
    "dots": lambda mac: split(mac, 4, "."),
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@given(mac=ANY_MAC, upper=st.sets(st.integers(0, 16)))
def test_one_device_has_one_mac_however_it_is_spelled(spell, mac, upper):
    text = "".join(digit.upper() if place in upper else digit for place, digit in enumerate(spell(mac)))
    assert parse_mac(text) == mac


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00156500000",
        "0015650000011",
        "00:15:65:00:00:00:01",  # the vendors' misprint
        "00:15:65:00:00",
        "00:15-65:00-00:01",
        "0015:6500:0001",
        "00.15.65.00.00.01",
        "00156500000g",
        " 001565000001",
        "001565000001\n",
        "0x1565000001",
        "001565-000001",
        "\u0660\u06601565000001",
        "\uff1a".join(["00", "15", "65", "00", "00", "01"]),
    ],
)
def test_nothing_else_is_a_mac(text):
    with pytest.raises(ValueError, match="is not a MAC address"):
        parse_mac(text)


def test_no_character_may_be_missing_or_another():
    for spell in SPELLINGS.values():
        text = spell("00156500abcd")
        for place in range(len(text)):
            with pytest.raises(ValueError, match="is not a MAC address"):
                parse_mac(text[:place] + text[place + 1 :])
            with pytest.raises(ValueError, match="is not a MAC address"):
                parse_mac(text[:place] + "_" + text[place + 1 :])


@given(st.one_of(st.text("0123456789abcdefABCDEF-:. g"), st.text()))
def test_what_is_read_as_a_mac_is_one(text):
    try:
        mac = parse_mac(text)
    except ValueError:
        return
    assert text.lower() in [spell(mac) for spell in SPELLINGS.values()]


def test_dashed():
    assert dashed_mac("1a6f654d839b") == "1A-6F-65-4D-83-9B"


@given(ANY_MAC)
def test_what_is_dashed_is_read_as_it_was(mac):
    assert parse_mac(dashed_mac(mac)) == mac


@pytest.mark.parametrize("spell", [SPELLINGS[name] for name in ("bare", "dashes", "colons", "spaces")])
@pytest.mark.parametrize("between", [",", ", ", "\uff0c", "\n", ";", " and ", "\u3001"])
@given(macs=st.lists(ANY_MAC))
def test_macs_are_found_in_a_services_words(spell, between, macs):
    words = f"Error:Invalid MAC(s):{between.join(map(spell, macs))} at last."

    assert find_macs(words) == macs


@pytest.mark.parametrize(
    "words", ["", "Error:Invalid MAC(s):00s1122334400", "0015650000011", "a001565000001", "5 of 12 added, code 200"]
)
def test_no_macs_are_found_where_there_are_none(words):
    assert find_macs(words) == []
