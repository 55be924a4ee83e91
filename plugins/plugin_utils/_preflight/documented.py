# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The allow-list of a transcript: texts that the vendors' documents and the XML-RPC specification print."""

from __future__ import annotations

import re

_METHODS = """
addServer checkDevice checkDeviceExt deRegisterDevice deRegisterDevices editDevice editDeviceWithUniqueUrl
listDevices registerDevice registerDevices registerDeviceWithUniqueUrl
checkPhone deregisterPhone deregisterPhoneList getPhoneRedirection listPhones registerPhone registerPhoneList
checkPhones getPhone unregisterPhone
deregisterDevice
addMaterialServer deleteServer listServers
DeviceInfo DeviceRegister DeviceDeregister
"""
METHODS = frozenset(_METHODS.split())
"""The methods of the XML-RPC services: Yealink's sections 4.1 to 4.15, Htek's 1 to 11, Snom's page; then those of
Panasonic, Gigaset, Fanvil and Auerswald that clients use."""

_TAGS = """
methodCall methodName methodResponse params param fault value array data struct member name string int i4 i8
boolean double dateTime.iso8601 base64 nil ex:nil
html head title body form input meta h1 h2 p br hr div span center a b pre table tr td script style link
"""
TAGS = frozenset(_TAGS.split())
"""The elements of XML-RPC, and the usual elements of an HTML page that is sent instead of it."""

_FIELDS = """
faultCode faultString code message msg error errors errcode errmsg status state success result results data items
mac url name server serverName serverUrl total count
"""
FIELDS = frozenset(_FIELDS.split())
"""The names of members and keys."""

TEXTS = (
    "ok",
    "true",
    "false",
    "registered",
    "unregistered",
    "registered elsewhere",
    "unknown",
    "invalid mac(s)",
    "invalid mac(s):{}",
    "repeated mac(s):{}",
    "existing mac(s):{}",
    "invalid server",
    "invalid server name",
    "invalid server url",
    "invalid uniqueserverurl",
    "{}(mac address)",
    "are you sure you want to override mac addresses:{}",
    "mac address(es) overriding failed",
    "the mac is unknown",
    "no device(s) exists",
    "only 0 or 1 can be used:1 to override, 0 to cancel",
    "the server name has been used",
    "the server name can not be empty",
    "the server url can not be empty",
    "the server name can only contain 'a-z 0-9 - _ . '(include space)",
    "the url can only begin with 'http://' or 'https://' or 'ftp://' or 'tftp://'",
    "malformed_mac",
    "malformed_mac_list",
    "malformed_url",
    "no_such_mac",
    "owned_by_other_user",
    "unknown_phone_type",
    "invalid xml format",
    "{}:invalid mac address",
    "{}: you are not owner of the phone",
    "mac_not_found:{}",
    "mac_invalid:{}",
    "mac_not_exist:{}",
    "mac_already_in_use:{}",
    "url_invalid:{}",
    "name_invalid:{}",
    "server_not_exist",
    "server_not_existed",
    "server_had_existed",
    "device_not_exist",
    "device_had_existed",
    "mac_format_error",
    "url_format_error",
    "authentication failed",
    "invalid username or password",
    "unknown method",
    "server error. requested method does not exist.",
    "this is not a known method for this xml-rpc server",
)
"""Whole texts in lower case. ``{}`` stands for values that are never kept, such as MAC addresses."""

FAULT_CODES = frozenset(
    (
        "-32700",
        "-32601",
        "-32602",
        "-32603",
        "-506",
        "8001",
        "401",
        "403",
        "404",
        "500",
        "100",
        "200",
        "201",
        "202",
        "203",
    )
)

_PREFIX = r"(?:error ?[:\uff1a] ?)?"


def _pattern(text: str) -> str:
    words = [re.escape(part).replace(r"\ ", r"\s+") for part in text.split("{}")]
    return "(.*)".join(words)


_PATTERNS = [re.compile(rf"({_PREFIX}{_pattern(text)}\.?)", re.IGNORECASE | re.DOTALL) for text in TEXTS]


def kept_spans(text: str) -> list[tuple[int, int]] | None:
    """Return the spans of ``text`` that a document prints, or None if no document prints this text."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    for pattern in _PATTERNS:
        found = pattern.fullmatch(text, start, end)
        if found is None:
            continue
        if found.re.groups == 1:
            return [(start, end)]
        return [(start, found.start(2)), (found.end(2), end)]
    return None
