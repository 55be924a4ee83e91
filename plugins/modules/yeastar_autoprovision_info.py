#!/usr/bin/python

# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: yeastar_autoprovision_info
short_description: Read the phone models that a Yeastar P-Series PBX can provision
version_added: 0.1.0
author:
  - voip.rps contributors (@voip-rps)
description:
  - Returns the vendors, models, templates and methods that a PBX offers to provision phones.
extends_documentation_fragment:
  - voip.rps.attributes
  - voip.rps.attributes.info_module
  - voip.rps.attributes.actiongroup_yeastar
  - voip.rps.yeastar
options:
  menu:
    description:
      - What to read. V(phone_vendor) reads the phone vendors, V(phone_model) the models of O(vendor),
        V(phone_template) the templates of O(model), and V(autop_method) the provisioning methods of O(model) of
        O(vendor).
    type: str
    required: true
    choices:
      - phone_vendor
      - phone_model
      - phone_template
      - autop_method
  vendor:
    description:
      - The C(value) of the vendor. Required with O(menu=phone_model) and O(menu=autop_method).
    type: str
  model:
    description:
      - The C(value) of the model. Required with O(menu=phone_template) and O(menu=autop_method).
    type: str
seealso:
  - module: voip.rps.yeastar_phone
  - ref: ansible_collections.voip.rps.docsite.yeastar
    description: Set up a Yeastar PBX, and add its phones.
"""

EXAMPLES = r"""
- name: List the Yealink models that the PBX can provision
  voip.rps.yeastar_autoprovision_info:
    base_url: https://pbx.acme.example
    client_id: "{{ pbx_client_id }}"
    client_secret: "{{ pbx_client_secret }}"
    menu: phone_model
    vendor: Yealink

- name: Read the provisioning methods and links of a model
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
  description: The options that the PBX offers.
  returned: success
  type: list
  elements: dict
  contains:
    text:
      description: The name that the PBX shows. For a provisioning method, the provisioning link.
      type: str
      returned: always
      sample: yeastardocs.example.yeastarcloud.com:443/api/autoprovision/6gEzigLFhMGntjd8
    value:
      description: The value that the API uses.
      type: str
      returned: always
      sample: rps
    type:
      description: The type of the phone or method. Null if the PBX reports no type, for example for templates.
      type: str
      returned: always
      sample: full
requests:
  description: Number of HTTP requests that were sent.
  returned: always
  type: int
  sample: 3
problems:
  description: The first 20 problems of the input.
  returned: if the input is wrong
  type: list
  elements: dict
  sample:
    - code: invalid_url
      where: base_url
      message: "'pbx' does not begin with http://, https://, ftp:// or tftp://"
problem_counts:
  description: Number of problems of the input for each error code.
  returned: if the input is wrong
  type: dict
  sample:
    invalid_url: 1
failure:
  description: Why the task failed. C(code) is an error code of the collection.
  returned: failure
  type: dict
  sample:
    code: auth_failed
    message: "the PBX does not accept this client: FAILURE (errcode -1)"
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
