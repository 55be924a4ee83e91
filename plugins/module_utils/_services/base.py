# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every service that holds devices can be asked, and how an XML-RPC service's answer is read."""

from __future__ import annotations

import abc
import re
from typing import Any, Callable, ClassVar, Collection, Generic, Mapping, NamedTuple, Sequence, TypeVar

from ansible_collections.voip.rps.plugins.module_utils._http import xmlrpc
from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    Refused,
    RpsError,
    odd,
    one_line,
    shown_value,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import find_macs, parse_mac, without_macs
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Goal, Observation, Target
from ansible_collections.voip.rps.plugins.module_utils._pure.refusals import general_code, is_fine
from ansible_collections.voip.rps.plugins.module_utils._services.answers import (
    errors_by_device,
    errors_of,
    rows,
    texts,
    truth,
)

_LONGEST_REFUSAL = 1024 * 1024
_MOST_WARNINGS = 20


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
T = TypeVar("T")


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
    login: ClassVar[tuple[str, ...]] = ("username", "password")
    """The options that make up its login."""
    mac_prefixes: ClassVar[tuple[str, ...]]
    """What the vendor's MAC addresses begin with, as far as they are its alone."""
    models: ClassVar[Collection[str]] = ()
    """The models that the service lists devices of, as far as they are known."""
    may_confirm: bool = True
    """Whether a move may confirm an override where the service has no other way to move a device of the account."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.warnings: list[str] = []
        """What the user has to know of answers that were made use of all the same, each on one line."""

    def warn(self, words: str) -> None:
        """Add a warning, once; there is a bound to how many there are and how long each is."""
        warning = one_line(words)
        if len(self.warnings) < _MOST_WARNINGS and warning not in self.warnings:
            self.warnings.append(warning)

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

    def _ask(
        self, method: str, *parameters: Any, read: Callable[[Any], T], write: bool = False, listing: bool = False
    ) -> T:
        """Call C(redirect.method) and return what C(read) makes of the value of its answer.

        A method that the service once said it does not have is refused without asking again. Raises what the client
        and C(read) raise.
        """
        form = (method, len(parameters))
        if form in self._lacking:
            raise Refused("unsupported", f"the service has no method {method} with {len(parameters)} parameters")
        body = xmlrpc.encode(f"redirect.{method}", *parameters)
        try:
            return read(self.client.post(body, xmlrpc.decode, write=write, listing=listing))
        except Refused as refusal:
            if refusal.code == "unsupported":
                self._lacking.add(form)
            raise

    def _values(self, answer: Any) -> list[Any]:
        """Return the values after the result code; raises Refused where that is false."""
        code = truth(answer[0]) if isinstance(answer, list) and answer else None
        if code is None:
            raise odd(answer)
        if not code:
            raise self._refusal(answer[1:])
        return list(answer[1:])

    def _write(
        self, method: str, *parameters: Any, asked: Sequence[str] = (), codes: Mapping[str, str] | None = None
    ) -> None:
        """Call a method that changes something, for the devices C(asked).

        C(codes) says which error codes mean another one in the answer to this method. Raises Refused where the service
        says no, be it of some of the devices, and whatever its result code is; RpsError C(protocol_error), in doubt,
        where its result code is true and its text does not say so.
        """
        self._ask(method, *parameters, read=lambda answer: self._settle(answer, asked, codes or {}), write=True)

    def _settle(self, answer: Any, asked: Sequence[str], codes: Mapping[str, str]) -> None:
        code = truth(answer[0]) if isinstance(answer, list) and answer else None
        values = [answer] if code is None else answer[1:]
        said = self._errors_by_device(values, asked)
        if said:
            self._settle_each(said, asked, codes, refused=not code)
        elif code is None:
            raise odd(answer)
        elif not code:
            raise self._refusal(values, codes)
        else:
            self._settle_success(values, codes)

    def _settle_each(
        self, said: Mapping[str, str], asked: Sequence[str], codes: Mapping[str, str], *, refused: bool
    ) -> None:
        done = {mac for mac, words in said.items() if words and is_fine(words)}
        culprits = {
            mac: RpsError(self._code_of_device(words, codes), words)
            for mac, words in said.items()
            if words and mac not in done
        }
        if culprits:
            first = next(iter(culprits.values()))
            raise Refused(first.code, first.message, culprits, done)
        if refused and not done.issuperset(asked):
            raise Refused("service_error", "the service refused some devices without an error", done=done)

    def _settle_success(self, values: Sequence[Any], codes: Mapping[str, str]) -> None:
        said = [value for value in values if not isinstance(value, (int, float))]
        words = " ".join(filter(None, texts(said)))[:_LONGEST_REFUSAL]
        if is_fine(words) and not any(value is False for value in values):
            return
        blames = "error" in words.lower() and find_macs(words)
        if without_macs(words).strip() and (blames or self._code(words, codes) != "service_error"):
            raise self._refusal(values, codes)
        raise odd(list(values))

    def _errors_by_device(self, values: Sequence[Any], asked: Sequence[str]) -> dict[str, str]:
        """Return what an answer's values say of each device, or nothing where they do not say it so."""
        return errors_by_device(values, asked, self._is_known)

    def _is_known(self, words: str) -> bool:
        """Tell whether the text of a device has a meaning."""
        return bool(words) and (is_fine(words) or self._code_of_device(words, {}) != "service_error")

    def _refusal(self, values: Sequence[Any], codes: Mapping[str, str] | None = None) -> RpsError:
        """Return the error of an answer whose result code is false."""
        words = " ".join(filter(None, texts(list(values))))[:_LONGEST_REFUSAL]
        error = xmlrpc.refusal(self._code(words, codes or {}), words)
        if not isinstance(error, Refused):
            return error
        return Refused(error.code, words, errors_of(error.code, words))

    def _code(self, words: str, codes: Mapping[str, str]) -> str:
        squeezed = " ".join(words.split()).lower()
        own = next((code for pattern, code in self.texts if re.search(pattern, squeezed)), None)
        code = own or general_code(words) or "service_error"
        return codes.get(code, code)

    def _code_of_device(self, words: str, codes: Mapping[str, str]) -> str:
        code = self._code(words, codes)
        # What is said of one device is not about the login.
        return "service_error" if code in ("auth_failed", "forbidden") else code

    def _macs(self, values: Sequence[Any]) -> list[str]:
        """Return the MAC addresses of a list of devices, each once; what is none is passed over, with a warning.

        Raises RpsError C(protocol_error) where there is no list, or nothing in it is a MAC address.
        """
        macs: dict[str, None] = {}
        none: list[Any] = []
        for row in rows(values):
            try:
                macs[parse_mac(row.strip())] = None
            except (AttributeError, ValueError):
                # Yealink's page shows a list with an empty value in it.
                if row is not None and not (isinstance(row, str) and not row.strip()):
                    none.append(row)
        if none and not macs:
            raise RpsError("protocol_error", f"a list of devices that no document knows: {shown_value(none[0])}")
        if none:
            self.warn(
                f"The service's list of devices has {len(none)} rows that are no MAC address, and that were passed "
                f"over; the first is {shown_value(none[0])}"
            )
        return list(macs)
