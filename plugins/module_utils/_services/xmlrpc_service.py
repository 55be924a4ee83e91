# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a service that speaks XML-RPC is called, and how its faults and lists of devices are read."""

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
    """Return the result code that is an answer, or that an answer begins with. Raises RpsError for others."""
    code = truth(answer[0] if isinstance(answer, list) and answer else answer)
    if code is None:
        raise unexpected_answer(answer)
    return code


class XmlRpcService(Service):
    """A service that is called by XML-RPC, whatever its answers look like."""

    headers: ClassVar[Mapping[str, str]] = {"Content-Type": "text/xml"}
    prefix: ClassVar[str] = "redirect."
    """What the names of its methods begin with."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._lacking: set[tuple[str, int]] = set()

    def _ask(
        self, method: str, *parameters: Any, read: Callable[[Any], T], write: bool = False, listing: bool = False
    ) -> T:
        """Call a method and return what C(read) makes of the value of its answer.

        A method that the service once said it does not have is refused without asking again. Raises what the client
        and C(read) raise.
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
        """Return the error of a fault that a method answered with."""
        return xmlrpc.fault_error(fault)

    def _macs(self, values: Sequence[Any]) -> list[str]:
        """Return the MAC addresses of a list of devices, each once; what is none is passed over, with a warning.

        Raises RpsError C(protocol_error) where there is no list, or nothing in it is a MAC address.
        """
        macs: dict[str, None] = {}
        none: list[Any] = []
        for row in rows(values):
            mac = find_mac(row) if isinstance(row, str) else None
            if mac is not None:
                macs[mac] = None
            # Yealink's page shows a list with an empty value in it.
            elif row is not None and not (isinstance(row, str) and not row.strip()):
                none.append(row)
        if none and not macs:
            raise RpsError("protocol_error", f"a list of devices that no document knows: {shown_value(none[0])}")
        if none:
            self.warn(
                f"The service's list of devices has {len(none)} rows that are no MAC address, and that were passed "
                f"over; the first is {shown_value(none[0])}"
            )
        return list(macs)
