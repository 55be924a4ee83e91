# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the tables of docs/services.md anew from what the services say that they can do."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import MANY
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES

PAGE = Path(__file__).parents[1] / "docs" / "services.md"
BEGIN = "<!-- begin: written by tests/services_table.py -->\n"
END = "<!-- end -->\n"

# By capability: its name, and what it means for a user where a service lacks it.
ABILITIES = {
    "named_servers": (
        "keeps named servers",
        "A device is given the URL that `servers` has for its `server`. `rps_server` has nothing to add.",
    ),
    "own_url": ("gives a device a URL of its own", "`url` is an input error: name a `server`."),
    "read_target": (
        "tells where a device points",
        "A registered device is `unverified`, with a warning. A changed server is carried out with `force: true` only, "
        "which binds every registered device again and reports it `moved`, in check mode too; so a run with `force` "
        "always changes something.",
    ),
    "list_account": (
        "lists the account in one call",
        "`prune` is an input error. `rps_device_info` without `macs` asks model by model.",
    ),
    "list_targets": (
        "that list also tells where each device points",
        "Each registered device is read by itself to see where it points, unless `check_target: false`.",
    ),
    "list_models": (
        "lists the account by model, and by model and URL",
        "Each registered device is read by itself to see where it points, unless `check_target: false`.",
    ),
    "override": (
        "can be told to override a registration",
        "`override` is of no use: another account's device always fails.",
    ),
    "takes_over": (
        "then gives over another account's device",
        "Another account's device fails with `override` too, as far as is known.",
    ),
    "rebind": (
        "can re-register a device in place",
        "A moved device is read back. If it still points where it did, it is released and registered again, with at "
        "most `concurrency` devices at a time. If that ends in the middle, the device fails as `left_unbound`, with "
        "the target that it had, and the next run registers it. With `force`, `force_limit` is the most.",
    ),
}
# The same, of what the class of a service says by itself.
SERVER_ABILITIES = {
    "lists_servers": (
        "lists its named servers",
        "`rps_server` reports a name that exists as `unverified`. `rps_server_info` is an input error.",
    ),
    "changes_servers": (
        "changes the URL of a named server",
        "`rps_server` with `change_url` is an input error: add a server of another name, and move the devices to it.",
    ),
    "deletes_servers": ("deletes named servers", "`rps_server` with `state: absent` is an input error."),
}


ONE_BY_ONE = "One call a device, several at a time."
# By what a call does for several devices at once.
BULK = {
    "bind": "binds many devices to a named server in one call",
    "bind_url": "gives many devices a URL in one call",
    "move": "moves many devices to another named server in one call",
    "move_url": "gives many of your devices another URL in one call",
    "release": "releases many devices in one call",
    "check": "reads many devices in one call",
}


def tables() -> str:
    """Return the table of abilities, and that of what each gap means."""
    rows = [["", *SERVICES], ["---"] * (len(SERVICES) + 1)]
    gaps = [["where a service does not", "that means"], ["---", "---"]]
    for field, (ability, meaning) in {**ABILITIES, **SERVER_ABILITIES}.items():
        can = [getattr(service if field in SERVER_ABILITIES else service.can, field) for service in SERVICES.values()]
        rows.append([ability, *("yes" if able else "no" for able in can)])
        if not all(can):
            gaps.append([ability, meaning])
    for field, ability in BULK.items():
        most = [getattr(service.can.bulk, field) for service in SERVICES.values()]
        rows.append([ability, *map(_most, most)])
    gaps.append(["takes many devices in one of these calls", ONE_BY_ONE])
    return "\n\n".join("\n".join(f"| {' | '.join(row)} |" for row in table) for table in (rows, gaps))


def _most(devices: int) -> str:
    if devices == 1:
        return "no"
    return "yes" if devices == MANY else f"up to {devices}"


def page(before: str) -> str:
    """Return the page with its tables as they should be."""
    head, _begin, rest = before.partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{tables()}\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
