# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every row of a phone list has one owner: this task, another one, or nobody, which is an input error."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.voip.rps.plugins.module_utils._services import providers_of

UNKNOWN_VENDOR = "0a0000000001"


def macs(result):
    return [device["mac"] for device in result["devices"]]


def one_problem(rps, result, where, words):
    """Expect that nothing was sent, for one problem."""
    assert rps.requests == 0
    (problem,) = result["problems"]
    assert (problem["code"], problem["where"]) == ("invalid_input", where)
    assert words in problem["message"]
    assert result["problem_counts"] == {"invalid_input": 1}
    assert "devices" not in result


def rows_of_many(rps):
    """Rows of this task, of another account's, of another provider's, and again of this one."""
    return [
        {"mac": rps.mac(0), "provider": f" {rps.provider.upper()} "},
        {"mac": rps.mac(1), "provider": rps.provider, "account": "acme-fr"},
        {"mac": rps.mac(2), "provider": rps.another_provider},
        {"mac": rps.mac(3), "account": " ACME-de"},
    ]


def test_rows_of_others_are_counted(rps):
    rps.holds(rps.mac(2), rps.mac(3), rps.mac(4))

    result = rps.device(devices=rows_of_many(rps), account="acme-de", check_target=False)

    assert macs(result) == [rps.mac(0), rps.mac(3)]
    assert result["other_rows"] == [
        {"provider": rps.provider, "account": "acme-fr", "rows": 1},
        {"provider": rps.another_provider, "account": None, "rows": 1},
    ]


@pytest.mark.needs("list_account")
def test_prune_spares_the_rows_of_others(rps):
    rps.holds(rps.mac(2), rps.mac(3), rps.mac(4))

    result = rps.device(devices=rows_of_many(rps), account="acme-de", prune=True, check_target=False)

    outcomes = {device["mac"]: device["action"] for device in result["devices"]}
    assert outcomes == {rps.mac(0): "registered", rps.mac(3): "none", rps.mac(4): "removed"}


@pytest.mark.needs("list_account")
@pytest.mark.parametrize("check", [False, True])
def test_prune_is_refused_where_all_rows_are_others(rps, check):
    rps.holds(*rps.macs(3))
    rows = [{"mac": rps.mac(8), "provider": rps.another_provider}]

    result = rps.device(devices=rows, prune=True, check=check)

    one_problem(rps, result, "prune", "no row of the list belongs to this account")


@pytest.mark.dialect("redirect")
@pytest.mark.needs("list_account")
def test_prune_is_refused_where_a_row_is_wrong(rps):
    rps.holds(*rps.macs(3))

    result = rps.device(devices=[{"mac": rps.mac(0)}, {"mac": rps.mac(1), "provider": "yealnik"}], prune=True)

    one_problem(rps, result, "devices[1]", "provider 'yealnik' is unknown: did you mean yealink")


@pytest.mark.needs("list_account")
@pytest.mark.parametrize("option", ["mac", "macs"])
def test_prune_is_refused_without_a_list(rps, option):
    rps.holds(*rps.macs(3))

    result = rps.device(**{option: rps.mac(0)}, prune=True)

    one_problem(rps, result, "prune", f"requires a whole list, not {option}")


def test_a_row_of_an_account_needs_the_option(rps):
    result = rps.device(devices=[{"mac": rps.mac(0), "account": "acme-de"}])

    one_problem(rps, result, "devices[0]", "account 'acme-de', and the option account is not set")


@pytest.mark.dialect("redirect")
def test_by_prefix_rows_of_other_vendors_are_skipped(rps):
    phones = [mac for mac in rps.every_vendors(1) if mac == rps.mac(1) or rps.provider not in providers_of(mac)]

    result = rps.device(macs=phones, by_prefix=True)

    assert macs(result) == [rps.mac(1)]
    assert sum(other["rows"] for other in result["other_rows"]) == len(phones) - phones.count(rps.mac(1))


def test_by_prefix_an_unknown_vendor_is_refused(rps):
    result = rps.device(macs=[rps.mac(1), UNKNOWN_VENDOR], by_prefix=True)

    one_problem(rps, result, "macs[1]", f"the vendor prefix of {UNKNOWN_VENDOR} is unknown")


def test_with_one_provider_an_unknown_vendor_is_its(rps):
    assert macs(rps.device(macs=[UNKNOWN_VENDOR])) == [UNKNOWN_VENDOR]


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("form", ["mac", "macs", "devices"])
def test_without_by_prefix_another_vendors_phone_is_refused(rps, form):
    another = next(mac for mac in rps.every_vendors(1) if rps.provider not in providers_of(mac))
    given = {"mac": another, "macs": [another], "devices": [{"mac": another}]}[form]

    result = rps.device(**{form: given})

    one_problem(rps, result, {"mac": "mac"}.get(form, f"{form}[0]"), f"not of {rps.provider}")


@pytest.mark.parametrize("by_prefix", [False, True])
def test_what_a_row_says_goes_before_its_prefix(rps, by_prefix):
    another = next(mac for mac in rps.every_vendors(1) if rps.provider not in providers_of(mac))
    rows = [
        {"mac": rps.mac(1), "provider": rps.another_provider},
        {"mac": another, "provider": rps.provider},
        {"mac": rps.mac(2), "account": "acme-fr"},
        {"mac": rps.mac(3), "account": "acme-de"},
    ]

    result = rps.device(devices=rows, by_prefix=by_prefix, account="acme-de")

    assert macs(result) == [another, rps.mac(3)]


def test_one_phone_has_one_owner(rps):
    rows = [{"mac": rps.mac(1)}, {"mac": rps.mac(1).upper(), "provider": rps.another_provider}]

    result = rps.device(devices=rows)

    (problem,) = result["problems"]
    assert problem["code"] == "repeated_mac"
    assert "belongs to another account in devices[0]" in problem["message"]
    assert rps.requests == 0


cells = st.sampled_from(["", "yealink", "Snom", " htek", "yealnik", "fanvil?", "***"])
accounts = st.sampled_from(["", "acme-de", "ACME-DE ", "acme-fr", "acme-dee"])
prefixes = st.sampled_from(["001565", "000413", "001fc1", "0a0000"])


@given(
    rows=st.lists(st.tuples(prefixes, st.integers(0, 3), cells, accounts), max_size=5),
    by_prefix=st.booleans(),
    account=st.sampled_from([None, "acme-de"]),
    prune=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_every_row_is_carried_out_counted_or_refused(rps, rows, by_prefix, account, prune):
    """Whatever the list: all rows are accounted for, or nothing at all was sent; only named phones are touched."""
    sent = rps.requests
    held = set(rps.urls)
    options = {"prune": prune, "prune_limit": 100} if rps.can.list_account else {}
    devices = [
        {"mac": f"{prefix}{number:06x}", "provider": provider, "account": whose}
        for prefix, number, provider, whose in rows
    ]

    result = rps.device(devices=devices, by_prefix=by_prefix, account=account, **options)

    if "problems" in result:
        assert (rps.requests, result["failed"], result["changed"]) == (sent, True, False)
        assert set(rps.urls) == held
        assert sum(result["problem_counts"].values()) >= len(result["problems"]) > 0
        return
    named = {row["mac"] for row in devices}
    ours = [device["mac"] for device in result["devices"] if device["mac"] in named]
    others = {row["mac"] for row in devices} - set(ours)
    assert len(ours) == len(set(ours))
    assert sum(other["rows"] for other in result["other_rows"]) == sum(row["mac"] in others for row in devices)
    assert not any(row["provider"].strip().lower() not in ("", "yealink", "snom", "htek") for row in devices)
    assert set(rps.urls) - held <= set(ours)
    assert not (held - set(rps.urls)) & named
