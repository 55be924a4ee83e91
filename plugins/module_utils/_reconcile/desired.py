# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn the rows of a phone list into each account's desired devices, or into input errors."""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import Any, Collection, Iterable, Iterator, Mapping, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.list_columns import row_of
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import INHERITED, NO_ATTRIBUTES, Device, Target
from ansible_collections.voip.rps.plugins.module_utils._pure.phone_list import extra_problems, phones_of
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import MASK
from ansible_collections.voip.rps.plugins.module_utils._pure.url import MAC_WORD, check_url
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import Owner, Ownership, did_you_mean
from ansible_collections.voip.rps.plugins.module_utils._reconcile.swap_rows import SwapRows
from ansible_collections.voip.rps.plugins.module_utils._services import longest_prefix
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

Rows = Iterable["tuple[str, Mapping[str, str]]"]
"""The rows of a phone list by our column names, each with its place in the list."""


class Desired(NamedTuple):
    """The content of a phone list.

    ``devices``: each owner's devices, once each, in the order of the list. ``named``: every MAC address of the list,
    of all owners. ``others``: the number of rows of owners without targets. ``swaps``: for each owner, the new devices
    and those that they replace. ``replaced``: all replaced devices, of all owners.
    """

    devices: dict[Owner, list[Device]]
    named: set[str]
    others: dict[Owner, int]
    swaps: Mapping[Owner, Mapping[str, str]] = MappingProxyType({})
    replaced: Collection[str] = ()

    @property
    def kept(self) -> set[str]:
        """The devices that pruning must not remove: listed ones, and replaced ones, which are released later."""
        return self.named.union(self.replaced)


class Targets:
    """Finds the target of a row; rows with the same server and URL share one target.

    ``default``: the server and URL of rows that have neither. ``absent``: devices must be released. ``swaps``: the
    column ``replaces`` is used. ``problems``: the errors in ``servers`` (name to URL), with ``option`` as their place.
    ``as_seen``: the URLs come from a service and are sent back unchanged.
    """

    def __init__(
        self,
        service: type[Service],
        servers: Mapping[str, Any] | None,
        default: tuple[str | None, str | None] = (None, None),
        *,
        absent: bool = False,
        swaps: bool = False,
        option: str = "servers",
        as_seen: bool = False,
    ) -> None:
        self.problems: Problems = []
        self.swaps = swaps and not absent
        self._absent = absent
        self._as_seen = as_seen
        self._default = (default[0] or None, default[1] or None)
        self._servers = {name: str(url) for name, url in (servers or {}).items()}
        self._service = service
        self._known: dict[tuple[str | None, str | None], Target] = {}
        for name, url in (servers or {}).items():
            self.problems += server_problems(f"{option}[{name}]", name, url, service)

    @property
    def service(self) -> type[Service]:
        """The service of the targets."""
        return self._service

    def attributes_of(self, row: Mapping[str, str]) -> Mapping[str, str]:
        """Return the attributes of a row's device that the service uses."""
        return attributes_of(row, self._service) if self._service.attributes else NO_ATTRIBUTES

    def device_problems(self, where: str, device: Device) -> Problems:
        """Return the errors in the attributes of a row's device."""
        return device_problems(where, device, self._service) if self._service.attributes else []

    def of(self, row: Mapping[str, str | None], mac: str | None = None) -> Target | None:
        """Return the row's target, or None if the device must be released. Raise TargetError.

        If the service has no placeholder for the MAC address, ``{mac}`` in a URL is replaced by ``mac``.
        """
        if self._absent:
            return None
        asked = (row.get("server") or None, row.get("url") or None)
        if asked == (None, None):
            if self.swaps and row.get("replaces") and self._service.can.read_target:
                return INHERITED
            asked = self._default
        if asked not in self._known:
            self._known[asked] = self._spelled(self._target(*asked))
        target = self._known[asked]
        return target if self._as_seen else self._service.spelled_target(target, mac)

    def _spelled(self, target: Target) -> Target:
        if self._as_seen:
            return target
        if not target.own:
            for problem in placeholder_problems(f"the URL of server {target.server!r}", target.url, self._service):
                raise TargetError(problem.code, f"{problem.where} {problem.message}")
        return self._service.spelled_target(target)

    def _target(self, server: str | None, url: str | None) -> Target:
        if server is not None:
            self._check_server(server, url)
        if url is not None:
            if not self._service.can.own_url:
                raise TargetError("unsupported", "this service cannot give a device a url of its own: name a server")
            try:
                check_url(url)
                _check_length(url, self._service.longest_own_url)
            except ValueError as error:
                raise TargetError("invalid_url", str(error)) from None
            return Target(server, url, own=True)
        if server is None:
            raise TargetError("invalid_input", "neither server nor url says where the device must point")
        return Target(server, self._servers.get(server), own=not self._service.can.named_servers)

    def _check_server(self, server: str, url: str | None) -> None:
        if MASK in server:
            raise TargetError("invalid_server_name", f"server {server!r} is masked output, not a name")
        if not self._service.can.named_servers:
            if url is None and server not in self._servers:
                words = f"this service has no named servers, and servers has no {server!r}"
                raise TargetError("invalid_server", f"{words}: {did_you_mean(server, self._servers)}")
            return
        try:
            self._service.check_server_name(server)
        except ValueError as error:
            raise TargetError("invalid_server_name", str(error)) from None
        if self._servers and server not in self._servers:
            raise TargetError("invalid_server", f"servers has no {server!r}: {did_you_mean(server, self._servers)}")


class TargetError(ValueError):
    """A row asks for something impossible: an error code and words for the user."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def desired_devices(rows: Rows, ownership: Ownership, targets: Mapping[Owner, Targets], problems: Problems) -> Desired:
    """Return what the rows ask for, for the owners that have ``targets``; add errors to ``problems``."""
    places: dict[str, tuple[str, Owner, Device | None]] = {}
    owners: dict[tuple[str | None, str | None, str], Owner] = {}
    beginning = slice(longest_prefix())
    devices: dict[Owner, list[Device]] = {owner: [] for owner in targets}
    others: Counter[Owner] = Counter()
    swaps = SwapRows()
    for where, row in rows:
        problems += extra_problems(where, row)
        try:
            mac = parse_mac(row["mac"])
        except ValueError as error:
            problems.append(Problem("invalid_mac", where, str(error)))
            continue
        # These decide the owner, and most rows have the same.
        key = (row.get("account"), row.get("provider"), mac[beginning])
        try:
            owner = owners.get(key) or owners.setdefault(key, ownership.owner_of(mac, row))
            own = targets.get(owner)
            device = Device(mac, own.of(row, mac), own.attributes_of(row)) if own else None
        except TargetError as error:
            problems.append(Problem(error.code, where, str(error)))
            continue
        except ValueError as error:
            problems.append(Problem("invalid_input", where, str(error)))
            continue
        if device is None:
            others[owner] += 1
        if row.get("replaces"):
            problems += swaps.add(where, mac, row["replaces"], owner, own.service if own and own.swaps else None)
        if mac not in places:
            places[mac] = (where, owner, device)
            if own and device:
                devices[owner].append(device)
                problems += own.device_problems(where, device)
            continue
        first, first_owner, first_device = places[mac]
        if first_owner != owner:
            problems.append(Problem("repeated_mac", where, f"{mac} belongs to another account in {first}"))
        elif first_device != device:
            problems.append(Problem("repeated_mac", where, f"{mac} has {_difference(first_device, device)} in {first}"))
    problems += swaps.listed_problems({mac: place[0] for mac, place in places.items() if mac in swaps.replaced})
    return Desired(devices, set(places), dict(others), swaps.swaps, swaps.replaced)


def attributes_of(row: Mapping[str, str], service: type[Service]) -> Mapping[str, str]:
    """Return the attributes of a row's device that the service uses."""
    return {name: row[name] for name in service.attributes if row.get(name)} or NO_ATTRIBUTES


def device_problems(where: str, device: Device, service: type[Service]) -> Problems:
    """Return the errors that the service finds in a device's attributes."""
    masked = [name for name, value in device.attributes.items() if MASK in value]
    words = [f"{name} is masked output" for name in masked] or service.device_problems(device)
    return [Problem("invalid_input", where, one) for one in words]


def _difference(one: Device | None, other: Device | None) -> str:
    """Return in words how the second row of a device differs from the first."""
    if one is None or other is None or one.target != other.target:
        return "another target"
    names = {**one.attributes, **other.attributes}
    return "another " + " and ".join(name for name in names if one.attributes.get(name) != other.attributes.get(name))


def rows_asked_for(params: Mapping[str, Any], problems: Problems) -> Rows:
    """Yield each phone from the options ``mac``, ``macs``, ``devices`` or ``src``, with its place.

    Add to ``problems`` entries that are not rows, and why a list cannot be read.
    """
    if params.get("mac") is not None:
        yield "mac", {"mac": params["mac"]}
    elif params.get("macs") is not None:
        yield from ((f"macs[{position}]", {"mac": mac}) for position, mac in enumerate(params["macs"]))
    elif params.get("devices") is not None:
        yield from rows_of_list("devices", params["devices"], problems)
    else:
        yield from phones_of(params["src"], problems)


def rows_of_list(option: str, items: Iterable[Any], problems: Problems) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the rows of a phone list given as a list of dicts, each with its place; ignore unknown keys."""
    for position, item in enumerate(items):
        where = f"{option}[{position}]"
        yield where, row_of(where, item, problems)


def server_problems(where: str, name: str, url: Any, service: type[Service]) -> Problems:
    """Return the errors of a named server. If the service has no named servers, only the user knows the name."""
    problems: Problems = []
    try:
        if service.can.named_servers:
            service.check_server_name(name)
    except ValueError as error:
        problems.append(Problem("invalid_server_name", where, str(error)))
    if not isinstance(url, str) or not url.strip():
        problems.append(Problem("invalid_url", where, "it has no URL"))
        return problems
    try:
        check_url(url)
        _check_length(url, service.longest_server_url if service.can.named_servers else service.longest_own_url)
    except ValueError as error:
        problems.append(Problem("invalid_url", where, str(error)))
    return problems


def placeholder_problems(where: str, url: Any, service: type[Service]) -> Problems:
    """Return the error of a named server's URL with ``{mac}`` if the service has no placeholder for it."""
    if service.mac_placeholder is not None or MAC_WORD not in str(url):
        return []
    words = (
        f"has {MAC_WORD}, and this service is not known to put the MAC address of each phone into the URL of a named "
        "server: leave it out, or write there what the vendor's phones replace"
    )
    return [Problem("unsupported", where, words)]


def _check_length(url: str, most: int | None) -> None:
    """Raise ValueError if a URL is too long for the service once it contains a MAC address."""
    length = len(url.replace(MAC_WORD, "0" * 12))
    if most is not None and length > most:
        raise ValueError(f"the URL has {length} characters, and this service takes at most {most}")


def prune_problems(params: Mapping[str, Any], own: list[Device], service: type[Service], wrong_list: bool) -> Problems:
    """Return why the account cannot be pruned. ``own``: the devices of the list that belong to it.

    ``wrong_list``: the list has other errors, which may be why it has no such devices.
    """
    if not params["prune"]:
        return []
    wrong: Problems = []
    if params["state"] == "absent":
        wrong.append(Problem("invalid_input", "prune", "requires state present"))
    for option in ("mac", "macs"):
        if params[option] is not None:
            wrong.append(Problem("invalid_input", "prune", f"requires a whole list, not {option}"))
    if not own and not wrong_list:
        words = "no row of the list belongs to this account: every device of it would be removed"
        wrong.append(Problem("invalid_input", "prune", words))
    if not service.can.list_account:
        wrong.append(Problem("unsupported", "prune", "this service does not list the devices of the account"))
    return wrong
