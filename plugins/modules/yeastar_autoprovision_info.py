#!/usr/bin/python

# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: yeastar_autoprovision_info
short_description: Read which phones a Yeastar P-Series PBX can provision
version_added: 0.1.0
author:
  - voip.rps contributors (@voip-rps)
description:
  - Tells the vendors, models, templates and methods that a PBX offers for the provisioning of phones.
extends_documentation_fragment:
  - voip.rps.attributes
  - voip.rps.attributes.info_module
  - voip.rps.attributes.actiongroup_yeastar
  - voip.rps.yeastar
options:
  menu:
    description:
      - What to ask for, the phone vendors, the models of O(vendor), the templates of O(model), or the provisioning
        methods of O(vendor)'s O(model).
    type: str
    required: true
    choices:
      - phone_vendor
      - phone_model
      - phone_template
      - autop_method
  vendor:
    description:
      - The vendor's C(value). Required with V(phone_model) and V(autop_method).
    type: str
  model:
    description:
      - The model's C(value). Required with V(phone_template) and V(autop_method).
    type: str
seealso:
  - module: voip.rps.yeastar_phone
  - ref: ansible_collections.voip.rps.docsite.yeastar
    description: Phones into a Yeastar PBX, from its settings on.
"""

EXAMPLES = r"""
- name: Which Yealink phones does the PBX know?
  voip.rps.yeastar_autoprovision_info:
    base_url: https://pbx.acme.example
    client_id: "{{ pbx_client_id }}"
    client_secret: "{{ pbx_client_secret }}"
    menu: phone_model
    vendor: Yealink

- name: Where does it serve a phone, and can it have the vendor redirect it?
  voip.rps.yeastar_autoprovision_info:
    base_url: https://pbx.acme.example
    client_id: "{{ pbx_client_id }}"
    client_secret: "{{ pbx_client_secret }}"
    menu: autop_method
    vendor: Yealink
    model: CP920
"""

RETURN = r"""
options:
  description: What the PBX offers.
  returned: success
  type: list
  elements: dict
  contains:
    text:
      description: What the PBX calls it. Of a provisioning method, the provisioning link.
      type: str
      returned: always
      sample: yeastardocs.example.yeastarcloud.com:443/api/autoprovision/6gEzigLFhMGntjd8
    value:
      description: The value that it goes by.
      type: str
      returned: always
      sample: rps
    type:
      description: The type of phone or method. Null where the PBX tells none, as of templates.
      type: str
      returned: always
      sample: full
requests:
  description: How many HTTP requests were sent.
  returned: always
  type: int
  sample: 3
problems:
  description: The first 20 problems with the input.
  returned: when the input is wrong
  type: list
  elements: dict
  sample:
    - code: invalid_url
      where: base_url
      message: "'pbx' does not begin with http://, https://, ftp:// or tftp://"
problem_counts:
  description: How many problems with the input there are of each error code.
  returned: when the input is wrong
  type: dict
  sample:
    invalid_url: 1
failure:
  description: Why the task failed, C(code) being one of the collection's error codes.
  returned: failure
  type: dict
  sample:
    code: auth_failed
    message: "the PBX does not take this client: FAILURE (errcode -1)"
"""

from ansible_collections.voip.rps.plugins.module_utils._module.rps_module import RpsModule
from ansible_collections.voip.rps.plugins.module_utils._pbx.pbx_task import PBX_OPTIONS, PBX_RULES, PbxTask

ABOUT = {
    "phone_vendor": (),
    "phone_model": ("vendor",),
    "phone_template": ("model",),
    "autop_method": ("vendor", "model"),
}


def main() -> None:
    module = RpsModule(
        argument_spec=dict(
            PBX_OPTIONS,
            menu={"type": "str", "required": True, "choices": list(ABOUT)},
            vendor={"type": "str"},
            model={"type": "str"},
        ),
        required_if=[("menu", menu, about) for menu, about in ABOUT.items()],
        supports_check_mode=True,
        **PBX_RULES,
    )
    menu = module.params["menu"]
    with PbxTask(module) as task:
        with task.connect() as pbx:
            options = pbx.menu(menu, **{name: module.params[name] for name in ABOUT[menu]})
        task.leave({"changed": False, "options": options})


if __name__ == "__main__":
    main()
