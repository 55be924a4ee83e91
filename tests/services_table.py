# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the tables of docs/services.md anew from what the services say that they can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import MANY
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

PAGE = Path(__file__).parents[1] / "docs" / "services.md"
BEGIN = "<!-- begin: written by tests/services_table.py -->\n"
END = "<!-- end -->\n"

# By capability: the head of its column, its name, and what it means for a user where a service lacks it.
ABILITIES = {
    "named_servers": (
        "named servers",
        "keeps named servers",
        "A device is given the URL that `servers` has for its `server`. `rps_server` has nothing to add.",
    ),
    "own_url": ("own URL", "gives a device a URL of its own", "`url` is an input error: name a `server`."),
    "read_target": (
        "target",
        "tells where a device points",
        "A registered device is `unverified`, with a warning. A changed server is carried out with `force: true` only, "
        "which binds every registered device again and reports it `moved`, in check mode too; so a run with `force` "
        "always changes something.",
    ),
    "list_account": (
        "list",
        "lists the account in one call",
        "`prune` is an input error. `rps_device_info` without `macs` asks model by model, if the service lists those.",
    ),
    "list_targets": (
        "list has targets",
        "tells in that list where each device points",
        "Each registered device is read by itself to see where it points, unless `check_target: false`.",
    ),
    "list_models": (
        "by model",
        "lists the account by model, and by model and URL",
        "`models` is an input error.",
    ),
    "override": (
        "override",
        "can be told to override a registration",
        "`override` is of no use: another account's device always fails.",
    ),
    "takes_over": (
        "takes over",
        "then gives over another account's device",
        "Another account's device fails with `override` too, as far as is known.",
    ),
    "hides_others": (
        "hides others",
        "tells only when it is to be registered that a device is another account's",
        "Check mode reads each device that is not listed, unless `check_foreign: false`, and so foresees those of "
        "other accounts.",
    ),
    "confirm_by_list": (
        "listed in the end",
        "lists the account again at the end of a run, because no answer to a write proves anything",
        "What a call answers is relied on.",
    ),
    "rebind": (
        "in place",
        "can re-register a device in place",
        "A moved device is read back. If it still points where it did, it is released and registered again, with at "
        "most `concurrency` devices at a time. If that ends in the middle, the device fails as `left_unbound`, with "
        "the target that it had, and the next run registers it. With `force`, `force_limit` is the most.",
    ),
}
# The same, of what the class of a service says by itself.
SERVER_ABILITIES = {
    "lists_servers": (
        "lists servers",
        "lists its named servers",
        "`rps_server` reports a name that exists as `unverified`. `rps_server_info` is an input error.",
    ),
    "changes_servers": (
        "changes URL",
        "changes the URL of a named server",
        "`rps_server` with `change_url` is an input error: add a server of another name, and move the devices to it.",
    ),
    "deletes_servers": (
        "deletes servers",
        "deletes named servers",
        "`rps_server` with `state: absent` is an input error.",
    ),
}


# By what a call does for several devices at once: the head of its column.
BULK = {
    "bind": "binds to a server",
    "bind_url": "gives a URL",
    "move": "moves to a server",
    "move_url": "gives another URL",
    "release": "releases",
    "check": "reads",
}
NO_BULK = ("takes as many devices in one call as `batch_size` says", "One call a device, `concurrency` at a time.")

Row = Sequence[str]


def tables() -> str:
    """Return the tables: a service is a row of each, but of the one that explains the columns."""
    parts: list[tuple[str, Sequence[Row]]] = [
        ("Login, and `{mac}` in a URL", _logins()),
        ("Phones", _abilities(ABILITIES)),
        ("Named servers", _abilities(SERVER_ABILITIES)),
        ("How many phones one call takes", _bulk()),
        ("What the columns mean", _columns()),
        ("What is known of each service", _sources()),
    ]
    return "\n\n".join(f"## {words}\n\n{_table(rows)}" for words, rows in parts)


def _table(rows: Sequence[Row]) -> str:
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *body])


def _able(service: type[Service], field: str) -> bool:
    return bool(getattr(service if field in SERVER_ABILITIES else service.can, field))


def _logins() -> list[Row]:
    rows: list[Row] = [["service", "login", "default of `api_url`", "more columns of a list", "`{mac}`"]]
    for name, service in SERVICES.items():
        login = ", ".join(f"`{one}`{' (optional)' if one in service.optional else ''}" for one in service.login)
        url = f"`{service.default_url}`" if service.default_url else "none: it is required"
        columns = ", ".join(f"`{one}`" for one in service.attributes) or "none"
        placeholder = f"`{service.mac_placeholder}`" if service.mac_placeholder else "filled in"
        rows.append([f"`{name}`", login, url, columns, placeholder])
    return rows


def _abilities(abilities: Mapping[str, tuple[str, str, str]]) -> list[Row]:
    rows: list[Row] = [["service", *(head for head, _ability, _meaning in abilities.values())]]
    for name, service in SERVICES.items():
        rows.append([f"`{name}`", *("yes" if _able(service, field) else "no" for field in abilities)])
    return rows


def _bulk() -> list[Row]:
    rows: list[Row] = [["service", *BULK.values()]]
    for name, service in SERVICES.items():
        rows.append([f"`{name}`", *(_most(service, field) for field in BULK)])
    return rows


def _columns() -> list[Row]:
    rows: list[Row] = [["column", "the service", "if it does not"]]
    for head, ability, meaning in [*ABILITIES.values(), *SERVER_ABILITIES.values(), ("many", *NO_BULK)]:
        rows.append([head, ability, meaning])
    return rows


def _sources() -> list[Row]:
    rows: list[Row] = [["service", "what its facts rest on", "what is not known"]]
    return [*rows, *([f"`{name}`", service.sources, service.not_known] for name, service in SERVICES.items())]


def _most(service: type[Service], field: str) -> str:
    """Return how many devices a call of this kind takes, a dash where the service has none."""
    takes_url = field.endswith("url")
    if field not in ("release", "check") and not (service.can.own_url if takes_url else service.can.named_servers):
        return "-"
    devices = getattr(service.can.bulk, field)
    return "many" if devices == MANY else str(devices)


def page(before: str) -> str:
    """Return the page with its tables as they should be."""
    head, _begin, rest = before.partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{tables()}\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
