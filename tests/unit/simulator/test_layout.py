# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every request that a vendor's document prints is answered with the bytes that it prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("as_printed")

DOCUMENTS = Path(__file__).parents[1] / "fixtures"
SNOM_URL = "http://provisioning.myserver.com/snom?mac={mac}"
SNOM_LIST = ("000413610FF5", "000413610FF6", "000413610FF7")


def printed(name: str) -> bytes:
    return (DOCUMENTS / f"{name}.xml").read_bytes()


def ours(*macs: str) -> list[dict[str, Any]]:
    return [{"account": "ours", "mac": mac, "server": "serverName"} for mac in macs]


def snoms(*macs: str) -> list[dict[str, Any]]:
    return [{"account": "ours", "mac": mac, "url": SNOM_URL} for mac in macs]


def change(request: bytes, replacement: tuple[str, ...]) -> bytes:
    """The request with one text replaced by another, which it must hold; as it is where `replacement` is empty."""
    if not replacement:
        return request
    old, new = (text.encode() for text in replacement)
    assert old in request
    return request.replace(old, new)


@pytest.mark.parametrize(
    ("provider", "section", "replacement", "devices", "answer"),
    [
        ("yealink", "4.1.4", (), [], "4.1.5.1"),
        ("yealink", "4.2.4", (), [], "4.2.5.1"),
        ("yealink", "4.3.4", (), ours("001122334401"), "4.3.5.1"),
        ("yealink", "4.5.4", (), ours("001565000001"), "4.5.5.1"),
        ("yealink", "4.6.4", (), [], "4.6.5.1"),
        ("yealink", "4.7.4", ("0/1", "1"), ours("001565000001"), "4.7.5.1"),
        ("yealink", "4.8.4", (), ours("001565000001", "001565000002"), "4.8.5.1"),
        ("yealink", "4.9.4", ("[serverName", "[new"), [], "4.9.5.1"),
        ("yealink", "4.10.4", (), ours("001565000001"), "4.10.5.1"),
        ("yealink", "4.11.4", (), ours("001565000001"), "4.11.5.1"),
        ("yealink", "4.12.4", (), [], "4.12.5.1"),
        ("yealink", "4.13.4", (), ours("1A6F654D839B"), "4.13.5.1"),
        ("yealink", "4.14.4", (), ours("001122334400"), "4.14.5.1"),
        ("yealink", "4.15.4", (), [], "4.15.5.1"),
        ("yealink", "4.16.4", (), ours("1A6F654D839B"), "4.16.5.1"),
        ("htek", "1.4", (), [], "1.5.1"),
        ("htek", "2.4", (), [], "2.5.1"),
        ("htek", "3.4", (), ours("001122334401"), "3.5.1"),
        ("htek", "5.4", (), ours("001fc1000001"), "5.5.1"),
        ("snom", "registerPhone", (), [], "registerPhone"),
        ("snom", "deregisterPhone", (), snoms("000413610ff5"), "deregisterPhone"),
        ("snom", "getPhoneRedirection", (), snoms("000413610ff5"), "getPhoneRedirection"),
        ("snom", "listPhones", (), snoms("000413610ff5"), "listPhones"),
        ("snom", "listPhones-by-url", (), snoms("000413610ff5"), "listPhones-by-url"),
        ("snom", "checkPhone", (), snoms("000413610ff5"), "checkPhone"),
        ("snom", "registerPhoneList", (), [], "registerPhoneList"),
        ("snom", "deregisterPhoneList", (), snoms(*SNOM_LIST), "deregisterPhoneList"),
    ],
)
def test_success(simulator, client, provider, section, replacement, devices, answer):
    simulator.seed({"devices": devices})
    simulator.settings(yealink_end="twice")
    request = printed(f"{provider}/{section}-request").replace(b"[serverUrl]", b"[http://example.com/]")

    assert client.send(change(request, replacement)).body == printed(f"{provider}/{answer}-answer")


@pytest.mark.parametrize(
    ("provider", "section", "replacement", "answer"),
    [
        ("yealink", "4.1.4", ("001565000001", "00s1122334400"), "4.1.5.2"),
        ("yealink", "4.2.4", ("001565000001", "00s1122334400"), "4.2.5.2"),
        ("yealink", "4.3.4", (), "4.3.5.2"),
        ("yealink", "4.4.3", (), "4.4.4.2"),
        ("yealink", "4.5.4", ("001565000001", "00s1122334400"), "4.5.5.2"),
        ("yealink", "4.7.4", ("001565000001", "00s1122334400"), "4.7.5.2"),
        ("yealink", "4.8.4", ("001565000001", "001122334401"), "4.8.5.2"),
        ("yealink", "4.9.4", ("[serverUrl]", "[http://example.com/]"), "4.9.5.2"),
        ("yealink", "4.10.4", ("001565000001", "00s1122334400"), "4.10.5.2"),
        ("yealink", "4.11.4", ("001565000001", "00s1122334400"), "4.11.5.2"),
        ("yealink", "4.12.4", ("1A-6F-65-4D-83-9B", "00s1122334400"), "4.12.5.2"),
        ("yealink", "4.13.4", ("1A-6F-65-4D-83-9B", "00s1122334400"), "4.13.5.2"),
        ("yealink", "4.14.4", ("001122334400", "00s1122334400"), "4.14.5.2"),
        ("yealink", "4.15.4", ("1A-6F-65-4D-83-9B", "00s1122334400"), "4.15.5.2"),
        ("yealink", "4.16.4", ("1A-6F-65-4D-83-9B", "00s1122334400"), "4.16.5.2"),
        ("htek", "1.4", ("001fc1000001", "00s1122334400"), "1.5.2"),
        ("htek", "2.4", ("001fc1000001", "00s1122334400"), "2.5.2"),
        ("htek", "3.4", (), "3.5.2"),
        ("htek", "4.3", (), "4.4.2"),
        ("htek", "5.4", ("001fc1000001", "00s1122334400"), "5.5.2"),
    ],
)
def test_refusal(simulator, client, provider, section, replacement, answer):
    if section == "4.8.4":
        simulator.seed({"devices": ours("001565000002")})
    request = change(printed(f"{provider}/{section}-request"), replacement)

    response = client.send(request)

    assert (response.status, response.body) == (200, printed(f"{provider}/{answer}-answer"))


def test_bulk_refusal_names_its_macs_where_the_document_prints_an_ellipsis(client):
    request = printed("yealink/4.6.4-request").replace(b"001565000001", b"00s1122334400")

    assert client.send(request).body == printed("yealink/4.6.5.2-answer").replace("\uff0c\u2026".encode(), b"")


@pytest.mark.parametrize(
    ("provider", "section", "answer", "placeholder", "listed"),
    [
        ("yealink", "4.4.3", "4.4.4.1", "\u2026\n", ""),
        ("htek", "4.3", "4.4.1", "<value></value> \u2026", "<value>001122334402</value>"),
    ],
)
def test_list(simulator, client, provider, section, answer, placeholder, listed):
    simulator.seed({"devices": ours("001122334402")})

    body = client.send(printed(f"{provider}/{section}-request")).body

    assert body == printed(f"{provider}/{answer}-answer").replace(placeholder.encode(), listed.encode())
