# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that hides secrets in every output, even if its options are invalid."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.voip.rps.plugins.module_utils._pure.shown import MASK, SECRETS, SHORTEST_SECRET, visible
from ansible_collections.voip.rps.plugins.module_utils._pure.url import shown_text, shown_url

_MOST_SHOWN = 20
_URLS = ("api_url", "base_url", "url", "servers")
_SECRETS = ("password", "client_secret", "access_token", "api_key")


class RpsModule(AnsibleModule):  # type: ignore[misc]  # AnsibleModule is not typed
    """A module that returns its invocation without secrets, even if its options are invalid.

    Long lists are cut: Ansible always passes the invocation on, even if nobody looks at it.
    """

    def __init__(self, argument_spec: dict[str, Any], **rules: Any) -> None:
        SECRETS.clear()
        super().__init__(argument_spec, **rules)
        self._learn_secrets()

    def add_path_info(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Add nothing: ``dest`` in the result is a report, not the file that the task manages."""
        return kwargs

    def fail_json(self, msg: str, **result: Any) -> None:
        # If an option has the wrong type, Ansible does not know the secrets yet.
        self._learn_secrets()
        shown = visible(shown_text(SECRETS.hide(msg)))
        super().fail_json(msg=shown, **dict(result, invocation={"module_args": self._shown_options()}))

    def exit_json(self, **result: Any) -> None:
        super().exit_json(**dict(result, invocation={"module_args": self._shown_options()}))

    def _log_invocation(self) -> None:
        # Ansible cannot log invalid characters; they are reported as an input error later.
        with suppress(UnicodeError):
            super()._log_invocation()

    def _learn_secrets(self) -> None:
        for option in _SECRETS:
            secret = str(self.params.get(option) or "")
            SECRETS.add(secret)
            if len(secret) >= SHORTEST_SECRET:
                self.no_log_values.add(secret)
            else:
                # Ansible would also replace a short secret in the middle of other words.
                self.no_log_values.discard(secret)

    def _shown_options(self) -> dict[str, Any]:
        known = {name for option, spec in self.argument_spec.items() for name in (option, *spec.get("aliases", ()))}
        return {
            visible(str(option)): _shown(value, option) if option in known or option.startswith("_ansible") else MASK
            for option, value in self.params.items()
        }


def _shown(value: Any, option: str = "") -> Any:
    if option in _SECRETS and value is not None:
        return MASK
    if isinstance(value, str):
        return SECRETS.hide(shown_url(value) if option in _URLS else shown_text(value))
    if isinstance(value, list):
        more = [f"… and {len(value) - _MOST_SHOWN} more"] if len(value) > _MOST_SHOWN else []
        return [_shown(item, option) for item in value[:_MOST_SHOWN]] + more
    if isinstance(value, dict):
        return {
            shown_text(str(key)): _shown(item, option if option in _URLS else str(key)) for key, item in value.items()
        }
    return value


def visible_result(value: Any, lines: bool = False) -> Any:
    """Return a result without characters that control a terminal; a diff keeps its ``lines``."""
    if isinstance(value, str):
        return "\n".join(map(visible, value.split("\n"))) if lines else visible(value)
    if isinstance(value, list):
        return [visible_result(item, lines) for item in value]
    if isinstance(value, dict):
        # Nearly all text of 100,000 devices is printable, so this check saves most of the time.
        return {
            key if not isinstance(key, str) or key.isprintable() else visible(key): item
            if item is None or (isinstance(item, str) and item.isprintable())
            else visible_result(item, lines or key == "diff")
            for key, item in value.items()
        }
    return value
