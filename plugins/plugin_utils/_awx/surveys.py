# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the job templates ask, in words.

A survey has no questions of yes and no, and hands over what is left empty as null, which the roles take for not given.
MAC addresses are asked for as a text of several lines, in which a job reads no number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Question = dict[str, Any]

LONGEST = 1024
LONGEST_LIST = 32768
STATES = ("missing", "drifted", "extra", "elsewhere", "unverifiable")

_DASHED = "A line for each MAC address, written with dashes: 00-15-65-00-00-01"


class World(NamedTuple):
    """What the questions depend on.

    C(src): the phone list in the project; C(hosts): the hosts of the inventory are the phones; C(has_state): a folder
    is mounted into jobs, so that nobody has to be asked where a backup goes; C(variables): of all jobs.
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
    """Return a question of a survey. C(more): words below it; C(most): the longest text, or the largest number."""
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
    """Return a question that is answered with no unless somebody chooses yes."""
    return question(variable, words, more, kind="multiplechoice", choices=("no", "yes"), default="no")


def with_defaults(spec: Sequence[Question], variables: Mapping[str, Any]) -> list[Question]:
    """Return questions whose defaults are what the variables of all jobs say.

    An answer that is left empty hides a variable all the same, as it is an extra variable.
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
    """Return a survey as AWX has it, empty where nothing is asked."""
    return {"name": "", "description": "", "spec": list(spec)} if spec else {}


def _number(variable: str, words: str, more: str = "", default: int | None = None, most: int = 1_000_000) -> Question:
    return question(variable, words, more, kind="integer", default=default, most=most)


def _phones(role: str, world: World, *, src: str | None = None) -> list[Question]:
    """Return how the phones are given. C(src): the list that is meant unless another is named."""
    if world.hosts:
        return []
    return [
        question(
            f"{role}_src",
            "Which phone list of the project?",
            "A path, as phones.csv. Empty it to name phones below.",
            default=src or None,
        ),
        question(f"{role}_phones", "Or only which phones?", _DASHED, kind="textarea", most=LONGEST_LIST),
    ]


def _targets(role: str) -> list[Question]:
    where = "for the phones for which the list names neither a server nor a URL"
    return [
        question(f"{role}_server", f"Which server, {where}?", "The name of a server of the project's variables."),
        question(f"{role}_url", f"Or which URL, {where}?"),
    ]


def _waves(role: str) -> list[Question]:
    return [
        question(
            f"{role}_canary",
            "How many phones first, before all others?",
            "A number, a percentage such as 5%, or group:NAME. If one of them fails, the others are held back.",
        ),
        yes_no(f"{role}_canary_only", "Change only these first phones?"),
        question(f"{role}_wave", "How many phones at a time after that?", "A number or a percentage such as 5%."),
        question(f"{role}_stop_at", "Stop when which share of the phones failed?", "A percentage such as 5%."),
    ]


def _how(role: str) -> list[Question]:
    return [
        yes_no(f"{role}_override", "Take over phones that another account holds, where the vendor allows it?"),
        yes_no(f"{role}_force", "Register again the phones of which the service cannot tell where they point?"),
    ]


def backup(role: str, world: World) -> list[Question]:
    """Return the question where a role writes its backup, none where there is a folder for it."""
    if world.has_state:
        return []
    return [
        question(
            f"{role}_backup",
            "Where is the backup written?",
            "A path in a folder that is mounted into jobs, as nothing else of a job is kept. Or false for none.",
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
            "It is registered, moved and removed, and ends as it was. Its MAC address with dashes: 00-15-65-00-00-01. "
            "Empty: nothing is written.",
        ),
        yes_no("preflight_own_url", "May that phone get a URL of its own?", "Needed where there are no named servers."),
    ]


def migrate(world: World) -> list[Question]:
    return [
        question("migrate_from_account", "From which account?", "Give one pair of accounts, servers or URLs."),
        question("migrate_to_account", "To which account?"),
        question("migrate_from_server", "From which server?"),
        question("migrate_to_server", "To which server?"),
        question("migrate_from_url", "From which URL?", "A regular expression of Python that matches the whole URL."),
        question("migrate_to_url", "To which URL?"),
        *_phones("migrate", world),
        question("migrate_server", "Between accounts: which server do phones get there, if the list names none?"),
        yes_no("migrate_force", "Also move phones of which the service cannot tell where they point?"),
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
        question("migrate_resume", "Or go on with which work list, after an interruption?", "Its path, and no other."),
        *backup("migrate", world),
    ]


def decommission(world: World) -> list[Question]:
    return [
        *_phones("decommission", world),
        question("decommission_server", "Or all phones of which server?"),
        _number("decommission_limit", "How many phones may be released at most?", default=10),
        *backup("decommission", world),
    ]


def restore(world: World) -> list[Question]:
    return [
        question("restore_from", "From which backup?", "The path of the file.", required=True),
        *_phones("restore", world),
        yes_no("restore_release", "Release the phones that were not registered to their account before?"),
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
            "Read only the phones whose last reading is how many hours old?",
            "Needs a history. Empty: every phone is read.",
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
        question("yeastar_server", "How is the server called at the redirection services?"),
        question("yeastar_template_name", "Which template, for phones that name none?"),
        yes_no("yeastar_rps_auth", "Must new phones authenticate when they are first provisioned?"),
        yes_no("yeastar_recreate", "Remove and add again phones of a different vendor, model or template?"),
    ]


def none(_world: World) -> list[Question]:
    return []
