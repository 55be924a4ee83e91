# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of every service that stores devices."""

from __future__ import annotations

import abc
from typing import ClassVar, Collection, Generic, Iterator, Mapping, Sequence, TypeVar

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client, Fate
from ansible_collections.voip.rps.plugins.module_utils._http.logins import BasicLogin, Login
from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError, one_line
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device, Goal, NamedServer, Observation, Target
from ansible_collections.voip.rps.plugins.module_utils._pure.url import MAC_WORD
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict

_MOST_WARNINGS = 20

GoalT = TypeVar("GoalT", bound=Goal)
ServiceT = TypeVar("ServiceT", bound="Service")


def settle(refusals: Mapping[str, Refused], done: Collection[str]) -> None:
    """Settle an answer with a result for each device: raise Refused if any was refused, with the ``done`` ones."""
    for first in refusals.values():
        raise Refused(first.code, first.message, dict(refusals), done, first.verdict)


def released_first() -> Refused:
    """Return the refusal of a move that the service does not support: the device must be released first."""
    return Refused("unsupported", "the service cannot move a registered device", verdict=Verdict.REGISTERED)


def macs_of(devices: Sequence[Device]) -> list[str]:
    """Return the MAC addresses of devices."""
    return [device.mac for device in devices]


class Backend(abc.ABC, Generic[GoalT]):
    """A service that stores devices with their goals, and that is called through a client.

    Every method makes one call. It raises Refused if the service refuses, and another RpsError if there is no reliable
    answer. MAC addresses are 12 lower-case hex digits. If a method takes a target, the targets of the devices are
    ignored.
    """

    headers: ClassVar[Mapping[str, str]]
    """The headers of every request."""
    statuses: ClassVar[Mapping[int, Fate]] = {}
    """The meaning of its statuses, if they differ from the general one."""
    can: ClassVar[Capabilities] = Capabilities()

    def __init__(self, client: Client) -> None:
        self.client = client

    @property
    def needs_release(self) -> bool:
        """Whether a registered device must be released first if the service refuses to bind it again."""
        return not self.can.rebind

    def most(self, target: GoalT | None, *, moves: bool) -> int:
        """Return the most devices that one call binds to a target; with None, the most that one call releases.

        ``moves``: the devices are registered by the account already.
        """
        bulk = self.can.bulk
        if target is None:
            return bulk.release
        return bulk.move if moves else bulk.bind

    @abc.abstractmethod
    def check(self, device: Device, *, target: bool) -> Observation:
        """Return a device's status; with ``target``, also what it is bound to, if the service reports that."""

    def check_many(self, devices: Sequence[Device], *, target: bool) -> Mapping[str, Observation]:
        """Return the observations of devices by MAC address, from one call for at most ``can.bulk.check`` devices.

        A device that the service refuses to report has its error in its observation.
        """
        return {device.mac: self.check(device, target=target) for device in devices}

    @abc.abstractmethod
    def register(self, devices: Sequence[Device], target: GoalT, *, override: bool) -> None:
        """Bind devices that the account has not registered yet."""

    @abc.abstractmethod
    def move(self, devices: Sequence[Device], target: GoalT) -> None:
        """Bind devices of the account to another target."""

    @abc.abstractmethod
    def remove(self, devices: Sequence[Device]) -> None:
        """Release devices of the account."""


class Service(Backend[Target]):
    """A vendor's redirection service."""

    provider: ClassVar[str]
    default_url: ClassVar[str]
    """The documented address; empty if it differs between accounts, so that api_url is required."""
    known_urls: ClassVar[tuple[str, ...]] = ()
    """The documented addresses, if an account has one of several."""
    rate_limit: ClassVar[float | None] = None
    """The most requests per second that the service accepts; None if unknown."""
    longest_server_url: ClassVar[int | None] = None
    """The most characters in the URL of a named server; None if unknown."""
    longest_own_url: ClassVar[int | None] = None
    """The most characters in a device's own URL; None if unknown."""
    login: ClassVar[tuple[str, ...]] = ("username", "password")
    """The login options; those that are not in ``optional`` are required."""
    optional: ClassVar[tuple[str, ...]] = ()
    mac_prefixes: ClassVar[tuple[str, ...]]
    """The vendor prefixes (OUIs) that only this vendor uses: PREFIXES["its name"] of prefixes.py.

    All services of a vendor have the same.
    """
    models: ClassVar[Collection[str]] = ()
    """The models for which the service can list devices, if known."""
    may_confirm: bool = True
    """Whether a move may confirm an override if the service has no other way to move the account's devices."""
    attributes: ClassVar[tuple[str, ...]] = ()
    """The columns of a phone list that the service uses in addition to the MAC address and the target."""
    mac_placeholder: ClassVar[str | None] = None
    """The service's placeholder for the MAC address in a URL; None if its document mentions none."""

    sources: ClassVar[str]
    """The sources of our facts about the service: vendor's document, clients in use, one client; for the docs."""
    not_known: ClassVar[str]
    """What nobody knows about the service, and how the collection deals with that; for the docs."""

    lists_servers: ClassVar[bool] = False
    """The service lists its named servers with their URLs."""
    changes_servers: ClassVar[bool] = False
    """The service can change the URL of a named server, and keeps the server's other settings."""
    deletes_servers: ClassVar[bool] = False
    """The service can delete named servers."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.warnings: list[str] = []
        """Warnings for the user about answers that were used although something was wrong, each on one line."""
        self.tells_more = False
        """Whether observations must contain all that the service reports of a device."""

    @classmethod
    def login_of(cls, options: Mapping[str, str]) -> Login:
        """Return the login from the login options; options that are not given are absent.

        Raise RpsError ``invalid_input`` if they cannot be used.
        """
        return BasicLogin(options["username"], options["password"])

    @classmethod
    def of(cls: type[ServiceT], client: Client, _options: Mapping[str, str]) -> ServiceT:
        """Return the service for a client, with the options that ``login_of`` got."""
        return cls(client)

    @classmethod
    def spelled(cls, url: str) -> str:
        """Return a URL in the service's form, with its placeholder for ``{mac}``; unchanged if it has none."""
        return url.replace(MAC_WORD, cls.mac_placeholder or MAC_WORD)

    @classmethod
    def spelled_target(cls, target: Target, mac: str | None = None) -> Target:
        """Return a target with its URL in the service's form.

        If the service has no placeholder, replace ``{mac}`` in a device's own URL by ``mac``. A named server's URL is
        shared by its devices, so it is not changed. A target that needs no change is returned as it is.
        """
        if target.url is None or target.asked is not None or MAC_WORD not in target.url:
            return target
        instead = cls.mac_placeholder or (mac if target.own else None)
        return target._replace(url=target.url.replace(MAC_WORD, instead), asked=target.url) if instead else target

    def warn(self, words: str) -> None:
        """Add a warning unless it exists; the number and length of warnings are limited."""
        warning = one_line(words)
        if len(self.warnings) < _MOST_WARNINGS and warning not in self.warnings:
            self.warnings.append(warning)

    def most(self, target: Target | None, *, moves: bool) -> int:
        if target and target.own:
            return self.can.bulk.move_url if moves else self.can.bulk.bind_url
        return super().most(target, moves=moves)

    def list_devices(self) -> Mapping[str, Observation]:
        """Return the observations of all devices that the account has registered, by MAC address.

        Raise RpsError ``unsupported`` if the service cannot list them.
        """
        raise RpsError("unsupported", "this service does not list the devices of the account")

    def list_model(self, model: str, url: str | None = None) -> list[str]:
        """Return the account's devices of a model; with ``url``, only those that point there. Optional."""
        raise NotImplementedError

    @classmethod
    def device_problems(cls, device: Device) -> Iterator[str]:
        """Yield the errors in a device's attributes, in words for the user; attributes that are not given are absent.

        A device without a target will be released.
        """
        yield from ()

    @classmethod
    def model(cls, mac: str) -> str | None:
        """Return the service's name for the model of a MAC address, or None if it is unknown."""
        return None

    def add_server(self, name: str, url: str) -> None:
        """Add a named server, if the service has named servers."""
        raise NotImplementedError

    def list_servers(self) -> Sequence[NamedServer]:
        """Return the account's named servers, if ``lists_servers``."""
        raise NotImplementedError

    def change_server(self, name: str, url: str) -> None:
        """Change the URL of a named server, if ``changes_servers``."""
        raise NotImplementedError

    def delete_server(self, name: str) -> None:
        """Delete a named server, if ``deletes_servers``."""
        raise NotImplementedError

    def devices_of_server(self, name: str) -> Collection[str] | None:
        """Return the account's devices that are bound to a named server, if ``deletes_servers``.

        Return None if the service itself refuses to delete a server with bound devices.
        """
        raise NotImplementedError

    @classmethod
    def check_server_name(cls, name: str) -> None:
        """Raise ValueError if the service does not allow this server name."""
        raise NotImplementedError
