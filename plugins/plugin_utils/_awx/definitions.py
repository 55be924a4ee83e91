# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All objects of AWX as data: for each kind the arguments of its module of awx.awx, in the order to create them.

They contain no secret: a credential only names the variable that has its inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.plugin_utils._awx import surveys
from ansible_collections.voip.rps.plugins.plugin_utils._awx.surveys import World
from ansible_collections.voip.rps.plugins.plugin_utils._awx.templates import (
    CONTROLLER,
    PLAYBOOKS,
    PROVIDERS,
    TWIN,
    template,
)
from ansible_collections.voip.rps.plugins.plugin_utils._awx.types import ACCOUNTS, YEASTAR, credential_types

Item = dict[str, Any]
Items = dict[str, list[Item]]

KINDS = (
    "organizations",
    "execution_environments",
    "credential_types",
    "credentials",
    "projects",
    "notification_templates",
    "inventories",
    "inventory_sources",
    "job_templates",
    "workflow_job_templates",
    "workflow_job_template_nodes",
    "schedules",
)
"""The kinds of objects, as the API calls them, each after those that it refers to."""

ARGUMENTS = {
    "templates": (
        "name",
        "description",
        "job_type",
        "inventory",
        "project",
        "playbook",
        "credentials",
        "execution_environment",
        "instance_groups",
        "labels",
        "forks",
        "limit",
        "verbosity",
        "extra_vars",
        "job_tags",
        "skip_tags",
        "timeout",
        "diff_mode",
        "allow_simultaneous",
        "scm_branch",
        "job_slice_count",
        "survey_enabled",
        "survey_spec",
        "ask_diff_mode_on_launch",
        "ask_variables_on_launch",
        "ask_limit_on_launch",
        "ask_tags_on_launch",
        "ask_skip_tags_on_launch",
        "ask_job_type_on_launch",
        "ask_verbosity_on_launch",
        "ask_inventory_on_launch",
        "ask_credential_on_launch",
        "ask_execution_environment_on_launch",
        "ask_forks_on_launch",
        "ask_instance_groups_on_launch",
        "ask_job_slice_count_on_launch",
        "ask_labels_on_launch",
        "ask_timeout_on_launch",
        "ask_scm_branch_on_launch",
        "webhook_service",
        "webhook_credential",
        "notification_templates_started",
        "notification_templates_success",
        "notification_templates_error",
    ),
    "credential_types": ("description", "kind", "inputs", "injectors"),
    "nodes": (
        "unified_job_template",
        "approval_node",
        "extra_data",
        "inventory",
        "job_type",
        "job_tags",
        "skip_tags",
        "limit",
        "diff_mode",
        "verbosity",
        "forks",
        "job_slice_count",
        "timeout",
        "all_parents_must_converge",
        "success_nodes",
        "always_nodes",
        "failure_nodes",
    ),
    "schedules": (
        "name",
        "description",
        "rrule",
        "enabled",
        "unified_job_template",
        "extra_data",
        "inventory",
        "job_type",
        "job_tags",
        "skip_tags",
        "limit",
        "diff_mode",
        "verbosity",
        "forks",
        "job_slice_count",
        "timeout",
    ),
}
"""The arguments of the modules of awx.awx that users can set, by the variable of the role."""

_NOTIFY = ("started", "success", "error", "approvals")
_SECRET_SETTINGS = {"password", "token", "account_token", "grafana_key", "aws_secret_access_key", "aws_session_token"}
_COLLECTIONS = "/runner/requirements_collections:/runner/project/collections:/usr/share/ansible/collections"
"""The folders of collections in AWX's containers. AWX sets a variable for them that ansible-core 2.19 does not read."""


class Names(NamedTuple):
    """The names of the objects that others refer to."""

    organization: str
    project: str
    execution_environment: str | None
    phones: str
    no_hosts: str
    source: str
    workflow: str


def names_of(values: Mapping[str, Any]) -> Names:
    """Return the names that follow from the variables of the role."""
    prefix = values["prefix"]
    image = values["execution_environment_image"]
    return Names(
        organization=values["organization"],
        project=values["project"] or f"{prefix}project",
        execution_environment=values["execution_environment"] or (f"{prefix}environment" if image else None),
        phones=f"{prefix}phones",
        no_hosts=f"{prefix}no hosts",
        source=f"{prefix}phones of the accounts",
        workflow=f"{prefix}rollout workflow",
    )


def definitions(values: Mapping[str, Any], accounts: Mapping[str, Mapping[str, Any]]) -> Items:
    """Return the objects by kind. ``values``: the variables of the role; ``accounts``: those of awx_accounts."""
    names = names_of(values)
    credentials = list(_credentials(values, names, accounts))
    templates = _templates(values, names, credentials)
    return {
        "organizations": [{"name": names.organization}],
        "execution_environments": list(_environments(values, names)),
        "credential_types": [
            {"name": f"{values['prefix']}{key}", **arguments} for key, arguments in types_of(values).items()
        ],
        "credentials": credentials,
        "projects": list(_projects(values, names)),
        "notification_templates": list(_notifications(values, names)),
        "inventories": [
            {
                "name": names.phones,
                "organization": names.organization,
                "description": "The phones that the accounts hold",
                "variables": values["variables"],
            },
            {
                "name": names.no_hosts,
                "organization": names.organization,
                "description": "For jobs that read a phone list or need no phones",
                "variables": values["variables"],
            },
        ],
        "inventory_sources": [_source(values, names, credentials)],
        "job_templates": list(templates.values()),
        "workflow_job_templates": list(_workflows(values, names)),
        "workflow_job_template_nodes": list(_nodes(values, names, templates)) if values["workflow"] else [],
        "schedules": list(_schedules(values, names, templates)),
    }


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` updated with ``over``: dicts are merged, other values replaced."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return result


def _overridden(base: Mapping[str, Item], over: Mapping[str, Any]) -> dict[str, Item]:
    """Return items with the user's own arguments. False or None removes an item, an unknown key adds one."""
    items = {}
    for key in [*base, *(key for key in over if key not in base)]:
        own = over.get(key, {})
        if own is not False and own is not None:
            items[key] = merged(base.get(key, {}), own)
    return items


def types_of(values: Mapping[str, Any]) -> dict[str, Item]:
    """Return the arguments of all credential types, including the user's, by key."""
    return _overridden(credential_types(), values["credential_types"])


def _environments(values: Mapping[str, Any], names: Names) -> Iterator[Item]:
    if values["execution_environment_image"]:
        yield {
            "name": names.execution_environment,
            "image": values["execution_environment_image"],
            "organization": names.organization,
        }


def _credentials(values: Mapping[str, Any], names: Names, accounts: Mapping[str, Mapping[str, Any]]) -> Iterator[Item]:
    """Yield the credentials. ``source``: the key of awx_credentials that has the inputs, None for the accounts."""
    prefix, slices = values["prefix"], values["slices"]
    if accounts:
        item: Item = {
            "name": f"{prefix}accounts",
            "type": ACCOUNTS,
            "credential_type": f"{prefix}{ACCOUNTS}",
            "organization": names.organization,
            "source": None,
            "allowance": {},
        }
        yield item
        if slices > 1:
            allowance = {name: _share(options, slices) for name, options in accounts.items()}
            yield {**item, "name": f"{prefix}accounts of a slice", "allowance": allowance}
    for key, own in values["credentials"].items():
        yield {
            "name": f"{prefix}{key}",
            "type": own["type"],
            "credential_type": f"{prefix}{own['type']}",
            "organization": names.organization,
            "source": key,
            "allowance": {},
        }


def _share(options: Mapping[str, Any], slices: int) -> dict[str, Any]:
    """Return the share of an account's concurrency and rate limit for one slice, because slices do not coordinate."""
    share: dict[str, Any] = {"concurrency": max(1, int(options.get("concurrency") or 8) // slices)}
    rate = options.get("rate_limit") or getattr(SERVICES.get(str(options.get("provider"))), "rate_limit", None)
    if rate:
        share["rate_limit"] = round(float(rate) / slices, 6)
    return share


def _projects(values: Mapping[str, Any], names: Names) -> Iterator[Item]:
    if values["project_url"]:
        yield {
            "name": names.project,
            "organization": names.organization,
            "scm_type": "git",
            "scm_url": values["project_url"],
            "scm_branch": values["project_branch"],
            "credential": values["project_credential"],
            "default_environment": names.execution_environment,
            "scm_update_on_launch": True,
            "scm_update_cache_timeout": 60,
        }


def _notifications(values: Mapping[str, Any], names: Names) -> Iterator[Item]:
    for key, own in values["notifications"].items():
        settings = own.get("notification_configuration") or {}
        secret = any(settings.get(name) for name in _SECRET_SETTINGS)
        yield {
            "name": f"{values['prefix']}{key}",
            "organization": names.organization,
            "notification_type": own.get("notification_type"),
            "source": key,
            # awx.awx cannot compare a secret, so it would write it in every run.
            "state": "exists" if secret and not values["update_secrets"] else "present",
        }


def _notified(values: Mapping[str, Any], events: tuple[str, ...]) -> Item:
    """Return the notification arguments of a template."""
    named: Item = {f"notification_templates_{event}": [] for event in events}
    for key, own in values["notifications"].items():
        for event in own.get("on", ["error", "approvals"]):
            if event in events:
                named[f"notification_templates_{event}"].append(f"{values['prefix']}{key}")
    return named


def _source(values: Mapping[str, Any], names: Names, credentials: list[Item]) -> Item:
    own = [item["name"] for item in credentials if item["type"] != YEASTAR]
    return {
        "name": names.source,
        "inventory": names.phones,
        "organization": names.organization,
        "source": "scm",
        "source_project": names.project,
        "source_path": values["inventory_file"],
        "source_vars": {"ANSIBLE_COLLECTIONS_PATH": _COLLECTIONS},
        "credential": own[0] if own else None,
        "execution_environment": names.execution_environment,
        "overwrite": True,
        # True would also delete the inventory's own variables.
        "overwrite_vars": False,
        "update_on_launch": False,
        "verbosity": 1,
        "timeout": 3600,
    }


def _templates(values: Mapping[str, Any], names: Names, credentials: list[Item]) -> dict[str, Item]:
    world = World(values["src"], values["hosts"], bool(values["state_dir"]), values["variables"])
    base: dict[str, Item] = {}
    for key, playbook in PLAYBOOKS.items():
        own = values["templates"].get(key, {})
        if CONTROLLER in playbook.credentials and not values["controller_credential"]:
            continue
        for twin in (False, True) if playbook.twin else (False,):
            item = template(key, world, values["state_dir"], twin)
            by_host = values["hosts"] and playbook.takes_hosts
            sliced = values["slices"] > 1 and by_host
            item |= {
                "inventory": names.phones if by_host else names.no_hosts,
                "credentials": list(_of_template(values, playbook.credentials, credentials, sliced)),
            }
            if sliced:
                item |= {"job_slice_count": values["slices"], "ask_job_slice_count_on_launch": True}
            if twin and own is False:
                continue
            base[key + TWIN if twin else key] = merged(item, _of_twin(own)) if twin and own else item
    items = _overridden(base, values["templates"])
    common: Item = {
        "organization": names.organization,
        "project": names.project,
        "execution_environment": names.execution_environment,
        "inventory": names.no_hosts,
        "job_type": "run",
        **_notified(values, _NOTIFY[:3]),
    }
    return {key: {"name": f"{values['prefix']}{_words(key)}", **common, **item} for key, item in items.items()}


def _of_twin(own: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the user's arguments of a template that also apply to its twin."""
    return {name: value for name, value in own.items() if name not in ("name", "description", "job_type")}


def _words(key: str) -> str:
    return f"{key[: -len(TWIN)]} check" if key.endswith(TWIN) else key


def _of_template(
    values: Mapping[str, Any], kinds: tuple[str, ...], credentials: list[Item], sliced: bool
) -> Iterator[str]:
    for item in credentials:
        if PROVIDERS in kinds and item["type"] != YEASTAR and (item["source"] or bool(item["allowance"]) == sliced):
            yield item["name"]
        if YEASTAR in kinds and item["type"] == YEASTAR:
            yield item["name"]
    if CONTROLLER in kinds:
        yield values["controller_credential"]
    if kinds:
        yield from values["vault_credentials"]


def _workflows(values: Mapping[str, Any], names: Names) -> Iterator[Item]:
    if values["workflow"]:
        spec = surveys.backup("rollout", World(values["src"], values["hosts"], bool(values["state_dir"]), {}))
        yield {
            "name": names.workflow,
            "organization": names.organization,
            "description": "Syncs the project, runs the preflight, the rollout and the audit, one job after the other",
            "allow_simultaneous": False,
            "survey_enabled": bool(spec),
            "survey_spec": surveys.spec_of(spec),
            **_notified(values, _NOTIFY),
        }


def _nodes(values: Mapping[str, Any], names: Names, templates: Mapping[str, Item]) -> Iterator[Item]:
    """Yield the nodes of the workflow, each linked to the next.

    The audit also runs after a failed rollout, to show where each phone points.
    """
    steps: dict[str, Item] = {"project": {"unified_job_template": names.project}}
    if values["hosts"]:
        steps["inventory"] = {"unified_job_template": names.source}
    steps["preflight"] = {"template": "preflight"}
    if values["approval"]:
        once = {"job_slice_count": 1} if values["hosts"] and values["slices"] > 1 else {}
        steps["canary"] = {
            "template": "rollout",
            "extra_data": {"rollout_canary": str(values["canary"]), "rollout_canary_only": "yes"},
            **once,
        }
        steps["approval"] = {
            "approval_node": {
                "name": f"{values['prefix']}roll out to all phones",
                "description": "The first phones were changed. Change the others too?",
                "timeout": values["approval_timeout"],
            }
        }
    steps["rollout"] = {"template": "rollout"}
    steps["audit"] = {"template": "audit"}
    steps = _overridden(steps, values["nodes"])
    order = list(steps)
    for key, following in zip(order, [*order[1:], None], strict=True):
        step = dict(steps[key])
        name = step.pop("template", None)
        always = key == "rollout"
        link = [following] if following else []
        node: Item = {
            "identifier": key,
            "workflow_job_template": names.workflow,
            "organization": names.organization,
            "success_nodes": [] if always else link,
            "always_nodes": link if always else [],
            "failure_nodes": [],
            **step,
        }
        if name is not None:
            node["template"] = name
            node["unified_job_template"] = templates[name]["name"] if name in templates else name
        if "unified_job_template" in node:
            node["lookup_organization"] = names.organization
        yield node


def _schedules(values: Mapping[str, Any], names: Names, templates: Mapping[str, Item]) -> Iterator[Item]:
    base = {"audit": {"template": "audit", "rrule": "DTSTART:20260101T030000Z RRULE:FREQ=DAILY;INTERVAL=1"}}
    for key, own in _overridden(base if "audit" in templates else {}, values["schedules"]).items():
        item: Item = dict(own)
        name = item.pop("template", None)
        yield {
            "name": f"{values['prefix']}{key}",
            "organization": names.organization,
            "template": name,
            "unified_job_template": templates[name]["name"]
            if name in templates
            else names.workflow
            if name == "workflow"
            else name,
            "enabled": True,
            **item,
        }
