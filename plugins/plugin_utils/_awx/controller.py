# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a controller which of our objects exist, and which must be deleted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ansible_collections.voip.rps.plugins.plugin_utils._awx.definitions import KINDS, Item, Items

Query = Callable[[str, Mapping[str, Any]], list[Item]]
"""Returns the objects of a kind that match a filter. Raises RpsError."""

_DELETED = tuple(kind for kind in reversed(KINDS) if kind not in ("organizations", "workflow_job_template_nodes"))
"""The kinds that the role deletes. AWX deletes sources and nodes with their owners; the organization always stays."""
_OF_TEMPLATE = {"schedules": "unified_job_template__organization__name"}
_REFERENCES = {
    "organization": "organizations",
    "credential_type": "credential_types",
    "credential": "credentials",
    "default_environment": "execution_environments",
    "execution_environment": "execution_environments",
    "inventory": "inventories",
    "project": "projects",
    "source_project": "projects",
    "credentials": "credentials",
    "workflow_job_template": "workflow_job_templates",
    **{
        f"notification_templates_{event}": "notification_templates"
        for event in ("started", "success", "error", "approvals")
    },
}
_UNIFIED = ("job_templates", "projects", "inventory_sources", "workflow_job_templates")


def mark_ready(items: Items, query: Query, prefix: str, organization: str) -> None:
    """Set ``ready`` of each item: whether all objects that it refers to exist.

    Objects that the role does not create are assumed to exist: if one does not, the module of awx.awx fails.
    """
    missing = {
        (kind, item["name"])
        for kind, own in items.items()
        if "name" in (own[0] if own else {})
        for item in own
        if item["name"] not in _names(query, kind, prefix, organization)
    }
    for own in items.values():
        for item in own:
            item["ready"] = not any(reference in missing for reference in _references(item))


def _names(query: Query, kind: str, prefix: str, organization: str) -> set[str]:
    wanted = {"name": organization} if kind == "organizations" else {"name__startswith": prefix}
    return {str(item["name"]) for item in query(kind, wanted)}


def _references(item: Item) -> Iterator[tuple[str, str]]:
    for argument, kind in _REFERENCES.items():
        names = item.get(argument)
        for name in names if isinstance(names, list) else [names]:
            yield kind, str(name)
    for kind in _UNIFIED:
        yield kind, str(item.get("unified_job_template"))


def stale_nodes(items: Items, query: Query) -> list[str]:
    """Return the identifiers of the workflow's nodes that its definition no longer has."""
    wanted = {node["identifier"] for node in items["workflow_job_template_nodes"]}
    found = []
    for workflow in items["workflow_job_templates"]:
        filters = {
            "workflow_job_template__name": workflow["name"],
            "workflow_job_template__organization__name": workflow["organization"],
        }
        found += [str(node["identifier"]) for node in query("workflow_job_template_nodes", filters)]
    return [identifier for identifier in found if identifier not in wanted]


def to_delete(query: Query, prefix: str, organization: str, given: Collection[str]) -> tuple[Items, list[str]]:
    """Return the objects to delete, by kind and in the order to delete them, and a message for each object that stays.

    ``given``: the names of objects that the role did not create. They stay, even if they begin with the prefix.
    """
    deleted: Items = {}
    kept: list[str] = []
    for kind in _DELETED:
        if kind in ("inventory_sources", "credential_types"):
            continue
        owner = _OF_TEMPLATE.get(kind, "organization__name")
        filters: dict[str, Any] = {"name__startswith": prefix, owner: organization}
        if kind == "inventories":
            filters["pending_deletion"] = "false"
        deleted[kind] = [_identified(item, organization) for item in query(kind, filters) if item["name"] not in given]
    ours = {item["id"] for item in deleted["credentials"]}
    used: dict[int, str] = {}
    for credential in query("credentials", {"credential_type__name__startswith": prefix}):
        if credential["id"] not in ours:
            used[credential["credential_type"]] = str(credential["name"])
    deleted["credential_types"] = []
    for item in query("credential_types", {"name__startswith": prefix, "managed": "false"}):
        if item["id"] in used:
            kept.append(f"the credential type {item['name']}, because the credential {used[item['id']]} uses it")
        else:
            deleted["credential_types"].append(_identified(item, organization))
    return deleted, kept


def _identified(item: Item, organization: str) -> Item:
    named = {"id": item["id"], "name": str(item["name"]), "organization": organization}
    kind = (item.get("summary_fields") or {}).get("credential_type")
    return {**named, "credential_type": kind["name"]} if kind else named
