# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MAC addresses in every spelling."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.voip.rps.plugins.module_utils._pure.mac import dashed_mac, find_macs, parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.words import without_invisible

ANY_MAC = st.integers(0, 2**48 - 1).map("{:012x}".format)


def split(mac, size, separator):
    return separator.join(mac[i : i + size] for i in range(0, 12, size))


SPELLINGS = {
    "bare": lambda mac: mac,
    "dashes": lambda mac: split(mac, 2, "-"),
    "colons": lambda mac: split(mac, 2, ":"),
    "spaces": lambda mac: split(mac, 2, " "),
    "pairs split by dots": lambda mac: split(mac, 2, "."),
    "dots": lambda mac: split(mac, 4, "."),
    "groups split by dashes": lambda mac: split(mac, 4, "-"),
    "groups split by colons": lambda mac: split(mac, 4, ":"),
    "groups split by spaces": lambda mac: split(mac, 4, " "),
    "halves": lambda mac: split(mac, 6, "-"),
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@given(mac=ANY_MAC, upper=st.sets(st.integers(0, 16)))
def test_one_device_has_one_mac_however_it_is_spelled(spell, mac, upper):
    text = "".join(digit.upper() if place in upper else digit for place, digit in enumerate(spell(mac)))
    assert parse_mac(text) == mac


@pytest.mark.parametrize(
    "text",
    [
        "00156500000",
        "0015650000011",
        "00:15:65:00:00:00:01",  # the vendors' misprint
        "00:15:65:00:00",
        "00:15-65:00-00:01",
        "00156500000g",
        "0x1565000001",
        "001565:000001",
        "0015-65000001",
        "001565--000001",
        "0015 65 00 00 01",
        "\u0660\u06601565000001",
        "\uff1a".join(["00", "15", "65", "00", "00", "01"]),
    ],
)
def test_nothing_else_is_a_mac(text):
    with pytest.raises(ValueError, match="is not a MAC address"):
        parse_mac(text)


def test_no_character_may_be_missing_or_another():
    for name, spell in SPELLINGS.items():
        if name == "halves":  # without its dash it is bare
            continue
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
    assert without_invisible(text).replace("\u00a0", " ").strip().lower() in [
        spell(mac) for spell in SPELLINGS.values()
    ]


@pytest.mark.parametrize("space", [" ", "\t", "\n", "\r\n", "\u00a0", "\u200b", "\ufeff", "\u2007", "\u200e"])
@given(mac=ANY_MAC)
def test_space_around_a_mac_does_not_count(space, mac):
    assert parse_mac(f"{space}{mac}{space}") == parse_mac(f"{space} {split(mac, 6, '-')}") == mac


@pytest.mark.parametrize("text", ["00 15\u00a065 00 00 01", "0015\u200b65000001", "00:15:65:\u206000:00:01"])
def test_what_cannot_be_seen_in_a_mac_does_not_count(text):
    assert parse_mac(text) == "001565000001"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("1565000001", ["has 10 digits instead of 12", "spreadsheet", "cut off 2 leading zeros", "format Text"]),
        ("15650000010", ["11 digits", "cut off 1 leading zero:"]),
        ("413240001", ["9 digits", "cut off 3 leading zeros"]),
        ("1565000001.0", ["10 digits", "spreadsheet"]),
        ("805000000001,0", ["a program turned it into a number"]),
        ("1,565E+09", ["spreadsheet", "digits are lost", "cannot be restored", "format Text"]),
        ("1.565E+09", ["cannot be restored"]),
        ("8.05E+11", ["cannot be restored"]),
        ("231997441", ["YAML may have read 001565000001", "in quotes"]),
        (231997441, ["231997441 is a number", "YAML may have read 001565000001", "in quotes"]),
        (8751240001, ["YAML may have read 11:15:15:00:00:01"]),
        (1565000001, ["is a number", "in quotes"]),
        pytest.param(10**5000, ["a number instead of text"], id="huge"),
        (-1, ["a number instead of text"]),
        (1.565e9, ["a number instead of text"]),
        (float("nan"), ["a number instead of text"]),
        (True, ["the boolean true"]),
        (["001565000001"], ["a list instead of text"]),
        ({}, ["a dict instead of text"]),
        (None, ["is missing"]),
        ("", ["is missing"]),
        (" \u200b\u00a0", ["is missing"]),
        ("00156500001", ["11 hex digits instead of 12"]),
        ("00:15:65:00:00:00:01", ["14 hex digits instead of 12"]),
        ("0015650000O1", ["the letter O instead of the digit 0"]),
        ("00:15:65:00:00:0l", ["a letter instead of the digit 1"]),
        ("00156500000g", ["'g' is not a hex digit"]),
        ("0015-65000001", ["split in an unusual way"]),
        ("\uff10\uff1015650000011", ["not one of the plain characters"]),
        ("***", ["masked"]),
        ("7C2F80ABCDEF-AB12", ["MAC-ID", "mac_id"]),
        ("# 001565000001", ["above the header only"]),
        ("001565000001\n001565000002", ["several lines", "quote"]),
        ("https://bob:hunter2@pbx.example/", ["a URL", "columns in order"]),
    ],
)
def test_a_ruined_mac_is_explained(value, words):
    with pytest.raises(ValueError, match="MAC address") as caught:
        parse_mac(value)

    for part in words:
        assert part in str(caught.value)
    assert "hunter2" not in str(caught.value)


@given(
    st.one_of(
        st.text(),
        st.text("0123456789eE.,*#@:/-O\x1b\u202e\ud800"),
        st.integers(),
        st.floats(),
        st.integers(0, 10**6).map("z".__mul__),
    )
)
def test_why_a_mac_is_none_takes_one_short_line(value):
    try:
        words = parse_mac(value)
    except ValueError as error:
        words = str(error)
    assert words.isprintable()
    assert len(words) < 400


@given(st.integers(0, 2**48 - 1), st.sampled_from(["o", "60"]))
def test_what_yaml_read_is_suggested(number, way):
    """What YAML 1.1 reads as a number is among the suggestions, if it names a MAC at all."""
    mac = f"{number % 8**11:012o}" if way == "o" else split(f"{number:012d}"[-12:], 2, ":")
    read = yaml.safe_load(mac)
    if isinstance(read, int) and read >= 8**7:
        with pytest.raises(ValueError, match=f" {mac} "):
            parse_mac(read)


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
