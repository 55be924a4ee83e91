# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the XML-RPC dialects share: calls in, faults out, and what makes a dialect."""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape

NO_SUCH_METHOD = 1


class NotACall(Exception):
    """The body is not an XML-RPC call."""


class Call(NamedTuple):
    method: str
    parameters: tuple[Any, ...]


class Reply(NamedTuple):
    """An answer's body, and for a write whether it was carried out (None for a read)."""

    body: bytes
    carried_out: bool | None


@dataclass(frozen=True, slots=True)
class Method:
    """One form of a method: `answer(records, settings, *parameters)` runs inside a transaction."""

    answer: Callable[..., Reply]
    parameters: tuple[type | UnionType, ...]
    """`str`, or `list` for a list of strings, each; or one of them `| None`, which may be nil."""
    writes: bool
    retired: bool = False

    def devices(self, call: Call) -> int:
        """How many devices a bulk call lists; 0 for any other call."""
        return len(call.parameters[0]) if call.parameters and isinstance(call.parameters[0], list) else 0


@dataclass(frozen=True, slots=True)
class Dialect:
    """A vendor's service: the documented path first among those it answers on, and its methods."""

    paths: tuple[str, ...]
    named_servers: bool
    """Whether accounts have servers that devices are bound to by name."""
    methods: Mapping[tuple[str, int], Method]
    """By name and number of parameters."""
    content_type: str | None = None
    """The type that requests must have; None where it does not matter."""

    def method(self, call: Call) -> Method | None:
        """The method called; None where there is none of that name, number and types of parameters."""
        method = self.methods.get((call.method, len(call.parameters)))
        if method is None or not all(map(_is, call.parameters, method.parameters)):
            return None
        return method


def _is(value: object, kind: type | UnionType) -> bool:
    return isinstance(value, kind) and (not isinstance(value, list) or all(isinstance(item, str) for item in value))


def _refuse_doctype(*_: object) -> None:
    raise NotACall("a document type is not accepted")


def read_call(body: bytes) -> Call:
    """The call in the body of a request. Raises NotACall where there is none, or a DTD with it."""
    unmarshaller = xmlrpc.client.Unmarshaller()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = unmarshaller.start
    parser.EndElementHandler = unmarshaller.end
    parser.CharacterDataHandler = unmarshaller.data
    unmarshaller.xml(None, None)  # type: ignore[arg-type]  # texts arrive decoded
    try:
        parser.Parse(body, True)
        parameters = unmarshaller.close()
        method = unmarshaller.getmethodname()
    except NotACall:
        raise
    except Exception as error:  # the unmarshaller meets bad nesting with whatever it trips over
        raise NotACall(f"not an XML-RPC call: {error or type(error).__name__}") from None
    if not method:
        raise NotACall("not an XML-RPC call: no method name")
    return Call(method.strip(), tuple(parameters))


def fault(code: int, message: str) -> bytes:
    """The document of an XML-RPC fault."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<methodResponse>\n<fault>\n<value>\n<struct>\n'
        f"<member><name>faultCode</name><value><int>{code}</int></value></member>\n"
        f"<member><name>faultString</name><value><string>{escape(message)}</string></value></member>\n"
        "</struct>\n</value>\n</fault>\n</methodResponse>"
    ).encode()
