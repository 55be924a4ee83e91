# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every service that holds devices can be asked."""

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
    """Settle an answer that speaks of each device: raises Refused where some were refused, with those that are done."""
    for first in refusals.values():
        raise Refused(first.code, first.message, dict(refusals), done, first.verdict)


def released_first() -> Refused:
    """Return the refusal of a move that the service has no call for: the device has to be released first."""
    return Refused("unsupported", "the service moves no registered device", verdict=Verdict.REGISTERED)


def macs_of(devices: Sequence[Device]) -> list[str]:
    """Return the MAC addresses of devices."""
    return [device.mac for device in devices]


class Backend(abc.ABC, Generic[GoalT]):
    """A service that holds devices, each bound to something, spoken to through a client.

    Every method sends one call and raises RpsError: Refused where the service answered no, another where there was no
    answer to rely on. MAC addresses are 12 lower-case hex digits. Where a method is given a target, that counts, and
    not the targets of the devices.
    """

    headers: ClassVar[Mapping[str, str]]
    """What every request to it says beside its body."""
    statuses: ClassVar[Mapping[int, Fate]] = {}
    """What its own statuses say, where that is not what they say in general."""
    can: ClassVar[Capabilities] = Capabilities()

    def __init__(self, client: Client) -> None:
        self.client = client

    @property
    def needs_release(self) -> bool:
        """Whether a registered device that the service refuses to bind again must be released first."""
        return not self.can.rebind

    def most(self, target: GoalT | None, *, moves: bool) -> int:
        """Return how many devices one call binds to that target at most; with None, how many it releases.

        C(moves): the devices are the account's already.
        """
        bulk = self.can.bulk
        if target is None:
            return bulk.release
        return bulk.move if moves else bulk.bind

    @abc.abstractmethod
    def check(self, device: Device, *, target: bool) -> Observation:
        """Read a device's status and, where C(target) asks for it and the service can, what it is bound to."""

    def check_many(self, devices: Sequence[Device], *, target: bool) -> Mapping[str, Observation]:
        """Read devices in one call, at most as many as C(can.bulk.check) says, by MAC address.

        A device that the service refuses to tell of has its error in its observation.
        """
        return {device.mac: self.check(device, target=target) for device in devices}

    @abc.abstractmethod
    def register(self, devices: Sequence[Device], target: GoalT, *, override: bool) -> None:
        """Bind devices that are not the account's yet."""

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
    """The documented address; empty where there is none for all accounts, so that api_url is required."""
    known_urls: ClassVar[tuple[str, ...]] = ()
    """The documented addresses, where an account has one of several."""
    rate_limit: ClassVar[float | None] = None
    """The most requests in a second that it takes; None where that is not known."""
    longest_server_url: ClassVar[int | None] = None
    """The most characters in the URL of a named server; None where that is not known."""
    longest_own_url: ClassVar[int | None] = None
    """The most characters in a URL of a device's own; None where that is not known."""
    login: ClassVar[tuple[str, ...]] = ("username", "password")
    """The options that make up its login; those that are not in C(optional) are required."""
    optional: ClassVar[tuple[str, ...]] = ()
    mac_prefixes: ClassVar[tuple[str, ...]]
    """What the vendor's MAC addresses begin with, as far as they are its alone: PREFIXES["its name"] of prefixes.py.

    Services of one vendor have the same.
    """
    models: ClassVar[Collection[str]] = ()
    """The models that the service lists devices of, as far as they are known."""
    may_confirm: bool = True
    """Whether a move may confirm an override where the service has no other way to move a device of the account."""
    attributes: ClassVar[tuple[str, ...]] = ()
    """The columns of a phone list that the service makes use of beside the MAC address and the target."""
    mac_placeholder: ClassVar[str | None] = None
    """What stands for the phone's MAC address in a URL, as its document says; None where it says nothing."""

    sources: ClassVar[str]
    """What the facts about it rest on: the vendor's text, clients in use, one client; for the table of the docs."""
    not_known: ClassVar[str]
    """What nobody was found to know of it, and what is done about that; for the same table."""

    lists_servers: ClassVar[bool] = False
    """It lists its named servers with their URLs."""
    changes_servers: ClassVar[bool] = False
    """It also gives a named server another URL, and leaves the server's other settings as they are."""
    deletes_servers: ClassVar[bool] = False
    """It also deletes named servers."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.warnings: list[str] = []
        """What the user has to know of answers that were made use of all the same, each on one line."""
        self.tells_more = False
        """Whether observations are to hold all that the service tells of a device."""

    @classmethod
    def login_of(cls, options: Mapping[str, str]) -> Login:
        """Return the login that the options make up; those that are not given are absent.

        Raises RpsError C(invalid_input) where they cannot be used.
        """
        return BasicLogin(options["username"], options["password"])

    @classmethod
    def of(cls: type[ServiceT], client: Client, _options: Mapping[str, str]) -> ServiceT:
        """Return the service behind a client; the options are those that C(login_of) got."""
        return cls(client)

    @classmethod
    def spelled(cls, url: str) -> str:
        """Return a URL as the service takes it, with its placeholder for C({mac}); as it is where it has none."""
        return url.replace(MAC_WORD, cls.mac_placeholder or MAC_WORD)

    @classmethod
    def spelled_target(cls, target: Target, mac: str | None = None) -> Target:
        """Return a target with its URL as the service takes it for a device.

        Where the service has no placeholder, the MAC address itself is put into a URL of the device's own; the URL of a
        named server is all its devices', and stays. A target that is so already is returned as it is.
        """
        if target.url is None or target.asked is not None or MAC_WORD not in target.url:
            return target
        instead = cls.mac_placeholder or (mac if target.own else None)
        return target._replace(url=target.url.replace(MAC_WORD, instead), asked=target.url) if instead else target

    def warn(self, words: str) -> None:
        """Add a warning, once; there is a bound to how many there are and how long each is."""
        warning = one_line(words)
        if len(self.warnings) < _MOST_WARNINGS and warning not in self.warnings:
            self.warnings.append(warning)

    def most(self, target: Target | None, *, moves: bool) -> int:
        if target and target.own:
            return self.can.bulk.move_url if moves else self.can.bulk.bind_url
        return super().most(target, moves=moves)

    def list_devices(self) -> Mapping[str, Observation]:
        """List the devices registered by the account: what the list tells of each, by MAC.

        Raises RpsError C(unsupported) where the service cannot.
        """
        raise RpsError("unsupported", "this service does not list the devices of the account")

    def list_model(self, model: str, url: str | None = None) -> list[str]:
        """List the account's devices of a model, and with C(url) only those that point there, where the service can."""
        raise NotImplementedError

    @classmethod
    def device_problems(cls, device: Device) -> Iterator[str]:
        """Yield what is wrong with a device's attributes, in words for the user; those that are not given are absent.

        A device without a target is to be released.
        """
        yield from ()

    @classmethod
    def model(cls, mac: str) -> str | None:
        """Return the model, as the service names it, that a MAC address is known to be of."""
        return None

    def add_server(self, name: str, url: str) -> None:
        """Add a named server, where the service has them."""
        raise NotImplementedError

    def list_servers(self) -> Sequence[NamedServer]:
        """List the account's named servers, where C(lists_servers)."""
        raise NotImplementedError

    def change_server(self, name: str, url: str) -> None:
        """Give a named server another URL, where C(changes_servers)."""
        raise NotImplementedError

    def delete_server(self, name: str) -> None:
        """Delete a named server, where C(deletes_servers)."""
        raise NotImplementedError

    def devices_of_server(self, name: str) -> Collection[str] | None:
        """Return the account's devices that are bound to a named server, where C(deletes_servers).

        None where the service itself refuses to delete a server that devices are bound to.
        """
        raise NotImplementedError

    @classmethod
    def check_server_name(cls, name: str) -> None:
        """Raise ValueError where the service cannot have a server of that name."""
        raise NotImplementedError
