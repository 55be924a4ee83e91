# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The surveys of the job templates.

AWX has no boolean questions, and passes empty answers as null, which the roles read as not given. MAC addresses are
asked for with dashes, because a job would read 001565123456 as a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Question = dict[str, Any]

LONGEST = 1024
LONGEST_LIST = 32768
STATES = ("missing", "drifted", "extra", "elsewhere", "unverifiable")

_DASHED = "One MAC address a line, written with dashes: 00-15-65-00-00-01"


class World(NamedTuple):
    """The settings that the questions depend on.

    ``src``: the phone list in the project; ``hosts``: the hosts of the inventory are the phones; ``has_state``: a
    folder is mounted into jobs, so the surveys do not ask for paths; ``variables``: those of all jobs.
    """

    src: str
    hosts: bool
    has_state: bool
    variables: Mapping[str, Any]


def question(
    variable: str,
    words: str,
    more: str = "",
    *,
    kind: str = "text",
    required: bool = False,
    choices: Sequence[str] = (),
    default: Any = None,
    most: int | None = None,
) -> Question:
    """Return a question of a survey. ``more``: its description; ``most``: the longest text, or the largest number."""
    asked: Question = {
        "question_name": words,
        "question_description": more,
        "variable": variable,
        "type": kind,
        "required": required,
    }
    if choices:
        asked["choices"] = list(choices)
    else:
        asked["min"] = 0
        asked["max"] = LONGEST if most is None else most
    if default is not None:
        asked["default"] = default
    return asked


def yes_no(variable: str, words: str, more: str = "") -> Question:
    """Return a question with the choices no and yes, and the default no."""
    return question(variable, words, more, kind="multiplechoice", choices=("no", "yes"), default="no")


def with_defaults(spec: Sequence[Question], variables: Mapping[str, Any]) -> list[Question]:
    """Return questions with the variables of all jobs as defaults.

    Without this, an empty answer would override the variable, because answers are extra variables.
    """
    return [_with_default(one, variables.get(one["variable"])) for one in spec]


def _with_default(asked: Question, value: Any) -> Question:
    default: Any = None
    kind = asked["type"]
    if kind in ("text", "textarea") and isinstance(value, (str, int, float)) and not isinstance(value, bool):
        default = str(value)
    elif kind in ("integer", "float") and isinstance(value, int) and not isinstance(value, bool):
        default = value
    elif kind == "multiplechoice" and isinstance(value, bool):
        default = "yes" if value else "no"
    return asked if default is None else {**asked, "default": default}


def spec_of(spec: Sequence[Question]) -> dict[str, Any]:
    """Return a survey in AWX's format, or an empty dict if there are no questions."""
    return {"name": "", "description": "", "spec": list(spec)} if spec else {}


def _number(variable: str, words: str, more: str = "", default: int | None = None, most: int = 1_000_000) -> Question:
    return question(variable, words, more, kind="integer", default=default, most=most)


def _phones(role: str, world: World, *, src: str | None = None) -> list[Question]:
    """Return the questions about the phones. ``src``: the default phone list."""
    if world.hosts:
        return []
    return [
        question(
            f"{role}_src",
            "Which phone list of the project?",
            "A path, such as phones.csv. Clear it to name phones below.",
            default=src or None,
        ),
        question(f"{role}_phones", "Or which phones only?", _DASHED, kind="textarea", most=LONGEST_LIST),
    ]


def _targets(role: str) -> list[Question]:
    where = "for phones without a server or URL in the list"
    return [
        question(f"{role}_server", f"Which server, {where}?", "The name of a server of the project's variables."),
        question(f"{role}_url", f"Or which URL, {where}?"),
    ]


def _waves(role: str) -> list[Question]:
    return [
        question(
            f"{role}_canary",
            "How many phones are changed before all others?",
            "A number, a percentage such as 5%, or group:NAME. If one of them fails, the others are not changed.",
        ),
        yes_no(f"{role}_canary_only", "Change only these first phones?"),
        question(f"{role}_wave", "How many phones at a time after that?", "A number or a percentage such as 5%."),
        question(f"{role}_stop_at", "At which share of failed phones does the job stop?", "A percentage such as 5%."),
    ]


def _how(role: str) -> list[Question]:
    return [
        yes_no(f"{role}_override", "Take over phones of other accounts, if the vendor allows it?"),
        yes_no(f"{role}_force", "Re-register phones whose redirect target cannot be verified?"),
    ]


def backup(role: str, world: World) -> list[Question]:
    """Return the question for the path of the backup, or an empty list if a folder is mounted."""
    if world.has_state:
        return []
    return [
        question(
            f"{role}_backup",
            "Where is the backup written?",
            "A path in a folder that is mounted into jobs: other files end with the job. Or false, for no backup.",
            required=True,
        )
    ]


def rollout(world: World) -> list[Question]:
    return [
        *_phones("rollout", world, src=world.src),
        *_targets("rollout"),
        *_waves("rollout"),
        *_how("rollout"),
        *backup("rollout", world),
    ]


def preflight(world: World) -> list[Question]:
    return [
        *_phones("preflight", world._replace(hosts=False), src=world.src),
        *_targets("preflight"),
        question(
            "preflight_phone",
            "Which phone to try?",
            "It is registered, moved and removed, and then restored. Its MAC address with dashes: 00-15-65-00-00-01. "
            "If empty, nothing is written.",
        ),
        yes_no("preflight_own_url", "May that phone get its own URL?", "Required if the service has no named servers."),
    ]


def migrate(world: World) -> list[Question]:
    return [
        question("migrate_from_account", "From which account?", "Give one pair of accounts, servers or URLs."),
        question("migrate_to_account", "To which account?"),
        question("migrate_from_server", "From which server?"),
        question("migrate_to_server", "To which server?"),
        question("migrate_from_url", "From which URL?", "A Python regular expression that matches the whole URL."),
        question("migrate_to_url", "To which URL?"),
        *_phones("migrate", world),
        question("migrate_server", "Between accounts: which server, for phones without one in the list?"),
        yes_no("migrate_force", "Also move phones whose redirect target cannot be verified?"),
        *(
            []
            if world.has_state
            else [
                question(
                    "migrate_worklist",
                    "Between accounts: where is the work list written?",
                    "A path in a folder that is mounted into jobs.",
                )
            ]
        ),
        question("migrate_resume", "Or which work list to continue, after an interruption?", "The path of its file."),
        *backup("migrate", world),
    ]


def decommission(world: World) -> list[Question]:
    return [
        *_phones("decommission", world),
        question("decommission_server", "Or which server, to release all of its phones?"),
        _number("decommission_limit", "How many phones may be released at most?", default=10),
        *backup("decommission", world),
    ]


def restore(world: World) -> list[Question]:
    return [
        question("restore_from", "From which backup?", "The path of the file.", required=True),
        *_phones("restore", world),
        yes_no("restore_release", "Release phones that the backup shows as not registered?"),
        _number("restore_limit", "How many phones of an account may be released at most?", default=10),
        *_waves("restore"),
        *_how("restore"),
        *backup("restore", world),
    ]


def audit(world: World) -> list[Question]:
    files = [
        question("audit_history", "Where is the history kept?", "A path in a folder that is mounted into jobs."),
        question("audit_html", "Where is the page written?"),
        question("audit_csv", "Where is the list of all phones written, as CSV?"),
        question("audit_metrics", "Where are the metrics written, for Prometheus?"),
    ]
    return [
        *_phones("audit", world._replace(hosts=False), src=world.src),
        *_targets("audit"),
        question(
            "audit_max_age",
            "After how many hours is a phone read again?",
            "Requires a history. If empty, every phone is read.",
            kind="float",
            most=100_000,
        ),
        _number("audit_reads", "How many phones of an account may be read at most?"),
        question(
            "audit_fail_on",
            "Fail if phones are in which state?",
            kind="multiselect",
            choices=STATES,
        ),
        *([] if world.has_state else files),
    ]


def find(_world: World) -> list[Question]:
    return [
        question("find_mac", "Which phones?", _DASHED, kind="textarea", required=True, most=LONGEST_LIST),
        yes_no("find_all", "Ask the accounts of other vendors, too?"),
    ]


def yeastar(world: World) -> list[Question]:
    return [
        *_phones("yeastar", world._replace(hosts=False), src=world.src)[:1],
        question("yeastar_server", "Which server name do the redirection services have for the PBX?"),
        question("yeastar_template_name", "Which template, for phones without one in the list?"),
        yes_no("yeastar_rps_auth", "Must new phones authenticate when they are first provisioned?"),
        yes_no("yeastar_recreate", "Remove phones with a different vendor, model or template, and add them again?"),
    ]


def none(_world: World) -> list[Question]:
    return []
