#!/usr/bin/python

# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rps_server
short_description: Manage named configuration servers at a redirection service
version_added: 0.1.0
author:
  - voip.rps contributors (@voip-rps)
description:
  - Adds, changes and removes configuration servers. A server has a name and a URL, and M(voip.rps.rps_device) can bind
    phones to it.
  - If the service can list its servers, they are read first, and only differences are sent.
  - V(yealink), V(htek) and V(akuvox) can only add a server, and report if the name already exists. They have no call to
    list, read, change or delete servers. V(fanvil) can list, add and delete servers.
  - The module fails on a service without named servers, such as V(snom). There, set the URL of each device instead.
extends_documentation_fragment:
  - voip.rps.attributes
  - voip.rps.attributes.actiongroup_rps
  - voip.rps.rps
attributes:
  check_mode:
    support: partial
    details:
      - If the service cannot list its servers, every server is reported as added, with a warning.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - If the name already exists on a service that cannot list its servers, the server is reported as V(unverified)
        with a warning, because its URL cannot be read. M(voip.rps.rps_device) verifies the URL when it binds a device
        to the server.
options:
  name:
    description:
      - The name of the server. It may contain letters, digits, C(-), C(_), C(.) and spaces. Requires O(url) with
        O(state=present).
      - A service may require names to be unique over all accounts, so include the name of your company.
    type: str
  url:
    description:
      - The URL from which phones fetch their configuration. It must begin with C(http://), C(https://), C(ftp://) or
        C(tftp://).
      - C({mac}) stands for the MAC address of each phone. It is an error if the vendor documents no placeholder for it.
    type: str
  servers:
    description:
      - Several servers, as a dictionary of names and URLs. With O(state=absent), the URLs are ignored.
    type: dict
  state:
    description:
      - V(present) adds servers that do not exist. A server that exists with another URL fails with C(server_exists) and
        both URLs, unless O(change_url) is set.
      - V(absent) deletes servers, if the service can delete them. A server fails and is not deleted if devices of the
        account are bound to it.
    type: str
    choices:
      - present
      - absent
    default: present
  change_url:
    description:
      - Change the URL of a server that exists with another URL, if the service can change it.
      - This moves all phones that are bound to the server at once. To move phones in steps, add a server with another
        name and move the phones with M(voip.rps.rps_device).
    type: bool
    default: false
seealso:
  - module: voip.rps.rps_device
  - module: voip.rps.rps_server_info
  - ref: ansible_collections.voip.rps.docsite.services
    description: What each service can do.
"""

EXAMPLES = r"""
- name: Add a configuration server
  voip.rps.rps_server:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    name: acme-berlin
    url: https://berlin.acme.example/provisioning/

- name: Add two configuration servers
  voip.rps.rps_server:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    servers:
      acme-paris: https://paris.acme.example/provisioning/
      acme-rome: https://rome.acme.example/provisioning/

- name: Delete a configuration server, if the service can delete servers
  voip.rps.rps_server:
    provider: "{{ rps_provider }}"
    username: acme
    password: "{{ rps_password }}"
    name: acme-rome
    state: absent
  when: rps_provider not in ['yealink', 'htek', 'akuvox', 'snom', 'panasonic', 'gigaset', 'auerswald']
"""

RETURN = r"""
servers:
  description: The outcome of each server, in the order of the input.
  returned: unless the whole task failed
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
        - The requested URL. With O(state=absent), the URL that the server had, or null if it did not exist.
        - A user name and password in it are replaced by C(***).
      type: str
      returned: always
      sample: https://berlin.acme.example/provisioning/
    action:
      description:
        - V(added), V(changed), V(removed), V(none) if the server was correct, or V(failed).
        - V(unverified) if the name already exists and the service does not show its URL.
      type: str
      returned: always
      sample: added
    current_url:
      description: The URL that the server had before. A user name and password in it are replaced by C(***).
      type: str
      returned: if the service listed the server
      sample: https://berlin.acme.example/provisioning/
    error:
      description:
        - Why the server failed. C(code) is an error code of the collection, and C(message) is the message of the
          service or the reason.
      type: dict
      returned: if the server failed
      sample:
        code: invalid_server_name
        message: "Error: The server name can only contain 'A-z 0-9 - _ . '(include space)"
requests:
  description: Number of HTTP requests that were sent.
  returned: always
  type: int
  sample: 2
diff:
  description: The servers that are added, changed or removed, as dictionaries of names and URLs.
  returned: in diff mode, unless the whole task failed
  type: dict
  sample:
    before: {}
    after:
      acme-berlin: https://berlin.acme.example/provisioning/
problems:
  description: The first 20 problems of the input.
  returned: if the input is wrong
  type: list
  elements: dict
  sample:
    - code: invalid_url
      where: server 'rome'
      message: "'nowhere' does not begin with http://, https://, ftp:// or tftp://"
problem_counts:
  description: Number of problems of the input for each error code.
  returned: if the input is wrong
  type: dict
  sample:
    invalid_url: 1
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
from ansible_collections.voip.rps.plugins.module_utils._reconcile.add_servers import server_warnings, servers_result
from ansible_collections.voip.rps.plugins.module_utils._reconcile.manage_servers import (
    manage_servers,
    servers_asked_for,
)


def main() -> None:
    module = RpsModule(
        argument_spec=dict(
            RPS_OPTIONS,
            name={"type": "str"},
            url={"type": "str"},
            servers={"type": "dict"},
            state={"type": "str", "choices": ["present", "absent"], "default": "present"},
            change_url={"type": "bool", "default": False},
        ),
        required_one_of=[("name", "servers")],
        mutually_exclusive=[("name", "servers")],
        required_if=[("state", "present", ("url", "servers"), True)],
        required_by={"url": ["name"]},
        supports_check_mode=True,
    )
    with RpsTask(module) as task:
        servers = servers_asked_for(module.params, task.kind, task.problems)
        service = task.connect()
        outcomes = manage_servers(
            service, servers, change_url=module.params["change_url"], check_mode=module.check_mode
        )
        if module.check_mode and not service.lists_servers:
            module.warn(
                "The service cannot list its servers. A server that already exists is reported as added in check mode."
            )
        for warning in server_warnings(outcomes):
            module.warn(warning)
        task.leave(servers_result(outcomes, diff=module._diff))


if __name__ == "__main__":
    main()
