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
  - Adds, changes and removes configuration servers, each a name and a URL, to which M(voip.rps.rps_device) can bind
    phones.
  - A service that can list its servers is read first, and only what differs is sent.
  - V(yealink), V(htek) and V(akuvox) can only add a server, and report that a name is taken. They have no call to list,
    read, change or delete one. V(fanvil) lists, adds and deletes servers.
  - A service without named servers, as V(snom), is an error. There, devices are given a URL.
extends_documentation_fragment:
  - voip.rps.attributes
  - voip.rps.attributes.actiongroup_rps
  - voip.rps.rps
attributes:
  check_mode:
    support: partial
    details:
      - On a service that cannot list its servers, every server is reported as added, with a warning.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - If the name already exists on a service that cannot list its servers, the server is reported as V(unverified)
        with a warning, because its URL cannot be read. M(voip.rps.rps_device) shows whether it is the right one as soon
        as it binds a device to it.
options:
  name:
    description:
      - The server's name, of letters, digits, C(-), C(_), C(.) and space. Requires O(url) with O(state=present).
      - Names may be unique over all accounts of a service, so choose one that nobody else would.
    type: str
  url:
    description:
      - Where its phones fetch their configuration, beginning with C(http://), C(https://), C(ftp://) or C(tftp://).
      - C({mac}) in it stands for the MAC address of each phone, where the vendor documents a spelling for it. Where
        there is none, it is an error.
    type: str
  servers:
    description:
      - Several servers, name to URL. With O(state=absent) the URLs are ignored.
    type: dict
  state:
    description:
      - With V(present), servers that do not exist are added. One that exists with another URL fails as
        C(server_exists), with both URLs, unless O(change_url) is set.
      - With V(absent), servers are deleted, on a service that can delete them. A server to which devices of the account
        are bound fails, and is not deleted.
    type: str
    choices:
      - present
      - absent
    default: present
  change_url:
    description:
      - Change the URL of a server that exists with another URL, on a service that can change it.
      - This moves every phone that is bound to the server at once. To move phones in steps, add a server of another
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

- name: Add two
  voip.rps.rps_server:
    provider: yealink
    username: acme
    password: "{{ rps_password }}"
    servers:
      acme-paris: https://paris.acme.example/provisioning/
      acme-rome: https://rome.acme.example/provisioning/

- name: Delete a server, on a service that can delete servers
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
      description:
        - The URL that was asked for; with O(state=absent) the one that the server had, or null if it did not exist.
        - A user and password in it are replaced by C(***).
      type: str
      returned: always
      sample: https://berlin.acme.example/provisioning/
    action:
      description:
        - V(added), V(changed), V(removed), V(none) if there is nothing to do, or V(failed).
        - V(unverified) if the name already exists and the service does not show its URL.
      type: str
      returned: always
      sample: added
    current_url:
      description: The URL that the server had before. A user and password in it are replaced by C(***).
      type: str
      returned: if the service listed the server
      sample: https://berlin.acme.example/provisioning/
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
  description: The servers that are added, changed or removed, name to URL.
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
                "The service cannot tell which servers there are: those that are there already would not be added."
            )
        for warning in server_warnings(outcomes):
            module.warn(warning)
        task.leave(servers_result(outcomes, diff=module._diff))


if __name__ == "__main__":
    main()
