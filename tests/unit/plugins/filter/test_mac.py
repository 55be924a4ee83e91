# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter and the test mac."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.voip.rps.plugins.filter.mac import FilterModule
from ansible_collections.voip.rps.plugins.test.mac import TestModule

mac = FilterModule().filters()["mac"]
is_mac = TestModule().tests()["mac"]

FORMATS = {
    "bare": "001565abcdef",
    "colon": "00:15:65:ab:cd:ef",
    "dash": "00-15-65-ab-cd-ef",
    "dot": "0015.65ab.cdef",
}


@pytest.mark.parametrize("given", [*FORMATS.values(), "0015:65AB:CDEF", " 001565-ABCDEF\n"])
def test_every_spelling_in_every_format(given: str) -> None:
    assert mac(given) == "001565abcdef"
    assert is_mac(given) is True
    for name, spelled in FORMATS.items():
        assert mac(given, name) == mac(given, format=name) == spelled
        assert mac(given, name, True) == mac(given, format=name, upper="yes") == spelled.upper()


@pytest.mark.parametrize("given", ["", "0015", "00:15:65:00:00:00:01", "00156500000g", None, 1565000001, True, [], {}])
def test_what_is_no_mac(given: Any) -> None:
    assert is_mac(given) is False
    with pytest.raises(AnsibleFilterError, match=r"voip\.rps\.mac: .*MAC address"):
        mac(given)


@pytest.mark.parametrize("options", [{"format": "cisco"}, {"format": None}, {"format": ["dot"]}, {"upper": "maybe"}])
def test_options_that_are_wrong(options: dict[str, Any]) -> None:
    with pytest.raises(AnsibleFilterError, match=r"voip\.rps\.mac: (format is .*bare, colon, dash, dot|upper must be)"):
        mac("001565abcdef", **options)
