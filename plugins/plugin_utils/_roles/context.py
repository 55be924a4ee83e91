# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a role's run knows of the play, as plain data, so that everything else needs no Ansible."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem


class Hosts(NamedTuple):
    """The hosts of a play as phones.

    C(phones): of each host that has C(rps_mac) its name, and its variables by column; C(without): so many hosts have
    none; C(problems): variables that could not be templated; C(refusal): why the play cannot do this, if so.
    """

    phones: Sequence[tuple[str, Mapping[str, Any]]] = ()
    without: int = 0
    problems: Sequence[Problem] = ()
    refusal: str | None = None


def _no_lookup(_name: str, _terms: Sequence[str], _options: Mapping[str, Any]) -> list[Any]:
    raise LookupError


class Context(NamedTuple):
    """What a role is given.

    C(given): the role's variables that are defined, by their whole names, templated; C(names): of every variable of the
    play; C(problems): variables that could not be templated. C(folders): where a phone list is looked for, C(cwd):
    where Ansible was started, C(forbidden): the folder of the collection, in which nothing is written.
    C(load_file): reads a file of YAML or JSON, which may be a vault; raises ValueError. C(hosts): reads the hosts of
    the play as phones. C(show): gets lines about the progress, which are no part of the result. C(lookup): runs a
    lookup plugin, given its name, its terms and its options; raises LookupError where it is not installed, and
    ValueError where it fails.
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
