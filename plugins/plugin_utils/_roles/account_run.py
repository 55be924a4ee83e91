# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Process the validated devices of one account, to the end or to a failure of the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.voip.rps.plugins.module_utils._module.options import connect
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem, Problems, RpsError, unforeseen
from ansible_collections.voip.rps.plugins.module_utils._pure.model import (
    FAILED,
    Device,
    Outcome,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Policy
from ansible_collections.voip.rps.plugins.module_utils._reconcile.progress import Progress
from ansible_collections.voip.rps.plugins.module_utils._reconcile.reconcile import (
    BeforeWriting,
    CheckPlan,
    Prune,
    Report,
    reconcile,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.report import unverified_warning
from ansible_collections.voip.rps.plugins.module_utils._reconcile.swap import Swaps
from ansible_collections.voip.rps.plugins.module_utils._reconcile.waves import WITHHELD, Waves
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount
from ansible_collections.voip.rps.plugins.plugin_utils._roles.report import Result


class Job(NamedTuple):
    """The work for one account.

    ``servers``: the URLs of servers that may be added, by name. ``before_writing`` saves the backup. ``waves``: the
    waves, or None to change all devices at once. ``check_plan`` raises an error for a plan that exceeds a limit.
    ``show`` gets lines about the progress. ``swaps``: the devices that replace others.
    """

    account: RoleAccount
    service: Service
    devices: Sequence[Device]
    servers: Mapping[str, str]
    policy: Policy
    prune: Prune | None = None
    before_writing: BeforeWriting | None = None
    waves: Waves | None = None
    check_plan: CheckPlan | None = None
    show: Callable[[str], None] = lambda _words: None
    swaps: Swaps | None = None


def policy_of(values: Mapping[str, Any]) -> Policy:
    """Return the policy from the variables of a role."""
    return Policy(**{name: values[name] for name in Policy._fields if name in values})


def services_of(role: str, accounts: Sequence[RoleAccount], problems: Problems) -> dict[str, Service]:
    """Return the service of each account, by its name, and add unusable accounts to ``problems``. Send nothing."""
    services = {}
    for account in accounts:
        try:
            services[account.name] = connect(account.account, account.params)
        except RpsError as error:
            problems.append(Problem(error.code, f"{role}_accounts[{account.name}]", error.message))
    return services


def run_job(job: Job, *, check_mode: bool) -> Result:
    """Run a job, or predict its outcomes in check mode. Failures are part of the result. Raise nothing."""
    result = Result(job.account.name, job.account.provider)
    try:
        result = _carry_out(job, result, check_mode)
    except RpsError as error:
        result = _given_up(job, result, error)
    except Exception as error:
        # The report with what was written is lost.
        result = _given_up(job, result, unforeseen(error))
        result = result._replace(changed=job.service.client.writes > 0)
    warnings = [f"{job.account.name}: {words}" for words in job.service.warnings]
    return result._replace(requests=job.service.client.requests, warnings=[*result.warnings, *warnings])


def _carry_out(job: Job, result: Result, check_mode: bool) -> Result:
    predicted = _reconcile_prune(job, check_mode=True) if job.prune else None
    report = _reconcile_devices(job, check_mode)
    warning = unverified_warning(report)
    result = result._replace(
        outcomes=report.outcomes,
        servers=report.servers,
        failure=report.stopped,
        changed=report.uncertain,
        warnings=[f"{job.account.name}: {warning}"] if warning else [],
    )
    withheld = any(outcome.error is WITHHELD for outcome in report.outcomes)
    if predicted is None or result.has_failed or withheld:
        return result
    try:
        pruned = predicted if check_mode else _reconcile_prune(job, check_mode=False)
    except RpsError as error:
        return result._replace(failure=error)
    return result._replace(
        outcomes=[*result.outcomes, *pruned.outcomes],
        failure=pruned.stopped,
        changed=result.changed or pruned.uncertain,
    )


def _reconcile_devices(job: Job, check_mode: bool) -> Report:
    return reconcile(
        job.service,
        job.devices,
        job.policy,
        batch_size=job.account.params["batch_size"],
        add_servers=job.servers if job.service.can.named_servers else None,
        check_mode=check_mode,
        before_writing=job.before_writing,
        waves=job.waves,
        check_plan=job.check_plan,
        progress=Progress(job.account.name, job.show),
        swaps=job.swaps,
    )


def _reconcile_prune(job: Job, *, check_mode: bool) -> Report:
    """Release the phones that no row names. Raise RpsError before any change if there are more than the limit."""
    return reconcile(
        job.service,
        [],
        job.policy,
        batch_size=job.account.params["batch_size"],
        prune=job.prune,
        check_mode=check_mode,
        before_writing=job.before_writing,
    )


def _given_up(job: Job, result: Result, error: RpsError) -> Result:
    outcomes = [Outcome(device.mac, FAILED, None, device.target, error=error) for device in job.devices]
    return result._replace(outcomes=job.swaps.marked(outcomes) if job.swaps else outcomes, failure=error)
