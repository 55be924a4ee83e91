# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""XML-RPC services whose answers begin with a result code, such as Yealink, Htek and Snom."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Mapping, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils._http import xmlrpc
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError, unexpected_answer
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import find_macs, without_macs
from ansible_collections.voip.rps.plugins.module_utils._pure.model import REGISTERED, Observation
from ansible_collections.voip.rps.plugins.module_utils._pure.refusals import general_code, is_fine
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.answer_shapes import (
    errors_by_device,
    errors_of,
    texts,
    truth,
)
from ansible_collections.voip.rps.plugins.module_utils._services.base import settle
from ansible_collections.voip.rps.plugins.module_utils._services.xmlrpc_service import XmlRpcService

_LONGEST_REFUSAL = 1024 * 1024
_VERDICTS = {"unsupported": Verdict.SINGLY, "service_error": Verdict.UNCLEAR}


class Reading(NamedTuple):
    """Exceptions for the answers of one method: other error codes, and other verdicts."""

    codes: Mapping[str, str] = {}
    verdicts: Mapping[str, Verdict] = {}


PLAIN = Reading()


class ResultCodeService(XmlRpcService):
    """A service whose answers are ``[true, values…]`` or ``[false, "text"]``."""

    texts: ClassVar[tuple[tuple[str, str], ...]]
    """The error code for each refusal: that of the first row whose pattern (lower case) is found in its text."""
    verdicts: ClassVar[Mapping[str, Verdict]]
    """The meaning of these error codes for a batch; all others mean that devices of the batch cause the refusal."""

    def _listed(self, method: str) -> Mapping[str, Observation]:
        """Call a method that lists the account's devices, and return its observations by MAC address."""
        try:
            macs = self._ask(method, read=lambda answer: self._macs(self._values(answer)), listing=True)
        except Refused as refusal:
            if refusal.code == "not_registered":
                return {}
            raise
        return dict.fromkeys(macs, Observation(REGISTERED))

    def _values(self, answer: Any) -> list[Any]:
        """Return the values after the result code. Raise Refused if the result code is false."""
        code = truth(answer[0]) if isinstance(answer, list) and answer else None
        if code is None:
            raise unexpected_answer(answer)
        if not code:
            raise self._refusal(answer[1:])
        return list(answer[1:])

    def _write(self, method: str, *parameters: Any, asked: Sequence[str] = (), reading: Reading = PLAIN) -> None:
        """Call a method that changes something, for the devices ``asked``.

        Raise Refused if the service refuses all or some of the devices, whatever the result code is. Raise RpsError
        ``protocol_error``, in doubt, if the result code is true but the text is not one of success.
        """
        self._ask(method, *parameters, read=lambda answer: self._settle(answer, asked, reading), write=True)

    def _settle(self, answer: Any, asked: Sequence[str], reading: Reading) -> None:
        code = truth(answer[0]) if isinstance(answer, list) and answer else None
        values = [answer] if code is None else answer[1:]
        said = self._errors_by_device(values, asked)
        if said:
            self._settle_each(said, asked, reading, refused=not code)
        elif code is None:
            raise unexpected_answer(answer)
        elif not code:
            raise self._refusal(values, reading)
        else:
            self._settle_success(values, reading)

    def _settle_each(self, said: Mapping[str, str], asked: Sequence[str], reading: Reading, *, refused: bool) -> None:
        done = {mac for mac, words in said.items() if words and is_fine(words)}
        culprits = {
            mac: self._refused(self._code_of_device(words, reading), words, reading)
            for mac, words in said.items()
            if words and mac not in done
        }
        settle(culprits, done)
        if refused and not done.issuperset(asked):
            raise Refused(
                "service_error", "the service refused some devices without an error", None, done, Verdict.UNCLEAR
            )

    def _settle_success(self, values: Sequence[Any], reading: Reading) -> None:
        said = [value for value in values if not isinstance(value, (int, float))]
        words = " ".join(filter(None, texts(said)))[:_LONGEST_REFUSAL]
        if is_fine(words) and not any(value is False for value in values):
            return
        blames = "error" in words.lower() and find_macs(words)
        if without_macs(words).strip() and (blames or self._code(words, reading) != "service_error"):
            raise self._refusal(values, reading)
        raise unexpected_answer(list(values))

    def _errors_by_device(self, values: Sequence[Any], asked: Sequence[str]) -> dict[str, str]:
        """Return the error of each device in an answer, or nothing if the answer is not given by device."""
        return errors_by_device(values, asked, self._is_known)

    def _is_known(self, words: str) -> bool:
        """Return whether the text of a device has a known meaning."""
        return bool(words) and (is_fine(words) or self._code_of_device(words, PLAIN) != "service_error")

    def _refusal(self, values: Sequence[Any], reading: Reading = PLAIN) -> RpsError:
        """Return the error of an answer with a false result code."""
        words = " ".join(filter(None, texts(list(values))))[:_LONGEST_REFUSAL]
        code = self._code(words, reading)
        error = xmlrpc.refusal(code, words)
        if not isinstance(error, Refused):
            return error
        whole = self._refused(code, words, reading)
        whole.culprits = errors_of(words, lambda own: self._refused(code, own, reading))
        return whole

    def _refused(self, code: str, words: str, reading: Reading) -> Refused:
        verdict = {**_VERDICTS, **self.verdicts, **reading.verdicts}.get(code, Verdict.DEVICES)
        return Refused(code, words, verdict=verdict)

    def _code(self, words: str, reading: Reading) -> str:
        squeezed = " ".join(words.split()).lower()
        own = next((code for pattern, code in self.texts if re.search(pattern, squeezed)), None)
        code = own or general_code(words) or "service_error"
        return reading.codes.get(code, code)

    def _code_of_device(self, words: str, reading: Reading) -> str:
        code = self._code(words, reading)
        # Text about one device is not about the login.
        return "service_error" if code in ("auth_failed", "forbidden") else code
