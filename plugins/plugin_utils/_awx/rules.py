# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check definitions with AWX's own rules before anything is sent, because AWX accepts some that fail later.

The rules are those of AWX 24.6.1: ``awx/main/fields.py`` for credential types, ``awx/api/views/__init__.py`` and
``awx/main/models/mixins.py`` for surveys, ``awx/api/serializers.py`` for schedules, ``awx/main/models`` for lengths
and for what a launch may change. The functions yield problems as text; no problem means valid.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from jinja2 import StrictUndefined, TemplateError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST_NAME = 512
_BLOCKED = (
    "VIRTUAL_ENV PATH PYTHONPATH JOB_ID INVENTORY_ID INVENTORY_SOURCE_ID INVENTORY_UPDATE_ID AD_HOC_COMMAND_ID "
    "REST_API_URL REST_API_TOKEN MAX_EVENT_RES CALLBACK_QUEUE CALLBACK_CONNECTION CACHE JOB_CALLBACK_DEBUG "
    "INVENTORY_HOSTVARS AWX_HOST PROJECT_REVISION SUPERVISOR_CONFIG_PATH"
)
ENV_BLOCKLIST = frozenset(_BLOCKED.split())
MOST_COUNT = 999

_NAME = re.compile(r"[a-zA-Z_]+[a-zA-Z0-9_]*")
_FILE = re.compile(r"template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?")
_FIELD_KEYS = {
    "type",
    "format",
    "choices",
    "id",
    "label",
    "help_text",
    "multiline",
    "secret",
    "ask_at_runtime",
    "default",
}
_OF_STRINGS = ("choices", "multiline", "format", "secret")
_FORMATS = ("ssh_private_key", "url")
_ANSWERS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "textarea": (str,),
    "password": (str,),
    "multiplechoice": (str,),
    "multiselect": (str,),
    "integer": (int,),
    "float": (float, int),
}
_DTSTART = re.compile(r"(DTSTART(;[^:]+)?\:[0-9]+T[0-9]+Z?)")
_NAIVE = re.compile(r"DTSTART:[0-9]+T[0-9]+ ")
_RULE = re.compile(r"RULE\:[^\s]*")
_PROMPTS = {
    "limit": "ask_limit_on_launch",
    "inventory": "ask_inventory_on_launch",
    "job_type": "ask_job_type_on_launch",
    "job_tags": "ask_tags_on_launch",
    "skip_tags": "ask_skip_tags_on_launch",
    "verbosity": "ask_verbosity_on_launch",
    "diff_mode": "ask_diff_mode_on_launch",
    "forks": "ask_forks_on_launch",
    "job_slice_count": "ask_job_slice_count_on_launch",
    "timeout": "ask_timeout_on_launch",
    "scm_branch": "ask_scm_branch_on_launch",
    "credentials": "ask_credential_on_launch",
    "labels": "ask_labels_on_launch",
    "instance_groups": "ask_instance_groups_on_launch",
    "execution_environment": "ask_execution_environment_on_launch",
}


def name_problems(name: Any) -> Iterator[str]:
    """Yield what is wrong with the name of an object."""
    if not isinstance(name, str) or not name.strip():
        yield "has no name"
    elif len(name) > LONGEST_NAME:
        yield f"has a name of more than {LONGEST_NAME} characters"
    elif "++" in name:
        yield "has ++ in its name, which awx.awx reads as a named URL"
    elif name.strip().isdigit():
        yield "has a number as its name, which awx.awx reads as an ID"


# Credential types


def type_problems(kind: Any, inputs: Mapping[str, Any], injectors: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a credential type."""
    if kind not in ("cloud", "net"):
        yield "kind must be cloud or net"
    fields = inputs.get("fields", [])
    yield from _unknown("inputs", inputs, {"fields", "required"})
    for field in fields:
        yield from _field_problems(field)
    names = Counter(str(field.get("id")) for field in fields)
    yield from (f"inputs has the field {name} twice" for name, count in names.items() if count > 1)
    yield from (f"inputs requires the unknown field {name}" for name in inputs.get("required", []) if name not in names)
    yield from _injector_problems(injectors, names)


def _field_problems(field: Mapping[str, Any]) -> Iterator[str]:
    where = f"the field {field.get('id')}"
    yield from _unknown(where, field, _FIELD_KEYS)
    yield from (f"{where} has no {key}" for key in ("id", "label") if not isinstance(field.get(key), str))
    if not _NAME.fullmatch(str(field.get("id", ""))):
        yield f"{where} is not a valid variable name"
    if field.get("id") == "tower":
        yield "the field tower is reserved"
    # AWX adds a missing type, and then every run reports a change.
    if field.get("type") not in ("string", "boolean"):
        yield f"{where} must have the type string or boolean"
    elif field["type"] == "boolean":
        yield from (f"{where} is boolean and has {key}" for key in _OF_STRINGS if key in field)
    if "format" in field and field["format"] not in _FORMATS:
        yield f"{where} has an unknown format"
    if "default" in field and not isinstance(
        field["default"], {"string": str, "boolean": bool}.get(field.get("type", ""), ())
    ):
        yield f"{where} has a default of another type"
    if "choices" in field and not (field["choices"] and all(isinstance(one, str) for one in field["choices"])):
        yield f"{where} has choices that are not strings"


def _injector_problems(injectors: Mapping[str, Any], fields: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown("injectors", injectors, {"file", "env", "extra_vars"})
    files = injectors.get("file", {})
    yield from (f"the file {name} must be template or template.NAME" for name in files if not _FILE.fullmatch(name))
    if "template" in files and len(files) > 1:
        yield "several files must all be named template.NAME"
    for name, value in injectors.get("env", {}).items():
        if not _NAME.fullmatch(name):
            yield f"{name} is not a valid name of an environment variable"
        if name.startswith("ANSIBLE_") or name in ENV_BLOCKLIST:
            yield f"AWX does not allow the environment variable {name}"
        if isinstance(value, str) and not value.isascii():
            yield f"the environment variable {name} is not ASCII"
    if injectors.get("extra_vars"):
        yield "extra_vars are parsed as YAML again, and jobs show them: use env or file"
    namespace: dict[str, Any] = {**dict.fromkeys(fields, "EXAMPLE"), "tower": _tower(files)}
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for kind in ("file", "env"):
        for name, value in injectors.get(kind, {}).items():
            if not isinstance(value, str):
                yield f"{kind} {name} must be a string"
                continue
            try:
                environment.from_string(value).render(namespace)
            except TemplateError as error:
                yield f"{kind} {name}: {error}"


class _Files:
    """The variable tower.filename of a credential with several files, which has their names but no value of its own."""

    def __init__(self, names: Iterable[str]) -> None:
        vars(self).update(dict.fromkeys(names, "EXAMPLE_FILENAME"))

    def __str__(self) -> str:
        raise UndefinedError("tower.filename needs a file called template")


def _tower(files: Mapping[str, Any]) -> dict[str, Any]:
    return {"filename": "EXAMPLE_FILENAME" if "template" in files else _Files(name.partition(".")[2] for name in files)}


# Surveys


def survey_problems(spec: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a survey. An empty one is valid."""
    if not spec:
        return
    for key, kind in (("name", str), ("description", str), ("spec", list)):
        if not isinstance(spec.get(key), kind):
            yield f"survey_spec has no {key}"
            return
    if not spec["spec"]:
        yield "survey_spec has no question"
    variables = Counter(str(question.get("variable")) for question in spec["spec"])
    yield from (f"the survey asks for {name} twice" for name, count in variables.items() if count > 1)
    for question in spec["spec"]:
        yield from (f"the question {question.get('variable')} {words}" for words in _question_problems(question))


def _question_problems(question: Mapping[str, Any]) -> Iterator[str]:
    for key, kind in (("variable", str), ("question_name", str), ("type", str), ("required", bool)):
        if not isinstance(question.get(key), kind) or question[key] == "":
            yield f"has no {key}"
            return
    if not question["variable"].isidentifier():
        yield "has an invalid variable name"
    kind = question["type"]
    if kind not in _ANSWERS:
        yield f"has the type {kind}, not one of {', '.join(_ANSWERS)}"
        return
    default = question.get("default", "")
    if default != "" and (not isinstance(default, _ANSWERS[kind]) or isinstance(default, bool)):
        yield f"has a default that is not of the type {kind}"
    elif kind == "password" and default:
        yield "has a password as its default, which every run would change"
    yield from (
        f"has a {key} that is not an integer"
        for key in ("min", "max")
        if question.get(key) is not None and (isinstance(question[key], bool) or not isinstance(question[key], int))
    )
    if kind in ("multiplechoice", "multiselect"):
        choices = question.get("choices")
        choices = choices.splitlines() if isinstance(choices, str) else choices
        chosen = default.splitlines() if isinstance(default, str) else []
        if not choices:
            yield "has no choices"
        elif any(one not in choices for one in chosen) or (kind == "multiplechoice" and len(chosen) > 1):
            yield "has a default that is not one of its choices"


# Launches: schedules and the nodes of workflows


def launch_problems(
    launch: Mapping[str, Any], template: Mapping[str, Any] | None, answered: Collection[str] | None = None
) -> Iterator[str]:
    """Yield the arguments of a schedule or a node that its template refuses, and required ones that are missing.

    ``template``: the arguments of the job template, None if the object is not one, such as a project. ``answered``:
    the variables that a node's workflow asks for; None for a schedule, which must answer even questions with a default.
    """
    extra = launch.get("extra_data") or {}
    if template is None:
        yield from (f"passes {name}, which only job templates take" for name in ["extra_data"] if extra)
        return
    questions = {question["variable"]: question for question in (template.get("survey_spec") or {}).get("spec", [])}
    if not template.get("ask_variables_on_launch"):
        yield from (f"passes {name}, which its template does not ask for" for name in extra if name not in questions)
    for name, question in questions.items():
        if name in extra:
            yield from _answer_problems(question, extra[name])
        elif question["required"] and (answered is None or (question.get("default") is None and name not in answered)):
            yield f"does not answer {name}, which its template requires"
    for name, prompt in _PROMPTS.items():
        if launch.get(name) is not None and not template.get(prompt):
            yield f"passes {name}: its template needs {prompt}"


def _answer_problems(question: Mapping[str, Any], answer: Any) -> Iterator[str]:
    name, kind = question["variable"], question["type"]
    answers = answer if kind == "multiselect" and isinstance(answer, list) else [answer]
    if not all(isinstance(one, _ANSWERS[kind]) and not isinstance(one, bool) for one in answers):
        yield f"answers {name} with a value that is not of the type {kind}"
    elif "choices" in question and any(one not in question["choices"] for one in answers):
        yield f"answers {name} with a value that is not one of its choices"
    elif kind in ("integer", "float") and not question.get("min", answer) <= answer <= question.get("max", answer):
        yield f"answers {name} with a number out of range"


def rrule_problems(rrule: Any) -> Iterator[str]:
    """Yield what is wrong with the rule of a schedule."""
    if not isinstance(rrule, str) or not rrule.strip():
        yield "has no rrule"
        return
    starts, rules = _DTSTART.findall(rrule), _RULE.findall(rrule)
    if len(starts) != 1:
        yield "rrule must have one DTSTART, such as DTSTART:20260101T030000Z"
    elif _NAIVE.search(rrule):
        yield "rrule has a DTSTART without a time zone: add ;TZID=… or append Z"
    if not rules:
        yield "rrule has no RRULE:"
    if re.search("exdate:|rdate:", rrule, re.IGNORECASE):
        yield "rrule must not have EXDATE or RDATE"
    for rule in rules:
        if "interval" not in rule.lower():
            yield "rrule has no INTERVAL"
        if "secondly" in rule.lower():
            yield "rrule must not use SECONDLY"
        if re.search(r"BYDAY[:=][0-9]+[a-zA-Z]{2}", rule):
            yield "rrule has a BYDAY with a number"
        if "COUNT" in rule and "UNTIL" in rule:
            yield "rrule has both COUNT and UNTIL"
        count = re.search(r"COUNT=([0-9]+)", rule)
        if count and int(count[1]) > MOST_COUNT:
            yield f"rrule has a COUNT above {MOST_COUNT}"


def repeated_types(names: Sequence[str], types: Mapping[str, str]) -> Iterator[str]:
    """Yield each type that several credentials of a template have. ``types``: the type of each credential, by name."""
    counts = Counter(types[name] for name in names if name in types)
    yield from (
        f"has {count} credentials of the type {kind}: AWX accepts one" for kind, count in counts.items() if count > 1
    )


def _unknown(where: str, given: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    yield from (f"{where} has the unknown key {key}" for key in given if key not in known)
