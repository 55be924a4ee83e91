# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential types of AWX: one for each provider, one for a file of accounts, one for a Yeastar PBX.

Secrets reach a job through its environment or a file, never as extra variables, which ansible-core 2.19 parses as YAML
again.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.voip.rps.plugins.module_utils._module.options import ENV_PREFIX, RPS_OPTIONS
from ansible_collections.voip.rps.plugins.module_utils._pbx.pbx_task import ENV_PREFIX as PBX_PREFIX
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES
from ansible_collections.voip.rps.plugins.module_utils._services.base import Service

ACCOUNTS = "accounts"
"""The type of a file with several accounts, because AWX accepts one credential of each type for a job."""
YEASTAR = "yeastar"

_SECRETS = {name for name, option in RPS_OPTIONS.items() if option.get("no_log")}
_LABELS = {
    "username": "User name",
    "password": "Password",
    "client_id": "Client ID",
    "client_secret": "Client secret",
    "api_key": "API key",
    "client_cert": "Client certificate (PEM)",
    "client_key": "Private key of the client certificate (PEM)",
    "profile_name": "Profile name",
}
_CA = {
    "id": "ca",
    "type": "string",
    "label": "Certificate of a private CA (PEM)",
    "help_text": "Only if the certificate of the service is not from a public CA.",
    "multiline": True,
}


def credential_types() -> dict[str, dict[str, Any]]:
    """Return the arguments of awx.awx.credential_type without the name, by provider, ACCOUNTS and YEASTAR."""
    types = {provider: _provider_type(service) for provider, service in SERVICES.items()}
    types[ACCOUNTS] = {
        "description": "Accounts at redirection services, as a file. For jobs with several accounts of a provider",
        "kind": "cloud",
        "inputs": {
            "fields": [
                {
                    "id": "accounts",
                    "type": "string",
                    "label": "Accounts (YAML or JSON)",
                    "help_text": "A dict from the name of each account to its options, as in rollout_accounts.",
                    "secret": True,
                    "multiline": True,
                }
            ],
            "required": ["accounts"],
        },
        "injectors": {
            "file": {"template": "{{ accounts }}"},
            "env": {f"{ENV_PREFIX}ACCOUNTS_FILE": "{{ tower.filename }}"},
        },
    }
    types[YEASTAR] = {
        "description": "The API of a Yeastar P-Series PBX",
        "kind": "cloud",
        "inputs": {
            "fields": [
                {"id": "base_url", "type": "string", "label": "Address of the PBX", "help_text": "https://…"},
                {"id": "client_id", "type": "string", "label": _LABELS["client_id"]},
                {"id": "client_secret", "type": "string", "label": _LABELS["client_secret"], "secret": True},
                _CA,
            ],
            "required": ["base_url", "client_id", "client_secret"],
        },
        "injectors": {
            "file": {"template.ca": "{{ ca }}"},
            "env": {
                f"{PBX_PREFIX}BASE_URL": "{{ base_url }}",
                f"{PBX_PREFIX}CLIENT_ID": "{{ client_id }}",
                f"{PBX_PREFIX}CLIENT_SECRET": "{{ client_secret }}",
                f"{PBX_PREFIX}CA_PATH": "{{ tower.filename.ca if ca else '' }}",
            },
        },
    }
    return types


def _provider_type(service: type[Service]) -> dict[str, Any]:
    prefix = f"{ENV_PREFIX}{service.provider.upper()}_"
    url = {"id": "api_url", "type": "string", "label": "Address of the service", "format": "url"}
    if service.default_url:
        url["help_text"] = f"If empty, {service.default_url}"
    fields: list[dict[str, Any]] = []
    files = {"template.ca": "{{ ca }}"}
    env = {
        # A credential type cannot omit a variable, and an empty one is an error.
        f"{prefix}API_URL": f"{{{{ api_url or '{service.default_url}' }}}}",
        f"{prefix}CA_PATH": "{{ tower.filename.ca if ca else '' }}",
    }
    # Optional login options are missing here for the same reason. A file of accounts can have them.
    required = [name for name in service.login if name not in service.optional]
    for name in required:
        field: dict[str, Any] = {"id": name, "type": "string", "label": _LABELS.get(name, name)}
        is_file = RPS_OPTIONS[name]["type"] == "path"
        if is_file or name in _SECRETS:
            field["secret"] = True
        if is_file:
            field["multiline"] = True
            files[f"template.{name}"] = f"{{{{ {name} }}}}"
        value = f"tower.filename.{name}" if is_file else name
        env[prefix + name.upper()] = f"{{{{ {value} }}}}"
        fields.append(field)
    return {
        "description": f"An account at the redirection service {service.provider}",
        "kind": "cloud",
        "inputs": {
            "fields": [*fields, url, _CA],
            "required": [*required, *([] if service.default_url else ["api_url"])],
        },
        "injectors": {"file": files, "env": env},
    }
