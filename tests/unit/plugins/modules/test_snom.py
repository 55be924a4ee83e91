# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snom's service: it lists phones by model alone, and does not say whether a phone of ours can be bound again."""

from __future__ import annotations

import xmlrpc.client

import pytest

from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES

# Of the services so far, this one alone lists by model.
pytestmark = [pytest.mark.dialect("redirect"), pytest.mark.needs("list_models")]

LISTS, LISTS_BY_URL = ("redirect.listPhones", 1), ("redirect.listPhones", 2)


def of_model(prefix, count):
    return [f"{prefix}{number:04x}" for number in range(count)]


D735 = of_model("000413a3", 120)
UNKNOWN = of_model("000413ff", 8)


def sent(rps):
    return [(entry.method, entry.parameters) for entry in rps.simulator.log]


def actions(result):
    return [device["action"] for device in result["devices"]]


def test_a_second_run_takes_one_request_a_model(rps):
    rps.holds(*rps.macs(250), *D735)

    result = rps.device(*rps.macs(250), *D735)

    assert not result["changed"]
    assert sent(rps) == [LISTS_BY_URL] * 2


def test_a_fresh_rollout_takes_three_requests_a_model_and_full_batches(rps):
    """One lists those that point there, one lists all, and as there are none, one looks: it might have another name."""
    result = rps.device(*rps.macs(250), *D735)

    assert result["summary"]["registered"] == 370
    assert sorted(rps.calls) == sorted(
        [("list", 0)] * 4 + [("locate", 1)] * 2 + [("register", 100)] * 3 + [("register", 70)]
    )


def test_phones_beside_others_of_the_account_take_two_requests_a_model(rps):
    rps.holds(*rps.macs(10))

    result = rps.device(*rps.macs(30))

    assert result["summary"] == {"registered": 20, "moved": 0, "removed": 0, "none": 10, "unverified": 0, "failed": 0}
    assert sent(rps)[:2] == [LISTS_BY_URL, LISTS]
    assert rps.calls[2:] == [("register", 20)]


def test_phones_of_each_url_are_asked_for_by_their_url(rps):
    servers = ["berlin", "paris"] * 10
    for mac, server in zip(rps.macs(20), servers, strict=True):
        rps.holds(mac, server=server)
    rows = [{"mac": mac, "server": server} for mac, server in zip(rps.macs(20), servers, strict=True)]

    assert not rps.device(devices=rows)["changed"]
    assert sent(rps) == [LISTS_BY_URL] * 2


def test_phones_of_no_known_model_are_read_one_by_one(rps):
    rps.holds(*UNKNOWN[:3])
    rps.holds(UNKNOWN[3], server="paris")
    rps.others(UNKNOWN[4])

    result = rps.device(*UNKNOWN)

    assert actions(result) == ["none"] * 3 + ["moved", "failed"] + ["registered"] * 3
    assert rps.calls[:8] == [("locate", 1)] * 8


def test_a_handful_of_a_model_is_read_one_by_one(rps):
    result = rps.device(*rps.macs(5), *D735[:6])

    assert result["summary"]["registered"] == 11
    assert [call for call in sent(rps) if "list" in call[0]] == [LISTS_BY_URL, LISTS]
    assert [call.what for call in rps.calls].count("locate") == 6


@pytest.mark.parametrize("state", ["absent", "present"])
def test_a_model_that_the_service_calls_otherwise_is_noticed(rps, state):
    """Its list is empty then, and one look tells that it should not be."""
    rps.holds(*rps.macs(20))
    rps.answers("list")

    result = rps.device(*rps.macs(20), state=state)

    assert actions(result) == [{"absent": "removed", "present": "none"}[state]] * 20
    assert rps.urls == ({} if state == "absent" else dict.fromkeys(rps.macs(20), rps.servers["berlin"]))


def test_a_phone_that_a_list_leaves_out_is_not_called_absent(rps):
    rps.holds(*rps.macs(20))
    rps.answers("list", *rps.macs(19))

    result = rps.device(*rps.macs(20), state="absent")

    assert actions(result) == ["removed"] * 20
    assert rps.urls == {}
    assert rps.calls == [("list", 0), ("check", 1), ("remove", 20)]


def test_a_phone_that_a_list_leaves_out_is_registered_again(rps):
    """That does no harm."""
    rps.holds(*rps.macs(20))
    rps.answers("list", *rps.macs(14))

    result = rps.device(*rps.macs(20))

    assert actions(result) == ["none"] * 14 + ["registered"] * 6
    assert rps.calls == [("list", 0), ("list", 0), ("register", 6)]
    assert set(rps.urls.values()) == {rps.servers["berlin"]}


def test_trusted_targets_take_one_request_a_model(rps):
    rps.holds(*rps.macs(20), server="paris")

    assert actions(rps.device(*rps.macs(20), check_target=False)) == ["none"] * 20
    assert sent(rps) == [LISTS]


@pytest.mark.parametrize("company", ["Acme", ""])
@pytest.mark.parametrize("shape", ["company_url", "true_company_url", "true_url"])
def test_where_a_phone_points_in_every_shape(rps, shape, company):
    rps.simulator.settings(snom_redirection=shape, snom_company=company)
    rps.holds(rps.mac(1))
    rps.holds(rps.mac(2), server="paris")
    rps.others(rps.mac(3))

    devices = rps.info(macs=rps.macs(4, start=1))["devices"]

    berlin, paris = rps.servers.values()
    told = {"company": company} if company and shape != "true_url" else {}
    assert devices == [
        {"mac": rps.mac(1), "status": "registered", "current_url": berlin, **told},
        {"mac": rps.mac(2), "status": "registered", "current_url": paris, **told},
        {"mac": rps.mac(3), "status": "registered_elsewhere", "current_url": None},
        {"mac": rps.mac(4), "status": "unknown", "current_url": None},
    ]
    assert actions(rps.device(*rps.macs(2, start=1))) == ["none", "moved"]


@pytest.mark.parametrize("shape", ["company_url", "true_company_url", "true_url"])
@pytest.mark.parametrize("count", [1, 8])
def test_phones_of_ours_that_point_nowhere_are_moved(rps, shape, count):
    rps.simulator.settings(snom_redirection=shape)
    rps.holds(*rps.macs(count), server=None)

    assert {device["status"] for device in rps.info(macs=rps.macs(count))["devices"]} == {"registered"}
    assert actions(rps.device(*rps.macs(count))) == ["moved"] * count
    assert set(rps.urls.values()) == {rps.servers["berlin"]}


@pytest.mark.parametrize("count", [1, 8])
def test_a_phone_that_is_bound_again_is_read_back(rps, count):
    rps.holds(*rps.macs(count), server="paris")

    assert actions(rps.device(*rps.macs(count))) == ["moved"] * count
    assert rps.writes == [("register", count)]
    assert rps.calls[-1].what in ("list", "locate")


@pytest.mark.parametrize("count", [1, 8, 30])
def test_a_phone_that_is_not_bound_again_is_released_and_registered(rps, count):
    rps.simulator.settings(snom_rebind="ignored")
    rps.holds(*rps.macs(count), server="paris")

    result = rps.device(*rps.macs(count))

    assert actions(result) == ["moved"] * count
    assert set(rps.urls.values()) == {rps.servers["berlin"]}
    released = [min(8, count - start) for start in range(0, count, 8)]
    assert rps.writes == [("register", count), *[(what, size) for size in released for what in ("remove", "register")]]


def test_a_phone_lost_to_another_account_since_it_was_looked_at_does_not_keep_the_others_back(rps, knobs):
    rps.simulator.settings(**knobs)
    rps.holds(*rps.macs(5), server="paris")
    rps.others(rps.mac(2))
    rps.answers("locate", "Acme", rps.servers["paris"], times=5)

    result = rps.device(*rps.macs(5))

    assert actions(result) == ["moved", "moved", "failed", "moved", "moved"]
    assert result["devices"][2]["error"]["code"] == "owned_by_other_user"
    assert rps.urls == dict.fromkeys([mac for mac in rps.macs(5) if mac != rps.mac(2)], rps.servers["berlin"])


STEPS = {
    "refused": {"kind": "fault", "code": 1, "message": "internal"},
    "lost before": {"kind": "reset_before"},
    "lost after": {"kind": "reset_after"},
    "failed": {"kind": "http_error", "status": 500},
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("count", [1, 8])
def test_the_second_step_is_tried_again(rps, step, count):
    rps.simulator.settings(snom_rebind="ignored")
    rps.holds(*rps.macs(count), server="paris")
    rps.simulator.misbehave({"methods": rps.methods("register"), "skip": 1, "times": 2, **STEPS[step]})

    result = rps.device(*rps.macs(count))

    assert "failed" not in result
    assert actions(result) == ["moved"] * count
    assert set(rps.urls.values()) == {rps.servers["berlin"]}


@pytest.mark.parametrize("step", ["refused", "lost before", "failed"])
@pytest.mark.parametrize("count", [1, 8])
def test_where_the_second_step_fails_it_is_told_and_the_next_run_heals_it(rps, step, count):
    rps.simulator.settings(snom_rebind="ignored")
    rps.holds(*rps.macs(count), server="paris")
    rps.simulator.misbehave({"methods": rps.methods("register"), "skip": 1, **STEPS[step]})

    failed = rps.device(*rps.macs(count), retries=1)

    assert actions(failed) == ["failed"] * count
    assert failed["changed"]
    for device in failed["devices"]:
        assert f"released, and had url {rps.servers['paris']}" in device["error"]["message"]
    assert rps.urls == {}

    rps.simulator.misbehave()
    healed = rps.device(*rps.macs(count))

    assert actions(healed) == ["registered"] * count
    assert set(rps.urls.values()) == {rps.servers["berlin"]}


@pytest.mark.parametrize("count", [1, 8])
def test_the_door_is_shut_before_the_first_step(rps, count):
    rps.simulator.settings(snom_rebind="ignored")
    rps.holds(*rps.macs(count), server="paris")
    rps.misbehaves("http_error", "remove", status=403)

    result = rps.device(*rps.macs(count))

    assert result["failure"]["code"] == "forbidden"
    assert actions(result) == ["failed"] * count
    assert set(rps.urls.values()) == {rps.servers["paris"]}
    assert rps.writes == [("register", count), ("remove", count)]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("count", [1, 8])
def test_a_first_step_that_fails_leaves_the_phone_where_it_pointed_or_is_seen_to_be_done(rps, step, count):
    rps.simulator.settings(snom_rebind="ignored")
    rps.holds(*rps.macs(count), server="paris")
    rps.simulator.misbehave({"methods": rps.methods("remove"), **STEPS[step]})

    result = rps.device(*rps.macs(count), retries=1)

    if step == "lost after":
        assert actions(result) == ["moved"] * count
        assert set(rps.urls.values()) == {rps.servers["berlin"]}
    else:
        assert actions(result) == ["failed"] * count
        assert set(rps.urls.values()) == {rps.servers["paris"]}
        assert "released" not in result["devices"][0]["error"]["message"]


def test_info_of_a_model_takes_one_request(rps):
    rps.holds(*rps.macs(3), *D735[:2])
    rps.others(rps.mac(9))

    result = rps.info(models=["snomD735"])

    assert result["devices"] == [{"mac": mac, "status": "registered", "current_url": None} for mac in D735[:2]]
    assert sent(rps) == [LISTS]


def test_info_of_the_account_asks_for_every_known_model(rps):
    rps.holds(*rps.macs(3), *D735[:2])

    result = rps.info()

    assert [device["mac"] for device in result["devices"]] == sorted([*rps.macs(3), *D735[:2]])
    assert sent(rps) == [LISTS] * len(SERVICES[rps.provider].models)


def test_info_of_those_that_point_somewhere_takes_one_request_a_model(rps):
    rps.holds(*rps.macs(3))
    rps.holds(*D735[:2], server="paris")
    paris = rps.servers["paris"]

    result = rps.info(models=["snomD735", "snomD765"], url=paris)

    assert result["devices"] == [{"mac": mac, "status": "registered", "current_url": paris} for mac in D735[:2]]
    assert sent(rps) == [LISTS_BY_URL] * 2


def test_info_with_targets_tells_the_company(rps):
    rps.holds(rps.mac(1))

    (device,) = rps.info(models=["snomD765"], check_target=True)["devices"]

    url = rps.servers["berlin"]
    assert device == {"mac": rps.mac(1), "status": "registered", "current_url": url, "company": "Snom Technology GmbH"}


def test_the_documented_path_ends_in_a_slash(rps):
    rps.info(macs=[rps.mac(1)])

    assert rps.simulator.log[0].path == "/xmlrpc/"


def each_with_its_error(shape, errors):
    """Return what a list method may answer where some phones have errors, in one of the shapes that clients met."""
    pairs = [[mac.upper(), words] for mac, words in errors.items()]
    shapes = {
        "struct": dict(pairs),
        "Python": str(dict(pairs)),
        "Python 2": "{" + ", ".join(f"u'{mac}': u'{words}'" for mac, words in pairs) + "}",
        "as printed": "{" + ", ".join(f"{mac}: {words}" for mac, words in pairs) + "}",
        "pairs": pairs,
        "by turns": [part for pair in pairs for part in pair],
        "in their order": list(errors.values()),
    }
    return shapes[shape]


SHAPES = ["struct", "Python", "Python 2", "as printed", "pairs", "by turns", "in their order"]


@pytest.mark.parametrize("told", [[False], [True], []], ids=["refused", "true", "without a code"])
@pytest.mark.parametrize("shape", SHAPES)
def test_each_phone_has_its_own_outcome_and_never_anothers(rps, shape, told):
    if shape in ("Python", "Python 2", "as printed") and not told:
        pytest.skip("a text alone is no answer")
    macs = rps.macs(4)
    errors = dict(zip(macs, ["Ok", "Error:owned_by_other_user", "Ok", "Error:malformed_url"], strict=True))
    said = each_with_its_error(shape, errors)
    body = xmlrpc.client.dumps(([*told, said] if told else said,), methodresponse=True)
    rps.misbehaves("answer", "register", body=body)

    result = rps.device(*macs)

    assert actions(result) == ["registered", "failed", "registered", "failed"]
    failed = {device["mac"]: device["error"] for device in result["devices"] if "error" in device}
    assert failed[macs[1]] == {"code": "owned_by_other_user", "message": "Error:owned_by_other_user"}
    assert failed[macs[3]] == {"code": "invalid_url", "message": "Error:malformed_url"}
    assert rps.writes == [("register", 4)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_list_method_that_names_every_phone_with_ok_is_a_success(rps, shape):
    macs = rps.macs(3)
    rps.answers("register", False, each_with_its_error(shape, dict.fromkeys(macs, "Ok")))

    assert actions(rps.device(*macs)) == ["registered"] * 3
    assert rps.writes == [("register", 3)]


def test_texts_that_are_too_few_are_no_phones(rps):
    macs = rps.macs(4)
    rps.answers("register", False, ["Error:malformed_url", "Ok"], times=1)

    assert actions(rps.device(*macs)) in (["failed"] * 4, ["registered"] * 4)


def test_one_refused_model_does_not_end_the_listing(rps):
    rps.holds(*D735[:2], *rps.macs(2))
    rps.answers("list", False, "Error:unknown_type", times=1)

    result = rps.info(models=["snomX", "snomD735", "snomD765"], concurrency=1)

    assert [device["mac"] for device in result["devices"]] == sorted([*D735[:2], *rps.macs(2)])
    (warning,) = result["warnings"]
    assert "snomX" in warning
    assert "Error:unknown_type" in warning


def test_where_every_model_is_refused_the_task_fails(rps):
    rps.answers("list", False, "Error:unknown_type")

    result = rps.info(models=["snomX", "snomY"])

    assert result["failure"] == {"code": "service_error", "message": "Error:unknown_type"}


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("skip", [0, 1])
def test_phones_of_a_model_that_cannot_be_listed_are_read_one_by_one(rps, state, skip):
    macs = [*rps.macs(8), *D735[:8]]
    rps.holds(*macs)
    rps.answers("list", False, "Error:unknown_type", times=1, skip=skip)

    result = rps.device(*macs, state=state, concurrency=1)

    assert actions(result) == [{"present": "none", "absent": "removed"}[state]] * 16


def test_phones_are_read_one_by_one_where_none_can_be_listed(rps):
    rps.holds(*rps.macs(8))
    rps.simulator.settings(missing_methods=["listPhones"])

    result = rps.device(*rps.macs(9), concurrency=1)

    assert actions(result) == ["none"] * 8 + ["registered"]
    assert len([call for call in rps.calls if call.what == "list"]) == 2


@pytest.mark.parametrize(
    ("mac", "model"),
    [
        ("000413610ff5", "snomM700"),
        ("000413630001", "snomM700"),
        ("00087b080001", "snomM700"),
        ("000413230001", "snom360"),
        ("000413a00001", "snomC520"),
        ("000413790fff", "snomD765"),
        ("000413791000", "snomD745"),
        ("000413840015", "snomD315"),
        ("000413840016", "snomD305"),
        ("000413840079", "snomD305"),
        ("00041384007a", "snomD315"),
        ("00041394b420", "snomD765"),
        ("00041394b421", "snom715"),
        ("00041394bf03", "snom715"),
        ("00041394bf04", "snomD765"),
        ("000413ff0000", None),
    ],
)
def test_models_by_their_ranges(mac, model):
    assert SERVICES["snom"].model(mac) == model


def test_models_of_the_public_clients_are_listed():
    assert len(set(SERVICES["snom"].models)) == len(SERVICES["snom"].models) == 37
    assert {"snom360", "snomC520", "snomC620", "snomM100", "snomM100KLE", "snomM400SC"} <= set(SERVICES["snom"].models)
