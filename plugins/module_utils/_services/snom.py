# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snom's Secure Provisioning redirection service, by its page on the XML-RPC interface."""

from __future__ import annotations

import re
from typing import Any, Mapping, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError, odd
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ELSEWHERE,
    REGISTERED,
    UNKNOWN,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._services.base import Capabilities, XmlRpcService, text
from ansible_collections.voip.rps.plugins.module_utils._services.snom_models import MODELS, model_of

_STATUSES = {"owned_by_other_user": ELSEWHERE, "unknown_mac": UNKNOWN}
_NOT_OURS = {"unknown_mac": "not_registered", "owned_by_other_user": "not_registered"}
_PAIR = re.compile(r"([0-9A-Fa-f]{12})[^\w:]*:\W*(Error:\s*\w+)")


class Snom(XmlRpcService):
    """All seven methods. A phone has a URL, and no server; the account is listed model by model."""

    provider = "snom"
    default_url = "https://secure-provisioning.snom.com:8083/xmlrpc/"
    mac_prefixes = ("000413",)
    models = MODELS
    can = Capabilities(
        named_servers=False,
        own_url=True,
        bulk=True,
        bulk_url=True,
        read_target=True,
        list_account=False,
        list_models=True,
        override=False,
        takes_over=False,
        rebind=False,
    )
    texts = (
        (r"owned_by_other_user", "owned_by_other_user"),
        (r"malformed_url", "invalid_url"),
        (r"malformed_mac", "invalid_mac"),
        (r"no_such_mac", "unknown_mac"),
    )

    @classmethod
    def model(cls, mac: str) -> str | None:
        return model_of(mac)

    def check(self, mac: str, *, target: bool) -> Observation:
        """checkPhone; where the target is asked for getPhoneRedirection, and checkPhone only if that tells no URL."""
        try:
            if target:
                company, url = self._redirection(mac)
                if url:
                    return Observation(REGISTERED, url, company=company)
            self._call("checkPhone", mac.upper(), write=False)
        except Refused as refusal:
            if refusal.code not in _STATUSES:
                raise
            return Observation(_STATUSES[refusal.code])
        return Observation(REGISTERED, "" if target else None)

    def list_model(self, model: str, url: str | None = None) -> list[str]:
        """listPhones(deviceType, provisioningUrl)."""
        macs = self._answer("listPhones", model, *([] if url is None else [url]), write=False, listing=True)
        if not isinstance(macs, list):
            raise odd(macs)
        if macs and isinstance(macs[0], bool):
            if not macs[0]:
                raise self._refusal(macs[1:], {})
            macs = macs[1] if len(macs) == 2 and isinstance(macs[1], list) else macs[1:]
        try:
            return [parse_mac(text(mac)) for mac in macs]
        except ValueError as error:
            raise RpsError("protocol_error", f"a list of phones that no document knows: {error}") from None

    def register(self, macs: Sequence[str], target: Target, *, override: bool) -> None:
        """registerPhone and registerPhoneList."""
        self._change("registerPhone", macs, target.url)

    def move(self, macs: Sequence[str], target: Target) -> None:
        """registerPhone and registerPhoneList; whether the service minds them for a phone of ours is not documented."""
        self._change("registerPhone", macs, target.url)

    def remove(self, macs: Sequence[str]) -> None:
        """deregisterPhone and deregisterPhoneList."""
        self._change("deregisterPhone", macs, codes=_NOT_OURS)

    def _change(self, method: str, macs: Sequence[str], *url: Any, codes: Mapping[str, str] | None = None) -> None:
        if len(macs) == 1:
            self._write(method, macs[0].upper(), *url, codes=codes)
        else:
            self._write(f"{method}List", [mac.upper() for mac in macs], *url, codes=codes)

    def _redirection(self, mac: str) -> tuple[str, str]:
        """Return the company and the URL, either of which may be empty, that getPhoneRedirection tells of a phone.

        Its answer is [company, url] on the page; clients have met [true, company, url] and [true, url] too.
        """
        answer = self._answer("getPhoneRedirection", mac.upper(), write=False)
        if not isinstance(answer, list):
            raise odd(answer)
        if answer[:1] == [False]:
            raise self._refusal(answer[1:], {})
        confirmed = answer[:1] == [True]
        told = [text(value) for value in answer[confirmed:]]
        if len(told) != 2 and not (confirmed and len(told) == 1):
            raise odd(answer)
        return (told[0] if len(told) == 2 else "", told[-1])

    def _refusal(self, values: Sequence[Any], codes: Mapping[str, str]) -> Refused:
        """Return a refusal; each phone of a list has its own error, in a struct or in the text that the page shows."""
        if len(values) == 1 and isinstance(values[0], dict):
            pairs = {str(mac): text(words) for mac, words in values[0].items()}
        else:
            pairs = dict(_PAIR.findall(" ".join(text(value) for value in values)))
        if not pairs:
            return super()._refusal(values, codes)
        culprits = {mac.lower(): RpsError(self._code(words, codes), words) for mac, words in pairs.items()}
        first = next(iter(culprits.values()))
        return Refused(first.code, first.message, culprits)
