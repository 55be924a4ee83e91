#!/usr/bin/python

# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rps_device
short_description: Manage phones at redirection (RPS) services
version_added: 0.1.0
author:
  - voip.rps contributors (@voip-rps)
description:
  - Registers phones with their vendor's redirection service, moves them to another redirect target, and releases them.
    Only phones whose state differs are changed.
  - Everything that is wrong with the options or the phone list is reported before anything is sent, and nothing is
    changed then.
  - If some devices fail, the others are still carried out. The task then fails, and reports RV(ignore:changed) and the
    outcome of every device correctly.
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
      - The MAC address of one device. 12 hex digits in either case, bare, in six pairs or three groups split by C(-),
        C(:), C(.) or space, or in two halves split by C(-).
      - Quote it in YAML, which reads a MAC address of digits only as a number.
      - Exactly one of O(mac), O(macs), O(devices) and O(src) is required.
    type: str
  macs:
    description:
      - The MAC addresses of several devices.
    type: list
    elements: str
  devices:
    description:
      - Several devices, each a dictionary with the columns of a phone list.
      - Other keys are ignored, so rows of M(community.general.read_csv) or of an inventory system can be used as they
        are.
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
          - The provider of the device. If it is not O(provider), the row belongs to another task and is skipped.
        type: str
      account:
        description:
          - The account of the device, as O(account) names it. If it is another one, the row is skipped.
        type: str
      mac_id:
        description:
          - The MAC-ID of a Gigaset phone, which its label has as C(7C2F80ABCDEF-AB12). Some accounts of V(gigaset) need
            it.
        type: str
      replaces:
        description:
          - The MAC address of the phone that this one replaces (RMA). The new phone is registered and read back, and
            then the old one is released.
          - If the row names neither a server nor a URL, the new phone gets the target of the old one, not O(server) or
            O(url). Where the service does not tell where a phone points, they are used as usual.
          - The old phone must have no row of its own. The guide on phone lists has all rules.
        type: str
  src:
    description:
      - The path of a phone list, read where the module runs. A relative path is relative to the module's working
        directory.
      - A CSV file with a header and the columns C(mac), C(server), C(url), C(provider), C(account) and
        C(replaces). Only C(mac) is required. Other columns are ignored.
      - Header names, encodings, separators and workbooks that are accepted are listed in the guide on phone lists.
      - This is the fastest way for thousands of phones, because Ansible has no list to template and validate.
    type: path
  account:
    description:
      - The name of this account in the phone list. Required if a row names an account.
      - Rows that name another account are skipped and counted in RV(other_rows).
    type: str
  by_prefix:
    description:
      - Infer the provider of a row from the vendor prefix (OUI) of its MAC address, and skip rows of other providers.
        Use it if one phone list has phones of several vendors.
      - The vendors' blocks are those of the IEEE's registry. If a vendor has several services, its phones belong to
        O(provider) if that is one of them.
      - A row with an unknown vendor prefix must name its provider, or this O(account).
      - If V(false), a row without a provider whose vendor prefix belongs only to other vendors is an error.
    type: bool
    default: false
  server:
    description:
      - The named server for the devices that name neither a server nor a URL.
    type: str
  url:
    description:
      - The URL for the devices that name neither a server nor a URL. The device then has a URL of its own.
      - C({mac}) in it stands for the MAC address of the device. Each service gets it in the spelling that its vendor
        documents. Where there is none, the MAC address itself is written there, as 12 lower-case hex digits.
      - The vendor's own spelling is sent as it is.
    type: str
  servers:
    description:
      - The URL of named servers, name to URL. Registered devices are compared with it.
      - A URL may have C({mac}), see O(url). If a device is to be bound to a named server whose service has no spelling
        for it, that is an error.
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
      - Release every device of the account that the phone list does not name, whoever owns the row that names it.
      - Refused if no row of the list belongs to this account, if anything in the list is wrong, and with O(mac) or
        O(macs).
    type: bool
    default: false
  prune_limit:
    description:
      - If O(prune) would release more devices than this, the task fails and nothing is changed.
    type: int
    default: 10
  return_devices:
    description:
      - Which devices to return in RV(devices). Returning all devices is slow for large fleets.
      - If not given, all devices are returned, or the first 100 that failed if the task failed and has more than 100
        devices.
    type: str
    choices:
      - all
      - changed
      - failed
      - none
  dest:
    description:
      - The path of a file to write the outcome of every device to, as CSV with the columns C(mac), C(action),
        C(status), C(server), C(url), C(code) and C(message), and C(replaces) if a phone replaces another. If the input
        is wrong, it lists every problem instead.
      - It is written whole or not at all. An existing file keeps its mode and owner.
      - In check mode C(NAME.check.EXT) is written instead.
    type: path
seealso:
  - module: voip.rps.rps_server
  - module: voip.rps.rps_device_info
  - ref: ansible_collections.voip.rps.docsite.phone_lists
    description: What a phone list may look like.
  - ref: ansible_collections.voip.rps.docsite.services
    description: What each service can do.
  - ref: ansible_collections.voip.rps.docsite.error_codes
    description: Causes and remedies of each error code.
"""

EXAMPLES = r"""
- name: Point one phone to a named server
  voip.rps.rps_device:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    mac: "00:15:65:00:00:01"
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/

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

- name: Replace a broken phone, which is released once the new one points to the server
  voip.rps.rps_device:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    devices:
      - mac: "001565000009"
        replaces: "001565000002"
        server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/

- name: Take over phones that another account holds, where the vendor allows it
  voip.rps.rps_device:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    mac: "001565000004"
    url: https://lab.acme.example/0004/
    override: true

- name: Re-register phones whose redirect target the service does not tell, after their server changed
  voip.rps.rps_device:
    provider: htek
    username: acme
    password: "{{ rps_password }}"
    macs:
      - "001fc1000001"
      - "001fc1000002"
    server: acme-paris
    servers:
      acme-paris: https://paris.acme.example/provisioning/
    force: true

- name: Report what a rollout would change, and change nothing
  voip.rps.rps_device:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    src: phones.csv
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/
      acme-paris: https://paris.acme.example/provisioning/
  check_mode: true
  diff: true

- name: Release the phones of the account that the list does not name, 25 at most
  voip.rps.rps_device:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    src: phones.csv
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/
      acme-paris: https://paris.acme.example/provisioning/
    prune: true
    prune_limit: 25

- name: Point the phones of an inventory group in one task
  voip.rps.rps_device:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    macs: "{{ groups['phones'] | map('extract', hostvars, 'rps_mac') }}"
    url: https://berlin.acme.example/provisioning/
  delegate_to: localhost
  run_once: true

- name: One phone list for several accounts, each of which takes the phones of its vendor
  voip.rps.rps_device:
    provider: "{{ item.provider }}"
    username: "{{ item.username }}"
    password: "{{ item.password }}"
    src: phones.csv
    by_prefix: true
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/
      acme-paris: https://paris.acme.example/provisioning/
  loop: "{{ rps_accounts }}"
  loop_control:
    label: "{{ item.provider }}" # else Ansible shows the whole item, password included

- name: Give all tasks one login, and show what was done
  module_defaults:
    group/voip.rps.rps:
      provider: yealink
      username: acme
      password: "{{ rps_password }}"
  block:
    - name: Point a phone
      voip.rps.rps_device:
        mac: "001565000005"
        url: https://berlin.acme.example/provisioning/
      register: pointed

    # No facts are needed or set: gather_facts can be false.
    # The password is not in the result: it is VALUE_SPECIFIED_IN_NO_LOG_PARAMETER there.
    - name: Show the result, which has no password
      ansible.builtin.debug:
        var: pointed

- name: Point a phone at Yealink's Management Cloud Service, in the region of the account
  voip.rps.rps_device:
    provider: yealink_ymcs
    api_url: "{{ ymcs_api_url }}"
    client_id: "{{ rps_client_id }}"
    client_secret: "{{ rps_client_secret }}"
    mac: "001565000007"
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/

- name: Point a phone at Yealink's former JSON API
  voip.rps.rps_device:
    provider: yealink_v1
    client_id: "{{ rps_client_id }}"
    client_secret: "{{ rps_client_secret }}"
    mac: "001565000006"
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/

- name: Point a phone at Snom's XML-RPC service
  voip.rps.rps_device:
    provider: snom
    username: acme
    password: "{{ rps_password }}"
    mac: "000413900001"
    url: https://berlin.acme.example/provisioning/

- name: Point a phone at Snom SRAPS
  voip.rps.rps_device:
    provider: snom_sraps
    client_id: "{{ rps_client_id }}"
    client_secret: "{{ rps_client_secret }}"
    mac: "000413900002"
    url: https://berlin.acme.example/provisioning/

- name: Point a phone at Panasonic's redirect server
  voip.rps.rps_device:
    provider: panasonic
    username: acme
    password: "{{ rps_password }}"
    mac: "0080f0000001"
    url: https://berlin.acme.example/provisioning/

- name: Point a phone at Gigaset's XML-RPC service
  voip.rps.rps_device:
    provider: gigaset
    username: acme
    password: "{{ rps_password }}"
    mac: "7c2f80000001"
    url: https://berlin.acme.example/provisioning/

- name: Point a phone at Gigaset GRAPE
  voip.rps.rps_device:
    provider: gigaset_grape
    client_id: "{{ rps_client_id }}"
    client_secret: "{{ rps_client_secret }}"
    mac: "7c2f80000002"
    url: https://berlin.acme.example/provisioning/

- name: Point a phone at Fanvil FDPS
  voip.rps.rps_device:
    provider: fanvil
    username: acme
    password: "{{ rps_password }}"
    mac: "0c383e000001"
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/

- name: Point a phone at Poly Zero Touch
  voip.rps.rps_device:
    provider: poly
    api_key: "{{ rps_api_key }}"
    mac: "64167f000001"
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/

- name: Point a phone at Alcatel-Lucent Enterprise EDS
  voip.rps.rps_device:
    provider: ale
    username: acme
    password: "{{ rps_password }}"
    mac: "00809f000001"
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/

- name: Point a phone at Unify Zero Touch Deployment, by a client certificate
  voip.rps.rps_device:
    provider: unify
    client_cert: /etc/voip/unify.pem
    client_key: /etc/voip/unify.key
    mac: "001ae8000001"
    url: https://berlin.acme.example/provisioning/

- name: Point a phone at Auerswald's provisioning server
  voip.rps.rps_device:
    provider: auerswald
    username: acme
    password: "{{ rps_password }}"
    mac: "000952000001"
    url: https://berlin.acme.example/provisioning/

- name: Point a phone at Akuvox RPS, at the address that the vendor gives with the account
  voip.rps.rps_device:
    provider: akuvox
    api_url: "{{ akuvox_api_url }}"
    username: acme
    password: "{{ rps_password }}"
    mac: "0c1105000001"
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/

- name: Release phones that were sold
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
    - What became of each device, in the order asked, then of those that O(prune) removed and those that were
      replaced.
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
      description:
        - The URL that was asked for, if known, as it was written. A user and password in it are replaced by C(***).
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
    replaces:
      description: The MAC address of the phone that it replaces.
      type: str
      returned: where its row has it
      sample: "001565000002"
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
other_rows:
  description: How many rows of the phone list belong to other providers or accounts, and were skipped.
  returned: unless the whole task failed
  type: list
  elements: dict
  sample:
    - provider: snom
      account: null
      rows: 12
problems:
  description: The first 20 problems with the input.
  returned: when the input is wrong
  type: list
  elements: dict
  sample:
    - code: invalid_mac
      where: phones.csv line 3
      message: "'0015650001' has 10 digits instead of 12"
problem_counts:
  description: How many problems with the input there are of each error code.
  returned: when the input is wrong
  type: dict
  sample:
    invalid_mac: 1
dest:
  description: The path of the file with every device's outcome.
  returned: with O(dest), if it was written
  type: str
  sample: outcomes.csv
diff:
  description: One line for each device that changes, C(MAC  before -> after), up to 10,000 lines.
  returned: in diff mode, unless the whole task failed
  type: dict
  sample:
    prepared: |
      001565000001  https://old.acme.example/ -> acme-berlin https://berlin.acme.example/provisioning/
failure:
  description: Why the whole task failed or was given up, C(code) being one of the collection's error codes.
  returned: when the whole task failed or was given up
  type: dict
  sample:
    code: auth_failed
    message: the service does not take this username and password (HTTP 401)
"""

from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._module.options import RPS_OPTIONS
from ansible_collections.voip.rps.plugins.module_utils._module.rps_module import RpsModule
from ansible_collections.voip.rps.plugins.module_utils._module.task import RpsTask
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import InputError
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import (
    Desired,
    Targets,
    desired_devices,
    prune_problems,
    rows_asked_for,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.outcome_file import (
    dest_problems,
    outcome_path,
    outcome_rows,
    problem_rows,
    save_outcomes,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import OneAccount
from ansible_collections.voip.rps.plugins.module_utils._reconcile.plan import Policy
from ansible_collections.voip.rps.plugins.module_utils._reconcile.reconcile import Prune, reconcile
from ansible_collections.voip.rps.plugins.module_utils._reconcile.report import (
    device_row,
    error_result,
    task_result,
    unverified_warning,
)
from ansible_collections.voip.rps.plugins.module_utils._reconcile.swap import Swaps

PHONES = ("mac", "macs", "devices", "src")


def read_input(task: RpsTask, owner: OneAccount) -> Desired:
    """Return what the task's phones are to become; adds to the task's problems what is wrong with its options."""
    params = task.params
    default = (params["server"], params["url"])
    targets = Targets(task.kind, params["servers"], default, absent=params["state"] == "absent", swaps=True)
    task.problems += targets.problems
    rows = rows_asked_for(params, task.problems)
    desired = desired_devices(rows, owner, {owner.owner: targets}, task.problems)
    task.problems += prune_problems(params, desired.devices[owner.owner], task.kind, bool(task.problems))
    return desired


def run(task: RpsTask) -> dict[str, Any]:
    """Carry the task out, or in check mode foresee it, and return its result; raises RpsError."""
    params, module = task.params, task.module
    owner = OneAccount(params["provider"], params["account"], params["by_prefix"])
    wrong_dest = dest_problems(params["dest"], params["src"])
    dest = outcome_path(params["dest"], module.check_mode) if params["dest"] and not wrong_dest else None
    task.problems += wrong_dest
    desired = read_input(task, owner)
    try:
        service = task.connect()
    except InputError as error:
        refused = {"changed": False, **error_result(error)}
        if dest:
            save_outcomes(dest, problem_rows(error.problems), module.no_log_values, refused)
        return refused
    report = reconcile(
        service,
        desired.devices[owner.owner],
        Policy(*(params[option] for option in Policy._fields)),
        batch_size=params["batch_size"],
        prune=Prune(desired.kept, params["prune_limit"]) if params["prune"] else None,
        check_mode=module.check_mode,
        swaps=Swaps(desired.swaps.get(owner.owner, {}), params["servers"] or {}, params["url"]),
    )
    warning = unverified_warning(report)
    if warning:
        module.warn(warning)
    result = task_result(report, params["return_devices"], diff=module._diff)
    result["other_rows"] = [{**other._asdict(), "rows": count} for other, count in desired.others.items()]
    if dest:
        save_outcomes(dest, outcome_rows(map(device_row, report.outcomes)), module.no_log_values, result)
    return result


def main() -> None:
    module = RpsModule(
        argument_spec=dict(
            RPS_OPTIONS,
            mac={"type": "str"},
            macs={"type": "list", "elements": "str"},
            devices={"type": "list", "elements": "dict"},
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
            return_devices={"type": "str", "choices": ["all", "changed", "failed", "none"]},
            dest={"type": "path"},
        ),
        required_one_of=[PHONES],
        mutually_exclusive=[PHONES],
        supports_check_mode=True,
    )
    with RpsTask(module) as task:
        task.leave(run(task))


if __name__ == "__main__":
    main()
