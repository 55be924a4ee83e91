# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role against a controller that keeps what it is given: made, left alone, foreseen, changed, taken away."""

from __future__ import annotations

import json
from typing import Any

from .conftest import GIVEN, Play

WHOLE = {
    **GIVEN,
    "approval": True,
    "state_dir": "/state",
    "hosts": True,
    "slices": 4,
    "execution_environment_image": "registry.example/ee:1",
    "notifications": {
        "mail": {
            "notification_type": "email",
            "notification_configuration": {"host": "mail.example", "password": "s3cret-mail", "port": 25},
            "on": ["error", "approvals"],
        }
    },
}

OTHERS = ("find", "migrate", "decommission", "restore", "yeastar", "demo")
FEW = {**WHOLE, "templates": dict.fromkeys(OTHERS, False)}
PLAIN = {**GIVEN, "templates": dict.fromkeys(OTHERS, False), "workflow": False}


def test_a_second_run_changes_nothing_and_neither_does_a_rehearsal_of_it(play: Play, controller: Any) -> None:
    first = play(WHOLE)
    writes = list(controller.writes)

    assert play(WHOLE, check_mode=True).changed == []
    assert play(WHOLE).changed == []
    assert controller.writes == writes
    summary = controller.summary()
    assert summary["job_templates"] == sorted(f"acme {name}" for name in TEMPLATES)
    assert summary["workflow_job_template_nodes"] == sorted(NODES)
    assert len(summary["credential_types"]) >= 5
    assert summary["notification_templates"] == ["acme mail"]
    assert len(first.changed) > len(TEMPLATES)
    assert "s3cret" not in json.dumps(first.output)


TEMPLATES = (
    "rollout",
    "rollout check",
    "preflight",
    "audit",
    "find",
    "migrate",
    "migrate check",
    "decommission",
    "decommission check",
    "restore",
    "restore check",
    "yeastar",
    "yeastar check",
    "demo",
)
NODES = ("project", "inventory", "preflight", "canary", "approval", "rollout", "audit")


def test_a_rehearsal_on_an_empty_controller_names_all_that_would_be_made(play: Play, controller: Any) -> None:
    writes = list(controller.writes)

    foreseen = play(WHOLE, check_mode=True).changed

    assert controller.writes == writes
    # What is already known to be missing is said in words, and not left to modules that would fail.
    said = "\n".join(foreseen)
    for name in (*TEMPLATES, "accounts", "accounts of a slice", "pbx", "phones", "rollout workflow", "audit"):
        assert f"acme {name}" in said
    for node in NODES:
        assert f"workflow_job_template_nodes {node}" in said


def test_only_the_organization_and_what_was_given_stay(play: Play, controller: Any) -> None:
    controller.add("projects", {"name": "acme given", "organization": 1})
    controller.add("execution_environments", {"name": "acme environment of others", "organization": 1})
    given = {
        **{name: value for name, value in FEW.items() if name not in ("project_url", "execution_environment_image")},
        "project": "acme given",
        "execution_environment": "acme environment of others",
    }
    play(given)
    play({**given, "templates": dict.fromkeys((*OTHERS, "preflight"), False), "workflow": False})
    gone = {**given, "state": "absent"}

    foreseen = play(gone, check_mode=True).changed
    taken = play(gone).changed

    assert foreseen == taken
    assert {kind: names for kind, names in controller.summary().items() if names} == {
        "organizations": ["Default"],
        "projects": ["acme given"],
        "execution_environments": ["acme environment of others"],
    }
    assert play(gone).changed == []


def test_a_type_that_somebody_elses_credential_uses_stays(play: Play, controller: Any) -> None:
    play(PLAIN)
    (kind,) = (item["id"] for item in controller.of("credential_types") if item["name"] == "acme yealink")
    own = {"name": "theirs", "organization": 1, "credential_type": kind, "inputs": {"username": "x", "password": "y"}}
    controller.add("credentials", own)

    play({**PLAIN, "state": "absent"})

    assert controller.summary()["credential_types"] == ["acme yealink"]
    assert controller.summary()["credentials"] == ["theirs"]


def test_steps_that_the_workflow_no_longer_has_are_taken_away_and_the_others_linked_anew(
    play: Play, controller: Any
) -> None:
    play(FEW)
    play({**FEW, "approval": False})

    assert controller.summary()["workflow_job_template_nodes"] == sorted(set(NODES) - {"canary", "approval"})
    nodes = {item["identifier"]: item["id"] for item in controller.of("workflow_job_template_nodes")}
    links = {
        identifier: [name for name in ("success_nodes", "always_nodes") if controller.links.get((number, name))]
        for identifier, number in nodes.items()
    }
    assert controller.links[(nodes["preflight"], "success_nodes")] == [nodes["rollout"]]
    assert links == {
        "project": ["success_nodes"],
        "inventory": ["success_nodes"],
        "preflight": ["success_nodes"],
        "rollout": ["always_nodes"],
        "audit": [],
    }
    assert play({**FEW, "approval": False}).changed == []


def test_a_slice_has_its_share_of_what_an_account_allows(play: Play, controller: Any) -> None:
    play(FEW)

    held = {
        item["name"]: json.loads(controller.secrets[item["id"]]["accounts"])
        for item in controller.of("credentials")
        if item["name"] != "acme pbx"
    }
    assert held["acme accounts"] == GIVEN["accounts"]
    slice_ = held["acme accounts of a slice"]
    assert (slice_["office"]["rate_limit"], slice_["office"]["concurrency"]) == (2.5, 2)
    assert slice_["desks"]["password"] == "s3cret-desks"


def test_a_changed_secret_alone_is_written_only_if_asked_for(play: Play, controller: Any) -> None:
    play(PLAIN)
    changed = {**PLAIN, "accounts": {"office": {**GIVEN["accounts"]["office"], "password": "an0ther-secret"}}}

    assert play(changed).changed == []
    updated = play({**changed, "update_secrets": True})

    assert [name for name in updated.changed if "acme accounts" in name]
    assert "an0ther-secret" in json.dumps(list(controller.secrets.values()))
