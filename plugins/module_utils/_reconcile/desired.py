# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user asks for: from a task's options to devices, or every problem with them at once."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device, Target
from ansible_collections.voip.rps.plugins.module_utils._pure.phone_list import extra_problems, phones_of
from ansible_collections.voip.rps.plugins.module_utils._pure.url import check_url
from ansible_collections.voip.rps.plugins.module_utils._services import provider_of
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service


class Desired(NamedTuple):
    """The devices in the order asked, each once; the MACs that the list names, those left to other tasks among them."""

    devices: list[Device]
    named: set[str]


def desired_devices(params: Mapping[str, Any], service: type[Service], problems: Problems) -> Desired:
    """Return the devices that the options C(mac), C(devices) or C(src) ask for; adds to C(problems) what is wrong."""
    targets = _Targets(params, service)
    places: dict[str, str] = {}
    devices: dict[str, Device] = {}
    named: set[str] = set()
    problems += targets.problems
    for where, row in _rows(params, problems):
        try:
            mac = parse_mac(row["mac"])
            named.add(mac)
            if _left_to_another(mac, row, params):
                continue
            device = Device(mac, targets.of(row))
        except ValueError as error:
            if not _left_to_another("", row, params):
                problems.append(Problem("invalid_mac", where, str(error)))
            continue
        except _Problem as problem:
            problems.append(Problem(problem.code, where, str(problem)))
            continue
        problems += extra_problems(where, row)
        if devices.setdefault(mac, device) != device:
            problems.append(Problem("repeated_mac", where, f"{mac} has another target in {places[mac]}"))
        places.setdefault(mac, where)
    return Desired(list(devices.values()), named)


class _Problem(Exception):
    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


class _Targets:
    """Finds a row's target; rows that name the same server and URL share one."""

    def __init__(self, params: Mapping[str, Any], service: type[Service]) -> None:
        self.problems: Problems = []
        self._absent = params["state"] == "absent"
        self._default = (params["server"] or None, params["url"] or None)
        self._servers: dict[str, str] = params["servers"] or {}
        self._service = service
        self._known: dict[tuple[str | None, str | None], Target] = {}
        for name, url in self._servers.items():
            self.problems += server_problems(f"servers[{name}]", name, url, service)

    def of(self, row: Mapping[str, str | None]) -> Target | None:
        if self._absent:
            return None
        asked = (row.get("server") or None, row.get("url") or None)
        if asked == (None, None):
            asked = self._default
        if asked not in self._known:
            self._known[asked] = self._target(*asked)
        return self._known[asked]

    def _target(self, server: str | None, url: str | None) -> Target:
        if url is not None:
            if not self._service.can.own_url:
                raise _Problem("unsupported", "this service cannot give a device a url of its own: name a server")
            try:
                check_url(url)
            except ValueError as error:
                raise _Problem("invalid_url", str(error)) from None
        if server is None:
            if url is None:
                raise _Problem("invalid_input", "neither server nor url says where the device shall point")
            return Target(None, url, own=True)
        if not self._service.can.named_servers:
            if url is None and server not in self._servers:
                raise _Problem("invalid_server", f"this service has no named servers, and servers has no {server!r}")
            return Target(server, url or self._servers[server], own=True)
        try:
            self._service.check_server_name(server)
        except ValueError as error:
            raise _Problem("invalid_server_name", str(error)) from None
        return Target(server, url or self._servers.get(server), own=url is not None)


def server_problems(where: str, name: str, url: Any, service: type[Service]) -> Problems:
    """Return what is wrong with a named server; where the service has none, its name is only the user's."""
    problems: Problems = []
    try:
        if service.can.named_servers:
            service.check_server_name(name)
    except ValueError as error:
        problems.append(Problem("invalid_server_name", where, str(error)))
    try:
        check_url(str(url))
    except ValueError as error:
        problems.append(Problem("invalid_url", where, str(error)))
    return problems


def prune_problems(params: Mapping[str, Any], desired: Desired, service: type[Service]) -> Problems:
    """Return why the account cannot be pruned of what the list does not name."""
    if not params["prune"]:
        return []
    problems: Problems = []
    if params["state"] == "absent":
        problems.append(Problem("invalid_input", "prune", "goes with state present only"))
    if not desired.named:
        problems.append(Problem("invalid_input", "prune", "the list is empty, which would remove every device"))
    if not service.can.list_account:
        problems.append(Problem("unsupported", "prune", "this service does not list the devices of the account"))
    return problems


def _rows(params: Mapping[str, Any], problems: Problems) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield each phone that the task names, with where it stands."""
    if params["mac"] is not None:
        yield "mac", {"mac": params["mac"]}
    elif params["devices"] is not None:
        for position, row in enumerate(params["devices"]):
            yield f"devices[{position}]", row
    else:
        yield from phones_of(params["src"], problems)


def _left_to_another(mac: str, row: Mapping[str, str], params: Mapping[str, Any]) -> bool:
    by_prefix = provider_of(mac) if params["by_prefix"] else None
    provider = (row.get("provider") or by_prefix or params["provider"]).lower()
    account = row.get("account") or params["account"]
    return provider != params["provider"] or (params["account"] is not None and account != params["account"])
