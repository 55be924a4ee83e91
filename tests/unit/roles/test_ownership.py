# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever the list and the accounts: every row has one owner, or nothing is done."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.voip.rps.plugins.plugin_utils._roles import rollout
from ansible_collections.voip.rps.plugins.plugin_utils._roles.context import Context

VENDORS = {"001565": "yealink", "000413": "snom", "001fc1": "htek"}
SERVERS = {"c": "https://c.example/"}
ACCOUNTS = {"office": "yealink", "Labs": "yealink", "desks": "snom", "shop": "htek"}

MACS = st.builds("{}{:06x}".format, st.sampled_from([*VENDORS, "020000"]), st.integers(0, 30))
URLS = st.sampled_from(["https://a.example/", "https://b.example/"])

any_rows = st.fixed_dictionaries(
    {"mac": MACS | st.sampled_from(["", "00156500", "00156500000g"])},
    optional={
        "provider": st.sampled_from(["", "yealink", " Snom", "HTEK", "yealnk"]),
        "account": st.sampled_from(["", "office", " OFFICE ", "labs", "desks", "shop", "ofice"]),
        "url": URLS | st.just("htp://x"),
        "room": st.just("12"),
    },
)


@st.composite
def right_rows(draw: st.DrawFn) -> dict[str, str]:
    """Draw a row that belongs to one account, which it names in its own way or, where it can, not at all."""
    name, provider = draw(st.sampled_from(sorted(ACCOUNTS.items())))
    prefix = next(prefix for prefix, vendor in VENDORS.items() if vendor == provider)
    row = {"mac": f"{draw(st.sampled_from([prefix, prefix, '020000']))}{draw(st.integers(0, 99999)):06x}"}
    if provider == "yealink" or not row["mac"].startswith(prefix) or draw(st.booleans()):
        row["account"] = draw(st.sampled_from([name, name.upper(), f" {name} "]))
    if draw(st.booleans()):
        row["provider"] = draw(st.sampled_from([provider, provider.title(), f"{provider} "]))
    # Htek's service has no URLs of single phones.
    if provider != "htek" and draw(st.booleans()):
        row["url"] = draw(URLS)
    return row


@given(
    right=st.lists(right_rows(), max_size=6, unique_by=lambda row: row["mac"]),
    odd=st.just([]) | st.just([]) | st.lists(any_rows, max_size=1),
    names=st.just(set(ACCOUNTS)) | st.just(set(ACCOUNTS)) | st.sets(st.sampled_from(sorted(ACCOUNTS)), min_size=1),
    prune=st.sampled_from([False] * 5 + [True]),
)
def test_every_row_has_one_owner_or_nothing_is_done(
    right: list[dict[str, str]], odd: list[dict[str, str]], names: set[str], prune: bool
) -> None:
    phones = [*right, *odd]

    done = rollout.read_input(_context(phones, names, prune))

    if done.problems:
        assert not done.jobs
        return
    owners = {
        device.mac: (job.account.name, job.account.provider, device.target)
        for job in done.jobs
        for device in job.devices
    }
    assert sum(len(job.devices) for job in done.jobs) == len(owners)
    assert owners.keys() == {row["mac"] for row in phones}
    for row in phones:
        name, provider, target = owners[row["mac"]]
        assert row.get("account", "").strip().casefold() in ("", name.casefold())
        said = row.get("provider", "").strip().casefold()
        assert provider == (said or VENDORS.get(row["mac"][:6], provider))
        assert target
        assert target.url == row.get("url", SERVERS["c"])
    assert not prune or all(job.devices for job in done.jobs)


def _context(phones: list[dict[str, str]], names: set[str], prune: bool) -> Context:
    accounts: dict[str, Any] = {
        name: {"provider": ACCOUNTS[name], "username": "acme", "password": "s3cret"} for name in sorted(names)
    }
    variables = {"accounts": accounts, "phones": phones, "servers": SERVERS, "server": "c", "prune": prune}
    return Context(
        given={f"rollout_{name}": value for name, value in variables.items()},
        names=[],
        problems=[],
        folders=[],
        cwd="/",
        forbidden="/nowhere",
        environment={},
        load_file=lambda path: path,
        check_mode=False,
        diff=False,
    )
