# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the tables of the guides on services from the capabilities that the services declare.

``python tests/services_table.py`` writes the tables of ``services.rst`` and the head of each service's own page. A
service without a page gets one that has the head alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from ansible_collections.voip.rps.plugins.module_utils._pure.capabilities import MANY
from ansible_collections.voip.rps.plugins.module_utils._pure.mac import colon_mac
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

GUIDES = Path(__file__).parents[1] / "docs" / "docsite" / "rst"
PAGE = GUIDES / "services.rst"
LABEL = "ansible_collections.voip.rps.docsite"
BEGIN = ".. begin: written by tests/services_table.py\n"
END = ".. end\n"
HEADER = """\
.. Copyright (c) voip.rps contributors
.. GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
.. SPDX-License-Identifier: GPL-3.0-or-later
"""

# By capability: the head of its column, its name, and what it means for a user where a service lacks it.
ABILITIES = {
    "named_servers": (
        "named servers",
        "keeps named servers",
        "A device gets the URL that `servers` has for its `server`. `rps_server` has nothing to add.",
    ),
    "own_url": ("own URL", "gives a device a URL of its own", "`url` is an input error: name a `server`."),
    "read_target": (
        "target",
        "reports where a device points",
        "A registered device is `unverified`, with a warning. If its server changes, only `force: true` moves it. This "
        "re-registers every registered device and reports it as `moved`, in check mode too.",
    ),
    "list_account": (
        "list",
        "lists the account in one call",
        "`prune` is an input error. `rps_device_info` without `macs` asks model by model, if the service lists those.",
    ),
    "list_targets": (
        "list has targets",
        "reports in that list where each device points",
        "Each registered device is read to see where it points, unless `check_target: false`.",
    ),
    "list_models": (
        "by model",
        "lists the account by model, and by model and URL",
        "`models` is an input error.",
    ),
    "override": (
        "override",
        "has an option to override a registration",
        "`override` has no effect: another account's device always fails.",
    ),
    "takes_over": (
        "takes over",
        "lets an account take over another account's device",
        "Another account's device is expected to fail with `override` too.",
    ),
    "hides_others": (
        "hides others",
        "shows only when a device is registered that it belongs to another account",
        "Check mode reads each device that is not listed, unless `check_foreign: false`, to find those of other "
        "accounts.",
    ),
    "confirm_by_list": (
        "listed at the end",
        "does not prove by its answer that a write was done, so the account is listed again at the end of a run",
        "The answer to a call counts.",
    ),
    "rebind": (
        "in place",
        "can re-register a device in place",
        "A moved device is read back. If it still points where it did, it is released and registered again, with at "
        "most `concurrency` devices at a time. If the second step fails, the device fails as `left_unbound`, "
        "with its former target, and the next run registers it. With `force`, at most `force_limit` devices.",
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
    parts: list[tuple[str, str, Sequence[Row]]] = [
        ("login", "Login, and ``{mac}`` in a URL", _logins()),
        ("phones", "Phones", _abilities(ABILITIES)),
        ("servers", "Named servers", _abilities(SERVER_ABILITIES)),
        ("bulk", "How many phones one call takes", _bulk()),
        ("columns", "What the columns mean", _columns()),
    ]
    return "\n\n".join(
        f".. _{LABEL}.services.{anchor}:\n\n{words}\n{'-' * len(words)}\n\n{_table(rows)}"
        for anchor, words, rows in parts
    )


def _table(rows: Sequence[Row], *, head: bool = True) -> str:
    lines = [".. list-table::", *(["   :header-rows: 1"] if head else []), ""]
    for row in rows:
        lines += [f"   {'  -' if number else '* -'} {_rst(cell)}" for number, cell in enumerate(row)]
    return "\n".join(lines)


def _rst(text: str) -> str:
    """Return text whose code stands in single backticks, as the modules' texts have it, in reStructuredText."""
    return re.sub(r"`([^`]+)`", r"``\1``", text)


def _able(service: type[Service], field: str) -> bool:
    return bool(getattr(service if field in SERVER_ABILITIES else service.can, field))


def _logins() -> list[Row]:
    rows: list[Row] = [["service", "login", "default of `api_url`", "more columns of a list", "`{mac}`"]]
    for name, service in SERVICES.items():
        url = f"`{service.default_url}`" if service.default_url else "none: it is required"
        columns = ", ".join(f"`{one}`" for one in service.attributes) or "none"
        placeholder = f"`{service.mac_placeholder}`" if service.mac_placeholder else "filled in"
        rows.append([f"`{name}`", _login(service), url, columns, placeholder])
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


def _most(service: type[Service], field: str) -> str:
    """Return how many devices a call of this kind takes, a dash where the service has none."""
    takes_url = field.endswith("url")
    if field not in ("release", "check") and not (service.can.own_url if takes_url else service.can.named_servers):
        return "-"
    devices = getattr(service.can.bulk, field)
    return "many" if devices == MANY else str(devices)


def head_of(name: str) -> str:
    """Return how a service's own page begins: what its facts rest on, its login, what it can do, and a play."""
    service = SERVICES[name]
    heads = {field: head for field, (head, _ability, _without) in {**ABILITIES, **SERVER_ABILITIES}.items()}
    can = [head for field, head in heads.items() if _able(service, field)]
    cannot = [head for field, head in heads.items() if not _able(service, field)]
    url = f"`{service.default_url}`" if service.default_url else "none: `api_url` is required"
    rows = [
        ["what its facts rest on", service.sources],
        ["what is not known", service.not_known],
        ["`provider`", f"`{name}`"],
        ["login", _login(service)],
        ["default of `api_url`", url],
        ["yes", ", ".join(can)],
        ["no", ", ".join(cannot)],
    ]
    play = "\n".join(f"    {line}".rstrip() for line in _play(name).splitlines())
    words = f"The words after *yes* and *no* are :ref:`explained here <{LABEL}.services.columns>`. A play:"
    return f"{_table(rows, head=False)}\n\n{words}\n\n.. code-block:: yaml\n\n{play}\n"


def _login(service: type[Service]) -> str:
    return ", ".join(f"`{one}`{' (optional)' if one in service.optional else ''}" for one in service.login)


def _play(name: str) -> str:
    service = SERVICES[name]
    files = {"client_cert": "/etc/voip/rps.pem", "client_key": "/etc/voip/rps.key"}
    required = [one for one in service.login if one not in service.optional]
    login = {one: files.get(one, f"{{{{ vault_{name}_{one} }}}}") for one in required}
    account = {"provider": name, **({} if service.default_url else {"api_url": f"{{{{ {name}_api_url }}}}"}), **login}
    url = "https://berlin.acme.example/provisioning/"
    macs = [colon_mac(f"{service.mac_prefixes[0]:0<10}{number:02x}") for number in (1, 2)]
    target = {"server": "acme-berlin", "servers": {"acme-berlin": url}} if service.can.named_servers else {"url": url}
    phones = {"name": "Redirect the phones", "voip.rps.rps_device": {"macs": macs, **target}}
    server = {"name": "Add the server", "voip.rps.rps_server": {"name": "acme-berlin", "url": url}}
    play = {
        "name": f"Redirect phones with {name}",
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"group/voip.rps.rps": account},
        "tasks": [*([server] if service.can.named_servers else []), phones],
    }
    return yaml.dump([play], Dumper=_Indented, sort_keys=False, width=200).replace(
        "\n    - name: R", "\n\n    - name: R"
    )


class _Indented(yaml.SafeDumper):
    """Indents lists as Ansible's style has it, and quotes what Jinja fills in."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)

    def quoted(self, text: str) -> yaml.ScalarNode:
        needs = "{{" in text or re.fullmatch(r"[0-9a-f:]{17}", text)
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"' if needs else None)


_Indented.add_representer(str, _Indented.quoted)


def page(before: str, made: str) -> str:
    """Return a page with what is written by this program as it should be."""
    head, _begin, rest = before.partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{made}\n{END}{tail}"


def pages() -> dict[Path, str]:
    """Return what is written by this program, by the page that it belongs to."""
    return {PAGE: tables(), **{GUIDES / "services" / f"{name}.rst": head_of(name) for name in SERVICES}}


def new_page(path: Path) -> str:
    """Return a page that has nothing yet but its title."""
    title = f"The service {path.stem}"
    return f"{HEADER}\n.. _{LABEL}.services.{path.stem}:\n\n{title}\n{'=' * len(title)}\n\n{BEGIN}{END}"


if __name__ == "__main__":
    for path, made in pages().items():
        path.write_text(page(path.read_text() if path.exists() else new_page(path), made))
