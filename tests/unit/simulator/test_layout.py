# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every request that the document prints is answered with the bytes that it prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

DOCUMENT = Path(__file__).parents[1] / "fixtures" / "yealink"


def printed(name: str) -> bytes:
    return (DOCUMENT / f"{name}.xml").read_bytes()


def ours(*macs: str) -> list[dict[str, Any]]:
    return [{"account": "ours", "mac": mac, "server": "serverName"} for mac in macs]


@pytest.mark.parametrize(
    ("section", "request_change", "devices", "answer"),
    [
        ("4.1.4", (), [], "4.1.5.1"),
        ("4.2.4", (), [], "4.2.5.1"),
        ("4.3.4", (), ours("001122334401"), "4.3.5.1"),
        ("4.5.4", (), ours("001565000001"), "4.5.5.1"),
        ("4.6.4", (), [], "4.6.5.1"),
        ("4.7.4", ("0/1", "1"), ours("001565000001"), "4.7.5.1"),
        ("4.8.4", (), ours("001565000001", "001565000002"), "4.8.5.1"),
        ("4.9.4", ("[serverName", "[new"), [], "4.9.5.1"),
        ("4.10.4", (), ours("001565000001"), "4.10.5.1"),
        ("4.11.4", (), ours("001565000001"), "4.11.5.1"),
        ("4.12.4", (), [], "4.12.5.1"),
        ("4.13.4", (), ours("1A6F654D839B"), "4.13.5.1"),
        ("4.14.4", (), ours("001122334400"), "4.14.5.1"),
        ("4.15.4", (), [], "4.1.5.1"),  # 4.15.5.1 is printed with its tail doubled
        ("4.16.4", (), ours("1A6F654D839B"), "4.16.5.1"),
    ],
)
def test_success(simulator, client, section, request_change, devices, answer):
    simulator.seed({"devices": devices})
    request = printed(f"{section}-request").replace(b"[serverUrl]", b"[http://example.com/]")
    if request_change:
        request = request.replace(*map(str.encode, request_change))

    assert client.send(request).body == printed(f"{answer}-answer")


@pytest.mark.parametrize(
    ("section", "given", "instead", "answer"),
    [
        ("4.1.4", "001565000001", "00s1122334400", "4.1.5.2"),
        ("4.2.4", "001565000001", "00s1122334400", "4.2.5.2"),
        ("4.3.4", "", "", "4.3.5.2"),
        ("4.4.3", "", "", "4.4.4.2"),
        ("4.5.4", "001565000001", "00s1122334400", "4.5.5.2"),
        ("4.7.4", "001565000001", "00s1122334400", "4.7.5.2"),
        ("4.8.4", "001565000001", "001122334401", "4.8.5.2"),
        ("4.9.4", "[serverUrl]", "[http://example.com/]", "4.9.5.2"),
        ("4.10.4", "001565000001", "00s1122334400", "4.10.5.2"),
        ("4.11.4", "001565000001", "00s1122334400", "4.11.5.2"),
        ("4.12.4", "1A-6F-65-4D-83-9B", "00s1122334400", "4.12.5.2"),
        ("4.13.4", "1A-6F-65-4D-83-9B", "00s1122334400", "4.13.5.2"),
        ("4.14.4", "001122334400", "00s1122334400", "4.14.5.2"),
        ("4.15.4", "1A-6F-65-4D-83-9B", "00s1122334400", "4.15.5.2"),
        ("4.16.4", "1A-6F-65-4D-83-9B", "00s1122334400", "4.16.5.2"),
    ],
)
def test_refusal(simulator, client, section, given, instead, answer):
    if section == "4.8.4":
        simulator.seed({"devices": ours("001565000002")})
    request = printed(f"{section}-request").replace(given.encode(), instead.encode())

    response = client.send(request)

    assert (response.status, response.body) == (200, printed(f"{answer}-answer"))


def test_bulk_refusal_names_its_macs_where_the_document_prints_an_ellipsis(client):
    request = printed("4.6.4-request").replace(b"001565000001", b"00s1122334400")

    assert client.send(request).body == printed("4.6.5.2-answer").replace("\uff0c\u2026".encode(), b"")


def test_list(simulator, client):
    simulator.seed({"devices": ours("001122334402")})

    answer = client.send(printed("4.4.3-request")).body

    assert answer == printed("4.4.4.1-answer").replace("\u2026\n".encode(), b"")
