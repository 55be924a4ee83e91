#!/usr/bin/python

# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rps_server
short_description: Add named configuration servers to a redirection service
version_added: 0.1.0
author:
  - voip.rps contributors (@voip-rps)
description:
  - Adds configuration servers, each a name and a URL, to which M(voip.rps.rps_device) can then bind phones.
  - The services can add a server, and tell that a name is taken; they cannot list, read, change or delete one.
  - A service without named servers is an error. There, devices are given a URL.
extends_documentation_fragment:
  - voip.rps.attributes
  - voip.rps.attributes.actiongroup_rps
  - voip.rps.rps
attributes:
  check_mode:
    support: partial
    details:
      - The services cannot be asked which servers there are, so every server is reported as added, with a warning.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A server whose name is taken counts as there. Its URL cannot be compared.
options:
  name:
    description:
      - The server's name, of letters, digits, C(-), C(_), C(.) and space. Requires O(url).
      - Names may be unique over all accounts of a service, so choose one that nobody else would.
    type: str
  url:
    description:
      - Where its phones fetch their configuration, beginning with C(http://), C(https://), C(ftp://) or C(tftp://).
    type: str
  servers:
    description:
      - Several servers, name to URL.
    type: dict
  state:
    description:
      - The services cannot delete a server.
    type: str
    choices:
      - present
    default: present
seealso:
  - module: voip.rps.rps_device
"""

EXAMPLES = r"""
- name: Add a configuration server
  voip.rps.rps_server:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    name: acme-berlin
    url: https://berlin.acme.example/provisioning/

- name: Add two
  voip.rps.rps_server:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    servers:
      acme-paris: https://paris.acme.example/provisioning/
      acme-rome: https://rome.acme.example/provisioning/
"""

RETURN = r"""
servers:
  description: What became of each server, in the order asked.
  returned: unless the whole task failed
  type: list
  elements: dict
  contains:
    name:
      description: The server's name.
      type: str
      returned: always
      sample: acme-berlin
    url:
      description: The URL that was asked for. A user and password in it are replaced by C(***).
      type: str
      returned: always
      sample: https://berlin.acme.example/provisioning/
    action:
      description: V(added), V(none) where the name is taken, or V(failed).
      type: str
      returned: always
      sample: added
    error:
      description: Why it failed, C(code) being one of the collection's error codes and C(message) the service's words.
      type: dict
      returned: where it failed
      sample:
        code: invalid_server_name
        message: "Error: The server name can only contain 'A-z 0-9 - _ . '(include space)"
requests:
  description: How many HTTP requests were sent.
  returned: always
  type: int
  sample: 2
diff:
  description: The servers that are added, name to URL.
  returned: in diff mode, unless the whole task failed
  type: dict
  sample:
    before: {}
    after:
      acme-berlin: https://berlin.acme.example/provisioning/
problems:
  description: The first 20 problems with the input.
  returned: when the input is wrong
  type: list
  elements: dict
  sample:
    - code: invalid_url
      where: server 'rome'
      message: "'nowhere' does not begin with http://, https://, ftp:// or tftp://"
problem_counts:
  description: How many problems with the input there are of each error code.
  returned: when the input is wrong
  type: dict
  sample:
    invalid_url: 1
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
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import Problem
from ansible_collections.voip.rps.plugins.module_utils._reconcile.add_servers import add_servers, servers_result
from ansible_collections.voip.rps.plugins.module_utils._reconcile.desired import server_problems


def main() -> None:
    module = RpsModule(
        argument_spec=dict(
            RPS_OPTIONS,
            name={"type": "str"},
            url={"type": "str"},
            servers={"type": "dict"},
            state={"type": "str", "choices": ["present"], "default": "present"},
        ),
        required_one_of=[("name", "servers")],
        mutually_exclusive=[("name", "servers")],
        required_together=[("name", "url")],
        supports_check_mode=True,
    )
    with RpsTask(module) as task:
        servers = module.params["servers"]
        if servers is None:
            servers = {module.params["name"]: module.params["url"]}
        if None in servers:
            servers = {}
            task.problems.append(Problem("invalid_input", "", "neither name nor servers names a server"))
        if not task.kind.can.named_servers:
            task.problems.append(Problem("unsupported", "", "the service has no named servers: give the devices a url"))
        for name, url in servers.items():
            task.problems += server_problems(f"server {name!r}", name, url, task.kind)
        outcomes = add_servers(task.connect(), servers, check_mode=module.check_mode)
        if module.check_mode:
            module.warn(
                "The service cannot tell which servers there are: those that are there already would not be added."
            )
        task.leave(servers_result(outcomes, diff=module._diff))


if __name__ == "__main__":
    main()
