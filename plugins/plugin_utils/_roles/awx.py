# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role awx: compute the definitions of all AWX objects, and check them with AWX's own rules.

The tasks of the role create the objects with the modules of awx.awx. In check mode, a module fails if an object that it
refers to does not exist yet, so this action asks the controller which objects exist.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import InputError, Problem, Problems, RpsError
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import did_you_mean, provider_named
from ansible_collections.voip.rps.plugins.plugin_utils._awx import rules
from ansible_collections.voip.rps.plugins.plugin_utils._awx.controller import (
    Query,
    mark_ready,
    stale_nodes,
    to_delete,
)
from ansible_collections.voip.rps.plugins.plugin_utils._awx.definitions import (
    ARGUMENTS,
    Items,
    definitions,
    names_of,
    types_of,
)
from ansible_collections.voip.rps.plugins.plugin_utils._awx.templates import PLAYBOOKS, TWIN
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context
from ansible_collections.voip.rps.plugins.plugin_utils._roles.report import failure_result, input_result
from ansible_collections.voip.rps.plugins.plugin_utils._roles.values import as_list, as_text
from ansible_collections.voip.rps.plugins.plugin_utils._roles.variables import Variable, read_variables

ROLE = "awx"
_LOOKUP = "awx.awx.controller_api"
_MOST_OBJECTS = 10_000
_MOST_NAME = 60
"""Characters of a name in an error message."""
_EVENTS = ("started", "success", "error", "approvals")


def _as_names(value: Any) -> list[str]:
    return [as_text(one) for one in as_list(value)]


VARIABLES = {
    "state": Variable("str", "present", choices=("present", "absent")),
    "prefix": Variable("str", "RPS "),
    "organization": Variable("str", "Default"),
    "controller": Variable("dict", {}),
    "credential_types": Variable("dict", {}),
    "credentials": Variable("dict", {}),
    "vault_credentials": Variable("raw", (), read=_as_names),
    "controller_credential": Variable("str"),
    "update_secrets": Variable("bool", False),
    "execution_environment": Variable("str"),
    "execution_environment_image": Variable("str"),
    "project": Variable("str"),
    "project_url": Variable("str"),
    "project_branch": Variable("str"),
    "project_credential": Variable("str"),
    "src": Variable("str", "phones.csv"),
    "hosts": Variable("bool", False),
    "slices": Variable("int", 1, least=1),
    "inventory_file": Variable("str", "inventory/accounts.rps.yml"),
    "state_dir": Variable("str"),
    "variables": Variable("dict", {}),
    "workflow": Variable("bool", True),
    "approval": Variable("bool", False),
    "approval_timeout": Variable("int", 86400, least=0),
    "canary": Variable("raw", "5", read=as_text),
    "templates": Variable("dict", {}),
    "nodes": Variable("dict", {}),
    "schedules": Variable("dict", {}),
    "notifications": Variable("dict", {}),
}

_CONTROLLER = {
    "controller_host": "host",
    "controller_username": "username",
    "controller_password": "password",
    "controller_oauthtoken": "oauth_token",
    "validate_certs": "verify_ssl",
    "request_timeout": "request_timeout",
}
"""The connection arguments of the modules of awx.awx, and the names of the same options of its lookup."""


def run(context: Context) -> dict[str, Any]:
    """Return the definitions, or the objects to delete, as the result of the task. Change nothing in AWX.

    ``ready`` of a definition: whether the objects that it refers to exist, always true outside check mode.
    """
    problems: Problems = list(context.problems)
    values = read_variables(ROLE, VARIABLES, context.given, context.names, problems)
    accounts = _accounts(context, problems)
    _check_values(values, accounts, problems)
    items: Items = {}
    if not problems:
        items = definitions(values, accounts)
        if values["state"] == "present":
            problems += _checked(items)
    if problems:
        return input_result(ROLE, InputError(problems), (), set())
    query = _query(context, values["controller"])
    task: dict[str, Any] = {
        "changed": False,
        "failed": False,
        "lines": [],
        "failures": [],
        "absent": {},
        "stale_nodes": [],
        "waiting": [],
    }
    try:
        if values["state"] == "absent":
            names = names_of(values)
            given = [values["project"], values["execution_environment"], names.organization]
            task["absent"], kept = to_delete(query, values["prefix"], values["organization"], given)
            task["lines"] = [f"Not deleted: {words}" for words in kept]
        else:
            _prepare(items, query, values, context.check_mode)
            task["stale_nodes"] = stale_nodes(items, query)
            task["waiting"] = [
                f"{kind} {item.get('name', item.get('identifier'))}"
                for kind, own in items.items()
                for item in own
                if not item["ready"]
            ]
    except RpsError as error:
        return failure_result(ROLE, error)
    return {**task, "definitions": items}


def _prepare(items: Items, query: Query, values: Mapping[str, Any], check_mode: bool) -> None:
    if check_mode:
        mark_ready(items, query, values["prefix"], values["organization"])
    else:
        for own in items.values():
            for item in own:
                item["ready"] = True


def _query(context: Context, controller: Mapping[str, Any]) -> Query:
    login = {name: controller[argument] for argument, name in _CONTROLLER.items() if argument in controller}

    def query(endpoint: str, filters: Mapping[str, Any]) -> list[dict[str, Any]]:
        options = {"query_params": dict(filters), "return_all": True, "return_objects": True, **login}
        try:
            return context.lookup(_LOOKUP, [endpoint], {**options, "max_objects": _MOST_OBJECTS})
        except LookupError:
            words = "the collection awx.awx is missing: install it with ansible-galaxy collection install awx.awx"
            raise RpsError("unsupported", words) from None
        except ValueError as error:
            reason = str(error).rstrip(".")
            words = f"The request to AWX failed: {reason}. Check CONTROLLER_HOST and its login, or awx_controller"
            raise RpsError("unreachable", words) from None

    return query


# Input


def _accounts(context: Context, problems: Problems) -> dict[str, Mapping[str, Any]]:
    """Return the accounts for AWX's accounts file. Jobs check most of their options."""
    option = f"{ROLE}_accounts"
    given = context.given.get(option) or {}
    if not isinstance(given, Mapping):
        problems.append(Problem("invalid_input", option, "must be a dict, account name to options"))
        return {}
    for name, options in given.items():
        where = f"{option}[{name}]"
        if not isinstance(options, Mapping):
            problems.append(Problem("invalid_input", where, "must be a dict, option to value"))
            continue
        try:
            if provider_named(str(options.get("provider") or "")) is None:
                raise ValueError("provider is required")
            float(options.get("rate_limit") or 1), int(options.get("concurrency") or 1)
        except (TypeError, ValueError) as error:
            words = str(error) if "provider" in str(error) else "rate_limit and concurrency must be numbers"
            problems.append(Problem("invalid_input", where, words))
    return dict(given)


def _check_values(values: Mapping[str, Any], accounts: Mapping[str, Any], problems: Problems) -> None:
    def wrong(name: str, words: str) -> None:
        problems.append(Problem("invalid_input", f"{ROLE}_{name}" if name else "", words))

    if values["state"] == "present" and (values["project"] is None) == (values["project_url"] is None):
        wrong("", "Exactly one of awx_project (an existing project) and awx_project_url (creates one) is required.")
    if values["execution_environment"] and values["execution_environment_image"]:
        wrong("execution_environment", "and awx_execution_environment_image exclude each other")
    for name in values["controller"]:
        if name not in _CONTROLLER:
            wrong(f"controller.{name}", f"is unknown: {did_you_mean(str(name), list(_CONTROLLER))}")
    if values["slices"] > 1 and not values["hosts"]:
        wrong("slices", "needs awx_hosts: AWX slices the hosts of an inventory, not a phone list")
    if values["slices"] > 1 and not values["state_dir"]:
        wrong("slices", "needs awx_state_dir: slices run at the same time, and each writes its own backup there")
    if values["state_dir"] and not values["state_dir"].startswith("/"):
        wrong("state_dir", "must be the absolute path of a folder that is mounted into jobs")
    for name in ("credential_types", "templates", "nodes", "schedules"):
        for key, own in values[name].items():
            if own not in (None, False) and not isinstance(own, Mapping):
                wrong(f"{name}[{key}]", "must be a dict of arguments, or false to leave it out")
            elif own:
                known = [*ARGUMENTS[name], *(["template"] if name in ("nodes", "schedules") else [])]
                for argument in own:
                    if argument not in known:
                        wrong(f"{name}[{key}].{argument}", f"is unknown: {did_you_mean(str(argument), known)}")
    if not problems:
        _check_credentials(values, accounts, wrong)
    for key in values["templates"]:
        if key.endswith(TWIN) and key[: -len(TWIN)] not in {*PLAYBOOKS, *values["templates"]}:
            wrong(f"templates[{key}]", "is the twin of an unknown template")
    for key, own in values["notifications"].items():
        if not isinstance(own, Mapping) or not own.get("notification_type"):
            wrong(f"notifications[{key}]", "must be a dict with notification_type and notification_configuration")
        elif not isinstance(own.get("on", []), list) or set(own.get("on", [])) - set(_EVENTS):
            wrong(f"notifications[{key}].on", f"must be a list of {', '.join(_EVENTS)}")


def _check_credentials(values: Mapping[str, Any], accounts: Mapping[str, Any], wrong: Any) -> None:
    types = types_of(values)
    for key, own in values["credentials"].items():
        where = f"credentials[{key}]"
        if not isinstance(own, Mapping) or not isinstance(own.get("inputs"), Mapping):
            wrong(where, "must be a dict with type and inputs")
            continue
        if own.get("type") not in types:
            wrong(f"{where}.type", f"is unknown: {did_you_mean(str(own.get('type')), list(types))}")
            continue
        inputs = types[own["type"]].get("inputs", {})
        fields = [str(field.get("id")) for field in inputs.get("fields", [])]
        for name, value in own["inputs"].items():
            if name not in fields:
                wrong(f"{where}.inputs.{name}", f"is an unknown field: {did_you_mean(str(name), fields)}")
            elif not isinstance(value, str):
                wrong(f"{where}.inputs.{name}", "must be a string: write it in quotes")
        for name in inputs.get("required", []):
            if not str(own["inputs"].get(name) or "").strip():
                wrong(f"{where}.inputs.{name}", "is required")
        if accounts and own["type"] != "yeastar":
            wrong(where, "cannot be combined with awx_accounts: a job reads accounts from a file or from variables")


# The rules of AWX


def _checked(items: Items) -> Iterator[Problem]:
    """Yield the problems of definitions that AWX would refuse, or accept and fail with later."""
    for kind, own in items.items():
        seen: set[str] = set()
        for item in own:
            name = item.get("name", item.get("identifier"))
            where = f"{kind} {str(name)[:_MOST_NAME]}"
            found = list(rules.name_problems(name))
            found += ["is defined twice"] if name in seen else []
            seen.add(str(name))
            yield from (Problem("invalid_input", where, words) for words in found)
    templates = {item["name"]: item for item in items["job_templates"]}
    answered = [
        question["variable"]
        for item in items["workflow_job_templates"]
        for question in item["survey_spec"].get("spec", [])
    ]
    by_kind: dict[str, Any] = {
        "credential_types": lambda item: rules.type_problems(
            item.get("kind"), item.get("inputs", {}), item.get("injectors", {})
        ),
        "job_templates": lambda item: _template_problems(item, items),
        "workflow_job_templates": lambda item: rules.survey_problems(item["survey_spec"]),
        "schedules": lambda item: [*rules.rrule_problems(item.get("rrule")), *_launch(item, templates, None)],
        "workflow_job_template_nodes": lambda item: _launch(item, templates, answered),
    }
    for kind, check in by_kind.items():
        for item in items[kind]:
            where = f"{kind} {str(item.get('name', item.get('identifier')))[:_MOST_NAME]}"
            yield from (Problem("invalid_input", where, words) for words in check(item))


def _template_problems(item: Mapping[str, Any], items: Items) -> Iterator[str]:
    yield from rules.survey_problems(item.get("survey_spec") or {})
    types = {credential["name"]: credential["type"] for credential in items["credentials"]}
    yield from rules.repeated_types(item.get("credentials") or [], types)
    playbook = item.get("playbook")
    if not isinstance(playbook, str) or not re.search(r"\.ya?ml$", playbook):
        yield "playbook must be a file of the project: to run one of a collection, add a file that imports it"
    if item.get("job_type") not in ("run", "check"):
        yield "job_type must be run or check"
    slices = item.get("job_slice_count", 1)
    if not isinstance(slices, int) or slices < 1:
        yield "job_slice_count must be 1 or more"


def _launch(item: Mapping[str, Any], templates: Mapping[str, Any], answered: Collection[str] | None) -> Iterator[str]:
    if "approval_node" in item:
        return
    if not item.get("unified_job_template"):
        yield "has no template"
        return
    yield from rules.launch_problems(item, templates.get(item["unified_job_template"]), answered)
