#!/usr/bin/python

# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rps_device_info
short_description: Read what a redirection service knows of phones
version_added: 0.1.0
author:
  - voip.rps contributors (@voip-rps)
description:
  - Tells the status of phones at a vendor's redirection service, and where they point; of given phones or of all that
    the account holds.
extends_documentation_fragment:
  - voip.rps.attributes
  - voip.rps.attributes.info_module
  - voip.rps.attributes.actiongroup_rps
  - voip.rps.rps
options:
  macs:
    description:
      - The MAC addresses of the devices, in any spelling that M(voip.rps.rps_device) takes.
      - If neither O(macs) nor O(src) is given, every device of the account is returned. A service that lists by model
        is asked for O(models), or for all models that are known.
    type: list
    elements: str
  src:
    description:
      - The path of a phone list, read where the module runs. See O(voip.rps.rps_device#module:src).
      - Rows that name another provider are skipped.
    type: path
  models:
    description:
      - Only the devices of these models, on a service that lists them by model.
    type: list
    elements: str
  url:
    description:
      - Only the devices that point there. On a service that lists by model, the URL must match exactly as the service
        stores it.
      - C({mac}) in it stands for the MAC address, as in the option O(voip.rps.rps_device#module:url).
    type: str
  check_target:
    description:
      - Also read where each device points, one request each.
      - The default is V(true) with O(macs), O(src) or O(url), else V(false).
    type: bool
seealso:
  - module: voip.rps.rps_device
  - ref: ansible_collections.voip.rps.docsite.services
    description: What each service can do.
  - ref: ansible_collections.voip.rps.docsite.find
    description: Find a phone over several accounts.
"""

EXAMPLES = r"""
- name: Ask about two phones
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

- name: Which phones still point to the old server?
  voip.rps.rps_device_info:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    url: https://old.acme.example/provisioning/
"""

RETURN = r"""
devices:
  description: What the service knows of each device, in the order asked or listed.
  returned: unless the whole task failed
  type: list
  elements: dict
  contains:
    mac:
      description: The device's MAC address, 12 lower-case hex digits.
      type: str
      returned: always
      sample: "001565000001"
    status:
      description:
        - V(registered) by the account, V(unregistered), which is known but bound to nothing, V(registered_elsewhere) by
          another account, or V(unknown).
      type: str
      returned: always
      sample: registered
    current_url:
      description:
        - Where the device points, if it was read. A user and password in it are replaced by C(***).
        - M(voip.rps.rps_device) ignores it, so these devices can be used as its O(voip.rps.rps_device#module:devices).
      type: str
      returned: always
      sample: https://berlin.acme.example/provisioning/
    details:
      description:
        - What else the service tells of the device, as text, by the service's own names. V(panasonic) tells C(model),
          C(version), C(profile), C(note), C(register_date) and C(access_date), as far as they are not empty.
      type: dict
      returned: if the service tells it
      sample: {"model": "KX-TGP500", "register_date": "2011-07-12T05:32:12Z"}
    company:
      description: Whose the device is, where the service tells it.
      type: str
      returned: with V(snom), if it was read
      sample: Acme Inc.
    error:
      description: Why it could not be read, C(code) being one of the collection's error codes.
      type: dict
      returned: where it failed
      sample:
        code: timeout
        message: the service did not answer in time
summary:
  description: How many devices have each status.
  returned: unless the whole task failed
  type: dict
  sample:
    registered: 2
    unregistered: 0
    registered_elsewhere: 0
    unknown: 0
requests:
  description: How many HTTP requests were sent.
  returned: always
  type: int
  sample: 2
problems:
  description: The first 20 problems with the input.
  returned: when the input is wrong
  type: list
  elements: dict
  sample:
    - code: invalid_mac
      where: macs[0]
      message: "'0015650001' has 10 digits instead of 12"
problem_counts:
  description: How many problems with the input there are of each error code.
  returned: when the input is wrong
  type: dict
  sample:
    invalid_mac: 1
failure:
  description: Why the whole task failed, C(code) being one of the collection's error codes.
  returned: when the whole task failed
  type: dict
  sample:
    code: auth_failed
    message: the service does not take this username and password (HTTP 401)
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
