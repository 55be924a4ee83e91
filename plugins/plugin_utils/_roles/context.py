# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data of the play for the run of a role. It is plain data, so the other code does not need Ansible."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem


class Hosts(NamedTuple):
    """The hosts of a play as phones.

    ``phones``: the name of each host with ``rps_mac``, and its variables by column. ``without``: the number of hosts
    without ``rps_mac``. ``problems``: variables that could not be templated. ``refusal``: why the play cannot use its
    hosts as phones, or None.
    """

    phones: Sequence[tuple[str, Mapping[str, Any]]] = ()
    without: int = 0
    problems: Sequence[Problem] = ()
    refusal: str | None = None


def _no_lookup(_name: str, _terms: Sequence[str], _options: Mapping[str, Any]) -> list[Any]:
    raise LookupError


class Context(NamedTuple):
    """The input of a role.

    ``given``: the templated values of the role's variables that are defined, by their full names. ``names``: the names
    of all variables of the play. ``problems``: variables that could not be templated. ``folders``: the folders in which
    a phone list is searched. ``cwd``: the folder in which Ansible was started. ``forbidden``: the folder of the
    collection, in which nothing is written. ``load_file`` reads a YAML or JSON file, which may be encrypted with
    Ansible Vault, and raises ValueError. ``hosts`` reads the hosts of the play as phones. ``show`` gets lines about the
    progress, which are not part of the result. ``lookup`` runs a lookup plugin with its name, terms and options. It
    raises LookupError if the plugin is not installed, and ValueError if it fails.
    """

    given: Mapping[str, Any]
    names: Collection[str]
    problems: Sequence[Problem]
    folders: Sequence[str]
    cwd: str
    forbidden: str
    environment: Mapping[str, str]
    load_file: Callable[[str], Any]
    check_mode: bool
    diff: bool
    hosts: Callable[[], Hosts] = Hosts
    show: Callable[[str], None] = lambda _words: None
    lookup: Callable[[str, Sequence[str], Mapping[str, Any]], list[Any]] = _no_lookup
