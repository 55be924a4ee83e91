#!/usr/bin/python

# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rps_device
short_description: Make phones redirect where you say
version_added: 0.1.0
author:
  - voip.rps contributors (@voip-rps)
description:
  - Tells a vendor's redirection service, for each phone by its MAC address, where it fetches its configuration; and
    touches only the phones for which that differs.
  - If some devices fail, the rest is still carried out, and the task fails with a true RV(ignore:changed) and every
    device's outcome.
extends_documentation_fragment:
  - voip.rps.attributes
  - voip.rps.attributes.actiongroup_rps
  - voip.rps.rps
attributes:
  check_mode:
    support: full
    details:
      - Only reading calls are sent. Check mode looks up each device that the account does not list, because otherwise
        only a refused write would show that it belongs to another account. O(check_foreign) turns this off.
      - Other refusals, and a server's URL that only binding shows, cannot be foreseen.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  mac:
    description:
      - The MAC address of one device, 12 hex digits in either case, bare, in pairs split by C(-), C(:) or space, or
        in three groups split by C(.). Quote it in YAML.
      - Exactly one of O(mac), O(devices) and O(src) is required.
    type: str
  devices:
    description:
      - Several devices.
    type: list
    elements: dict
    suboptions:
      mac:
        description:
          - The device's MAC address.
        type: str
        required: true
      server:
        description:
          - Like O(server), for this device.
        type: str
      url:
        description:
          - Like O(url), for this device.
        type: str
      provider:
        description:
          - If this is not O(provider), the device is left to another task.
        type: str
      account:
        description:
          - If this is not O(account), and that is set, the device is left to another task.
        type: str
  src:
    description:
      - A phone list, read where the module runs. A CSV file with a header, and the columns C(mac), C(server), C(url),
        C(provider) and C(account), of which only the first is required; others are ignored.
      - Comma, semicolon and tab separate; a byte order mark and CRLF are fine.
      - A row whose C(provider) is not O(provider), or whose C(account) is not O(account), is left to another task.
      - The fastest way for thousands of phones, as Ansible then has no list to template and to check.
    type: path
  account:
    description:
      - What this account is called in O(src) or O(devices), where they name accounts.
    type: str
  by_prefix:
    description:
      - Leave a device of which O(src) or O(devices) does not say the provider to another task, if its MAC address
        begins as those of another O(provider)'s vendor do. For one list of several vendors' phones.
    type: bool
    default: false
  server:
    description:
      - The named server for the devices that name neither a server nor a URL.
    type: str
  url:
    description:
      - The URL for the devices that name neither a server nor a URL. The device then has a URL of its own.
    type: str
  servers:
    description:
      - The URL of named servers, name to URL. Registered devices are compared with it.
      - After the first call that binds devices to a named server, one of them is read. If the server has another URL at
        the service, these devices fail, and the other devices for this server are not sent (C(not_sent)).
      - Without it, the URL is learnt from a device that was not registered before, or else by binding one registered
        device again. A registered device is V(unverified) if this shows nothing.
      - A service cannot change a named server's URL. To move a server, add one of another name.
      - On a service without named servers, this is where a server's URL is taken from.
    type: dict
  state:
    description:
      - V(present) binds the devices. V(absent) releases those that the account holds.
    type: str
    choices:
      - present
      - absent
    default: present
  override:
    description:
      - Take over devices that another account holds, where the vendor allows it at all. To move a device of the own
        account needs no override.
    type: bool
    default: false
  force:
    description:
      - Re-register devices whose redirect target cannot be verified. They are reported as V(moved).
    type: bool
    default: false
  force_limit:
    description:
      - The most devices that O(force) may have to release before they are registered again, on a service that cannot
        re-register a device in place. With more, the task fails before anything is written.
    type: int
    default: 10
  check_target:
    description:
      - Whether to read where each registered device points, one request each. If V(false), registration alone is
        trusted, and the action is V(none).
    type: bool
    default: true
  check_foreign:
    description:
      - Whether check mode looks up each device that the account does not list, one request each, because otherwise only
        a refused write would show that it belongs to another account.
    type: bool
    default: true
  prune:
    description:
      - Release every device of the account that the list does not name. Refused with an empty list.
    type: bool
    default: false
  prune_limit:
    description:
      - If O(prune) would release more devices than this, nothing is done at all.
    type: int
    default: 10
  return_devices:
    description:
      - Which devices to return in RV(devices). All of them is much to return for tens of thousands.
    type: str
    choices:
      - all
      - changed
      - failed
      - none
    default: all
  dest:
    description:
      - A file to write every device's outcome to, as CSV with the columns C(mac), C(action), C(status), C(server),
        C(url), C(code) and C(message). It is not written in check mode.
    type: path
seealso:
  - module: voip.rps.rps_server
  - module: voip.rps.rps_device_info
"""

EXAMPLES = r"""
- name: Point one phone to a named server
  voip.rps.rps_device:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    mac: "00:15:65:00:00:01"
    server: acme-berlin

- name: Point a few phones, and move those that point elsewhere
  voip.rps.rps_device:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/
    server: acme-berlin
    devices:
      - mac: "001565000001"
      - mac: 00-15-65-00-00-02
      - mac: 0015.6500.0003
        url: https://lab.acme.example/0003/

- name: A whole fleet from a phone list, with every outcome in a file
  voip.rps.rps_device:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/
      acme-paris: https://paris.acme.example/provisioning/
    server: acme-berlin
    src: phones.csv
    dest: outcomes.csv
    return_devices: failed

- name: Let go of phones that were sold
  voip.rps.rps_device:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    devices:
      - mac: "001565000001"
      - mac: "001565000002"
    state: absent
"""

RETURN = r"""
devices:
  description:
    - What became of each device, in the order asked, then of those that O(prune) removed.
    - In check mode, what would become of them.
  returned: unless the whole task failed
  type: list
  elements: dict
  contains:
    mac:
      description: The device's MAC address, 12 lower-case hex digits.
      type: str
      returned: always
      sample: "001565000001"
    action:
      description:
        - V(registered), V(moved), V(removed), V(none), V(unverified) or V(failed).
        - V(unverified) is a registered device for which nothing shows where it points, because the service cannot tell,
          or because the server's URL is not known.
      type: str
      returned: always
      sample: registered
    status:
      description:
        - The device's status before, V(registered) by the account, V(unregistered), V(registered_elsewhere) by another
          account, or V(unknown).
        - Where the account was listed instead of every device checked, a device that it does not hold is V(unknown),
          unless the service refused it as another account's.
      type: str
      returned: always
      sample: unknown
    server:
      description: The named server that was asked for.
      type: str
      returned: always
      sample: acme-berlin
    url:
      description: The URL that was asked for, if known. A user and password in it are replaced by C(***).
      type: str
      returned: always
      sample: https://berlin.acme.example/provisioning/
    own_url:
      description:
        - The device kept a URL of its own when it was bound to the named server, and was given the server's URL as its
          own.
      type: bool
      returned: where it is true
      sample: true
    error:
      description: Why it failed, C(code) being one of the collection's error codes and C(message) the service's words.
      type: dict
      returned: where it failed
      sample:
        code: owned_by_other_user
        message: "Error: 001565000001 Please check the MAC address you entered"
summary:
  description: How many devices had each action.
  returned: unless the whole task failed
  type: dict
  sample:
    registered: 57
    moved: 0
    removed: 0
    none: 0
    unverified: 0
    failed: 3
requests:
  description: How many HTTP requests were sent.
  returned: always
  type: int
  sample: 4
diff:
  description: Status and URL before, server and URL after, of the devices that differ, by MAC address.
  returned: in diff mode, unless the whole task failed
  type: dict
  sample:
    before:
      "001565000001":
        status: unknown
    after:
      "001565000001":
        server: acme-berlin
        url: https://berlin.acme.example/provisioning/
failure:
  description: Why the whole task failed or was given up, C(code) being one of the collection's error codes.
  returned: when the whole task failed or was given up
  type: dict
  sample:
    code: auth_failed
    message: the service does not take this username and password (HTTP 401)
"""

from ansible_collections.voip.rps.plugins.module_utils._module.task import RPS_OPTIONS, RpsModule, RpsTask
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import desired_devices, prune_problems
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Policy
from ansible_collections.voip.rps.plugins.module_utils._reconcile.reconcile import Prune, reconcile
from ansible_collections.voip.rps.plugins.module_utils._reconcile.report import (
    dest_problems,
    task_result,
    unverified_warning,
    write_outcomes,
)


def main() -> None:
    module = RpsModule(
        argument_spec=dict(
            RPS_OPTIONS,
            mac={"type": "str"},
            devices={
                "type": "list",
                "elements": "dict",
                "options": {
                    "mac": {"type": "str", "required": True},
                    "server": {"type": "str"},
                    "url": {"type": "str"},
                    "provider": {"type": "str"},
                    "account": {"type": "str"},
                },
            },
            src={"type": "path"},
            account={"type": "str"},
            by_prefix={"type": "bool", "default": False},
            server={"type": "str"},
            url={"type": "str"},
            servers={"type": "dict"},
            state={"type": "str", "choices": ["present", "absent"], "default": "present"},
            override={"type": "bool", "default": False},
            force={"type": "bool", "default": False},
            force_limit={"type": "int", "default": 10},
            check_target={"type": "bool", "default": True},
            check_foreign={"type": "bool", "default": True},
            prune={"type": "bool", "default": False},
            prune_limit={"type": "int", "default": 10},
            return_devices={"type": "str", "choices": ["all", "changed", "failed", "none"], "default": "all"},
            dest={"type": "path"},
        ),
        required_one_of=[("mac", "devices", "src")],
        mutually_exclusive=[("mac", "devices", "src")],
        supports_check_mode=True,
    )
    params = module.params
    with RpsTask(module) as task:
        desired = desired_devices(params, task.kind, task.problems)
        task.problems += prune_problems(params, desired, task.kind) + dest_problems(params["dest"])
        report = reconcile(
            task.connect(),
            desired.devices,
            Policy(
                params["check_target"],
                params["override"],
                params["force"],
                params["force_limit"],
                params["check_foreign"],
            ),
            batch_size=params["batch_size"],
            prune=Prune(desired.named, params["prune_limit"]) if params["prune"] else None,
            check_mode=module.check_mode,
        )
        warning = unverified_warning(report)
        if warning:
            module.warn(warning)
        if params["dest"] and not module.check_mode:
            try:
                write_outcomes(params["dest"], report.outcomes, module.no_log_values)
            except OSError as error:
                module.warn(f"dest could not be written: {error}")
        task.leave(task_result(report, params["return_devices"], diff=module._diff))


if __name__ == "__main__":
    main()
