# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every service that holds devices can be asked, and how an XML-RPC service's answer is read."""

from __future__ import annotations

import abc
import re
from typing import Any, ClassVar, Collection, Generic, Mapping, NamedTuple, Sequence, TypeVar

from ansible_collections.voip.rps.plugins.module_utils._http import xmlrpc
from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError, odd
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import find_macs
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Goal, Observation, Target

_LONGEST_REFUSAL = 1024 * 1024


class Capabilities(NamedTuple):
    """What a service can do; the plan uses no more than this."""

    named_servers: bool
    """It keeps named servers, and devices are bound to them."""
    own_url: bool
    """A device can have a URL of its own."""
    bulk: bool
    """One call binds several devices to a server, or releases them."""
    bulk_url: bool
    """One call binds several devices to a URL."""
    read_target: bool
    """It tells where a device points."""
    list_account: bool
    """It lists all devices of the account in one call."""
    list_models: bool
    """It lists the account's devices of a model, and those of them that point to a URL."""
    override: bool
    """A call can confirm that an earlier registration is overridden."""
    takes_over: bool
    """Such a call takes a device from another account, as far as is known."""
    rebind: bool
    """A registered device can be bound to another target for certain, without releasing it first."""


GoalT = TypeVar("GoalT", bound=Goal)


class Registry(abc.ABC, Generic[GoalT]):
    """A service that holds devices, each bound to something, spoken to through a client.

    Every method sends one call and raises RpsError: Refused where the service answered no, another where there was no
    answer to rely on. MAC addresses are 12 lower-case hex digits.
    """

    headers: ClassVar[Mapping[str, str]]
    """What every request to it says beside its body."""
    can: ClassVar[Capabilities]

    def __init__(self, client: Client) -> None:
        self.client = client

    @property
    def needs_release(self) -> bool:
        """Whether a registered device that the service refuses to bind again must be released first."""
        return not self.can.rebind

    def in_bulk(self, _target: GoalT | None) -> bool:
        """Tell whether one call binds several devices to that target or, with None, releases them."""
        return self.can.bulk

    @abc.abstractmethod
    def check(self, mac: str, *, target: bool) -> Observation:
        """Read a device's status and, where C(target) asks for it and the service can, what it is bound to."""

    @abc.abstractmethod
    def register(self, macs: Sequence[str], target: GoalT, *, override: bool) -> None:
        """Bind devices that are not the account's yet."""

    @abc.abstractmethod
    def move(self, macs: Sequence[str], target: GoalT) -> None:
        """Bind devices of the account to another target."""

    @abc.abstractmethod
    def remove(self, macs: Sequence[str]) -> None:
        """Release devices of the account."""


class Service(Registry[Target]):
    """A vendor's redirection service."""

    provider: ClassVar[str]
    default_url: ClassVar[str]
    mac_prefixes: ClassVar[tuple[str, ...]]
    """What the vendor's MAC addresses begin with, as far as they are its alone."""
    models: ClassVar[Collection[str]] = ()
    """The models that the service lists devices of, as far as they are known."""

    def in_bulk(self, target: Target | None) -> bool:
        return self.can.bulk_url if target and target.own else self.can.bulk

    def list_devices(self) -> list[str]:
        """List the devices registered by the account, where the service can."""
        raise NotImplementedError

    def list_model(self, model: str, url: str | None = None) -> list[str]:
        """List the account's devices of a model, and with C(url) only those that point there, where the service can."""
        raise NotImplementedError

    @classmethod
    def model(cls, mac: str) -> str | None:
        """Return the model, as the service names it, that a MAC address is known to be of."""
        return None

    def add_server(self, name: str, url: str) -> None:
        """Add a named server, where the service has them."""
        raise NotImplementedError

    @classmethod
    def check_server_name(cls, name: str) -> None:
        """Raise ValueError where the service cannot have a server of that name."""
        raise NotImplementedError


class XmlRpcService(Service):
    """A service whose answers are C([true, values…]) or C([false, "text"])."""

    headers: ClassVar[Mapping[str, str]] = {"Content-Type": "text/xml"}
    texts: ClassVar[tuple[tuple[str, str], ...]]
    """Which error code a refusal has: the first row whose words (lower case, a pattern) its text holds."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._lacking: set[tuple[str, int]] = set()

    def _call(
        self,
        method: str,
        *parameters: Any,
        write: bool,
        codes: Mapping[str, str] | None = None,
        listing: bool = False,
    ) -> list[Any]:
        """Call C(redirect.method) and return the values after the result code; raises Refused where that is false.

        C(codes) says which error codes mean another one in the answer to this method. A method that the service once
        said it does not have is refused without asking again.
        """
        answer = self._answer(method, *parameters, write=write, listing=listing)
        if not isinstance(answer, list) or not answer:
            raise odd(answer)
        code, *values = answer
        if str(code).strip().lower() in ("true", "1"):
            return values
        if str(code).strip().lower() in ("false", "0"):
            raise self._refusal(values, codes or {})
        raise odd(answer)

    def _write(self, method: str, *parameters: Any, codes: Mapping[str, str] | None = None) -> None:
        self._call(method, *parameters, write=True, codes=codes)

    def _answer(self, method: str, *parameters: Any, write: bool, listing: bool = False) -> Any:
        form = (method, len(parameters))
        if form in self._lacking:
            raise Refused("unsupported", f"the service has no method {method} with {len(parameters)} parameters")
        body = xmlrpc.encode(f"redirect.{method}", *parameters)
        try:
            return self.client.post(body, xmlrpc.decode, write=write, listing=listing)
        except Refused as refusal:
            if refusal.code == "unsupported":
                self._lacking.add(form)
            raise

    def _refusal(self, values: Sequence[Any], codes: Mapping[str, str]) -> Refused:
        words = " ".join(text(value) for value in values)[:_LONGEST_REFUSAL]
        error = RpsError(self._code(words, codes), words)
        return Refused(error.code, error.message, dict.fromkeys(find_macs(words), error))

    def _code(self, words: str, codes: Mapping[str, str]) -> str:
        squeezed = " ".join(words.split()).lower()
        code = next((code for pattern, code in self.texts if re.search(pattern, squeezed)), "service_error")
        return codes.get(code, code)


def text(value: Any) -> str:
    """Return a value that is a text, without the space around it."""
    if not isinstance(value, str):
        raise odd(value)
    return value.strip()
