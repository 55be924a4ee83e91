# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Extensions and phones of a PBX in a seed, and read back."""

from __future__ import annotations

import json

import pytest

VP59 = {"vendor": "Yealink", "model": "VP59", "template_name": "YSDP_YealinkVP"}
D785 = {"vendor": "Snom", "model": "D785", "template_name": "YSDP_SnomD"}


@pytest.fixture
def provider():
    return "yeastar"


def test_seeding_twice_is_seeding_once(simulator, client):
    seed = {
        "extensions": [
            {"account": "ours", "number": "1001"},
            {"account": "ours", "number": "1002", "name": "Ann", "id": 20},
            {"account": "theirs", "number": "1001", "id": 20},
        ],
        "phones": [
            {"account": "ours", "mac": "00:15:65:00:00:01", **VP59, "extension": "1002", "rps_auth": True},
            {"account": "ours", "mac": "0004130000AA", **D785, "extension": None},
        ],
    }

    def changed() -> bool:
        answer = client.send(json.dumps(seed), "/simulator/seed")
        return json.loads(answer.body)["changed"]

    assert (changed(), changed()) == (True, False)
    phones = {
        "001565000001": {"id": 1, **VP59, "extension": "1002", "rps_auth": True, "provisioning_method": "rps"},
        "0004130000aa": {"id": 2, **D785, "extension": None, "rps_auth": False, "provisioning_method": "pnp"},
    }
    assert simulator.phones("ours") == phones
    assert simulator.phones("theirs") == {}
    state = json.loads(client.send(verb="GET", path="/simulator/state?account=ours").body)
    assert state == {"devices": {}, "servers": {}, "phones": phones}

    for part, change in (
        ("extensions", {"name": "Bea"}),
        ("phones", {"extension": "1001"}),
        ("phones", {"rps_auth": False}),
        ("phones", D785),
    ):
        seed[part][0].update(change)
        assert (changed(), changed()) == (True, False)
    assert simulator.phones("ours")["001565000001"] == {**phones["0004130000aa"], "id": 1, "extension": "1001"}


def test_ids_of_extensions(simulator, pbx):
    simulator.seed({"extensions": [{"account": "ours", "number": n, "id": i} for n, i in (("5", 7), ("6", None))]})
    simulator.seed({"extensions": [{"account": "ours", "number": "4"}]})

    found = pbx.get("extension/search")["data"]
    assert [(one["id"], one["number"]) for one in found] == [(1, "6"), (2, "4"), (7, "5")]


@pytest.mark.parametrize(
    ("part", "rows", "message"),
    [
        ("servers", [{"account": "ours", "name": "s", "url": "https://s/"}], r"servers\[0\]: yeastar has no named"),
        ("devices", [{"account": "ours", "mac": "001565000001"}], r"devices\[0\]: yeastar has no devices"),
        ("devices", [{"account": None, "mac": "001565000001", "provider": "yeastar"}], "yealink, htek, snom"),
        ("devices", [{"account": None, "mac": "001565000001"}], "yealink, htek, snom"),
        ("extensions", [{"account": "nobody", "number": "1"}], "no such account: nobody"),
        ("extensions", [{"account": "yealink", "number": "1"}], "yealink has no extensions"),
        ("extensions", [{"account": "ours", "number": 1}], "number must be a text"),
        ("extensions", [{"account": "ours", "number": "1", "id": "1"}], "id must be a whole number"),
        ("extensions", [{"account": "ours", "number": "1", "id": True}], "id must be a whole number"),
        ("extensions", [{"account": "ours", "number": "1", "id": 0}], "id must be a whole number"),
        ("extensions", [{"account": "ours", "number": "1", "id": 2**70}], "id must be a whole number"),
        ("extensions", [{"account": "ours", "number": "1001", "id": 2}], "1001 has the id 1"),
        ("extensions", [{"account": "ours", "number": "1", "id": 1}], "another extension has the id 1"),
        ("extensions", [{"account": "ours", "number": "1", "x": 1}], "unknown: x"),
        ("phones", [{"account": "yealink", "mac": "001565000001", **VP59}], "yealink has no phones of a PBX"),
        ("phones", [{"account": "ours", "mac": "x", **VP59}], "x is no MAC address"),
        ("phones", [{"account": "ours", "mac": "001565000001"}], "vendor must be a text"),
        ("phones", [{"account": "ours", "mac": "001565000001", **VP59, "vendor": "Snom"}], "no such vendor and model"),
        (
            "phones",
            [{"account": "ours", "mac": "001565000001", **VP59, "template_name": "x"}],
            "VP59 has no template x",
        ),
        ("phones", [{"account": "ours", "mac": "001565000001", **VP59, "extension": "9"}], "ours has no extension 9"),
        ("phones", [{"account": "ours", "mac": "001565000001", **VP59, "rps_auth": 1}], "rps_auth must be true or"),
        (
            "phones",
            [{"account": "ours", "mac": f"00156500000{n}", **VP59, "extension": "1001"} for n in range(6)],
            "extension 1001 has more than 5 phones",
        ),
    ],
)
def test_a_bad_seed_changes_nothing(simulator, part, rows, message):
    simulator.seed({"extensions": [{"account": "ours", "number": "1001"}]})
    if "yealink" in str(rows):
        simulator.seed({"accounts": [{"name": "yealink", "password": "x", "provider": "yealink"}]})

    with pytest.raises(ValueError, match=message):
        simulator.seed({"accounts": [{"name": "good", "password": "x", "provider": "yeastar"}], part: rows})
    assert simulator.phones("ours") == {}
    with pytest.raises(ValueError, match="no such account"):
        simulator.phones("good")
