#!/usr/bin/python

# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rps_device_info
short_description: Read the status of phones at a redirection service
version_added: 0.1.0
author:
  - voip.rps contributors (@voip-rps)
description:
  - Returns the status and the redirect target of phones at their vendor's redirection service, either of the given
    phones or of all phones of the account.
extends_documentation_fragment:
  - voip.rps.attributes
  - voip.rps.attributes.info_module
  - voip.rps.attributes.actiongroup_rps
  - voip.rps.rps
options:
  macs:
    description:
      - The MAC addresses of the devices, in any format that M(voip.rps.rps_device) accepts.
      - If neither O(macs) nor O(src) is set, every device of the account is returned. A service that lists devices by
        model is queried for O(models), or for all models that the collection knows.
    type: list
    elements: str
  src:
    description:
      - Path of a phone list on the host on which the module runs. See O(voip.rps.rps_device#module:src).
      - Rows of other providers are skipped.
    type: path
  models:
    description:
      - Return only devices of these models, on a service that lists devices by model.
    type: list
    elements: str
  url:
    description:
      - Return only devices that point to this URL. On a service that lists devices by model, the URL must match exactly
        as the service stores it.
      - C({mac}) stands for the MAC address of the device, see O(voip.rps.rps_device#module:url).
    type: str
  check_target:
    description:
      - Whether to read where each device points. This takes one request for each device.
      - The default is V(true) with O(macs), O(src) or O(url), and V(false) otherwise.
    type: bool
seealso:
  - module: voip.rps.rps_device
  - ref: ansible_collections.voip.rps.docsite.services
    description: What each service can do.
  - ref: ansible_collections.voip.rps.docsite.find
    description: Find a phone over several accounts.
"""

EXAMPLES = r"""
- name: Read the status of two phones
  voip.rps.rps_device_info:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    macs:
      - "001565000001"
      - 00:15:65:00:00:02

- name: List every phone of the account
  voip.rps.rps_device_info:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"

- name: List the phones that still point to the old server
  voip.rps.rps_device_info:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    url: https://old.acme.example/provisioning/
"""

RETURN = r"""
devices:
  description: The devices, in the order of the input or of the service's list.
  returned: unless the whole task failed
  type: list
  elements: dict
  contains:
    mac:
      description: The MAC address of the device, in 12 lower-case hex digits.
      type: str
      returned: always
      sample: "001565000001"
    status:
      description:
        - V(registered) by this account, V(unregistered) if the service knows the device but no account registered it,
          V(registered_elsewhere) by another account, or V(unknown).
      type: str
      returned: always
      sample: registered
    current_url:
      description:
        - Where the device points, if it was read. A user name and password in it are replaced by C(***).
        - M(voip.rps.rps_device) ignores this key, so the list can be used as its
          O(voip.rps.rps_device#module:devices).
      type: str
      returned: always
      sample: https://berlin.acme.example/provisioning/
    details:
      description:
        - Other facts that the service returns for the device, as text, with the names that the service uses.
          V(panasonic) returns C(model), C(version), C(profile), C(note), C(register_date) and C(access_date).
          V(yealink_ymcs) returns C(sn), C(serverName), C(ipAddress), C(remark), C(dateRegistered) and
          C(lastConnected). Empty values are left out.
      type: dict
      returned: if the service returns them
      sample: {"model": "KX-TGP500", "register_date": "2011-07-12T05:32:12Z"}
    company:
      description: The company that owns the device.
      type: str
      returned: with V(snom), if it was read
      sample: Acme Inc.
    error:
      description: Why the device could not be read. C(code) is an error code of the collection.
      type: dict
      returned: if the device could not be read
      sample:
        code: timeout
        message: the service did not answer in time
summary:
  description: Number of devices for each status.
  returned: unless the whole task failed
  type: dict
  sample:
    registered: 2
    unregistered: 0
    registered_elsewhere: 0
    unknown: 0
requests:
  description: Number of HTTP requests that were sent.
  returned: always
  type: int
  sample: 2
problems:
  description: The first 20 problems of the input.
  returned: if the input is wrong
  type: list
  elements: dict
  sample:
    - code: invalid_mac
      where: macs[0]
      message: "'0015650001' has 10 digits instead of 12"
problem_counts:
  description: Number of problems of the input for each error code.
  returned: if the input is wrong
  type: dict
  sample:
    invalid_mac: 1
failure:
  description: Why the whole task failed. C(code) is an error code of the collection.
  returned: if the whole task failed
  type: dict
  sample:
    code: auth_failed
    message: the service does not accept this username and password (HTTP 401)
"""

from ansible_collections.voip.rps.plugins.module_utils._module.options import RPS_OPTIONS
from ansible_collections.voip.rps.plugins.module_utils._module.rps_module import RpsModule
from ansible_collections.voip.rps.plugins.module_utils._module.task import RpsTask
from ansible_collections.voip.rps.plugins.module_utils._reconcile.look_up import (
    devices_asked_for,
    info_result,
    listing_problems,
    look_up,
)


def main() -> None:
    module = RpsModule(
        argument_spec=dict(
            RPS_OPTIONS,
            macs={"type": "list", "elements": "str"},
            src={"type": "path"},
            models={"type": "list", "elements": "str"},
            url={"type": "str"},
            check_target={"type": "bool"},
        ),
        mutually_exclusive=[("macs", "src", "models")],
        supports_check_mode=True,
    )
    params = module.params
    with RpsTask(module) as task:
        devices = devices_asked_for(params, task.kind, task.problems)
        task.problems += listing_problems(params, task.kind)
        seen = look_up(task.connect(), devices, params["models"], params["url"], params["check_target"])
        task.leave(info_result(seen))


if __name__ == "__main__":
    main()
