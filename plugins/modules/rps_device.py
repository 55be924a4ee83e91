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
  - The options and the phone list are validated before anything is sent. If they are wrong, the task reports every
    problem and changes nothing.
  - If some devices fail, the others are still processed. The task then fails, and reports RV(ignore:changed) and the
    outcome of every device correctly.
extends_documentation_fragment:
  - voip.rps.attributes
  - voip.rps.attributes.actiongroup_rps
  - voip.rps.rps
attributes:
  check_mode:
    support: full
    details:
      - Only read calls are sent. Check mode looks up each device that the account does not list, because otherwise
        only a refused write would show that it belongs to another account. O(check_foreign) turns this off.
      - Check mode cannot predict other refusals, nor the URL of a named server if the service shows it only after a
        device is registered.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  mac:
    description:
      - The MAC address of one device. It has 12 hex digits in either case, without separators, in six pairs or three
        groups separated by C(-), C(:), C(.) or space, or in two halves separated by C(-).
      - Quote it, because YAML reads a MAC address that has only decimal digits as a number.
      - Exactly one of O(mac), O(macs), O(devices) and O(src) is required.
    type: str
  macs:
    description:
      - The MAC addresses of several devices.
    type: list
    elements: str
  devices:
    description:
      - A list of devices, each a dictionary with the columns of a phone list.
      - Other keys are ignored, so rows from M(community.general.read_csv) or an inventory system can be used
        unchanged.
    type: list
    elements: dict
    suboptions:
      mac:
        description:
          - The MAC address of the device.
        type: str
        required: true
      server:
        description:
          - The named server for this device. Overrides O(server).
        type: str
      url:
        description:
          - The URL for this device. Overrides O(url).
        type: str
      provider:
        description:
          - The provider of the device. If it is not O(provider), the row is skipped.
        type: str
      account:
        description:
          - The account of the device. If it is not O(account), the row is skipped.
        type: str
      mac_id:
        description:
          - The MAC-ID of a Gigaset phone, which is printed on its label, for example C(7C2F80ABCDEF-AB12). Some
            accounts of V(gigaset) require it.
        type: str
      replaces:
        description:
          - The MAC address of the phone that this one replaces (RMA). The new phone is registered and read back, and
            then the old one is released.
          - If the row names neither a server nor a URL, the new phone gets the redirect target of the old one, instead
            of O(server) or O(url). These are used only if the service cannot report where a phone points.
          - The old phone must not have a row of its own. See
            R(Replacing a phone, ansible_collections.voip.rps.docsite.phone_lists.replacing-a-phone).
        type: str
  src:
    description:
      - Path of a phone list on the host on which the module runs. A relative path is relative to the working directory
        of the module.
      - The phone list is a CSV file with a header and the columns C(mac), C(server), C(url), C(provider), C(account)
        and C(replaces). Only C(mac) is required. Other columns are ignored.
      - R(Phone lists, ansible_collections.voip.rps.docsite.phone_lists) lists the accepted header names,
        encodings, separators and workbooks.
      - Use it for thousands of phones. It is the fastest way, because Ansible does not template and validate the list.
    type: path
  account:
    description:
      - The name of this account in the phone list. Required if any row names an account.
      - Rows of other accounts are skipped and counted in RV(other_rows).
    type: str
  by_prefix:
    description:
      - Infer the provider of a row from the vendor prefix (OUI) of its MAC address, and skip rows of other providers.
        Use it if a phone list has phones of several vendors.
      - The vendor prefixes come from the IEEE registry. If O(provider) is one of several services of a vendor, all
        phones of that vendor belong to O(provider).
      - A row with an unknown vendor prefix must name its provider, or this O(account).
      - If V(false), a row without a provider is an error if its vendor prefix belongs to another vendor.
    type: bool
    default: false
  server:
    description:
      - The named server for devices whose row names neither a server nor a URL.
    type: str
  url:
    description:
      - The URL for devices whose row names neither a server nor a URL. It becomes the device's own URL.
      - C({mac}) stands for the MAC address of the device. It is replaced by the placeholder that the vendor documents.
        If the vendor documents no placeholder, it is replaced by the MAC address in 12 lower-case hex digits.
      - The vendor's own placeholder is sent unchanged.
    type: str
  servers:
    description:
      - The URLs of the named servers, as a dictionary of names and URLs. The module compares registered devices with
        them.
      - A URL may contain C({mac}), see O(url). It is an error if the vendor documents no placeholder for the URLs of
        named servers.
      - After the first call that binds devices to a named server, one of them is read back. If the server has another
        URL at the service, these devices fail, and the remaining devices for this server are not sent (C(not_sent)).
      - If a server is not listed, its URL is learned from a device that was not registered before, or by re-registering
        one registered device. If neither shows the URL, registered devices are V(unverified).
      - Some services cannot change the URL of a named server. There, add a server with another name and move the
        phones.
      - On a service without named servers, each device gets the URL of its server as its own URL.
    type: dict
  state:
    description:
      - V(present) registers the devices, or moves them to their redirect target.
      - V(absent) releases the devices that are registered by the account.
    type: str
    choices:
      - present
      - absent
    default: present
  override:
    description:
      - Take over devices that are registered by another account, if the service allows it. Moving a device within the
        account does not need this option.
    type: bool
    default: false
  force:
    description:
      - Re-register devices whose redirect target cannot be verified. They are reported as V(moved).
    type: bool
    default: false
  force_limit:
    description:
      - Maximum number of devices that O(force) may release and register again, on a service that cannot re-register a
        device in place. If there are more, the task fails and changes nothing.
    type: int
    default: 10
  check_target:
    description:
      - Whether to read where each registered device points. This takes one request for each device.
      - If V(false), every registered device counts as correct, and its action is V(none).
    type: bool
    default: true
  check_foreign:
    description:
      - Whether check mode looks up each device that the account does not list. This takes one request for each device.
        Otherwise only a refused write shows that a device belongs to another account.
    type: bool
    default: true
  prune:
    description:
      - Release every device of the account that no row of the phone list names, including rows of other accounts.
      - This is an error if no row of the list belongs to this account, if any row is invalid, or together with O(mac)
        or O(macs).
    type: bool
    default: false
  prune_limit:
    description:
      - Maximum number of devices that O(prune) may release. If there are more, the task fails and changes nothing.
    type: int
    default: 10
  return_devices:
    description:
      - Which devices to return in RV(devices). Returning all devices is slow for large fleets.
      - If not set, all devices are returned. If the task fails and has more than 100 devices, only the first 100 that
        failed are returned.
    type: str
    choices:
      - all
      - changed
      - failed
      - none
  dest:
    description:
      - Path of a CSV file to which the outcome of every device is written, with the columns C(mac), C(action),
        C(status), C(server), C(url), C(code) and C(message), and C(replaces) if a phone replaces another. If the input
        is wrong, the file lists every problem instead.
      - The file is written atomically. An existing file keeps its mode and owner.
      - In check mode, C(NAME.check.EXT) is written instead.
    type: path
seealso:
  - module: voip.rps.rps_server
  - module: voip.rps.rps_device_info
  - ref: ansible_collections.voip.rps.docsite.phone_lists
    description: The formats and columns of phone lists.
  - ref: ansible_collections.voip.rps.docsite.services
    description: What each service can do.
  - ref: ansible_collections.voip.rps.docsite.error_codes
    description: Causes and remedies of each error code.
"""

EXAMPLES = r"""
- name: Register one phone with a named server
  voip.rps.rps_device:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    mac: "00:15:65:00:00:01"
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/

- name: Register a few phones, and move those that point elsewhere
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

- name: Register a fleet from a phone list, and write every outcome to a file
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

- name: Replace a broken phone, and release it when the new one points to the server
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

- name: Take over a phone that another account has registered, if the service allows it
  voip.rps.rps_device:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    mac: "001565000004"
    url: https://lab.acme.example/0004/
    override: true

- name: Re-register phones whose redirect target the service cannot report, after their server changed
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

- name: Show the changes of a rollout without making them
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

- name: Release at most 25 phones of the account that the list does not name
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

- name: Register the phones of an inventory group in one task
  voip.rps.rps_device:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    macs: "{{ groups['phones'] | map('extract', hostvars, 'rps_mac') }}"
    url: https://berlin.acme.example/provisioning/
  delegate_to: localhost
  run_once: true

- name: Use one phone list for several accounts of different vendors
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
    label: "{{ item.provider }}" # without it, Ansible shows the whole item with its password

- name: Set the login for all tasks, and show the result
  module_defaults:
    group/voip.rps.rps:
      provider: yealink
      username: acme
      password: "{{ rps_password }}"
  block:
    - name: Register a phone
      voip.rps.rps_device:
        mac: "001565000005"
        url: https://berlin.acme.example/provisioning/
      register: registered

    # The modules neither need nor set facts, so gather_facts can be false.
    - name: Show the result, which does not contain the password
      ansible.builtin.debug:
        var: registered

- name: Register a phone at Yealink's Management Cloud Service, in the region of the account
  voip.rps.rps_device:
    provider: yealink_ymcs
    api_url: "{{ ymcs_api_url }}"
    client_id: "{{ rps_client_id }}"
    client_secret: "{{ rps_client_secret }}"
    mac: "001565000007"
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/

- name: Register a phone at Yealink's former JSON API
  voip.rps.rps_device:
    provider: yealink_v1
    client_id: "{{ rps_client_id }}"
    client_secret: "{{ rps_client_secret }}"
    mac: "001565000006"
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/

- name: Register a phone at Snom's XML-RPC service
  voip.rps.rps_device:
    provider: snom
    username: acme
    password: "{{ rps_password }}"
    mac: "000413900001"
    url: https://berlin.acme.example/provisioning/

- name: Register a phone at Snom SRAPS
  voip.rps.rps_device:
    provider: snom_sraps
    client_id: "{{ rps_client_id }}"
    client_secret: "{{ rps_client_secret }}"
    mac: "000413900002"
    url: https://berlin.acme.example/provisioning/

- name: Register a phone at Panasonic's redirect server
  voip.rps.rps_device:
    provider: panasonic
    username: acme
    password: "{{ rps_password }}"
    mac: "0080f0000001"
    url: https://berlin.acme.example/provisioning/

- name: Register a phone at Gigaset's XML-RPC service
  voip.rps.rps_device:
    provider: gigaset
    username: acme
    password: "{{ rps_password }}"
    mac: "7c2f80000001"
    url: https://berlin.acme.example/provisioning/

- name: Register a phone at Gigaset GRAPE
  voip.rps.rps_device:
    provider: gigaset_grape
    client_id: "{{ rps_client_id }}"
    client_secret: "{{ rps_client_secret }}"
    mac: "7c2f80000002"
    url: https://berlin.acme.example/provisioning/

- name: Register a phone at Fanvil FDPS
  voip.rps.rps_device:
    provider: fanvil
    username: acme
    password: "{{ rps_password }}"
    mac: "0c383e000001"
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/

- name: Register a phone at Poly Zero Touch
  voip.rps.rps_device:
    provider: poly
    api_key: "{{ rps_api_key }}"
    mac: "64167f000001"
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/

- name: Register a phone at Alcatel-Lucent Enterprise EDS
  voip.rps.rps_device:
    provider: ale
    username: acme
    password: "{{ rps_password }}"
    mac: "00809f000001"
    server: acme-berlin
    servers:
      acme-berlin: https://berlin.acme.example/provisioning/

- name: Register a phone at Unify Zero Touch Deployment, with a TLS client certificate
  voip.rps.rps_device:
    provider: unify
    client_cert: /etc/voip/unify.pem
    client_key: /etc/voip/unify.key
    mac: "001ae8000001"
    url: https://berlin.acme.example/provisioning/

- name: Register a phone at Auerswald's provisioning server
  voip.rps.rps_device:
    provider: auerswald
    username: acme
    password: "{{ rps_password }}"
    mac: "000952000001"
    url: https://berlin.acme.example/provisioning/

- name: Register a phone at Akuvox RPS, at the URL that the vendor provides with the account
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
    - The outcome of each device, in the order of the input. The devices that O(prune) removed and those that were
      replaced follow.
    - In check mode, the predicted outcome.
  returned: unless the whole task failed
  type: list
  elements: dict
  contains:
    mac:
      description: The MAC address of the device, in 12 lower-case hex digits.
      type: str
      returned: always
      sample: "001565000001"
    action:
      description:
        - V(registered), V(moved), V(removed), V(none), V(unverified) or V(failed).
        - V(unverified) means that the device is registered, but its redirect target cannot be verified, because the
          service cannot report it or because the URL of the named server is not known.
      type: str
      returned: always
      sample: registered
    status:
      description:
        - The status of the device before the task. It is V(registered) by this account, V(unregistered),
          V(registered_elsewhere) by another account, or V(unknown).
        - If the module listed the account instead of checking each device, a device that is not listed is V(unknown),
          unless the service refused it because it belongs to another account.
      type: str
      returned: always
      sample: unknown
    server:
      description: The requested named server.
      type: str
      returned: always
      sample: acme-berlin
    url:
      description:
        - The requested URL, if known, as the input spells it. A user name and password in it are replaced by C(***).
      type: str
      returned: always
      sample: https://berlin.acme.example/provisioning/
    own_url:
      description:
        - Whether the device kept its own URL when it was bound to the named server. If so, the URL of the server was
          set as its own URL.
      type: bool
      returned: if it is true
      sample: true
    replaces:
      description: The MAC address of the phone that this one replaces.
      type: str
      returned: if the row has it
      sample: "001565000002"
    error:
      description:
        - Why the device failed. C(code) is an error code of the collection, and C(message) is the message of the
          service or the reason.
      type: dict
      returned: if the device failed
      sample:
        code: owned_by_other_user
        message: "Error: 001565000001 Please check the MAC address you entered"
summary:
  description: Number of devices for each action.
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
  description: Number of HTTP requests that were sent.
  returned: always
  type: int
  sample: 4
other_rows:
  description: Number of rows that were skipped because they belong to other providers or accounts.
  returned: unless the whole task failed
  type: list
  elements: dict
  sample:
    - provider: snom
      account: null
      rows: 12
problems:
  description: The first 20 problems of the input.
  returned: if the input is wrong
  type: list
  elements: dict
  sample:
    - code: invalid_mac
      where: phones.csv line 3
      message: "'0015650001' has 10 digits instead of 12"
problem_counts:
  description: Number of problems of the input for each error code.
  returned: if the input is wrong
  type: dict
  sample:
    invalid_mac: 1
dest:
  description: Path of the file to which the outcome of every device was written.
  returned: with O(dest), if the file was written
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
  description: Why the whole task failed or stopped early. C(code) is an error code of the collection.
  returned: if the whole task failed or stopped early
  type: dict
  sample:
    code: auth_failed
    message: the service does not accept this username and password (HTTP 401)
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
    """Return the desired state of the task's phones, and add every problem of the input to the task's problems."""
    params = task.params
    default = (params["server"], params["url"])
    targets = Targets(task.kind, params["servers"], default, absent=params["state"] == "absent", swaps=True)
    task.problems += targets.problems
    rows = rows_asked_for(params, task.problems)
    desired = desired_devices(rows, owner, {owner.owner: targets}, task.problems)
    task.problems += prune_problems(params, desired.devices[owner.owner], task.kind, bool(task.problems))
    return desired


def run(task: RpsTask) -> dict[str, Any]:
    """Run the task, or predict its outcome in check mode, and return its result. Raise RpsError."""
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
