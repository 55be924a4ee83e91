# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fanvil's FDPS, as public clients use it; the vendor publishes no document."""

from __future__ import annotations

import html
import json
import re
from typing import Any, ClassVar, Iterator, Mapping, Sequence
from urllib.parse import urlsplit, urlunsplit

from ansible_collections.voip.rps.plugins.module_utils._http.logins import BasicLogin, Login, hashed
from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import MANY, Bulk, Capabilities
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Refused, RpsError, shown_value
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    UNKNOWN,
    Device,
    NamedServer,
    Observation,
    Target,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS
from ansible_collections.voip.rps.plugins.module_utils._pure.url import has_userinfo
from ansible_collections.voip.rps.plugins.module_utils._pure.verdict import Verdict
from ansible_collections.voip.rps.plugins.module_utils._services.answer_shapes import texts
from ansible_collections.voip.rps.plugins.module_utils._services.base import released_first
from ansible_collections.voip.rps.plugins.module_utils._services.prefixes import PREFIXES
from ansible_collections.voip.rps.plugins.module_utils._services.result_codes import Reading, ResultCodeService

_PROTOCOLS = {"ftp": 1, "tftp": 2, "http": 4, "https": 5}
_NO_NAME = re.compile("[/:@=]")
# The names of these fields in a list of servers are unknown; the first ones are guesses.
_NAMES = ("cfgname", "name", "servername", "groupname", "server", "group")
_URLS = ("url", "serverurl", "cfgurl")


class Fanvil(ResultCodeService):
    """A phone is bound to a named server. Only the list of the account shows which phones belong to it."""

    provider = "fanvil"
    default_url = "https://fdps.fanvil.com/xmlrpc.php"
    mac_prefixes = PREFIXES["fanvil"]
    sources = "Clients in use; the vendor publishes no document"
    not_known = (
        "The bulk calls, except their names: each phone has its own call. The name of the URL in the list of servers: "
        "if it cannot be read, `rps_server` reports `unverified`. Whether a query in a server's URL is kept: a warning "
        "says so."
    )
    can = Capabilities(named_servers=True, list_account=True, bulk=Bulk(check=MANY))
    lists_servers = True
    deletes_servers = True
    texts = (
        (r"server_not_exist", "invalid_server"),
        (r"server_had_exist", "server_exists"),
        (r"device_not_exist", "not_registered"),
        (r"device_had_exist", "owned_by_other_user"),
        (r"mac_format_error", "invalid_mac"),
        (r"url_format_error", "invalid_url"),
    )
    verdicts: ClassVar[Mapping[str, Verdict]] = {
        "invalid_server": Verdict.SERVER,
        "server_exists": Verdict.ALREADY,
        "not_registered": Verdict.ALREADY,
        # The service may use the same words for a phone of the account.
        "owned_by_other_user": Verdict.REGISTERED,
        "invalid_url": Verdict.BATCH,
    }

    @classmethod
    def login_of(cls, options: Mapping[str, str]) -> Login:
        SECRETS.add_login(options["username"], options["password"])
        return BasicLogin(options["username"], hashed(options["password"], times=2))

    def check(self, device: Device, *, target: bool) -> Observation:
        return self.check_many([device], target=target)[device.mac]

    def check_many(self, devices: Sequence[Device], *, target: bool) -> Mapping[str, Observation]:
        """Call listDevices, because the answer of checkDevice is unknown."""
        listed = self.list_devices()
        return {device.mac: listed.get(device.mac, Observation(UNKNOWN)) for device in devices}

    def list_devices(self) -> Mapping[str, Observation]:
        """Call listDevices."""
        return self._listed("listDevices")

    def register(self, devices: Sequence[Device], target: Target, *, override: bool) -> None:
        """Call registerDevice; only the name and the order of parameters of registerDevices are known."""
        (device,) = devices
        self._write("registerDevice", device.mac.upper(), target.server, asked=[device.mac])

    def move(self, devices: Sequence[Device], target: Target) -> None:
        """Refuse: a registered phone cannot be bound again, and only the name of editDevice is known."""
        raise released_first()

    def remove(self, devices: Sequence[Device]) -> None:
        """Call deRegisterDevice."""
        (device,) = devices
        self._write("deRegisterDevice", device.mac.upper(), asked=[device.mac])

    def add_server(self, name: str, url: str) -> None:
        """Call addMaterialServer, with the settings that a client uses."""
        self._write("addMaterialServer", [f"{key}={value}" for key, value in self._material(name, url)])

    def list_servers(self) -> Sequence[NamedServer]:
        """Call listServers."""
        return self._ask("listServers", read=lambda answer: _servers(self._values(answer)), listing=True)

    def delete_server(self, name: str) -> None:
        """Call deleteServer, which the service refuses while phones are bound to the server."""
        self._write("deleteServer", name, reading=_DELETING)

    def devices_of_server(self, name: str) -> None:
        return None

    @classmethod
    def check_server_name(cls, name: str) -> None:
        """Refuse URLs; the service's rules for names are unknown."""
        if not name.strip():
            raise ValueError("a server's name cannot be empty")
        if not name.isprintable() or _NO_NAME.search(name):
            raise ValueError(f"server name {name!r}: '/', ':', '@', '=' and invisible characters are not allowed")

    def _material(self, name: str, url: str) -> Iterator[tuple[str, str]]:
        parts = urlsplit(url)
        if has_userinfo(url):
            words = "the service may drop the user and password of a server's URL: leave them out"
            raise Refused("invalid_url", words, verdict=Verdict.BATCH)
        path = urlunsplit(("", "", parts.path, parts.query, parts.fragment))
        if parts.query or parts.fragment:
            self.warn(
                f"The service may drop what follows the path of a server's URL: check server {name!r} in the vendor's "
                "portal."
            )
        yield from (("cfgName", name), ("cfgPfMode", "1"), ("cfgDhcpOpt", "false"), ("cfgPnpEnable", "false"))
        # The service adds a slash between them.
        yield from (("cfgPfSrv", parts.netloc), ("cfgPfName", path[path.startswith("/") :]))
        yield "cfgPfProt", str(_PROTOCOLS[parts.scheme.lower()])

    def _settle_success(self, values: Sequence[Any], reading: Reading) -> None:
        """Accept any text with a true result code, unless it is known as a refusal: texts of success are unknown."""
        words = " ".join(filter(None, texts([value for value in values if not isinstance(value, (int, float))])))
        if self._code(words, reading) != "service_error":
            raise self._refusal(values, reading)


_DELETING = Reading(verdicts={"invalid_server": Verdict.ALREADY})


def _servers(values: Sequence[Any]) -> list[NamedServer]:
    """Return the servers of a list, which is text with JSON, perhaps escaped for HTML.

    Raise RpsError ``protocol_error`` if there is no list, or if no entry has a name.
    """
    rows = _rows(values[0] if values else None)
    servers = {}
    for row in rows:
        server = _server(row)
        if server is None:
            raise _no_list(row)
        servers[server.name] = server
    return list(servers.values())


def _rows(value: Any) -> list[Any]:
    if isinstance(value, str) and value.strip():
        raw = value.strip()
        for attempt in (raw, html.unescape(raw)):
            try:
                value = json.loads(attempt)
                break
            except ValueError:
                continue
            except RecursionError:
                raise _no_list(raw) from None
        else:
            raise _no_list(raw)
    if isinstance(value, dict):
        lists = [item for item in value.values() if isinstance(item, list)]
        # Servers by name, or in a nested member.
        value = lists[0] if len(lists) == 1 else [value] if _name_of(value) else list(value)
    if not isinstance(value, list):
        if value is None or value == "":
            return []
        raise _no_list(value)
    return value


def _server(row: Any) -> NamedServer | None:
    if isinstance(row, str) and row.strip():
        return NamedServer(row, None)
    if not isinstance(row, dict):
        return None
    name = _name_of(row)
    return NamedServer(name, _url_of(row)) if name else None


def _name_of(row: Mapping[str, Any]) -> str | None:
    known = {str(key).lower(): value for key, value in row.items()}
    found = (known[key] for key in _NAMES if isinstance(known.get(key), str) and known[key].strip())
    return next(found, None)


def _url_of(row: Mapping[str, Any]) -> str | None:
    known = {str(key).lower(): value for key, value in row.items()}
    for key in _URLS:
        if isinstance(known.get(key), str) and "://" in known[key]:
            return str(known[key]).strip()
    scheme = {str(number): name for name, number in _PROTOCOLS.items()}.get(str(known.get("cfgpfprot")))
    host, path = known.get("cfgpfsrv"), known.get("cfgpfname")
    if scheme and isinstance(host, str) and host.strip() and isinstance(path, str):
        return f"{scheme}://{host.strip()}/{path.strip()}"
    return None


def _no_list(value: Any) -> RpsError:
    return RpsError("protocol_error", f"a list of servers in an unknown form: {shown_value(value)}")
