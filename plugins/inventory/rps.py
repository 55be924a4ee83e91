# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rps
short_description: Uses the phones of redirection (RPS) accounts as hosts
version_added: 0.1.0
author:
  - voip.rps contributors (@voip-rps)
description:
  - Adds a host for each phone that is registered by your accounts at the vendors' redirection services.
  - The name of a host is the MAC address of the phone, in 12 lower-case hex digits.
  - The name of the inventory file must end with C(rps.yml) or C(rps.yaml).
  - Each host has the variables C(rps_mac), C(rps_provider), C(rps_account), C(rps_status), C(rps_current_url) and
    C(rps_model). Unknown values are null.
  - C(rps_account) is the name of the account in O(accounts). Without O(accounts), it is the provider.
  - C(rps_status) is V(registered), unless a phone changed while it was read.
  - C(rps_current_url) is where the phone points, if O(check_target=true) and the service can report it. A user name and
    password in it are replaced by C(***).
  - C(rps_model) is the model, if the service reports it or if it can be inferred from the MAC address, as for Snom.
  - The roles can use these hosts as their phones without further variables. They never use C(rps_current_url) as the
    redirect target to set.
extends_documentation_fragment:
  - voip.rps.rps
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description:
      - Marks a file as an inventory of this plugin.
    type: str
    required: true
    choices:
      - voip.rps.rps
  provider:
    description:
      - The vendor's redirection service. Required, unless O(accounts) is given.
      - If not set, the value of the E(RPS_PROVIDER) environment variable is used.
    required: false
  accounts:
    description:
      - Several accounts, as a dictionary. The keys are the names of the accounts. The values are dictionaries of their
        options, O(provider), O(api_url) and the others that are listed here.
      - The accounts variable of the roles can be used unchanged. Its C(servers) are ignored.
      - Mutually exclusive with the options of a single account. The environment variables, such as E(RPS_PROVIDER), are
        not used for these accounts.
    type: dict
  check_target:
    description:
      - Whether to read where each phone points. This takes one request for each phone.
    type: bool
    default: false
notes:
  - Values of the options of accounts may be Jinja2 templates, for example with P(ansible.builtin.env#lookup), or
    encrypted with Ansible Vault.
  - If one of several accounts cannot be read, the whole inventory fails. Otherwise a playbook would treat the missing
    phones as phones that do not exist. To continue without an account, use one inventory file for each account.
  - Ansible only warns if an inventory fails, and continues without its hosts. To stop instead, set
    E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) to V(true).
  - If some phones cannot be read with O(check_target=true), the inventory fails with O(strict=true). Otherwise there is
    a warning, and their C(rps_current_url) is null.
  - If several accounts list the same phone, the host has the variables of the first account, and there is a warning.
  - The cache holds only the variables of the hosts, and no passwords.
  - Values that come from a service are never templated.
seealso:
  - module: voip.rps.rps_device_info
  - ref: ansible_collections.voip.rps.docsite.inventory_awx
    description: Accounts as an inventory, and hosts as phones.
"""

EXAMPLES = r"""
---
# acme.rps.yml: a single account
plugin: voip.rps.rps
provider: yealink
username: acme
password: "{{ lookup('ansible.builtin.env', 'ACME_PASSWORD') }}"
---
# env.rps.yml: the account from the environment variables RPS_PROVIDER, RPS_USERNAME and RPS_PASSWORD, which a
# credential of AWX can set
plugin: voip.rps.rps
---
# all.rps.yml: several accounts, with groups by account, model and redirect target
plugin: voip.rps.rps
accounts:
  acme-yealink:
    provider: yealink
    username: acme
    password: !vault |
      $ANSIBLE_VAULT;1.1;AES256
      6433…
  acme-snom:
    provider: snom
    username: acme
    password: "{{ lookup('ansible.builtin.env', 'SNOM_PASSWORD') }}"
check_target: true
keyed_groups:
  - key: rps_account
    prefix: account
  - key: rps_model
    prefix: model
groups:
  old_server: (rps_current_url or '').startswith('https://old.acme.example/')
compose:
  rps_server: "'berlin' if rps_provider == 'yealink' else 'paris'"
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: /var/cache/ansible/rps
cache_timeout: 3600
"""

import os
import sys
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core 2.18 templates what is not marked as data

    def trust_as_template(value: str) -> str:
        return value


from ansible_collections.voip.rps.plugins.module_utils._http.client import REQUESTS_IMPORT_ERROR
from ansible_collections.voip.rps.plugins.module_utils._pure.errors import InputError, Problem, Problems, RpsError
from ansible_collections.voip.rps.plugins.module_utils._reconcile.ownership import did_you_mean
from ansible_collections.voip.rps.plugins.plugin_utils._inventory.accounts import OPTIONS, inventory_accounts
from ansible_collections.voip.rps.plugins.plugin_utils._inventory.phones import (
    Phone,
    are_phones,
    identity_of,
    phones_of_account,
    unread_words,
    without_repeated,
)
from ansible_collections.voip.rps.plugins.plugin_utils._roles.accounts import RoleAccount
from ansible_collections.voip.rps.plugins.plugin_utils._roles.templated import plain, reason_of


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]  # ansible-core has no type hints
    NAME = "voip.rps.rps"

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith(("rps.yml", "rps.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        if REQUESTS_IMPORT_ERROR:
            message = f"the Python library requests is missing. Install it for {sys.executable}, which runs Ansible"
            raise AnsibleParserError(f"voip.rps.rps: {message}")
        self._given: dict[str, Any] = {}
        config = self._read_config_data(path)
        try:
            accounts = self._accounts(config)
            phones = self._phones(accounts, path, cache)
        except RpsError as error:
            raise AnsibleParserError(f"voip.rps.rps: {error.message}") from None
        self._populate(phones)

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Set all options except those of accounts, which are validated together with the accounts.

        Ansible would refuse a template as the value of a number, and show a password that is not text.
        """
        direct = dict(direct or {})
        self._given = {name: direct.pop(name) for name in OPTIONS if name in direct}
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)

    def _compose(self, template: Any, variables: Any, *arguments: Any, **options: Any) -> Any:
        # Ansible compiles an expression for every host, even if it is only the name of a variable, as in keyed_groups.
        if isinstance(template, str) and template in variables and not self.get_option("use_extra_vars"):
            return variables[template]
        return super()._compose(template, variables, *arguments, **options)

    def _accounts(self, config: Mapping[str, Any]) -> list[RoleAccount]:
        """Return the accounts of the inventory file. Raise InputError with all problems of the file."""
        problems: Problems = []
        for name in config:
            if name not in self._options:
                message = f"is not an option: {did_you_mean(str(name)[:40], list(self._options))}"
                problems.append(Problem("invalid_input", str(name)[:40], message))
        given = {name: self._templated(name, value, problems) for name, value in self._given.items()}
        if not problems:
            accounts = inventory_accounts(given, os.environ, problems)
        if problems:
            raise InputError(problems)
        return accounts

    def _templated(self, where: str, value: Any, problems: Problems) -> Any:
        """Return a value with its templates replaced, and add those that fail to ``problems``."""
        if isinstance(value, Mapping):
            return {str(key): self._templated(f"{where}[{key}]", item, problems) for key, item in value.items()}
        try:
            return plain(self.templar.template(value), None)
        except AnsibleError as error:
            problems.append(Problem("invalid_input", where, reason_of(error)))
            return None

    def _phones(self, accounts: list[RoleAccount], path: str, cache: bool) -> list[Phone]:
        """Return every phone of the accounts, from the cache if it has them. Raise RpsError."""
        check_target = self.get_option("check_target")
        caches = self.get_option("cache")
        key = self.get_cache_key(f"{path} {identity_of(accounts, check_target=check_target)}")
        if cache and caches:
            cached = self.cache.get(key)
            if are_phones(cached):
                return list(cached)
        phones = self._read(accounts, check_target=check_target)
        if caches:
            self.cache[key] = phones
        return phones

    def _read(self, accounts: list[RoleAccount], *, check_target: bool) -> list[Phone]:
        phones: list[Phone] = []
        for account in accounts:
            try:
                found, unread = phones_of_account(account, check_target=check_target)
            except RpsError as error:
                raise RpsError(error.code, f"account {account.name}: {error.message}") from None
            if unread:
                message = unread_words(account, unread)
                if self.get_option("strict"):
                    raise RpsError(unread[0].code, message)
                self.display.warning(f"voip.rps.rps: {message}")
            phones += found
        phones, repeated = without_repeated(phones)
        if repeated:
            self.display.warning(f"voip.rps.rps: {repeated}")
        return phones

    def _populate(self, phones: list[Phone]) -> None:
        strict = self.get_option("strict")
        compose, groups, keys = (self.get_option(name) for name in ("compose", "groups", "keyed_groups"))
        for phone in phones:
            mac = phone["rps_mac"]
            variables = {name: _marked(name, value) for name, value in phone.items()}
            self.inventory.add_host(mac)
            for name, value in variables.items():
                self.inventory.set_variable(mac, name, value)
            if compose:
                self._set_composite_vars(compose, variables, mac, strict)
            if groups:
                self._add_host_to_composed_groups(groups, variables, mac, strict)
            if keys:
                self._add_host_to_keyed_groups(keys, variables, mac, strict)


def _marked(name: str, value: str | None) -> Any:
    """Return the value of a variable, marked as data if it comes from a service or contains a template.

    Other values stay unmarked, because programs that read the output of ansible-inventory need plain text.
    """
    if value is None:
        return None
    return wrap_var(value) if name == "rps_current_url" or "{" in value else trust_as_template(value)
