# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every redirection service can be asked, and how an XML-RPC service's answer is read."""

from __future__ import annotations

import abc
import re
from typing import Any, ClassVar, Mapping, NamedTuple, Sequence

from ansible_collections.voip.rps.plugins.module_utils import xmlrpc
from ansible_collections.voip.rps.plugins.module_utils.errors import Refused, RpsError
from ansible_collections.voip.rps.plugins.module_utils.http import Client
from ansible_collections.voip.rps.plugins.module_utils.mac import find_macs
from ansible_collections.voip.rps.plugins.module_utils.model import Observation, Target
from ansible_collections.voip.rps.plugins.module_utils.url import without_userinfo


class Capabilities(NamedTuple):
    """What a service can do; the plan uses no more than this."""

    named_servers: bool
    """It keeps named servers, and devices are bound to them."""
    own_url: bool
    """A device can have a URL of its own."""
    read_target: bool
    """It tells where a device points."""
    list_account: bool
    """It lists all devices of the account in one call."""
    list_models: bool
    """It lists the account's devices of a model."""
    override: bool
    """A call can confirm that an earlier registration is overridden."""
    takes_over: bool
    """Such a call takes a device from another account, as far as is known."""


class Service(abc.ABC):
    """A vendor's redirection service, spoken to through a client.

    Every method sends one call and raises RpsError: Refused where the service answered no, another where there was no
    answer to rely on. MAC addresses are 12 lower-case hex digits.
    """

    provider: ClassVar[str]
    default_url: ClassVar[str]
    can: ClassVar[Capabilities]

    def __init__(self, client: Client) -> None:
        self.client = client

    @abc.abstractmethod
    def check(self, mac: str, *, target: bool) -> Observation:
        """Read a device's status and, where C(target) asks for it and the service can, its URL."""

    @abc.abstractmethod
    def list_devices(self) -> list[str]:
        """List the devices registered by the account."""

    @abc.abstractmethod
    def bulk(self, target: Target) -> bool:
        """Tell whether one call can bind several devices to a target like this."""

    @abc.abstractmethod
    def register(self, macs: Sequence[str], target: Target, *, override: bool) -> None:
        """Bind devices that are not the account's yet."""

    @abc.abstractmethod
    def move(self, macs: Sequence[str], target: Target) -> None:
        """Bind devices of the account to another target."""

    @abc.abstractmethod
    def remove(self, macs: Sequence[str]) -> None:
        """Release devices of the account."""

    @abc.abstractmethod
    def add_server(self, name: str, url: str) -> None:
        """Add a named server."""

    @classmethod
    @abc.abstractmethod
    def check_server_name(cls, name: str) -> None:
        """Raise ValueError where the service cannot have a server of that name."""


class XmlRpcService(Service):
    """A service whose answers are C([true, values…]) or C([false, "text"])."""

    texts: ClassVar[tuple[tuple[str, str], ...]]
    """Which error code a refusal has: the first row whose words (lower case, a pattern) its text holds."""

    def _call(self, method: str, *parameters: Any, write: bool, codes: Mapping[str, str] | None = None) -> list[Any]:
        """Call C(redirect.method) and return the values after the result code; raises Refused where that is false.

        C(codes) says which error codes mean another one in the answer to this method.
        """
        body = xmlrpc.encode(f"redirect.{method}", *parameters)
        answer = self.client.post(body, xmlrpc.decode, write=write)
        if not isinstance(answer, list) or not answer:
            raise odd(answer)
        code, *values = answer
        if str(code).strip().lower() in ("true", "1"):
            return values
        if str(code).strip().lower() in ("false", "0"):
            raise self._refusal(" ".join(text(value) for value in values), codes or {})
        raise odd(answer)

    def _refusal(self, words: str, codes: Mapping[str, str]) -> Refused:
        squeezed = " ".join(words.split()).lower()
        code = next((code for pattern, code in self.texts if re.search(pattern, squeezed)), "service_error")
        code = codes.get(code, code)
        return Refused(code, words, {mac: RpsError(code, words) for mac in find_macs(words)})


def text(value: Any) -> str:
    """Return a value that is a text, without the space around it."""
    if not isinstance(value, str):
        raise odd(value)
    return value.strip()


def odd(answer: Any) -> RpsError:
    """Return the error of an answer, or a part of it, that no document knows."""
    words = without_userinfo(f"an answer that no document knows: {answer!r}")[:200]
    return RpsError("protocol_error", words, in_doubt=True)
