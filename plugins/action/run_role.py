# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind the roles: the variables of the play as plain data, handed to the role's logic."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible.template import Templar
from ansible.utils.display import Display

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems, one_line
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import visible
from ansible_collections.voip.rps.plugins.plugin_utils._roles import run_role
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context, Hosts
from ansible_collections.voip.rps.plugins.plugin_utils._roles.hosts import COLUMNS, PREFIX
from ansible_collections.voip.rps.plugins.plugin_utils._roles.templated import (
    OMITTED,
    is_omitted,
    is_plain_text,
    plain,
    reason_of,
    referred,
)

_COLLECTION = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

_JOB = "awx_job_id"
"""The variable of AWX jobs, in which empty answers of a survey are null or empty texts, and count as not set."""


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no type hints
    """Run a role of the collection on the controller, without a connection or an interpreter.

    Run it once for a play, whose hosts may be the phones, because a task for each of 10,000 hosts would take an hour.
    """

    BYPASS_HOST_LOOP = True
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False
    _VALID_ARGS = frozenset(("role",))

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, dict(task_vars or {}))
        role = str(self._task.args.get("role"))
        variables = task_vars or {}
        self._takes_hosts = False
        result = run_role.run(role, lambda: self._context(role, variables))
        if len(variables.get("ansible_play_hosts") or ()) > 1 and not self._takes_hosts:
            first = variables.get("inventory_hostname")
            warning = f"The role {role} runs once for the play, with the variables of the host {first}."
            result["warnings"] = [*result.get("warnings", ()), warning]
        return result

    def _context(self, role: str, variables: Mapping[str, Any]) -> Context:
        given: dict[str, Any] = {}
        problems: Problems = []
        omit = variables.get("omit")
        for name in run_role.variable_names(role):
            if name not in variables or (_JOB in variables and variables[name] in (None, "")):
                continue
            try:
                value = self._templated(variables[name])
                if not is_omitted(value, omit):
                    given[name] = plain(value, omit)
            except AnsibleError as error:
                problems += self._problems(name, variables[name], error)
        cwd = os.getcwd()
        return Context(
            given=given,
            names=list(variables),
            problems=problems,
            folders=[*_playbook_folders(variables.get("playbook_dir")), cwd],
            cwd=cwd,
            forbidden=_COLLECTION,
            environment=os.environ,
            load_file=self._load_file,
            check_mode=bool(self._task.check_mode),
            diff=bool(self._task.diff),
            hosts=lambda: self._hosts(variables),
            show=lambda words: Display().display(visible(words), stderr=True),
            lookup=lambda name, terms, options: self._lookup(name, terms, options, variables),
        )

    def _hosts(self, variables: Mapping[str, Any]) -> Hosts:
        """Return the hosts of the play that are phones, with only those variables that are columns."""
        self._takes_hosts = True
        if getattr(self._task.get_play(), "serial", None):
            return Hosts(refusal="cannot be used in a play with serial, as one task changes the phones of all hosts")
        hostvars, templar = variables["hostvars"], Templar(loader=self._loader)
        phones: list[tuple[str, dict[str, Any]]] = []
        problems: Problems = []
        names = list(variables.get("ansible_play_hosts") or ())
        for name in names:
            host_variables = hostvars.raw_get(name)
            if f"{PREFIX}mac" not in host_variables:
                continue
            templar.available_variables = host_variables
            phone, phone_problems = self._phone(plain(name, None), host_variables, templar)
            problems += phone_problems
            if phone_problems or phone.get("mac") not in (None, ""):
                phones.append((plain(name, None), phone))
        return Hosts(phones, len(names) - len(phones), problems)

    def _phone(self, name: str, variables: Mapping[str, Any], templar: Templar) -> tuple[dict[str, Any], Problems]:
        phone: dict[str, Any] = {}
        problems: Problems = []
        for column in COLUMNS:
            value = referred(variables.get(PREFIX + column), variables)
            if is_plain_text(value) and not is_omitted(value, variables.get("omit")):
                phone[column] = plain(value, None)
            elif value is not None:
                try:
                    value = templar.template(value)
                    if not is_omitted(value, variables.get("omit")):
                        phone[column] = plain(value, None)
                except AnsibleError as error:
                    problems.append(Problem("invalid_input", f"host {name} {PREFIX}{column}", reason_of(error)))
        return phone, problems

    def _templated(self, value: Any) -> Any:
        try:
            return self._templar.template(value)
        except AnsibleError as error:
            if type(error).__name__ == "AnsibleValueOmittedError":
                return OMITTED
            raise

    def _problems(self, where: str, value: Any, error: AnsibleError) -> Problems:
        """Return why a variable cannot be templated, a problem for each innermost place, without any value."""
        parts: list[tuple[str, Any]] = []
        if isinstance(value, Mapping):
            parts = [(f"{where}.{key}" if "[" in where else f"{where}[{key}]", value[key]) for key in value]
        elif isinstance(value, list):
            parts = [(f"{where}[{position}]", item) for position, item in enumerate(value)]
        inner: Problems = []
        for place, part in parts:
            try:
                plain(self._templated(part), None)
            except AnsibleError as part_error:
                inner += self._problems(place, part, part_error)
        return inner or [Problem("invalid_input", where, reason_of(error))]

    def _lookup(
        self, name: str, terms: Sequence[str], options: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> list[Any]:
        plugin = lookup_loader.get(name, loader=self._loader, templar=self._templar)
        if plugin is None:
            raise LookupError(name)
        try:
            found = plugin.run(list(terms), variables=variables, **options)
        except Exception as error:
            # A plugin of another collection may raise any exception.
            raise ValueError(one_line(str(error) or type(error).__name__)) from None
        return [plain(one, None) for one in found]

    def _load_file(self, path: str) -> Any:
        try:
            return plain(self._loader.load_from_file(path), None)
        except AnsibleError as error:
            if not os.path.exists(path):
                raise ValueError("was not found") from None
            if "vault" in type(error).__name__.lower() or "vault" in str(error).lower()[:200]:
                raise ValueError("cannot be decrypted: provide the vault password") from None
            raise ValueError("cannot be read as YAML or JSON") from None
        except (OSError, ValueError):
            raise ValueError("cannot be read as YAML or JSON") from None


def _playbook_folders(playbook_dir: Any) -> list[str]:
    """Return the folder of the playbook and its ``files``, or nothing for playbooks of this collection.

    The folders of the collection never hold phone lists of the user.
    """
    if not playbook_dir or os.path.join(os.path.realpath(str(playbook_dir)), "").startswith(
        os.path.join(_COLLECTION, "")
    ):
        return []
    return [str(playbook_dir), os.path.join(str(playbook_dir), "files")]
