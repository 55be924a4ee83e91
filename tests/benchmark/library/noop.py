# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that takes a list of devices as rps_device does, and does nothing: what is left is what Ansible takes."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule

DEVICE = {
    "mac": {"type": "str", "required": True},
    "server": {"type": "str"},
    "url": {"type": "str"},
    "provider": {"type": "str"},
    "account": {"type": "str"},
}

module = AnsibleModule({"devices": {"type": "list", "elements": "dict", "options": DEVICE}})
module.exit_json(changed=False)
