# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convert templated values of Ansible to plain data, and explain why templating failed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleUndefinedVariable

try:
    from ansible.template import is_trusted_as_template as _is_trusted
except ImportError:  # ansible-core 2.18

    def _is_trusted(value: Any) -> bool:
        return "Unsafe" not in type(value).__name__


_UNDEFINED = re.compile(r"'([\w. ]+)' is undefined")
_REFERENCE = re.compile(r"\{\{ *([A-Za-z_]\w*) *\}\}", re.ASCII)
_MOST_REFERENCES = 10

# A text that is encrypted with Ansible Vault has another type.
_TEXTS = ("str", "AnsibleUnicode", "_AnsibleTaggedStr", "AnsibleUnsafeText")

OMITTED = object()
"""Stands for a value that must be left out, if Ansible raises an error for it."""


def reason_of(error: AnsibleError) -> str:
    """Return why a value could not be templated, without showing any part of it."""
    words = str(error)
    undefined = _UNDEFINED.search(words)
    if undefined:
        return f"uses the variable {undefined[1]!r}, which is undefined"
    if isinstance(error, AnsibleUndefinedVariable):
        return "uses a variable that is undefined"
    if "vault" in type(error).__name__.lower() or "decrypt" in words.lower():
        return "cannot be decrypted: provide the vault password"
    return "cannot be templated: check its Jinja2 expressions"


def is_omitted(value: Any, omit: Any) -> bool:
    """Return whether a templated value must be left out. ``omit``: the play's variable with this name."""
    # Only ansible-core 2.18 has a text that stands for omitted values.
    return value is OMITTED or (isinstance(omit, str) and isinstance(value, str) and value == omit)


def is_plain_text(value: Any) -> bool:
    """Return whether a value is a text without templates."""
    return isinstance(value, str) and "{" not in value and type(value).__name__ in _TEXTS


def referred(value: Any, variables: Mapping[str, Any]) -> Any:
    """Return the plain text of the variable to which a template such as ``{{ site }}`` refers, or else the value.

    This avoids that Ansible compiles a template for each of 10,000 hosts, which takes seconds for each column.
    """
    text = value
    for _step in range(_MOST_REFERENCES):
        reference = _REFERENCE.fullmatch(text) if isinstance(text, str) and _is_trusted(text) else None
        if reference is None:
            # Ansible may convert a text that looks like a list.
            return text if is_plain_text(text) and not text.startswith("[") else value
        text = variables.get(reference[1])
    return value


def plain(value: Any, omit: Any) -> Any:
    """Return a value as plain data, without Ansible's tags for its origin and encryption.

    Leave out omitted values of dictionaries.
    """
    if isinstance(value, Mapping):
        return {_text(key): plain(item, omit) for key, item in value.items() if not is_omitted(item, omit)}
    if isinstance(value, (list, tuple, set)):
        return [plain(item, omit) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _text(value)


def _text(value: Any) -> str:
    """Return a text of no other type than that: what ansible-core 2.18 marks as unsafe stays so with str()."""
    return str.__str__(value) if isinstance(value, str) else str.__str__(str(value))
