# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""XML-RPC, bytes to values and back; no I/O."""

from __future__ import annotations

import re
import xmlrpc.client
from typing import Any, Callable, ClassVar
from xml.parsers import expat

from ansible_collections.voip.rps.plugins.module_utils.errors import Refused, RpsError, excerpt

_CUT_SHORT = frozenset(
    (
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
        expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
    )
)
_NO_SUCH_METHOD = -32601
_NO_SUCH_METHOD_WORDS = re.compile(
    r"(no such|unknown|unsupported) .{0,20}method|method\b.{0,80}\b(not (found|supported|exist)|unknown|no such)",
    re.I | re.S,
)
_DEEPEST = 16


def encode(method: str, *parameters: Any) -> bytes:
    """Return the request that calls C(method)."""
    call = xmlrpc.client.dumps(parameters, method, encoding="utf-8", allow_none=True)
    # The documents print a call without parameters so.
    return call.replace("<params>\n</params>\n", "").encode("utf-8")


def decode(answer: bytes) -> Any:
    """Return the one value that an answer holds.

    What follows the document's end is passed over. Raises Refused for a fault (C(unsupported) where the service has
    no such method, else C(service_error)), and RpsError C(protocol_error), with the answer's first characters, for
    anything that is not XML-RPC; it is transient where the document only ends too early. A document type declaration
    is refused, and with it every entity of its own.
    """
    values = _Values(use_builtin_types=True)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = values.start
    parser.CharacterDataHandler = values.data
    parser.EndElementHandler = values.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    values.xml(None, None)  # type: ignore[arg-type]  # as the standard library does it
    try:
        parser.Parse(answer.lstrip(), True)
    except expat.ExpatError as error:
        if not values.complete:
            cut_short = error.code in _CUT_SHORT and answer.strip().startswith(b"<")
            raise _unreadable(answer, expat.ErrorString(error.code), transient=cut_short) from None
    except Exception as error:
        raise _unreadable(answer, str(error)) from None
    return _value(values, answer)


def _value(values: _Values, answer: bytes) -> Any:
    try:
        (value,) = values.close()
    except xmlrpc.client.Fault as fault:
        unsupported = fault.faultCode == _NO_SUCH_METHOD or _NO_SUCH_METHOD_WORDS.search(str(fault.faultString))
        code = "unsupported" if unsupported else "service_error"
        raise Refused(code, f"fault {fault.faultCode}: {fault.faultString}") from None
    except Exception as error:
        raise _unreadable(answer, str(error) or "no value") from None
    return value


class _Values(xmlrpc.client.Unmarshaller):
    """The standard unmarshaller, but with padded booleans, without deep nests, and aware of the document's end."""

    complete = False
    dispatch: ClassVar[dict[str, Callable[..., None]]] = {  # type: ignore[misc]
        **xmlrpc.client.Unmarshaller.dispatch
    }

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        super().start(tag, attrs)
        if len(self._marks) > _DEEPEST:
            raise ValueError("a deep nest")

    def end(self, tag: str) -> None:
        super().end(tag)
        self.complete = self.complete or tag == "methodResponse"

    def end_padded_boolean(self, data: str) -> None:
        super().end_boolean(data.strip())

    dispatch["boolean"] = end_padded_boolean


def _refuse_doctype(*_declaration: Any) -> None:
    raise ValueError("a document type declaration")


def _unreadable(answer: bytes, why: str, *, transient: bool = False) -> RpsError:
    words = f"the answer is not XML-RPC ({why}): {excerpt(answer)}"
    return RpsError("protocol_error", words, transient=transient, in_doubt=True)
