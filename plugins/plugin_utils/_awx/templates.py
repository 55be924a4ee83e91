# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job templates: one for each playbook that works as a job, some with a twin that runs it in check mode.

There is none for the playbook simulator, because the simulator would end with the container of the job, and none for
drift, which only its rulebook can run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.plugin_utils._awx import surveys
from ansible_collections.voip.rps.plugins.plugin_utils._awx.surveys import Question, World
from ansible_collections.voip.rps.plugins.plugin_utils._awx.types import YEASTAR

PROVIDERS = "providers"
CONTROLLER = "controller"
TWIN = "_check"
"""The suffix of the key of a template's twin."""


class Playbook(NamedTuple):
    """The properties of a playbook's job template.

    ``words``: the description; ``survey``: returns its questions; ``credentials``: the kinds that it needs; ``twin``: a
    second template runs it in check mode; ``takes_hosts``: the hosts of the inventory can be its phones; ``backs_up``:
    it writes a backup; ``files``: the other files that it writes into awx_state_dir, by variable.
    """

    words: str
    survey: Callable[[World], list[Question]]
    credentials: tuple[str, ...] = (PROVIDERS,)
    twin: bool = False
    takes_hosts: bool = False
    backs_up: bool = False
    files: tuple[tuple[str, str], ...] = ()


_JOB = "{{ awx_job_id }}"
"""Makes file names unique for each job, including the slices of one."""

PLAYBOOKS = {
    "rollout": Playbook(
        "Registers or moves phones to the targets of the phone list",
        surveys.rollout,
        twin=True,
        takes_hosts=True,
        backs_up=True,
        files=(("rollout_dest", f"rollout-{_JOB}.csv"),),
    ),
    "preflight": Playbook("Checks accounts, target URLs and the cost of a rollout", surveys.preflight),
    "audit": Playbook(
        "Compares what the accounts hold with the phone list",
        surveys.audit,
        files=(
            ("audit_history", "audit.sqlite"),
            ("audit_html", "audit.html"),
            ("audit_csv", "audit.csv"),
            ("audit_metrics", "audit.prom"),
        ),
    ),
    "find": Playbook("Shows which account has a phone, and where it points", surveys.find),
    "migrate": Playbook(
        "Moves phones to another account, server or URL",
        surveys.migrate,
        twin=True,
        takes_hosts=True,
        backs_up=True,
        files=(("migrate_dest", f"migrate-{_JOB}.csv"), ("migrate_worklist", f"rps-migrate-{_JOB}.json")),
    ),
    "decommission": Playbook(
        "Releases phones from their redirection services",
        surveys.decommission,
        twin=True,
        takes_hosts=True,
        backs_up=True,
        files=(("decommission_dest", f"decommission-{_JOB}.csv"),),
    ),
    "restore": Playbook(
        "Restores the targets of phones from a backup",
        surveys.restore,
        twin=True,
        takes_hosts=True,
        backs_up=True,
        files=(("restore_dest", f"restore-{_JOB}.csv"),),
    ),
    "yeastar": Playbook(
        "Adds phones to a Yeastar PBX, and registers the remaining phones with their vendors",
        surveys.yeastar,
        credentials=(PROVIDERS, YEASTAR),
        twin=True,
    ),
    "demo": Playbook(
        "Tries the roles with 1,000 phones and services that are simulated in the job", surveys.none, credentials=()
    ),
    "awx": Playbook("Updates these definitions in AWX", surveys.none, credentials=(CONTROLLER,), twin=True),
}


def template(key: str, world: World, state_dir: str | None, twin: bool) -> dict[str, Any]:
    """Return the arguments of awx.awx.job_template that come from the playbook alone."""
    playbook = PLAYBOOKS[key]
    spec = surveys.with_defaults(playbook.survey(world), world.variables)
    words = f"{playbook.words}. {'Changes nothing: shows what it would do' if twin else 'Playbook voip.rps.' + key}"
    asked: dict[str, Any] = {
        "description": words,
        "playbook": f"{key}.yml",
        "job_type": "check" if twin else "run",
        "extra_vars": _extra_vars(key, playbook, world, state_dir),
        # Each task handles all phones at once: more forks would only take capacity from other jobs.
        "forks": 1,
        "diff_mode": twin,
        "allow_simultaneous": False,
        "ask_verbosity_on_launch": True,
        "survey_enabled": bool(spec),
        "survey_spec": surveys.spec_of(spec),
    }
    if world.hosts and playbook.takes_hosts:
        asked["ask_limit_on_launch"] = True
    return asked


def _extra_vars(key: str, playbook: Playbook, world: World, state_dir: str | None) -> dict[str, Any]:
    variables: dict[str, Any] = {}
    if world.hosts and playbook.takes_hosts:
        variables[f"{key}_hosts"] = True
        # The project's variables may set a list for runs without AWX.
        variables[f"{key}_src"] = None
    if state_dir:
        if playbook.backs_up:
            variables[f"{key}_backup"] = f"{state_dir}/rps-backup-{key}-{_JOB}.json"
        variables.update({name: f"{state_dir}/{file}" for name, file in playbook.files})
    return variables
