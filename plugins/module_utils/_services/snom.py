# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snom's Secure Provisioning redirection service, by its page on the XML-RPC interface."""

from __future__ import annotations

from typing import Any, ClassVar, Mapping, Sequence

from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import MANY, Bulk, Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, unexpected_answer
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    ELSEWHERE,
    REGISTERED,
    UNKNOWN,
    Device,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.answer_shapes import errors_in_text, text, truth
from ansible_collections.voip.rps.plugins.module_utils._services.base import macs_of
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES
from ansible_collections.voip.rps.plugins.module_utils._services.result_codes import PLAIN, Reading, ResultCodeService
from ansible_collections.voip.rps.plugins.module_utils._services.snom_models import MODELS, model_of

_STATUSES = {"owned_by_other_user": ELSEWHERE, "unknown_mac": UNKNOWN}
_NOT_OURS = Reading(verdicts={"unknown_mac": Verdict.ALREADY, "owned_by_other_user": Verdict.ALREADY})


class Snom(ResultCodeService):
    """All seven methods. A phone has a URL; there are no named servers. The account is listed by model."""

    provider = "snom"
    default_url = "https://secure-provisioning.snom.com:8083/xmlrpc/"
    mac_prefixes = PREFIXES["snom"]
    sources = "The vendor's page, and clients in use, one of them Snom's own"
    not_known = (
        "Whether registering a phone of the account again always changes its URL: it is read back. The form of the "
        "errors of single phones in a list call: several forms are supported."
    )
    mac_placeholder = "{mac}"
    models = MODELS
    can = Capabilities(
        own_url=True,
        read_target=True,
        list_models=True,
        bulk=Bulk(bind_url=MANY, move_url=MANY, release=MANY),
    )
    texts = (
        (r"owned[_ ]by[_ ]other", "owned_by_other_user"),
        (r"malformed[_ ]url", "invalid_url"),
        (r"malformed[_ ]mac", "invalid_mac"),
        (r"no[_ ]such[_ ]mac", "unknown_mac"),
    )

    verdicts: ClassVar[Mapping[str, Verdict]] = {"invalid_url": Verdict.BATCH, "owned_by_other_user": Verdict.ELSEWHERE}

    @classmethod
    def model(cls, mac: str) -> str | None:
        return model_of(mac)

    def check(self, device: Device, *, target: bool) -> Observation:
        """Call checkPhone; for a target, call getPhoneRedirection, and checkPhone only if there is no URL.

        If the service does not have getPhoneRedirection, the target stays unknown.
        """
        url = None
        try:
            if target:
                company, url = self._redirection(device.mac)
                if url:
                    return Observation(REGISTERED, url, company=company)
            self._ask("checkPhone", device.mac.upper(), read=self._values)
        except Refused as refusal:
            if refusal.code not in _STATUSES:
                raise
            return Observation(_STATUSES[refusal.code])
        return Observation(REGISTERED, url)

    def list_model(self, model: str, url: str | None = None) -> list[str]:
        """Call listPhones(deviceType, provisioningUrl)."""
        return self._ask("listPhones", model, *([] if url is None else [url]), read=self._phones, listing=True)

    def _phones(self, answer: Any) -> list[str]:
        """Return the phones of a list; clients have seen it with and without a result code at the beginning."""
        code = truth(answer[0]) if isinstance(answer, list) and answer else None
        if code is None:
            return self._macs([answer])
        if not code:
            raise self._refusal(answer[1:])
        return self._macs(answer[1:] or [None])

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """Call registerPhone or registerPhoneList."""
        self._change("registerPhone", devices, target.url)

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """Call registerPhone or registerPhoneList; it is not documented whether they change our registered phones."""
        self._change("registerPhone", devices, target.url)

    def remove(self, devices: Sequence[Device]) -> None:
        """Call deregisterPhone or deregisterPhoneList."""
        self._change("deregisterPhone", devices, reading=_NOT_OURS)

    def _change(self, method: str, devices: Sequence[Device], *url: str | None, reading: Reading = PLAIN) -> None:
        macs = macs_of(devices)
        if len(macs) == 1:
            self._write(method, macs[0].upper(), *url, asked=macs, reading=reading)
        else:
            self._write(f"{method}List", [mac.upper() for mac in macs], *url, asked=macs, reading=reading)

    def _redirection(self, mac: str) -> tuple[str | None, str | None]:
        """Return the company and the URL of a phone. The URL is "" if it has no URL, and None if unknown.

        The answer is [company, url] on the page; clients have also seen [true, company, url] and [true, url].
        """
        try:
            return self._ask("getPhoneRedirection", mac.upper(), read=self._company_and_url)
        except Refused as refusal:
            if refusal.code != "unsupported":
                raise
            return None, None

    def _company_and_url(self, answer: Any) -> tuple[str | None, str | None]:
        if not isinstance(answer, list) or not answer:
            raise unexpected_answer(answer)
        code = truth(answer[0])
        if code is False:
            raise self._refusal(answer[1:])
        confirmed = code is True
        reported = [text(value) for value in answer[confirmed:]]
        if len(reported) != 2 and not (confirmed and len(reported) == 1):
            raise unexpected_answer(answer)
        return (reported[0] if len(reported) == 2 else "", reported[-1])

    def _errors_by_device(self, values: Sequence[Any], asked: Sequence[str]) -> dict[str, str]:
        """Return each phone's error, from a struct or from the struct-like text in the page's examples."""
        said = super()._errors_by_device(values, asked)
        if said or not all(isinstance(value, str) for value in values):
            return said
        return errors_in_text(" ".join(values), self._is_known)
