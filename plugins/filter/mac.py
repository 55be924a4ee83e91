# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter mac. Its documentation is in mac.yml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.voip.rps.plugins.module_utils._pure.mac import parse_mac
from ansible_collections.voip.rps.plugins.module_utils._pure.words import kind_of, shown

# The number of digits in a group and the separator, by format.
FORMATS = {"bare": (12, ""), "colon": (2, ":"), "dash": (2, "-"), "dot": (4, ".")}


def mac(value: Any, format: str = "bare", upper: bool = False) -> str:  # noqa: A002 # the option's documented name
    """Return the MAC address ``value`` in ``format``. Raise AnsibleFilterError if ``value`` is not a MAC address."""
    if not isinstance(format, str) or format not in FORMATS:
        what = shown(format) if isinstance(format, str) else kind_of(format)
        raise AnsibleFilterError(f"voip.rps.mac: format is {what}, but must be one of {', '.join(FORMATS)}")
    try:
        is_upper = boolean(upper)
    except TypeError:
        raise AnsibleFilterError("voip.rps.mac: upper must be true or false") from None
    try:
        digits = parse_mac(value)
    except ValueError as error:
        raise AnsibleFilterError(f"voip.rps.mac: {error}") from None
    size, separator = FORMATS[format]
    spelled = separator.join(digits[i : i + size] for i in range(0, len(digits), size))
    return spelled.upper() if is_upper else spelled


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"mac": mac}
