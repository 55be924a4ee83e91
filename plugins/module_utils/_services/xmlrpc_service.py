# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services with XML-RPC: calls, faults and lists of devices."""

from __future__ import annotations

import functools
from typing import Any, Callable, ClassVar, Mapping, Sequence, TypeVar

from ansible_collections.voip.rps.plugins.module_utils._http import xmlrpc
from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    Refused,
    RpsError,
    shown_value,
    unexpected_answer,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import find_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.answer_shapes import rows, truth
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

T = TypeVar("T")


def confirmed(answer: Any) -> bool:
    """Return the result code that is the answer or its first value. Raise RpsError if it has no result code."""
    code = truth(answer[0] if isinstance(answer, list) and answer else answer)
    if code is None:
        raise unexpected_answer(answer)
    return code


class XmlRpcService(Service):
    """A service with XML-RPC; the form of its answers is not fixed."""

    headers: ClassVar[Mapping[str, str]] = {"Content-Type": "text/xml"}
    prefix: ClassVar[str] = "redirect."
    """The beginning of all method names."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._lacking: set[tuple[str, int]] = set()

    def _ask(
        self, method: str, *parameters: Any, read: Callable[[Any], T], write: bool = False, listing: bool = False
    ) -> T:
        """Call a method and return the result of ``read`` for the answer's value.

        Refuse a method without calling it if the service said before that it does not exist. Raise the errors of the
        client and of ``read``.
        """
        form = (method, len(parameters))
        if form in self._lacking:
            raise Refused(
                "unsupported",
                f"the service has no method {method} with {len(parameters)} parameters",
                verdict=Verdict.SINGLY,
            )
        body = xmlrpc.encode(self.prefix + method, *parameters)
        error_of = functools.partial(self._fault, method)
        try:
            return read(
                self.client.request(
                    "POST",
                    "",
                    lambda answer: xmlrpc.decode(answer.body, error_of),
                    body=body,
                    write=write,
                    listing=listing,
                )
            )
        except Refused as refusal:
            if refusal.code == "unsupported":
                self._lacking.add(form)
            raise

    def _fault(self, _method: str, fault: xmlrpc.Fault) -> RpsError:
        """Return the error of a fault in an answer."""
        return xmlrpc.fault_error(fault)

    def _macs(self, values: Sequence[Any]) -> list[str]:
        """Return the MAC addresses of a list of devices, once each; skip other rows with a warning.

        Raise RpsError ``protocol_error`` if there is no list, or no MAC address in it.
        """
        macs: dict[str, None] = {}
        invalid: list[Any] = []
        for row in rows(values):
            mac = find_mac(row) if isinstance(row, str) else None
            if mac is not None:
                macs[mac] = None
            # A list in Yealink's document has an empty value.
            elif row is not None and not (isinstance(row, str) and not row.strip()):
                invalid.append(row)
        if invalid and not macs:
            raise RpsError(
                "protocol_error", f"a list of devices that no documentation describes: {shown_value(invalid[0])}"
            )
        if invalid:
            self.warn(
                f"The service's list of devices has {len(invalid)} rows that are no MAC address. They were skipped. "
                f"The first is {shown_value(invalid[0])}"
            )
        return list(macs)
