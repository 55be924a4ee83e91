# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""XML-RPC: encode calls and decode answers; no I/O."""

from __future__ import annotations

import re
import xmlrpc.client
from typing import Any, Callable, ClassVar, NamedTuple
from xml.parsers import expat

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError, excerpt, shown_value
from ansible_collections.voip.rps.plugins.module_utils._pure.refusals import general_code
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict

_CUT_SHORT = frozenset(
    (
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
        expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
    )
)
_BOOLEANS = {"true": "1", "false": "0"}
_DATE = re.compile(r"\d{4}-?\d\d-?\d\d([T ]|$)")
_LONGEST_NUMBER = 12
_DEEPEST = 16
# A list of 250,000 devices has fewer, in any service's layout.
_MOST_ELEMENTS = 500_000
_SLICE = 1024 * 1024


def encode(method: str, *parameters: Any) -> bytes:
    """Return the request body that calls ``method``."""
    call = xmlrpc.client.dumps(parameters, method, encoding="utf-8", allow_none=True)
    # The vendors' documents print calls without parameters like this.
    return call.replace("<params>\n</params>\n", "").encode("utf-8")


class Fault(NamedTuple):
    """A fault: its code if it is a number, its text, and ``shown``, both as messages show them."""

    number: int | None
    words: str
    shown: str


def fault_error(fault: Fault) -> RpsError:
    """Return the error of a fault that is not specific to the service.

    Return Refused ``unsupported`` if the service does not have the method, else ``service_error``; RpsError
    ``auth_failed`` or ``forbidden`` if the login is refused.
    """
    return refusal(general_code(fault.words, fault.number), fault.shown)


def decode(answer: bytes, error_of: Callable[[Fault], RpsError] = fault_error) -> Any:
    """Return the value of an answer.

    Ignore anything after the end of the document. Return a date that XML-RPC does not allow as text. For a fault, raise
    the result of ``error_of``. For anything that is not XML-RPC, raise RpsError ``protocol_error`` with the beginning
    of the answer; it is transient if the document is cut short. Refuse document type declarations, and therefore
    entities, and documents that need more memory than a list of 250,000 devices.
    """
    values = _Values(use_builtin_types=True)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = values.start
    parser.CharacterDataHandler = values.data
    parser.EndElementHandler = values.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    values.xml(None, None)  # type: ignore[arg-type]  # as in the standard library
    try:
        _feed(parser, values, answer.lstrip())
    except expat.ExpatError as error:
        if not values.complete:
            cut_short = error.code in _CUT_SHORT and answer.strip().startswith(b"<")
            raise _unreadable(answer, expat.ErrorString(error.code), transient=cut_short) from None
    except Exception as error:
        raise _unreadable(answer, str(error)) from None
    return _value(values, answer, error_of)


def _feed(parser: expat.XMLParserType, values: _Values, document: bytes) -> None:
    for start in range(0, len(document), _SLICE):
        before = values.elements
        parser.Parse(document[start : start + _SLICE], False)
        # The parser buffers an incomplete tag, and needs twenty times its size for its attributes.
        if values.elements == before and start + _SLICE < len(document):
            raise ValueError("a text or tag that does not end")
    parser.Parse(b"", True)


def _value(values: _Values, answer: bytes, error_of: Callable[[Fault], RpsError]) -> Any:
    try:
        (value,) = values.close()
    except xmlrpc.client.Fault as fault:
        parts: list[Any] = [fault.faultCode, fault.faultString]
        number, words = (part if isinstance(part, str) else shown_value(part) for part in parts)
        raise error_of(Fault(_number(number), words, f"fault {number}: {words}")) from None
    except Exception as error:
        raise _unreadable(answer, str(error) or "no value") from None
    return value


def refusal(code: str | None, words: str) -> RpsError:
    """Return the error of a refusal with a code from ``general_code``, or ``service_error`` without one.

    A refused login is not ``Refused``: it concerns no device, and all other calls would fail too.
    """
    if code in ("auth_failed", "forbidden"):
        return RpsError(code, words)
    verdict = Verdict.SINGLY if code == "unsupported" else Verdict.UNCLEAR
    return Refused(code or "service_error", words, verdict=verdict)


def _number(text: str) -> int | None:
    try:
        return int(text[:_LONGEST_NUMBER])
    except ValueError:
        return None


class _Values(xmlrpc.client.Unmarshaller):
    """The standard unmarshaller, with booleans and dates in any spelling, limits, and a flag for the end."""

    complete = False
    elements = 0
    dispatch: ClassVar[dict[str, Callable[..., None]]] = {  # type: ignore[misc]
        **xmlrpc.client.Unmarshaller.dispatch
    }

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        super().start(tag, attrs)
        self.elements += 1
        if self.elements > _MOST_ELEMENTS:
            raise ValueError(f"more than {_MOST_ELEMENTS} elements")
        if len(self._marks) > _DEEPEST:
            raise ValueError("nested too deeply")

    def end(self, tag: str) -> None:
        super().end(tag)
        self.complete = self.complete or tag == "methodResponse"

    def end_spelled_boolean(self, data: str) -> None:
        spelled = data.strip()
        super().end_boolean(_BOOLEANS.get(spelled.lower(), spelled))

    dispatch["boolean"] = end_spelled_boolean

    def end_spelled_date(self, data: str) -> None:
        try:
            super().end_dateTime(data)
        except ValueError:
            # Panasonic's document prints 2011-07-12T05:32:12Z.
            if not _DATE.match(data.strip()):
                raise
            self.end_string(data)

    dispatch["dateTime.iso8601"] = end_spelled_date


def _refuse_doctype(*_declaration: Any) -> None:
    raise ValueError("a document type declaration")


def _unreadable(answer: bytes, why: str, *, transient: bool = False) -> RpsError:
    words = f"the answer is not XML-RPC ({why}): {excerpt(answer)}"
    return RpsError("protocol_error", words, transient=transient, in_doubt=True)
