# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""yeastar_phone: bad input is refused before anything is written, all of it named at once."""

from __future__ import annotations

import pytest
from rps_simulator import Simulator

from .conftest import T5, Pbx

MAC = "805ec0000000"


@pytest.mark.parametrize(
    ("phones", "options", "code", "words"),
    [
        ([{"mac": "805ec00000", "extension": "1"}], {}, "invalid_mac", ["phones[0]: '805ec00000' is not a MAC"]),
        ([{"mac": MAC}], {}, "invalid_input", ["phones[0]: extension and ext_id are both missing"]),
        ([{"mac": MAC, "ext_id": "1a"}], {}, "invalid_input", ["phones[0]: ext_id '1a' is not a number"]),
        (
            [{"mac": "000000000001", "extension": "1"}],
            dict.fromkeys(T5),
            "invalid_input",
            [
                "3 problems",
                "vendor is missing, here and as default for all phones",
                "model is missing",
                "template_name is missing",
            ],
        ),
        (
            [{"mac": MAC, "extension": "1"}, {"mac": "80-5E-C0-00-00-00", "extension": "2"}],
            {},
            "repeated_mac",
            [f"phones[1]: {MAC} has different values in phones[0]"],
        ),
        (
            [{"mac": MAC, "extension": "1"}, {"mac": MAC, "extension": "1", "model": "CP920"}],
            {},
            "repeated_mac",
            ["phones[1]"],
        ),
        (
            [{"mac": f"805ec000000{number}", "extension": "1"} for number in range(6)],
            {},
            "invalid_input",
            ["extension 1: 6 phones; an extension has 5 at most"],
        ),
        ([{"mac": MAC, "ext_id": 1}], {"base_url": "ftp://pbx/"}, "invalid_url", ["base_url: must begin with http"]),
        ([{"mac": MAC, "ext_id": 1}], {"base_url": "http://pbx.example/"}, "invalid_url", ["base_url: plain http"]),
        ([{"mac": MAC, "ext_id": 1}], {"timeout": 0}, "invalid_input", ["timeout: 0"]),
        ([{"mac": MAC, "ext_id": 1}], {"retries": -1}, "invalid_input", ["retries: -1"]),
        ([{"mac": MAC, "ext_id": 1}], {"ca_path": "/no/such"}, "invalid_input", ["ca_path: /no/such"]),
        ([{"mac": "x"}, {"mac": "y", "extension": "1"}], {}, "invalid_mac", ["2 problems", "phones[0]", "phones[1]"]),
    ],
)
def test_what_can_be_told_without_the_pbx(pbx, phones, options, code, words):
    result = pbx.phone(phones, **options)

    assert (result["failed"], result["changed"], result["failure"]["code"]) == (True, False, code)
    for part in words:
        assert part in result["msg"]
    assert result["requests"] == len(pbx.simulator.log) == 0


def test_a_phone_list_that_is_none(pbx, tmp_path):
    src = tmp_path / "phones.csv"
    src.write_text("mac,extension\n805ec0000000,1000,beyond\nx,1001\n805ec0000001,\n")

    result = pbx.phone(src=str(src))

    for part in ("phones.csv line 2: 'beyond'", "phones.csv line 3: 'x'", "phones.csv line 4: extension and ext_id"):
        assert part in result["msg"]
    assert "cannot be read" in pbx.phone(src=str(tmp_path / "none.csv"))["msg"]
    assert not pbx.simulator.log


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"model": "T53W"}, "phones[0]: model T53W: did you mean SIP-T53W?"),
        ({"model": "SIP-W80"}, "model SIP-W80: did you mean SIP-W80DM"),
        ({"vendor": "Yealnik"}, "vendor Yealnik: did you mean Yealink?"),
        ({"vendor": "Acme"}, "vendor Acme: the PBX has Alcatel-Lucent Enterprise, Fanvil, Htek, Snom, Yealink"),
        ({"template_name": "YealinkT5"}, "template_name YealinkT5: did you mean YSDP_YealinkT5?"),
        ({"template_name": "26"}, None),
        ({"extension": "999"}, "phones[0]: the PBX has no extension 999"),
    ],
)
@pytest.mark.parametrize("there", [False, True])
def test_what_the_pbx_does_not_know_is_named_with_what_it_has(pbx, asked, words, there):
    if there:
        pbx.holds(pbx.phones(1))

    result = pbx.phone([{**pbx.phones(1)[0], **asked}])

    if words is None:
        assert "failed" not in result
    else:
        assert words in result["msg"]
        assert (result["failure"]["code"], result["changed"], pbx.writes) == ("invalid_input", False, [])


@pytest.mark.parametrize("check", [False, True])
def test_all_that_the_pbx_does_not_know_is_named_at_once(pbx, check):
    wrong = [
        *pbx.phones(7, 0, model="T53W"),
        *pbx.phones(1, 7, vendor="Ynom"),
        {**pbx.phones(1, 8)[0], "extension": "99"},
        *pbx.phones(1, 9),
    ]

    result = pbx.phone(wrong, check=check)

    assert result["msg"] == (
        "3 problems: phones[0] and 6 more: model T53W: did you mean SIP-T53W?; phones[7]: vendor Ynom: did you mean "
        "Snom?; phones[8]: the PBX has no extension 99"
    )
    assert pbx.extensions == {}


@pytest.mark.parametrize(
    "options",
    [
        {"client_id": None, "client_secret": None},
        {"client_secret": None},
        {"client_secret": None, "access_token": None},
        {"access_token": "x"},
        {"phones": None},
        {"phones": None, "src": None},
        {"src": "phones.csv"},
        {"base_url": None},
    ],
)
def test_options_that_do_not_go_together(pbx, options):
    result = pbx.phone(**{"phones": pbx.phones(1), **options})

    assert result["failed"] is True
    assert result["msg"]
    assert not pbx.simulator.log


@pytest.mark.parametrize("trusted", [True, False])
def test_https_with_a_ca_of_ones_own(certificates, run, trusted):
    files = [str(certificates / name) for name in ("server.pem", "server.key")]
    with Simulator(certificate=files[0], key=files[1]) as simulator:
        pbx = Pbx(simulator, run)

        result = pbx.phone(pbx.phones(1), **({"ca_path": str(certificates / "ca.pem")} if trusted else {}))

        assert result["changed"] is trusted
        assert trusted or result["failure"]["code"] == "tls_error"
