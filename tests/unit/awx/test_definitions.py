# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The definitions hold to AWX's rules, whatever a team chooses; what breaks one is refused before anything is sent."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.plugin_utils._awx import rules
from ansible_collections.voip.rps.plugins.plugin_utils._awx.definitions import ARGUMENTS
from ansible_collections.voip.rps.plugins.plugin_utils._awx.types import credential_types
from ansible_collections.voip.rps.plugins.plugin_utils._roles import run_role

from .conftest import GIVEN, PROJECT, ROLE, ROOT, role


def items(**given: Any) -> dict[str, list[dict[str, Any]]]:
    task = role({**GIVEN, **given})
    assert not task["failed"], task["failures"]
    return dict(task["definitions"])


def refused(**given: Any) -> str:
    task = role({**GIVEN, **given})
    assert task["failed"]
    assert "definitions" not in task
    return "\n".join(task["failures"])


@pytest.mark.parametrize("state_dir", [None, "/state"])
@pytest.mark.parametrize("hosts", [False, True])
@pytest.mark.parametrize("approval", [False, True])
def test_every_choice_holds_to_the_rules_and_misses_no_playbook(
    state_dir: str | None, hosts: bool, approval: bool
) -> None:
    given = {"hosts": hosts, "approval": approval, "controller_credential": "controller"}
    if state_dir:
        given |= {"state_dir": state_dir, "slices": 3 if hosts else 1}

    made = items(**given)

    templates = {item["playbook"] for item in made["job_templates"]}
    playbooks = {path.name for path in (ROOT / "playbooks").glob("*.yml")} - {"simulator.yml", "drift.yml"}
    assert templates == playbooks
    assert all((PROJECT / playbook).is_file() for playbook in templates)
    assert {item["name"].removeprefix("acme ") for item in made["credential_types"]} == {
        *SERVICES,
        "accounts",
        "yeastar",
    }
    for template in made["job_templates"]:
        known = {f"{name}_{one}" for name, its in run_role.variables().items() for one in its}
        asked = [question["variable"] for question in template["survey_spec"].get("spec", [])]
        assert set(asked) <= known
        assert set(template["extra_vars"]) <= known
        assert not set(asked) & set(template["extra_vars"])
        assert all(question["question_name"].endswith("?") for question in template["survey_spec"].get("spec", []))


def test_a_role_that_writes_a_backup_has_a_path_for_it_or_asks() -> None:
    writing = ("rollout", "migrate", "decommission", "restore")
    for state_dir, twin in itertools.product((None, "/state"), ("", " check")):
        given = {"state_dir": state_dir} if state_dir else {}
        made = {item["name"]: item for item in items(**given)["job_templates"]}
        for name in writing:
            template = made[f"acme {name}{twin}"]
            questions = {one["variable"]: one for one in template["survey_spec"]["spec"]}
            if state_dir:
                assert template["extra_vars"][f"{name}_backup"] == f"/state/rps-backup-{name}-{{{{ awx_job_id }}}}.json"
            else:
                assert questions[f"{name}_backup"]["required"]


def test_a_team_overrides_adds_and_leaves_out() -> None:
    made = items(
        state_dir="/state",
        variables={"rollout_server": "berlin", "rollout_override": True, "decommission_limit": 3},
        templates={
            "rollout": {"forks": 5, "extra_vars": {"rollout_wave": 100}},
            "rollout_check": {"description": "Only looks"},
            "find": False,
            "own": {"playbook": "own.yml", "description": "Ours"},
        },
        schedules={
            "audit": {"rrule": "DTSTART:20270101T010000Z RRULE:FREQ=WEEKLY;INTERVAL=1"},
            "own": {
                "template": "own",
                "rrule": "DTSTART;TZID=Europe/Berlin:20270101T010000 RRULE:FREQ=DAILY;INTERVAL=2",
            },
        },
        nodes={"preflight": False},
        credential_types={"htek": False},
    )

    templates = {item["name"].removeprefix("acme "): item for item in made["job_templates"]}
    assert "find" not in templates
    assert (templates["own"]["playbook"], templates["own"]["project"]) == ("own.yml", "acme project")
    for name in ("rollout", "rollout check"):
        assert templates[name]["forks"] == 5
        assert templates[name]["extra_vars"]["rollout_wave"] == 100
        assert templates[name]["extra_vars"]["rollout_backup"].startswith("/state/")
    assert templates["rollout check"]["description"] == "Only looks"
    assert (templates["rollout"]["job_type"], templates["rollout check"]["job_type"]) == ("run", "check")
    defaults = {
        question["variable"]: question.get("default")
        for name in ("rollout", "decommission")
        for question in templates[name]["survey_spec"]["spec"]
    }
    assert (defaults["rollout_server"], defaults["rollout_override"], defaults["decommission_limit"]) == (
        "berlin",
        "yes",
        3,
    )
    assert [node["identifier"] for node in made["workflow_job_template_nodes"]] == ["project", "rollout", "audit"]
    assert {item["name"]: item["unified_job_template"] for item in made["schedules"]} == {
        "acme audit": "acme audit",
        "acme own": "acme own",
    }
    assert "acme htek" not in {item["name"] for item in made["credential_types"]}


WRONG: list[tuple[Mapping[str, Any], str]] = [
    ({"project": "given"}, "Exactly one of awx_project"),
    ({"prefix": "  "}, "awx_prefix: is empty"),
    ({"projet_url": "x"}, "did you mean awx_project_url?"),
    ({"slices": 2}, "needs awx_hosts"),
    ({"slices": 2, "hosts": True}, "needs awx_state_dir"),
    ({"state_dir": "state"}, "must be the absolute path"),
    ({"controller": {"host": "x"}}, "awx_controller.host: is unknown"),
    ({"accounts": {"office": {"provider": "yelink"}}}, "did you mean yealink"),
    ({"credentials": {"x": {"type": "yealink", "inputs": {"username": "a", "password": "b"}}}}, "cannot be combined"),
    ({"credentials": {"x": {"type": "yeastar", "inputs": {"base_url": "x"}}}}, "client_secret: is required"),
    ({"credentials": {"x": {"type": "yeaster", "inputs": {}}}}, "did you mean yeastar?"),
    ({"templates": {"rollout": {"fork": 1}}}, "did you mean forks"),
    ({"templates": {"rolout_check": {"forks": 1}}}, "twin of an unknown template"),
    ({"templates": {"own": {"playbook": "voip.rps.rollout"}}}, "playbook must be a file of the project"),
    ({"templates": {"rollout": {"job_type": "scan"}}}, "job_type must be run or check"),
    ({"templates": {"own": {"name": "acme rollout", "playbook": "x.yml"}}}, "is defined twice"),
    ({"templates": {"own": {"name": "x" * 513, "playbook": "x.yml"}}}, "more than 512 characters"),
    ({"schedules": {"own": {"template": "find", "rrule": "DTSTART:20260101T030000Z RRULE:FREQ=DAILY;INTERVAL=1"}}},
     "does not answer find_mac"),
    ({"schedules": {"audit": {"limit": "a"}}}, "needs ask_limit_on_launch"),
    ({"schedules": {"audit": {"extra_data": {"audit_src": 3}}}}, "not of the type text"),
    ({"schedules": {"audit": {"extra_data": {"audit_fail_on": ["wrong"]}}}}, "not one of its choices"),
    ({"schedules": {"audit": {"extra_data": {"audit_recs": "x"}}}}, "does not ask for"),
    ({"nodes": {"rollout": {"extra_data": {"rollout_override": "maybe"}}}}, "not one of its choices"),
    ({"nodes": {"rollout": {"job_type": "check"}}}, "needs ask_job_type_on_launch"),
    ({"notifications": {"mail": {"notification_type": "email", "on": ["failure"]}}}, "must be a list of started"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "words"), WRONG, ids=[words for _given, words in WRONG])
def test_what_awx_would_refuse_is_refused_before_anything_is_sent(given: Mapping[str, Any], words: str) -> None:
    assert words in refused(**given)


def test_no_secret_is_in_a_refusal_or_a_definition() -> None:
    assert "s3cret" not in str(items())
    assert "s3cret" not in refused(accounts={"office": {"provider": "yealin", "password": "s3cret-x"}})
    wrong = {"pbx": {"type": "yeastar", "inputs": {"client_secret": ["s3cret-x"], "clientsecret": "s3cret-y"}}}
    assert "s3cret" not in refused(credentials=wrong)


FIELD = {"id": "a", "type": "string", "label": "A"}


@pytest.mark.parametrize(
    ("kind", "inputs", "injectors", "words"),
    [
        ("ssh", {}, {}, "kind must be cloud or net"),
        ("cloud", {"fields": [FIELD], "dependencies": {}}, {}, "unknown key dependencies"),
        ("cloud", {"fields": [{**FIELD, "id": "tower"}]}, {}, "reserved"),
        ("cloud", {"fields": [{**FIELD, "id": "a-b"}]}, {}, "not a valid variable name"),
        ("cloud", {"fields": [{"id": "a", "type": "string"}]}, {}, "has no label"),
        ("cloud", {"fields": [{**FIELD, "type": "integer"}]}, {}, "string or boolean"),
        ("cloud", {"fields": [{**FIELD, "type": "boolean", "secret": True}]}, {}, "boolean and has secret"),
        ("cloud", {"fields": [{**FIELD, "help": "x"}]}, {}, "unknown key help"),
        ("cloud", {"fields": [{**FIELD, "default": True}]}, {}, "default of another type"),
        ("cloud", {"fields": [FIELD, FIELD]}, {}, "twice"),
        ("cloud", {"fields": [FIELD], "required": ["b"]}, {}, "requires the unknown field b"),
        ("cloud", {}, {"env": {"ANSIBLE_CONFIG": "x"}}, "does not allow"),
        ("cloud", {}, {"env": {"AWX_HOST": "x"}}, "does not allow"),
        ("cloud", {}, {"env": {"1A": "x"}}, "not a valid name of an environment variable"),
        ("cloud", {}, {"env": {"A": "ü"}}, "not ASCII"),
        ("cloud", {}, {"env": {"A": "{{ b }}"}}, "'b' is undefined"),
        ("cloud", {"fields": [FIELD]}, {"env": {"A": "{{ a | to_json }}"}}, "to_json"),
        ("cloud", {}, {"env": {"A": "{{ tower.filename }}"}}, "tower.filename needs a file called template"),
        ("cloud", {}, {"file": {"template": "x", "template.b": "y"}}, "must all be named template.NAME"),
        ("cloud", {}, {"file": {"config": "x"}}, "must be template or template.NAME"),
        ("cloud", {}, {"extra_vars": {"a": "x"}}, "use env or file"),
        ("cloud", {}, {"vars": {"a": "x"}}, "unknown key vars"),
    ],
)
def test_a_credential_type_that_awx_refuses(kind: str, inputs: Any, injectors: Any, words: str) -> None:
    assert words in "\n".join(rules.type_problems(kind, inputs, injectors))


@pytest.mark.parametrize("key", credential_types())
def test_secrets_are_secret_and_never_extra_variables(key: str) -> None:
    kind = credential_types()[key]
    names = ("password", "secret", "key", "cert", "accounts")
    fields = {field["id"]: field for field in kind["inputs"]["fields"]}
    assert all(fields[name].get("secret") for name in fields if any(word in name for word in names))
    assert set(kind["injectors"]) <= {"env", "file"}
    # Only the first line of an environment variable arrives.
    for name, field in fields.items():
        if field.get("multiline"):
            assert not any(f"{{{{ {name} }}}}" in value for value in kind["injectors"]["env"].values())


QUESTION = {"variable": "a", "question_name": "A?", "type": "text", "required": False}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"variable": ""}, "has no variable"),
        ({"variable": "a-b"}, "invalid variable name"),
        ({"required": "yes"}, "has no required"),
        ({"type": "bool"}, "has the type bool"),
        ({"default": 3}, "default that is not of the type text"),
        ({"type": "integer", "default": "3"}, "default that is not of the type integer"),
        ({"type": "password", "default": "x"}, "password as its default"),
        ({"max": "10"}, "max that is not an integer"),
        ({"type": "multiplechoice"}, "no choices"),
        ({"type": "multiplechoice", "choices": ["a"], "default": "b"}, "not one of its choices"),
        ({"type": "multiplechoice", "choices": ["a", "b"], "default": "a\nb"}, "not one of its choices"),
    ],
)
def test_a_survey_that_awx_refuses(change: Mapping[str, Any], words: str) -> None:
    spec = {"name": "", "description": "", "spec": [{**QUESTION, **change}]}
    assert words in "\n".join(rules.survey_problems(spec))
    assert not list(rules.survey_problems({**spec, "spec": [QUESTION]}))
    assert "twice" in "\n".join(rules.survey_problems({**spec, "spec": [QUESTION, QUESTION]}))
    assert "no question" in "\n".join(rules.survey_problems({**spec, "spec": []}))
    assert "has no description" in "\n".join(rules.survey_problems({"name": "", "spec": [QUESTION]}))


@pytest.mark.parametrize(
    ("rrule", "words"),
    [
        ("", "no rrule"),
        ("RRULE:FREQ=DAILY;INTERVAL=1", "one DTSTART"),
        ("DTSTART:20260101T030000 RRULE:FREQ=DAILY;INTERVAL=1", "without a time zone"),
        ("DTSTART:20260101T030000Z", "no RRULE"),
        ("DTSTART:20260101T030000Z RRULE:FREQ=DAILY", "no INTERVAL"),
        ("DTSTART:20260101T030000Z RRULE:FREQ=SECONDLY;INTERVAL=1", "SECONDLY"),
        ("DTSTART:20260101T030000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1000", "COUNT above 999"),
        ("DTSTART:20260101T030000Z RRULE:FREQ=DAILY;INTERVAL=1;COUNT=2;UNTIL=20270101T000000Z", "both COUNT and UNTIL"),
        ("DTSTART:20260101T030000Z RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=1MO", "BYDAY with a number"),
        ("DTSTART:20260101T030000Z RRULE:FREQ=DAILY;INTERVAL=1 EXDATE:20260102T030000Z", "EXDATE"),
    ],
)
def test_a_rule_of_a_schedule_that_awx_refuses(rrule: str, words: str) -> None:
    assert words in "\n".join(rules.rrule_problems(rrule))


def test_one_credential_of_a_type() -> None:
    types = {"a": "yealink", "b": "yealink", "c": "snom"}
    assert "2 credentials of the type yealink" in "\n".join(rules.repeated_types(["a", "b", "c"], types))
    assert not list(rules.repeated_types(["a", "c", "other"], types))


@pytest.fixture
def spec_of(awx_awx: Path) -> Callable[[str], dict[str, Any]]:
    """Return the options of a module as its documentation has them, those that all modules share included."""
    fragment = importlib.import_module("ansible_collections.awx.awx.plugins.doc_fragments.auth").ModuleDocFragment
    shared = yaml.safe_load(fragment.DOCUMENTATION)["options"]

    def spec_of(name: str) -> dict[str, Any]:
        module = importlib.import_module(f"ansible_collections.awx.awx.plugins.modules.{name}")
        return {**shared, **yaml.safe_load(module.DOCUMENTATION)["options"]}

    return spec_of


def test_every_argument_is_one_of_awx_awx(spec_of: Callable[[str], dict[str, Any]]) -> None:
    seen = set()
    for file in ("present.yml", "absent.yml"):
        for task in yaml.safe_load((ROLE / "tasks" / file).read_text()):
            (action,) = (key for key in task if "." in key)
            if not action.startswith("awx.awx."):
                continue
            options = spec_of(action.rpartition(".")[2])
            seen.add(action)
            assert set(task[action]) <= set(options), task["name"]
            missing = {name for name, option in options.items() if option.get("required")} - set(task[action])
            assert not missing, task["name"]
            if "choices" in options.get("state", {}):
                assert task[action].get("state", "present") in (*options["state"]["choices"], "{{ item.state }}")
    assert len(seen) == 12
    assert set(ARGUMENTS["templates"]) <= set(spec_of("job_template"))
    assert set(ARGUMENTS["nodes"]) <= set(spec_of("workflow_job_template_node"))
    assert set(ARGUMENTS["schedules"]) <= set(spec_of("schedule"))


def test_every_argument_that_a_team_may_give_reaches_its_module() -> None:
    tasks = yaml.safe_load((ROLE / "tasks" / "present.yml").read_text())
    passed: dict[str, set[str]] = {}
    for task in tasks:
        (action,) = (key for key in task if "." in key)
        if action.startswith("awx.awx."):
            passed.setdefault(action.rpartition(".")[2], set()).update(task[action])
    assert set(ARGUMENTS["templates"]) <= passed["job_template"]
    assert set(ARGUMENTS["nodes"]) <= passed["workflow_job_template_node"]
    assert set(ARGUMENTS["schedules"]) <= passed["schedule"]
    assert set(ARGUMENTS["credential_types"]) <= passed["credential_type"]
