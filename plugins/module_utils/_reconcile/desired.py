# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user asks for: from the rows of a phone list to each account's devices, or every problem with them."""

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
"""The rows of a phone list by our column names, each with where it stands."""


class Desired(NamedTuple):
    """What a phone list asks for.

    C(devices): each owner's devices, in the order of the list, each once; C(named): every MAC address of the list,
    whoever owns its row; C(others): how many rows belong to owners of whom no targets were given. C(swaps): of each
    owner, which devices replace which, new to old; C(replaced): all of these, whoever owns the row.
    """

    devices: dict[Owner, list[Device]]
    named: set[str]
    others: dict[Owner, int]
    swaps: Mapping[Owner, Mapping[str, str]] = MappingProxyType({})
    replaced: Collection[str] = ()

    @property
    def kept(self) -> set[str]:
        """What pruning must not remove: what the list names, and what is only released once it was replaced."""
        return self.named.union(self.replaced)


class Targets:
    """Finds a row's target; rows that name the same server and URL share one.

    C(default) is the server and the URL of rows that name neither; C(absent): devices are to be released; C(swaps): the
    column C(replaces) counts. C(problems) has what is wrong with C(servers), name to URL, by the option C(option).
    C(as_seen): the URLs are what a service said, and go back to it as they are.
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
        """The service that the targets are for."""
        return self._service

    def attributes_of(self, row: Mapping[str, str]) -> Mapping[str, str]:
        """Return what the row says of its device that the service makes use of."""
        return attributes_of(row, self._service) if self._service.attributes else NO_ATTRIBUTES

    def device_problems(self, where: str, device: Device) -> Problems:
        """Return what is wrong with the attributes of a row's device."""
        return device_problems(where, device, self._service) if self._service.attributes else []

    def of(self, row: Mapping[str, str | None], mac: str | None = None) -> Target | None:
        """Return the row's target, None where it is to be released. Raises TargetError.

        Where the service has no placeholder for the MAC address, a URL with C({mac}) is that of the device C(mac).
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
    """A row asks for what cannot be: an error code and words for the user."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def desired_devices(rows: Rows, ownership: Ownership, targets: Mapping[Owner, Targets], problems: Problems) -> Desired:
    """Return what the rows ask for, of the owners that have C(targets); adds to C(problems) what is wrong with them."""
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
        # All that tells the owner, and it is the same in most rows.
        whose = (row.get("account"), row.get("provider"), mac[beginning])
        try:
            owner = owners.get(whose) or owners.setdefault(whose, ownership.owner_of(mac, row))
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
    """Return what a row says of its device that the service makes use of."""
    return {name: row[name] for name in service.attributes if row.get(name)} or NO_ATTRIBUTES


def device_problems(where: str, device: Device, service: type[Service]) -> Problems:
    """Return what is wrong with a device's attributes, as the service sees it."""
    masked = [name for name, value in device.attributes.items() if MASK in value]
    words = [f"{name} is masked output" for name in masked] or service.device_problems(device)
    return [Problem("invalid_input", where, one) for one in words]


def _difference(one: Device | None, other: Device | None) -> str:
    """Return in words what one row says of a device otherwise than another row."""
    if one is None or other is None or one.target != other.target:
        return "another target"
    names = {**one.attributes, **other.attributes}
    return "another " + " and ".join(name for name in names if one.attributes.get(name) != other.attributes.get(name))


def rows_asked_for(params: Mapping[str, Any], problems: Problems) -> Rows:
    """Yield each phone that the options C(mac), C(macs), C(devices) or C(src) name, with where it stands.

    Adds to C(problems) what is no row, and why a list cannot be read.
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
    """Yield the rows of a phone list that is a list of dicts, each with where it stands; other keys are ignored."""
    for position, item in enumerate(items):
        where = f"{option}[{position}]"
        yield where, row_of(where, item, problems)


def server_problems(where: str, name: str, url: Any, service: type[Service]) -> Problems:
    """Return what is wrong with a named server; where the service has none, its name is only the user's."""
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
    """Return why a named server cannot have this URL: it has C({mac}), for which the service has no placeholder."""
    if service.mac_placeholder is not None or MAC_WORD not in str(url):
        return []
    words = (
        f"has {MAC_WORD}, and this service is not known to put the MAC address of each phone into the URL of a named "
        "server: leave it out, or write there what the vendor's phones replace"
    )
    return [Problem("unsupported", where, words)]


def _check_length(url: str, most: int | None) -> None:
    """Raise ValueError for a URL that is too long for the service, with a MAC address where that goes."""
    length = len(url.replace(MAC_WORD, "0" * 12))
    if most is not None and length > most:
        raise ValueError(f"the URL has {length} characters, and this service takes at most {most}")


def prune_problems(params: Mapping[str, Any], own: list[Device], service: type[Service], wrong_list: bool) -> Problems:
    """Return why the account cannot be pruned: C(own) are the devices of the list that are its own.

    C(wrong_list): the list has problems of its own, which may be why it has no such devices.
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
