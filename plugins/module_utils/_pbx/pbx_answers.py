# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decode a PBX's answers: from bytes to values or errors, without I/O."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._http import json_codec
from ansible_collections.voip.rps.plugins.module_utils._http.logins import LoginExpired
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError, excerpt, unexpected_answer
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict

_LAST_COMMA = re.compile(rb",(\s*\}\s*)$")
_PARTLY = (1, 2)
_BUSY = 70082
_FAULT = -2
_DUPLICATE = 40003
_EXPIRED = 10004
LIMIT_REACHED = 60002
_CODES = {
    10001: "unsupported",
    10002: "unsupported",
    10003: "unsupported",
    10005: "forbidden",
    60001: "unknown_mac",
    70004: "forbidden",
    70087: "forbidden",
    70123: "forbidden",
}


_VERDICTS = {
    "unsupported": Verdict.SINGLY,
    "service_error": Verdict.UNCLEAR,
    "invalid_input": Verdict.BATCH,
    "not_registered": Verdict.ALREADY,
    "owned_by_other_user": Verdict.REGISTERED,
}


def verdict_of(code: str) -> Verdict:
    """Return what a refusal with this error code means for the phones of the call."""
    return _VERDICTS.get(code, Verdict.DEVICES)


class TokenExpired(LoginExpired):
    """The PBX no longer accepts the access token; nothing was carried out."""

    def __init__(self, words: str) -> None:
        super().__init__(f"the PBX no longer accepts the access token: {words}")


class PbxRefusal(Refused):
    """The PBX refused a call, with an ``errcode``. It names ``invalid`` and ``duplicate`` fields with their values."""

    def __init__(
        self, code: str, words: str, errcode: int, invalid: list[tuple[str, Any]], duplicate: list[tuple[str, Any]]
    ) -> None:
        super().__init__(code, words, verdict=verdict_of(code))
        self.errcode = errcode
        self.invalid = invalid
        self.duplicate = duplicate


def read_answer(answer: bytes) -> dict[str, Any]:
    """Return the object in an answer if its ``errcode`` is 0.

    Implements "Response parameters" of every call, and the PBX's "Error Code and Error Message". Raise PbxRefusal if
    the PBX refuses, TokenExpired, or RpsError: ``service_error`` if the PBX is busy or the call may have been carried
    out, fully or in part; ``forbidden``; ``protocol_error`` with the beginning of the answer for anything else, which
    is transient if the answer is cut short.
    """
    try:
        # The guide's examples have a comma after the last member.
        reported = json_codec.load(_LAST_COMMA.sub(rb"\1", answer))
    except ValueError as error:
        raise _unreadable(answer, str(error)) from None
    number = reported.get("errcode") if isinstance(reported, dict) else None
    if not isinstance(reported, dict) or not isinstance(number, int) or isinstance(number, bool):
        raise _unreadable(answer, "no errcode")
    if number == 0:
        return reported
    invalid = _fields(reported.get("invalid_param_list"))
    duplicate = _fields(reported.get("duplicate_field_list"))
    named = ", ".join(f"{field} {value}".strip() for field, value in [*invalid, *duplicate])
    words = f"{reported.get('errmsg') or 'no errmsg'} (errcode {number}){': ' if named else ''}{named}"
    if number == _EXPIRED:
        raise TokenExpired(words)
    if number == _BUSY:
        raise RpsError("service_error", words, transient=True)
    if number == _FAULT or number in _PARTLY:
        raise RpsError("service_error", words, transient=number == _FAULT, in_doubt=True)
    if _CODES.get(number) == "forbidden":
        raise RpsError("forbidden", words)
    if duplicate or number == _DUPLICATE:
        # The phone exists already, perhaps because of this very call, so it must be read back.
        raise PbxRefusal("owned_by_other_user", words, number, invalid, duplicate)
    code = _CODES.get(number, "invalid_input" if invalid else "service_error")
    raise PbxRefusal(code, words, number, invalid, duplicate)


def rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the objects in an answer's ``data``. Raise RpsError ``protocol_error`` if it is not a list of objects."""
    data = answer.get("data")
    if data is None:
        return []
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise unexpected_answer(answer)
    return data


def _unreadable(answer: bytes, why: str) -> RpsError:
    words = f"the answer is not the PBX's ({why}): {excerpt(answer)}"
    return RpsError("protocol_error", words, transient=json_codec.is_cut_short(answer), in_doubt=True)


def _fields(listed: Any) -> list[tuple[str, Any]]:
    """Return a list of fields with their values; some of the PBX's lists only hold values."""
    fields = []
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict):
            fields.append((str(one.get("field", "")), one.get("value", "")))
        else:
            fields.append(("", one))
    return fields
