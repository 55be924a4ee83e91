# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checks of one account. They only read, and a failed check does not stop the others."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._http.watch import Exchange
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError, unforeseen
from ansible_collections.voip.rps.plugins.module_utils._pure.model import Device
from ansible_collections.voip.rps.plugins.module_utils._reconcile.look_up import look_up
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Policy
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service
from ansible_collections.voip.rps.plugins.plugin_utils._preflight.cost import Cost, fresh_cost, rerun_cost
from ansible_collections.voip.rps.plugins.plugin_utils._preflight.targets import look
from ansible_collections.voip.rps.plugins.plugin_utils._preflight.tls import SOON, Tls, tls_of
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount

READS = 5
"""Number of reads from which the latency is computed."""


class Subject(NamedTuple):
    """An account, and its part of a rollout.

    ``servers``: the URLs of servers that may be added, by name. ``swaps``: the number of devices that replace others.
    """

    account: RoleAccount
    service: Service
    devices: Sequence[Device]
    servers: Mapping[str, str]
    policy: Policy
    swaps: int = 0


class Checked(NamedTuple):
    """The results of the checks of an account.

    ``phones`` and ``servers``: their numbers, or None if the service cannot list them. ``latency``: the median of some
    reads, in seconds. ``failure``: why the account cannot be used, or None.
    """

    subject: Subject
    tls: Tls | None = None
    phones: int | None = None
    servers: int | None = None
    latency: float | None = None
    failure: RpsError | None = None
    warnings: Sequence[str] = ()

    @property
    def costs(self) -> dict[str, Cost]:
        """The cost of a first and a second rollout, or an empty dictionary if the list has no phones of the account."""
        service, devices, policy = self.subject.service, self.subject.devices, self.subject.policy
        if not devices:
            return {}
        size, swaps = self.subject.account.params["batch_size"], self.subject.swaps
        return {
            "fresh": fresh_cost(service, devices, self.subject.servers, policy, size, swaps),
            "rerun": rerun_cost(service, devices, policy, swaps),
        }

    def minutes(self, cost: Cost) -> float | None:
        """Return the duration of a rollout in minutes, or None if the latency is not known."""
        if self.latency is None:
            return None
        return round(cost.seconds(self.latency, self.subject.account.params) / 60, 2)

    def as_dict(self) -> dict[str, Any]:
        return {
            "usable": self.failure is None,
            "proxy": self.subject.service.client.proxy,
            "tls": self.tls and self.tls._asdict(),
            "phones": self.phones,
            "servers": self.servers,
            "latency_ms": None if self.latency is None else round(self.latency * 1000, 1),
            "rollout": {
                name: {"phones": len(self.subject.devices), "requests": cost.requests, "minutes": self.minutes(cost)}
                for name, cost in self.costs.items()
            },
            "can": _abilities(self.subject.service),
        }

    def lines(self) -> list[str]:
        """Return the lines that show the account."""
        name = self.subject.account.name
        usable = f"cannot be used ({self.failure.code})" if self.failure else "can be used"
        path = self.tls.words() if self.tls else "no TLS connection"
        lines = [f"{name}: {usable}; {path}; {self.subject.service.client.proxy or 'no proxy'}"]
        if self.failure is None:
            phones = "phones cannot be listed" if self.phones is None else f"phones: {self.phones}"
            speed = "" if self.latency is None else f"; {self.latency * 1000:.0f} ms per request"
            servers = "servers cannot be listed" if self.servers is None else f"servers: {self.servers}"
            lines.append(f"{name}: {phones}; {servers}{speed}")
        costs = [self._cost_words(words, cost) for words, cost in self.costs.items()]
        if costs:
            lines.append(f"{name}: rollout of {len(self.subject.devices)} phones: {'; '.join(costs)}")
        can = _abilities(self.subject.service)
        able, unable = (
            [name_of.replace("_", " ") for name_of, is_able in can.items() if is_able is which]
            for which in (True, False)
        )
        lines.append(f"{name}: can {', '.join(able) or 'nothing'}; cannot {', '.join(unable) or 'nothing'}")
        return lines

    def _cost_words(self, words: str, cost: Cost) -> str:
        minutes = self.minutes(cost)
        time = "" if minutes is None else f", about {minutes:.1f} minutes" if minutes >= 0.1 else ", under 0.1 minutes"
        return f"{'first run' if words == 'fresh' else 'second run'} {cost.requests} requests{time}"


def check_account(subject: Subject, show: Callable[[Exchange], None]) -> Checked:
    """Check an account with read calls, and return the results. Raise nothing. ``show`` gets every exchange."""
    params, client = subject.account.params, subject.service.client
    connections: list[Tls | None] = []
    seconds: list[float] = []

    def exchanged(exchange: Exchange) -> None:
        if exchange.status is not None:
            seconds.append(exchange.seconds)
        show(exchange)

    client.watch(exchanged, lambda sock: connections.append(tls_of(sock, trusted=params["validate_certs"] or None)))
    checked = Checked(subject)
    try:
        phones = _phones(subject.service)
        checked = checked._replace(phones=None if phones is None else len(phones), servers=_servers(subject.service))
        _read_some(subject, [] if phones is None else phones, seconds)
    except RpsError as error:
        checked = checked._replace(failure=error.without_traceback())
    except Exception as error:
        checked = checked._replace(failure=unforeseen(error))
    tls = connections[-1] if connections else None
    if tls is None and checked.failure and checked.failure.code == "tls_error":
        # Read the certificate without sending the login.
        tls = look(subject.account.account.url, params["timeout"], verify=params["ca_path"] or True).tls
    latency = statistics.median(seconds) if seconds and checked.failure is None else None
    checked = checked._replace(tls=tls, latency=latency)
    return checked._replace(warnings=_warnings(checked))


def _phones(service: Service) -> list[str] | None:
    """Return the phones of the account, or None if the service cannot list them. Raise RpsError."""
    try:
        if service.can.list_account:
            return list(service.list_devices())
        if service.can.list_models:
            return list(look_up(service, None, None, None, False))
    except Refused as refusal:
        # A refusal shows that the service accepted the login.
        service.warn(f"The service refused to list the phones of the account: {refusal.message or refusal.code}")
    return None


def _servers(service: Service) -> int | None:
    """Return the number of named servers, or None if the service cannot list them. Raise RpsError."""
    try:
        return len(service.list_servers()) if service.lists_servers else None
    except Refused as refusal:
        service.warn(f"The service refused to list the servers of the account: {refusal.message or refusal.code}")
        return None


def _read_some(subject: Subject, phones: Sequence[str], seconds: list[float]) -> None:
    """Read some phones one by one, so that ``seconds`` has only the durations of these reads. Raise RpsError.

    If neither the list nor the account has a phone, list the account again, which takes as long as a read.
    """
    macs = [device.mac for device in subject.devices[:READS]] or list(phones[:READS])
    seconds.clear()
    for position in range(READS):
        try:
            if macs:
                target = subject.service.can.read_target
                subject.service.check(Device(macs[position % len(macs)], None), target=target)
            elif subject.service.can.list_account:
                subject.service.list_devices()
            elif subject.service.models:
                subject.service.list_model(next(iter(subject.service.models)))
        except Refused:
            # A refusal is an answer with a latency, and the service may know another phone.
            continue


def _warnings(checked: Checked) -> list[str]:
    warnings = list(checked.subject.service.warnings)
    days = checked.tls.days if checked.tls else None
    if days is not None and days < SOON:
        warnings.append(f"the certificate of the service expires in {days} days")
    return [f"{checked.subject.account.name}: {one}" for one in warnings]


def _abilities(service: Service) -> dict[str, bool]:
    """Return what the service can do, and for which operations it has bulk calls, by name."""
    able = {name: value for name, value in service.can._asdict().items() if isinstance(value, bool)}
    return {**able, **{f"bulk_{name}": most > 1 for name, most in service.can.bulk._asdict().items()}}
