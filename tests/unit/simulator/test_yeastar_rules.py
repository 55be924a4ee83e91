# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PBX accepts, what it refuses, and with which codes."""

from __future__ import annotations

import json

import pytest

MAC, OTHER, NEW = "001565000001", "001565000002", "001565000003"
T53W = {
    "vendor": "Yealink",
    "model": "SIP-T53W",
    "template_name": "YSDP_YealinkT5",
    "provisioning_method": "rps",
}
SUCCESS = {"errcode": 0, "errmsg": "SUCCESS"}
FAILURE, DUPLICATE, LIMIT = (-1, "FAILURE"), (40003, "DUPLICATE KEY VALUE"), (60002, "MAX LIMITATION EXCEEDED")


def written(mac: str) -> str:
    return bytes.fromhex(mac).hex(":")


def phone(mac: str, **more: object) -> dict[str, object]:
    seeded = {name: value for name, value in T53W.items() if name != "provisioning_method"}
    return {"account": "ours", "mac": mac, **seeded, **more}


def listed(*phones: tuple[str, int]) -> list[dict[str, object]]:
    return [{"mac": written(mac), "ext_id": extension} for mac, extension in phones]


def error(code: int, message: str, *culprits: tuple[str, object]) -> dict[str, object]:
    return {
        "errcode": code,
        "errmsg": message,
        "invalid_param_list": [{"field": field, "value": value} for field, value in culprits],
    }


def wrong(field: str, value: object) -> dict[str, object]:
    return error(40002, "PARAMETER ERROR", (field, value))


def required(field: str) -> dict[str, object]:
    return {
        "errcode": 40002,
        "errmsg": "PARAMETER ERROR",
        "invalid_param_list": [{"field": field, "validation_type": "required"}],
    }


def duplicates(*macs: str) -> dict[str, object]:
    return {
        "errcode": 40003,
        "errmsg": "DUPLICATE KEY VALUE",
        "submsg": "Phone create fail for duplicate fields",
        "duplicate_field_list": [{"field": "mac", "value": written(mac)} for mac in macs],
    }


@pytest.fixture
def provider():
    return "yeastar"


@pytest.fixture(autouse=True)
def seeded(simulator):
    extensions = [
        {"account": "ours", "number": str(number), "id": number - 1000, "name": f"Name {number}"}
        for number in range(1001, 1005)
    ]
    extensions.append({"account": "theirs", "number": "1001", "id": 9})
    phones = [phone(MAC, extension="1001"), phone(OTHER, rps_auth=True)]
    phones.append({**phone(MAC), "account": "theirs"})
    simulator.seed({"extensions": extensions, "phones": phones})


@pytest.fixture
def ids(simulator):
    return {mac: held["id"] for mac, held in simulator.phones("ours").items()}


def extensions_of(simulator):
    return {mac: held["extension"] for mac, held in simulator.phones("ours").items()}


def test_base_address(simulator):
    assert simulator.endpoint("yeastar") == simulator.url


@pytest.mark.parametrize(
    ("target", "body", "headers", "answer"),
    [
        ("GET /openapi/v1.0/phone/search?{}", None, {}, (10005, "ACCESS DENIED")),
        ("GET /openapi/v1.0/phone/search?{}", None, {"User-Agent": ""}, (10005, "ACCESS DENIED")),
        ("GET /openapi/v2.0/phone/search?{}", None, None, (10003, "API VERSION UNSUPPORTED")),
        ("GET /openapi/v1.0/?{}", None, None, (10001, "INTERFACE NOT EXISTED")),
        ("GET /openapi/v1.0/phone?{}", None, None, (10001, "INTERFACE NOT EXISTED")),
        ("GET /openapi/v1.0/phone/delete?id=1&{}", None, None, (10001, "INTERFACE NOT EXISTED")),
        ("POST /openapi/v1.0/phone/search?{}", "{}", None, (10001, "INTERFACE NOT EXISTED")),
        ("GET /openapi/v1.0/phone/batchcreate?{}", None, None, (10001, "INTERFACE NOT EXISTED")),
        ("DELETE /openapi/v1.0/del_token?{}", None, None, (10001, "INTERFACE NOT EXISTED")),
        ("GET /openapi/v1.0/get_token", None, None, (10001, "INTERFACE NOT EXISTED")),
        ("POST /openapi/v1.0/get_token", "x", None, (40001, "PARAMETER SYNTAX ERROR")),
        ("POST /openapi/v1.0/phone/batchdelete?{}", "", None, (40001, "PARAMETER SYNTAX ERROR")),
        ("POST /openapi/v1.0/phone/batchdelete?{}", "{", None, (40001, "PARAMETER SYNTAX ERROR")),
        ("POST /openapi/v1.0/phone/batchdelete?{}", "[1]", None, (40001, "PARAMETER SYNTAX ERROR")),
        ("POST /openapi/v1.0/phone/batchdelete?{}", "[" * 100000, None, (40001, "PARAMETER SYNTAX ERROR")),
        ("POST /openapi/v1.0/phone/batchdelete?{}", b"\xff", None, (40001, "PARAMETER SYNTAX ERROR")),
    ],
)
def test_requests_that_ask_for_nothing(simulator, pbx, target, body, headers, answer):
    verb, path = target.format(f"access_token={pbx.token}").split() if "{}" in target else target.split()

    response = pbx.send(verb, path, body, headers)

    assert (response.status, json.loads(response.body)) == (200, {"errcode": answer[0], "errmsg": answer[1]})
    assert extensions_of(simulator) == {MAC: "1001", OTHER: None}


def test_every_answer_ends_the_connection(pbx):
    for verb, target in (("GET", pbx.target("phone/search")), ("GET", "/openapi/v1.0/nothing")):
        assert pbx.send(verb, target).headers["Connection"] == "close"


def test_an_api_client_has_no_xml_rpc(client):
    assert client.send("<x/>", "/xmlrpc").status == 404


def test_search_phones(simulator, pbx, ids):
    answer = pbx.get("phone/search")

    assert list(answer) == ["errcode", "errmsg", "total_number", "data"]
    assert answer["total_number"] == 2
    assert answer["data"][0] == {
        "id": ids[MAC],
        "mac": "00:15:65:00:00:01",
        "vendor": "Yealink",
        "model": "SIP-T53W",
        "template_name": "YSDP_YealinkT5",
        "ip": "",
        "firmware": "",
        "assigned_ext_status": "Unregistered",
        "assigned_ext_num": "1001",
        "assigned_ext_name": "Name 1001",
    }
    assert answer["data"][1]["assigned_ext_num"] == answer["data"][1]["assigned_ext_name"] == "Unassigned"


@pytest.mark.parametrize(
    ("text", "macs"),
    [
        ("", [MAC, OTHER, "0011223344aa"]),
        ("00:15:65", [MAC, OTHER]),
        ("44:AA", ["0011223344aa"]),
        ("44:aa", ["0011223344aa"]),
        ("001565000001", []),
        ("sip-t53", [MAC, OTHER]),
        ("snom", ["0011223344aa"]),
        ("1001", [MAC]),
        ("name 100", [MAC]),
        ("unassigned", [OTHER, "0011223344aa"]),
        ("%", []),
        ("_", []),
    ],
)
def test_search_is_fuzzy(simulator, pbx, text, macs):
    snom = {"vendor": "Snom", "model": "D785", "template_name": "YSDP_SnomD"}
    simulator.seed({"phones": [{"account": "ours", "mac": "0011223344aa", **snom}]})

    answer = pbx.get("phone/search", search_value=text)

    assert [found["mac"].replace(":", "").lower() for found in answer["data"]] == macs
    assert answer["total_number"] == len(macs)


@pytest.mark.parametrize(("case", "mac"), [("upper", "00:11:22:33:44:AA"), ("lower", "00:11:22:33:44:aa")])
def test_case_of_mac_addresses(simulator, pbx, case, mac):
    simulator.settings(yeastar_macs=case)
    pbx.post("phone/batchcreate", **T53W, phone_list=[{"mac": "00:11:22:33:44:Aa", "ext_id": 2}])

    (found,) = pbx.get("phone/search", search_value="00:11")["data"]
    assert found["mac"] == pbx.get("phone/get", id=found["id"])["data"]["mac"] == mac


def test_pages(simulator, pbx):
    simulator.settings(page_size_limit=4)
    simulator.seed({"phones": [phone(f"0020{number:08x}") for number in range(8)]})

    pages = [pbx.get("phone/search", page=number, page_size=1000) for number in (1, 2, 3, 4)]
    assert [len(page["data"]) for page in pages] == [4, 4, 2, 0]
    assert {page["total_number"] for page in pages} == {10}
    assert len({found["id"] for page in pages for found in page["data"]}) == 10
    assert pbx.get("phone/search")["data"] == pages[0]["data"]
    assert pbx.get("phone/search", page_size=3, page=2)["data"][0] == pages[0]["data"][3]
    assert pbx.get("phone/search", page_size=1, search_value="0020")["total_number"] == 0
    assert pbx.get("phone/search", page_size=1, search_value="00:20")["total_number"] == 8


def test_order(simulator, pbx):
    simulator.seed({"phones": [phone(NEW, model="CP920", template_name="YSDP_YealinkCP")]})

    def models(**query):
        return [found["model"] for found in pbx.get("phone/search", **query)["data"]]

    assert models() == models(sort_by="ip") == ["SIP-T53W", "SIP-T53W", "CP920"]
    assert models(sort_by="model") == models(sort_by="model", order_by="asc") == ["CP920", "SIP-T53W", "SIP-T53W"]
    assert models(sort_by="model", order_by="desc") == ["SIP-T53W", "SIP-T53W", "CP920"]


@pytest.mark.parametrize("name", ["phone/search", "extension/search"])
@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("page", 0, 0),
        ("page", -1, -1),
        ("page_size", "x", "x"),
        ("page_size", 0, 0),
        ("page", "", ""),
        ("sort_by", "mac", "mac"),
        ("order_by", "up", "up"),
    ],
)
def test_bad_pages(pbx, name, field, value, told):
    assert pbx.get(name, **{field: value}) == wrong(field, told)


def test_get_phone(simulator, pbx, ids):
    answer = pbx.get("phone/get", id=ids[OTHER])

    link = pbx.get("auto_provisioning/compatibility", menu="autop_method", vendor="Yealink", model="VP59")
    assert list(answer) == ["errcode", "errmsg", "data"]
    assert answer["data"] == {
        "mac": "00:15:65:00:00:02",
        "vendor": "Yealink",
        "model": "SIP-T53W",
        "template_name": "YSDP_YealinkT5",
        "provisioning_method": "rps",
        "provisioning_link": f"https://{link['data'][0]['text']}",
        "enb_rps_auth": 1,
        "assigned_extension": "",
        "id": ids[OTHER],
    }
    assert pbx.get("phone/get", id=ids[MAC])["data"]["assigned_extension"] == "1"
    simulator.settings(yeastar_phone="array")
    assert pbx.get("phone/get", id=ids[OTHER])["data"] == [answer["data"]]


def test_get_no_phone(simulator, pbx):
    theirs = simulator.phones("theirs")[MAC]["id"]

    assert pbx.get("phone/get", id=theirs) == {"errcode": 60001, "errmsg": "DATA NOT FOUND"}
    assert pbx.get("phone/get", id="x") == wrong("id", "x")
    assert pbx.get("phone/get") == required("id")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("", ["1001", "1002", "1003", "1004"]), ("1002", ["1002"]), ("100", ["1001", "1002", "1003", "1004"]), ("9", [])],
)
def test_search_extensions(pbx, text, numbers):
    answer = pbx.get("extension/search", search_value=text)

    assert [found["number"] for found in answer["data"]] == numbers
    assert answer["total_number"] == len(numbers)
    assert pbx.get("extension/search", search_value="NAME 1003")["data"] == [
        {"id": 3, "number": "1003", "caller_id_name": "Name 1003"}
    ]
    assert [found["id"] for found in pbx.get("extension/search", order_by="desc", page_size=2)["data"]] == [4, 3]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ({}, required("menu")),
        ({"menu": "x"}, wrong("menu", "x")),
        ({"menu": "phone_model"}, required("vendor")),
        ({"menu": "phone_model", "vendor": ""}, required("vendor")),
        ({"menu": "phone_template"}, required("model")),
        ({"menu": "autop_method", "model": "CP920"}, required("vendor")),
        ({"menu": "autop_method", "vendor": "Yealink"}, required("model")),
        ({"menu": "phone_model", "vendor": "yealink"}, error(*FAILURE, ("vendor", "yealink"))),
        ({"menu": "phone_template", "model": "CP921"}, error(*FAILURE, ("model", "CP921"))),
        ({"menu": "phone_template", "vendor": "Snom", "model": "CP920"}, error(*FAILURE, ("model", "CP920"))),
        ({"menu": "autop_method", "vendor": "Snom", "model": "CP920"}, error(*FAILURE, ("model", "CP920"))),
    ],
)
def test_bad_options(pbx, query, answer):
    assert pbx.get("auto_provisioning/compatibility", **query) == answer


def test_every_option_leads_to_a_phone(simulator, pbx):
    def options(menu, **query):
        return pbx.get("auto_provisioning/compatibility", menu=menu, **query)["data"]

    methods = {}
    number = 0
    for vendor in options("phone_vendor"):
        for model in options("phone_model", vendor=vendor["value"]):
            chosen = {"vendor": vendor["value"], "model": model["value"]}
            (template, *_more) = options("phone_template", model=model["value"])
            ways = options("autop_method", **chosen)
            methods[vendor["value"]] = [way["value"] for way in ways]
            number += 1
            chosen |= {"template_name": template["text"], "provisioning_method": ways[0]["value"]}
            simulator.seed({"extensions": [{"account": "ours", "number": f"2{number:03}", "id": 100 + number}]})
            phones = listed((f"0030{number:08x}", 100 + number))
            assert pbx.post("phone/batchcreate", **chosen, phone_list=phones) == SUCCESS
            assert chosen.items() <= simulator.phones("ours")[f"0030{number:08x}"].items()
    assert methods == {
        "Ale": ["rps"],
        "Fanvil": ["rps"],
        "Htek": ["pnp", "dhcp"],
        "Snom": ["pnp", "dhcp"],
        "Yealink": ["rps"],
    }


def test_each_pbx_has_a_link_of_its_own(pbx, their_pbx):
    query = {"menu": "autop_method", "vendor": "Snom", "model": "D785"}
    ours, theirs = (one.get("auto_provisioning/compatibility", **query)["data"][0]["text"] for one in (pbx, their_pbx))

    assert ours.rpartition("/")[0] == theirs.rpartition("/")[0] == f"{pbx.netloc}/api/autoprovision"
    assert ours != theirs


def test_create(simulator, pbx):
    assert pbx.post("phone/batchcreate", **T53W, phone_list=listed((NEW, 2))) == SUCCESS
    held = simulator.phones("ours")[NEW]
    assert (held["extension"], held["rps_auth"]) == ("1002", False)
    assert NEW not in simulator.phones("theirs")


@pytest.mark.parametrize("field", [*T53W, "phone_list"])
@pytest.mark.parametrize("value", [None, "", []])
def test_create_without(simulator, pbx, field, value):
    given = {**T53W, "phone_list": listed((NEW, 2)), field: value}

    assert pbx.post("phone/batchcreate", **given) == required(field)
    del given[field]
    assert pbx.post("phone/batchcreate", **given) == required(field)
    assert NEW not in simulator.phones("ours")


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"vendor": "Acme"}, error(*FAILURE, ("vendor", "Acme"))),
        ({"vendor": "Alcatel-Lucent Enterprise"}, error(*FAILURE, ("vendor", "Alcatel-Lucent Enterprise"))),
        ({"model": "D785"}, error(*FAILURE, ("model", "D785"))),
        ({"template_name": "YSDP_YealinkCP"}, error(*FAILURE, ("template_name", "YSDP_YealinkCP"))),
        ({"template_name": "26"}, error(*FAILURE, ("template_name", "26"))),
        ({"provisioning_method": "pnp"}, error(*FAILURE, ("provisioning_method", "pnp"))),
        (
            {"vendor": "Snom", "model": "D785", "template_name": "YSDP_SnomD"},
            error(*FAILURE, ("provisioning_method", "rps")),
        ),
        ({"vendor": 1}, wrong("vendor", 1)),
        ({"enb_rps_auth": 2}, wrong("enb_rps_auth", 2)),
        ({"enb_rps_auth": "1"}, wrong("enb_rps_auth", "1")),
        ({"enb_rps_auth": True}, wrong("enb_rps_auth", True)),
        ({"phone_list": "x"}, wrong("phone_list", "x")),
        ({"phone_list": ["x"]}, wrong("phone_list", "x")),
        ({"phone_list": [{"ext_id": 1}]}, required("mac")),
        ({"phone_list": [{"mac": written(NEW)}]}, required("ext_id")),
        ({"phone_list": [{"mac": written(NEW), "ext_id": "1"}]}, wrong("ext_id", "1")),
        ({"phone_list": [{"mac": 1, "ext_id": 1}]}, wrong("mac", 1)),
    ],
)
def test_create_refused(simulator, pbx, given, answer):
    assert pbx.post("phone/batchcreate", **{**T53W, "phone_list": listed((NEW, 2)), **given}) == answer
    assert NEW not in simulator.phones("ours")
    assert simulator.log[-1].carried_out is False


@pytest.mark.parametrize("mac", [NEW, "00-15-65-00-00-03", "00:15:65:00:00:0", "00:15:65:00:00:03 ", "", "x"])
def test_mac_addresses_are_written_with_colons(simulator, pbx, mac):
    answer = pbx.post("phone/batchcreate", **T53W, phone_list=[{"mac": mac, "ext_id": 2}])

    assert answer == (error(*FAILURE, ("mac", mac)) if mac else required("mac"))
    assert NEW not in simulator.phones("ours")


def test_create_names_all_that_is_wrong_of_one_kind(simulator, pbx):
    simulator.seed({"phones": [phone(f"0020{number:08x}", extension="1003") for number in range(5)]})
    phones = listed((NEW, 1), (MAC, 1), (NEW, 1), ("0040000000ff", 3))
    bad = [{"mac": "x", "ext_id": 1}, *listed(("0040000000fe", 77), ("0040000000fd", 9))]

    def create(phone_list):
        return pbx.post("phone/batchcreate", **T53W, phone_list=phone_list)

    assert create(phones + bad) == error(*FAILURE, ("mac", "x"), ("ext_id", 77), ("ext_id", 9))
    assert create(phones) == duplicates(MAC, NEW)
    assert create([phones[0], phones[3]]) == error(*LIMIT, ("ext_id", 3))
    assert NEW not in simulator.phones("ours")
    assert create(phones[:1]) == SUCCESS


def test_five_phones_an_extension(simulator, pbx):
    macs = [f"0020{number:08x}" for number in range(5)]

    over = pbx.post("phone/batchcreate", **T53W, phone_list=listed(*((mac, 1) for mac in macs)))
    assert over == error(*LIMIT, ("ext_id", 1))
    assert pbx.post("phone/batchcreate", **T53W, phone_list=listed(*((mac, 1) for mac in macs[:4]))) == SUCCESS
    assert list(extensions_of(simulator).values()).count("1001") == 5


def update(pbx, *phones, ids=None):
    phone_list = [{"id": key, "mac": written(mac), "ext_id": extension} for key, mac, extension in phones]
    return pbx.post("phone/batchupdate", batch_id_list=ids or [key for key, *_rest in phones], phone_list=phone_list)


def test_update(simulator, pbx, ids):
    before = simulator.phones("ours")

    assert update(pbx, (ids[MAC], MAC, 2), (ids[OTHER], OTHER, 1)) == SUCCESS
    assert extensions_of(simulator) == {MAC: "1002", OTHER: "1001"}
    assert simulator.phones("ours")[MAC] == {**before[MAC], "extension": "1002"}
    assert (simulator.log[-1].devices, simulator.log[-1].carried_out) == (2, True)


def test_update_refused(simulator, pbx, ids):
    simulator.seed({"phones": [phone(NEW, model="CP920", template_name="YSDP_YealinkCP")]})
    cp920 = simulator.phones("ours")[NEW]["id"]
    theirs = simulator.phones("theirs")[MAC]["id"]
    before = simulator.phones("ours")
    good = (ids[MAC], MAC, 2)

    assert update(pbx, good, (theirs, MAC, 1)) == error(*FAILURE, ("id", theirs))
    assert update(pbx, good, good) == error(*FAILURE, ("id", ids[MAC]))
    assert update(pbx, good, (ids[OTHER], NEW, 1)) == error(*FAILURE, ("mac", written(NEW)))
    assert update(pbx, good, (ids[OTHER], OTHER, 9)) == error(*FAILURE, ("ext_id", 9))
    assert update(pbx, good, (cp920, NEW, 2)) == error(*FAILURE, ("id", cp920))
    assert update(pbx, good, ids=[ids[MAC], ids[OTHER]]) == error(*FAILURE, ("batch_id_list", ids[OTHER]))
    assert update(pbx, good, (ids[OTHER], OTHER, 1), ids=[ids[MAC]]) == error(*FAILURE, ("id", ids[OTHER]))
    assert update(pbx, good, ids=["x"]) == wrong("batch_id_list", "x")
    assert pbx.post("phone/batchupdate", batch_id_list=[1]) == required("phone_list")
    assert pbx.post("phone/batchupdate", batch_id_list=[1], phone_list=[{"id": 1, "mac": "x"}]) == required("ext_id")
    assert simulator.phones("ours") == before
    assert {entry.carried_out for entry in simulator.log} == {False}


def test_update_minds_the_five(simulator, pbx, ids):
    simulator.seed({"phones": [phone(f"0020{number:08x}", extension="1003") for number in range(5)]})
    full = [(held["id"], mac, 3) for mac, held in simulator.phones("ours").items() if held["extension"] == "1003"]

    assert update(pbx, (ids[MAC], MAC, 3)) == error(*LIMIT, ("ext_id", 3))
    assert update(pbx, *full) == SUCCESS
    leaving = (full[0][0], full[0][1], 1)
    assert update(pbx, leaving, (ids[MAC], MAC, 3)) == SUCCESS
    assert extensions_of(simulator)[MAC] == "1003"


def test_delete(simulator, pbx, ids):
    theirs = simulator.phones("theirs")[MAC]["id"]

    answer = pbx.post("phone/batchdelete", batch_id_list=[ids[MAC], theirs, 999])
    assert answer == error(*FAILURE, ("batch_id_list", theirs), ("batch_id_list", 999))
    assert len(simulator.phones("ours")) == 2
    assert pbx.post("phone/batchdelete", batch_id_list=[ids[MAC], ids[MAC]]) == SUCCESS
    assert list(simulator.phones("ours")) == [OTHER]
    assert MAC in simulator.phones("theirs")
    assert pbx.post("phone/batchdelete", batch_id_list=[]) == required("batch_id_list")
    assert pbx.post("phone/batchdelete", batch_id_list=["1"]) == wrong("batch_id_list", "1")
    assert pbx.post("phone/batchdelete", batch_id_list=[True]) == wrong("batch_id_list", True)
    assert [entry.carried_out for entry in simulator.log] == [False, True, False, False, False]
    assert [entry.devices for entry in simulator.log] == [3, 2, 0, 1, 1]


def test_ids_are_not_given_twice(simulator, pbx, ids):
    pbx.post("phone/batchcreate", **T53W, phone_list=listed((NEW, 2)))
    first = simulator.phones("ours")[NEW]["id"]
    pbx.post("phone/batchdelete", batch_id_list=[first])
    pbx.post("phone/batchcreate", **T53W, phone_list=listed((NEW, 2)))

    assert simulator.phones("ours")[NEW]["id"] > first


@pytest.mark.parametrize(("partial", "code"), [("failure", FAILURE), ("partial_success", (1, "PARTIAL SUCCESS"))])
def test_good_phones_go_through(simulator, pbx, ids, partial, code):
    simulator.settings(batches="good_ones", yeastar_partial=partial)

    phones = [*listed((NEW, 1)), {"mac": "x", "ext_id": 1}]
    assert pbx.post("phone/batchcreate", **T53W, phone_list=phones) == error(*code, ("mac", "x"))
    assert extensions_of(simulator) == {MAC: "1001", OTHER: None, NEW: "1001"}
    assert update(pbx, (ids[MAC], MAC, 2), (ids[OTHER], OTHER, 9)) == error(*code, ("ext_id", 9))
    assert extensions_of(simulator) == {MAC: "1002", OTHER: None, NEW: "1001"}
    answer = pbx.post("phone/batchdelete", batch_id_list=[ids[MAC], 999])
    assert answer == error(*code, ("batch_id_list", 999))
    assert list(simulator.phones("ours")) == [OTHER, NEW]
    assert pbx.post("phone/batchdelete", batch_id_list=[999]) == error(*FAILURE, ("batch_id_list", 999))
    assert [entry.carried_out for entry in simulator.log] == [True, True, True, False]


def test_culprits(simulator, pbx):
    simulator.settings(culprits="first")
    assert pbx.post("phone/batchdelete", batch_id_list=[998, 999]) == error(*FAILURE, ("batch_id_list", 998))
    assert pbx.post("phone/batchcreate", **T53W, phone_list=listed((MAC, 1), (OTHER, 1))) == duplicates(MAC)

    simulator.settings(culprits="unnamed")
    assert pbx.post("phone/batchdelete", batch_id_list=[998]) == {"errcode": -1, "errmsg": "FAILURE"}
    answer = pbx.post("phone/batchcreate", **T53W, phone_list=listed((MAC, 1)))
    assert answer == {"errcode": 40003, "errmsg": "DUPLICATE KEY VALUE"}


def test_missing_methods(simulator, pbx, ids):
    simulator.settings(missing_methods=["phone/batchupdate"])

    assert update(pbx, (ids[MAC], MAC, 2)) == {"errcode": 10001, "errmsg": "INTERFACE NOT EXISTED"}
    assert extensions_of(simulator)[MAC] == "1001"
    assert pbx.get("phone/search")["errcode"] == 0
