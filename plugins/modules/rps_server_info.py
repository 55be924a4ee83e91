#!/usr/bin/python

# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rps_server_info
short_description: List the named configuration servers at a redirection service
version_added: 0.1.0
author:
  - voip.rps contributors (@voip-rps)
description:
  - Returns the named configuration servers of the account, with their URLs.
  - The service must have a call to list them, such as V(fanvil). V(yealink), V(htek) and V(akuvox) have no such call,
    and V(snom), V(panasonic), V(gigaset) and V(auerswald) have no named servers. On these services, the module fails
    with C(unsupported) and sends nothing.
extends_documentation_fragment:
  - voip.rps.attributes
  - voip.rps.attributes.info_module
  - voip.rps.attributes.actiongroup_rps
  - voip.rps.rps
seealso:
  - module: voip.rps.rps_server
  - ref: ansible_collections.voip.rps.docsite.services
    description: What each service can do.
"""

EXAMPLES = r"""
- name: List the configuration servers, if the service can list them
  voip.rps.rps_server_info:
    provider: "{{ rps_provider }}"
    username: acme
    password: "{{ rps_password }}"
  when: rps_provider == 'fanvil'
"""

RETURN = r"""
servers:
  description: The named servers of the account, in the order of the service's list.
  returned: unless the task failed
  type: list
  elements: dict
  contains:
    name:
      description: The name of the server.
      type: str
      returned: always
      sample: acme-berlin
    url:
      description:
        - The URL of the server, if the service shows it. A user name and password in it are replaced by C(***).
      type: str
      returned: always
      sample: https://berlin.acme.example/provisioning/
requests:
  description: Number of HTTP requests that were sent.
  returned: always
  type: int
  sample: 1
problems:
  description: The first 20 problems of the input.
  returned: if the input is wrong
  type: list
  elements: dict
  sample:
    - code: unsupported
      where: ""
      message: "this service has no call that lists the named servers: the vendor's portal shows them"
problem_counts:
  description: Number of problems of the input for each error code.
  returned: if the input is wrong
  type: dict
  sample:
    unsupported: 1
failure:
  description: Why the task failed. C(code) is an error code of the collection.
  returned: if the task failed
  type: dict
  sample:
    code: auth_failed
    message: the service does not accept this username and password (HTTP 401)
"""

from ansible_collections.voip.rps.plugins.module_utils._module.options import RPS_OPTIONS
from ansible_collections.voip.rps.plugins.module_utils._module.rps_module import RpsModule
from ansible_collections.voip.rps.plugins.module_utils._module.task import RpsTask
from ansible_collections.voip.rps.plugins.module_utils._reconcile.manage_servers import (
    servers_info,
    servers_listing_problems,
)


def main() -> None:
    module = RpsModule(argument_spec=dict(RPS_OPTIONS), supports_check_mode=True)
    with RpsTask(module) as task:
        task.problems += servers_listing_problems(task.kind)
        task.leave(servers_info(task.connect().list_servers()))


if __name__ == "__main__":
    main()
