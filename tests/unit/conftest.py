# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated service over a real socket, and the modules run against it."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import sys
import xmlrpc.client
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

# ansible-test knows nothing of pyproject.toml.
sys.path.insert(0, str(Path(__file__).parents[2] / "roles" / "simulator" / "files"))

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from hypothesis import settings
from rps_simulator import Simulator
from rps_simulator.settings import CHOICES

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS
from ansible_collections.voip.rps.plugins.module_utils._services import SERVICES

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core 2.18

    @contextlib.contextmanager
    def patch_module_args(args: dict[str, Any]) -> Iterator[None]:
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()
        yield
        basic._ANSIBLE_ARGS = None


@contextlib.contextmanager
def on_managed_node() -> Iterator[None]:
    """Let a module run as where there is no controller, whose side of ansible-core other tests import.

    Since 2.19, ansible-core then shows warnings itself and checks what modules are given.
    """
    try:
        from ansible.module_utils import _internal
        from ansible.module_utils._internal._json._profiles import _string_encoding_check_enabled
    except ImportError:  # ansible-core 2.18
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_internal, "is_controller", False)
        patch.setattr(_internal, "import_controller_module", lambda _name: None)
        _string_encoding_check_enabled.cache_clear()
        yield
    _string_encoding_check_enabled.cache_clear()


ACCOUNT = "acme"
PASSWORD = "s3cret-of-acme"
THEIRS = "https://other.example/"
SERVERS = {"berlin": "https://berlin.example/prov/", "paris": "https://paris.example/prov/"}


def _basic(name: str, secret: str) -> dict[str, Any]:
    return {"username": name, "password": secret}


def _key(name: str, secret: str) -> dict[str, Any]:
    return {"client_id": name, "client_secret": secret}


class Vendor(NamedTuple):
    """What the tests have to know of a vendor.

    C(prefix): the first digits of its MACs, of one model where models matter; C(calls): what its calls are for, each
    by its method and number of parameters as the simulator's log has them (for REST, verb and path), C(login) being
    one that takes a token; C(knobs): the simulator's settings that tell how its service may take a batch.
    C(dialect): how it is spoken to, C(redirect) being the XML-RPC methods C(redirect.*) of which some tests know every
    call and answer; C(login): the options of an account with this name and secret; C(columns): what a device has beside
    its MAC address, made of that; C(odd): an answer that means nothing; C(options): more options of every task;
    C(share): of each test with many cases so many are run, drawn by C(SOAK_SEED); None, or C(SOAK_ALL) as C(make soak)
    sets it, for all. C(suites): the files of tests that the vendor is in, where many others count the requests of bulk
    calls; none for all.
    C(foresees): whether a look tells another account's device, or only a refused write does. C(tells): the list of the
    account tells where devices point.
    """

    prefix: str
    calls: dict[tuple[str, int], str]
    knobs: tuple[str, ...]
    dialect: str = "redirect"
    login: Callable[[str, str], dict[str, Any]] = _basic
    columns: Callable[[str], dict[str, str]] = lambda _mac: {}
    options: Mapping[str, Any] = MappingProxyType({})
    odd: str = "<methodResponse><params><param><value>7</value></param></params></methodResponse>"
    share: int | None = None
    suites: tuple[str, ...] = ()
    foresees: bool = True
    tells: bool = False


PROPERTIES = ("test_least_requests", "test_matrix", "test_convergence", "test_secrets")
"""The files of tests of what holds for every service, whatever calls it has."""
SUITES = (*PROPERTIES, "test_unforeseen", "test_named_servers", "test_certificates")
"""The files of tests for vendors whose calls are not those of the first ones: their costs are in files of their own."""

SHARE = 2
"""How many cases of each test a vendor that does not run all of them has; the mark C(share) of a test multiplies it."""


_NAMED_SERVERS = {
    ("redirect.listDevices", 0): "list",
    ("redirect.checkDevice", 1): "check",
    ("redirect.registerDevice", 2): "register",
    ("redirect.registerDevices", 2): "register",
    ("redirect.registerDevice", 3): "confirm",
    ("redirect.registerDevices", 3): "confirm",
    ("redirect.editDevice", 2): "move",
    ("redirect.deRegisterDevice", 1): "remove",
    ("redirect.deRegisterDevices", 1): "remove",
    ("redirect.addServer", 2): "add",
}
_ALE = "/eds/api"
_UNIFY = "/ztd/api/devices"
_V1 = "/rps-json/api/open/v1"
_POLY = "/ztp/v1"
_SRAPS = "/sraps/api/v1"
VENDORS = {
    "yealink": Vendor(
        "001565",
        {
            **_NAMED_SERVERS,
            ("redirect.checkDeviceExt", 1): "locate",
            ("redirect.registerDeviceWithUniqueUrl", 3): "register",
            ("redirect.registerDeviceWithUniqueUrl", 4): "confirm",
            ("redirect.editDeviceWithUniqueUrl", 3): "move",
        },
        ("batches", "culprits", "foreign", "own_again"),
    ),
    "snom": Vendor(
        "00041390",
        {
            ("redirect.listPhones", 1): "list",
            ("redirect.listPhones", 2): "list",
            ("redirect.checkPhone", 1): "check",
            ("redirect.getPhoneRedirection", 1): "locate",
            ("redirect.registerPhone", 2): "register",
            ("redirect.registerPhoneList", 2): "register",
            ("redirect.deregisterPhone", 1): "remove",
            ("redirect.deregisterPhoneList", 1): "remove",
        },
        ("batches", "culprits", "snom_errors", "snom_rebind"),
    ),
    "htek": Vendor("001fc1", _NAMED_SERVERS, ("batches", "culprits", "own_again")),
    "yealink_ymcs": Vendor(
        "805ec0",
        {
            ("POST /v2/token", 0): "login",
            ("POST /v2/rps/listDevices", 0): "list",
            ("POST /v2/rps/listDevices", 1): "locate",
            ("GET /v2/rps/devices/{id}", 0): "locate",
            ("POST /v2/rps/addDevices", 0): "register",
            ("POST /v2/rps/addDevicesByMac", 0): "register",
            ("PATCH /v2/rps/devices/{id}", 0): "move",
            ("POST /v2/rps/delDevices", 0): "remove",
            ("POST /v2/rps/listServers", 0): "servers",
            ("POST /v2/rps/servers", 0): "add",
            ("PATCH /v2/rps/servers/{id}", 0): "change",
            ("POST /v2/rps/delServers", 0): "delete",
        },
        ("ymcs_errors", "ymcs_own_again", "ymcs_field"),
        dialect="ymcs",
        login=_key,
        options={"rate_limit": 100_000},
        odd="7",
        share=SHARE,
        foresees=False,
        tells=True,
    ),
    "panasonic": Vendor(
        "0080f0",
        {
            ("ipredirect.listPhones", 0): "list",
            ("ipredirect.checkPhones", 1): "check",
            ("ipredirect.getPhone", 1): "locate",
            ("ipredirect.registerPhone", 2): "register",
            ("ipredirect.unregisterPhone", 1): "remove",
        },
        ("panasonic_rebind", "panasonic_check", "panasonic_texts"),
        "ipredirect",
        share=SHARE,
        suites=PROPERTIES,
    ),
    "gigaset": Vendor(
        "7c2f80",
        {
            ("autoprov.checkDevice", 1): "check",
            ("autoprov.registerDevice", 3): "register",
            ("autoprov.deregisterDevice", 1): "remove",
        },
        ("gigaset_check", "gigaset_own_again", "gigaset_removed"),
        "autoprov",
        share=SHARE,
        suites=("test_matrix", "test_convergence"),
        foresees=False,
    ),
    "fanvil": Vendor(
        "0c383e",
        {
            ("redirect.listDevices", 0): "list",
            ("redirect.registerDevice", 2): "register",
            ("redirect.deRegisterDevice", 1): "remove",
            ("redirect.addMaterialServer", 1): "add",
            ("redirect.deleteServer", 1): "delete",
            ("redirect.listServers", 0): "servers",
        },
        ("fanvil_own_again", "wording", "layout"),
        "fdps",
        share=SHARE,
        suites=PROPERTIES,
        foresees=False,
    ),
    "auerswald": Vendor(
        "000952",
        {("DeviceInfo", 1): "check", ("DeviceRegister", 2): "register", ("DeviceDeregister", 1): "remove"},
        ("auerswald_unknown", "auerswald_yes", "auerswald_url"),
        "device",
        share=SHARE,
        suites=("test_matrix", "test_convergence"),
        foresees=False,
    ),
    "akuvox": Vendor("0c1105", _NAMED_SERVERS, ("batches", "culprits", "own_again"), share=SHARE, suites=PROPERTIES),
    "ale": Vendor(
        "00809f",
        {
            (f"GET {_ALE}/bp_user/generate/token", 0): "login",
            (f"GET {_ALE}/servers", 0): "login",
            (f"GET {_ALE}/profiles", 0): "login",
            (f"POST {_ALE}/servers", 0): "add",
            (f"POST {_ALE}/profiles", 0): "add",
            (f"GET {_ALE}/devices", 0): "list",
            (f"POST {_ALE}/devices", 0): "register",
            (f"DELETE {_ALE}/devices/{{id}}", 0): "remove",
        },
        ("batches", "ale_names", "ale_refusal", "ale_existing"),
        dialect="ale",
        odd="7",
        share=SHARE,
        suites=tuple(name for name in SUITES if name != "test_unforeseen"),
        foresees=False,
        tells=True,
    ),
    "unify": Vendor(
        "001ae8",
        {
            (f"POST {_UNIFY}", 0): "locate",
            (f"PUT {_UNIFY}", 0): "register",
            (f"DELETE {_UNIFY}", 0): "remove",
        },
        ("unify_read", "unify_taken_read", "unify_error", "unify_status"),
        dialect="unify",
        login=lambda _name, _secret: {"client_cert": __file__, "client_key": __file__},
        odd="7",
        share=SHARE,
        suites=("test_least_requests", "test_matrix", "test_convergence", "test_named_servers"),
        foresees=False,
    ),
    "yealink_v1": Vendor(
        "001565",
        {
            (f"POST {_V1}/server/list", 0): "login",
            (f"POST {_V1}/server/add", 0): "add",
            (f"POST {_V1}/server/delete", 0): "add",
            (f"POST {_V1}/device/list", 0): "list",
            (f"POST {_V1}/device/list", 1): "locate",
            (f"GET {_V1}/device/checkMac", 0): "check",
            (f"POST {_V1}/device/add", 0): "register",
            (f"POST {_V1}/device/edit", 0): "move",
            (f"POST {_V1}/device/migrate", 0): "move",
            (f"POST {_V1}/device/delete", 0): "remove",
        },
        ("batches", "culprits", "own_urls", "v1_added"),
        dialect="yealink_v1",
        login=_key,
        odd="7",
        share=SHARE,
        suites=SUITES,
        tells=True,
    ),
    "poly": Vendor(
        "64167f",
        {
            (f"GET {_POLY}/profiles", 0): "login",
            (f"GET {_POLY}/profiles/{{id}}", 0): "login",
            (f"POST {_POLY}/profiles", 0): "add",
            (f"DELETE {_POLY}/profiles/{{id}}", 0): "delete",
            (f"GET {_POLY}/devices", 0): "list",
            (f"GET {_POLY}/devices/{{mac}}", 0): "locate",
            (f"POST {_POLY}/devices", 0): "register",
            (f"DELETE {_POLY}/devices/{{mac}}", 0): "remove",
        },
        ("poly_list", "poly_profile", "poly_own_again", "poly_next"),
        dialect="poly",
        login=lambda _name, secret: {"api_key": secret},
        odd="7",
        share=SHARE,
        suites=SUITES,
        foresees=False,
    ),
    "snom_sraps": Vendor(
        "000413",
        {
            (f"GET {_SRAPS}/tokens/{{id}}", 0): "login",
            (f"GET {_SRAPS}/companies/{{company}}", 0): "login",
            (f"GET {_SRAPS}/settings/", 0): "login",
            (f"GET {_SRAPS}/companies/{{company}}/endpoints/", 0): "list",
            (f"GET {_SRAPS}/companies/{{company}}/endpoints/{{mac}}", 0): "locate",
            (f"PUT {_SRAPS}/companies/{{company}}/endpoints/{{mac}}", 0): "register",
            (f"DELETE {_SRAPS}/companies/{{company}}/endpoints/{{mac}}", 0): "remove",
        },
        ("sraps_list", "sraps_put", "sraps_read", "sraps_gone"),
        dialect="sraps",
        login=_key,
        odd="7",
        share=SHARE,
        suites=SUITES,
    ),
}
# Of settings with many forms of the same answer: those that are combined with the other settings.
FEW = {"snom_errors": ("struct", "text")}
OF_NO_DEVICE = {"list", "servers", "add", "change", "delete"}
READING = {"list", "check", "locate", "servers"}


# Set by tests/soak.py, each time to another number.
SEED = os.environ.get("SOAK_SEED", "")
# Set by tests/soak.py: vendors of which a share of the cases is drawn run all of them.
ALL = bool(os.environ.get("SOAK_ALL"))

settings.register_profile("suite", derandomize=True, deadline=None, database=None)
settings.register_profile("soak", deadline=None, database=None, print_blob=True)
settings.load_profile("soak" if SEED else "suite")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "drawn: draws its case by the variable SOAK_SEED")
    config.addinivalue_line("markers", "needs(ability, …): only for the vendors whose service can all of this")
    config.addinivalue_line("markers", "lacks(ability): only for the vendors whose service cannot do this")
    config.addinivalue_line("markers", "dialect(name): only for the vendors that are spoken to so, call by call")
    config.addinivalue_line(
        "markers", "few(cases): so many cases of a test are drawn, for each vendor where it has some"
    )
    config.addinivalue_line("markers", "share(times): so many times the usual share of cases, where cases are drawn")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how often tests recorded the property C(tally), by its value."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    properties = [one for report in reports for one in getattr(report, "user_properties", ()) if report.when == "call"]
    for what, count in sorted(Counter(what for name, what in properties if name == "tally").items()):
        terminalreporter.write_line(f"{count} {what}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses C(rps) for every vendor; with C(knobs), however its service may take a batch."""
    if "rps" not in metafunc.fixturenames:
        return
    suite = metafunc.module.__name__.rpartition(".")[2]
    vendors = sorted(name for name, vendor in VENDORS.items() if not vendor.suites or suite in vendor.suites)
    for mark in metafunc.definition.iter_markers("needs"):
        vendors = [vendor for vendor in vendors if all(getattr(SERVICES[vendor].can, able) for able in mark.args)]
    for mark in metafunc.definition.iter_markers("lacks"):
        vendors = [vendor for vendor in vendors if not getattr(SERVICES[vendor].can, mark.args[0])]
    for mark in metafunc.definition.iter_markers("dialect"):
        vendors = [vendor for vendor in vendors if VENDORS[vendor].dialect in mark.args]
    if "knobs" not in metafunc.fixturenames:
        metafunc.parametrize("rps", vendors, indirect=True)
        return
    settings = [
        (vendor, dict(zip(VENDORS[vendor].knobs, choice, strict=True)))
        for vendor in vendors
        for choice in product(*(Rps.values(knob) for knob in VENDORS[vendor].knobs))
    ]
    ids = ["-".join([vendor, *knobs.values()]) for vendor, knobs in settings]
    metafunc.parametrize(("rps", "knobs"), settings, indirect=["rps"], ids=ids)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave of each test with many cases as many as it has time for, the same ones in every process."""
    cases: dict[tuple[str, str], list[pytest.Item]] = {}
    for item in items:
        provider = getattr(item, "callspec", None) and item.callspec.params.get("rps")  # type: ignore[attr-defined]
        cases.setdefault((provider or "", item.nodeid.partition("[")[0]), []).append(item)
    left_out: set[pytest.Item] = set()
    for (provider, _test), those in cases.items():
        most = _most_cases(provider, those[0])
        if len(those) <= most:
            continue
        for item in those:
            item.add_marker("drawn")
        if not ALL:
            those.sort(key=lambda item: hashlib.md5(f"{SEED} {item.nodeid}".encode()).digest())
            left_out.update(those[most:])
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]


def _most_cases(provider: str, item: pytest.Item) -> int:
    """Return how many cases of a test are run, for a vendor or at all."""
    few, share = item.get_closest_marker("few"), item.get_closest_marker("share")
    most = few.args[0] if few else sys.maxsize
    usual = VENDORS[provider].share if provider in VENDORS else None
    return most if usual is None else min(most, usual * (share.args[0] if share else 1))


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in os.environ:
        if variable.startswith(("RPS_", "REQUESTS_", "CURL_")) or variable.lower().endswith("_proxy"):
            monkeypatch.delenv(variable)


@pytest.fixture
def fixtures() -> Path:
    """The folder of what the vendors' documents print."""
    return Path(__file__).parent / "fixtures"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Run a module in this process and return its result; C(check) and C(diff) set the modes."""

    def run_module(name: str, /, *, check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        module = importlib.import_module(f"ansible_collections.voip.rps.plugins.modules.{name}")
        args = {**options, "_ansible_check_mode": check, "_ansible_diff": diff}
        capsys.readouterr()
        warnings._global_warnings.clear()
        # A process runs one task; the tokens of many would take ever longer to look for.
        SECRETS.clear()
        with on_managed_node(), patch_module_args(args), pytest.raises(SystemExit):
            module.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        if "warnings" in result:
            result["warnings"] = [_words(warning) for warning in result["warnings"]]
        return result

    return run_module


def _words(warning: Any) -> str:
    words = warning["event"]["msg"] if isinstance(warning, dict) else warning  # since ansible-core 2.19, and before
    return str(words)


class Call(NamedTuple):
    """A call as the service got it: what it is for, and how many devices it names."""

    what: str
    devices: int


class Rps:
    """A simulated service, with an account of ours (C(acme)) and one of somebody else (C(other))."""

    account = ACCOUNT
    password = PASSWORD
    servers = SERVERS

    def __init__(self, simulator: Simulator, provider: str, run: Callable[..., dict[str, Any]]) -> None:
        self.simulator = simulator
        self.provider = provider
        self.vendor = VENDORS[provider]
        self.can = SERVICES[provider].can
        self._run = run
        self.options: dict[str, Any] = {
            "provider": provider,
            "api_url": simulator.endpoint(provider),
            **self.vendor.login(ACCOUNT, PASSWORD),
            "timeout": 5,
            **self.vendor.options,
        }
        accounts = [
            {"name": ACCOUNT, "password": PASSWORD, "provider": provider},
            {"name": "other", "password": "another-secret", "provider": provider},
        ]
        simulator.seed({"accounts": accounts})
        if self.can.named_servers:
            servers = [{"account": ACCOUNT, "name": name, "url": url} for name, url in SERVERS.items()]
            servers.append({"account": "other", "name": "theirs", "url": THEIRS})
            simulator.seed({"servers": servers})

    def mac(self, number: int) -> str:
        """Return a MAC address of the vendor's, 12 lower-case hex digits."""
        return f"{self.vendor.prefix}{number:0{12 - len(self.vendor.prefix)}x}"

    def macs(self, count: int, start: int = 0) -> list[str]:
        return [self.mac(number) for number in range(start, start + count)]

    def client(self) -> Client:
        """Return a client for the service, with the account's login."""
        kind = SERVICES[self.provider]
        login = kind.login_of(self.vendor.login(ACCOUNT, PASSWORD))
        return Client(self.options["api_url"], kind.headers, login=login, statuses=kind.statuses)

    @property
    def another_provider(self) -> str:
        """A provider whose phones have other prefixes."""
        return next(name for name, vendor in VENDORS.items() if vendor.prefix[:6] != self.vendor.prefix[:6])

    @staticmethod
    def values(knob: str) -> tuple[str, ...]:
        """Return the values of a simulator's setting that are combined with those of others."""
        return FEW.get(knob, CHOICES[knob])

    @staticmethod
    def every_vendors(number: int) -> list[str]:
        """Return the MAC addresses of this number of all vendors."""
        return [f"{vendor.prefix}{number:0{12 - len(vendor.prefix)}x}" for vendor in VENDORS.values()]

    def device(self, *macs: str, **options: Any) -> dict[str, Any]:
        """Run rps_device for these MACs (unless it is told otherwise), bound to berlin unless it is told otherwise."""
        if macs:
            options["devices"] = [{"mac": mac} for mac in macs]
        if options.get("devices") and options.get("state") != "absent":
            options["devices"] = [
                {**self.columns(one.get("mac")), **one} if isinstance(one, dict) else one for one in options["devices"]
            ]
        if options.get("state") != "absent" and not {"server", "url"} & options.keys():
            options["server"] = "berlin"
        return self._run("rps_device", **{"servers": SERVERS, **self.options, **options})

    def columns(self, mac: object) -> dict[str, str]:
        """Return what the vendor needs of a device beside its MAC address, where that is one."""
        columns = self.vendor.columns
        return columns(mac) if isinstance(mac, str) else {}

    def examples(self, most: int) -> int:
        """Return how many times of so many a test that draws its cases is to be run."""
        return most if ALL else min(most, 5 * (self.vendor.share or 2 * SHARE))

    @property
    def secret_option(self) -> str:
        """The option that has the account's secret."""
        return next(name for name, value in self.vendor.login("", PASSWORD).items() if value == PASSWORD)

    def info(self, **options: Any) -> dict[str, Any]:
        return self._run("rps_device_info", **{**self.options, **options})

    def server(self, **options: Any) -> dict[str, Any]:
        return self._run("rps_server", **{**self.options, **options})

    def holds(self, *macs: str, server: str | None = "berlin", url: str | None = None, account: str = ACCOUNT) -> None:
        """Put devices into an account, bound to its server or to a URL of their own."""
        if server and not self.can.named_servers:
            server, url = None, url or {**SERVERS, "theirs": THEIRS}[server]
        devices = [{"account": account, "mac": mac, "server": server, "url": url} for mac in macs]
        self.simulator.seed({"devices": devices})

    def others(self, *macs: str) -> None:
        """Put devices into somebody else's account."""
        self.holds(*macs, server="theirs", account="other")

    def misbehaves(self, kind: str, *what: str, **parameters: Any) -> None:
        """Let calls that are for one of C(what) go wrong, see the simulator's C(faults.Rule)."""
        self.simulator.misbehave({"kind": kind, "methods": self.methods(*what), **parameters})

    def methods(self, *what: str) -> list[str]:
        """Return the methods whose calls are for one of C(what)."""
        if self.vendor.dialect == "redirect":
            return [method for (method, _count), meant in self.vendor.calls.items() if meant in what]
        return [f"{method}/{count}" for (method, count), meant in self.vendor.calls.items() if meant in what]

    @property
    def logins(self) -> int:
        """How many requests it takes to log in, before the first call."""
        return list(self.vendor.calls.values()).count("login")

    def answers(self, what: str, *values: Any, kind: str = "answer", **parameters: Any) -> None:
        """Let calls of the dialect C(redirect) that are for this be answered with these values; with the kind
        C(answer_after) once carried out."""
        body = xmlrpc.client.dumps((list(values),), methodresponse=True, allow_none=True)
        self.misbehaves(kind, what, body=body, **parameters)

    @property
    def look(self) -> str:
        """What the call is for that checks a device with where it points, as far as the service tells that."""
        return "locate" if self.can.read_target else "check"

    @property
    def listing(self) -> list[Call]:
        """The calls that tell of many devices whether they are the account's, where none is."""
        if self.can.list_models:
            # Those that point there, all, and, as there are none, one more look: the model may have another name.
            return [Call("list", 0), Call("list", 0), Call("locate", 1)]
        return [Call("list", 0)]

    def reads(self, devices: int) -> int:
        """Return how many requests tell of many registered devices where each points."""
        lists = 2 if self.can.list_models else int(self.can.list_account)
        return lists + (0 if self.vendor.tells else -(-devices // self.can.bulk.check))

    def rerun(self, devices: int) -> int:
        """Return how many requests tell of many devices that each points where it shall, as far as that is told."""
        if self.can.list_models or not self.can.read_target:
            return 1
        return 1 + devices

    @property
    def canary(self) -> list[Call]:
        """The call after the first one that binds devices to a server: does it send them where it shall?"""
        return [Call("locate", 1)] if self.can.named_servers and self.can.read_target else []

    @property
    def left_alone(self) -> str:
        """The action on a registered device that points where it shall: whether it does, not every service shows."""
        return "none" if self.can.read_target else "unverified"

    @property
    def foreign(self) -> str:
        """The code of another account's device, where override was not asked for."""
        return "needs_override" if self.can.takes_over else "owned_by_other_user"

    @property
    def moving(self) -> dict[str, Any]:
        """The options with which a device that points elsewhere is moved."""
        return {} if self.can.read_target else {"force": True, "force_limit": 100}

    def move(self, devices: int) -> Call:
        """Return the call that moves so many devices."""
        whats = set(self.vendor.calls.values())
        if "move" in whats and (devices == 1 or "confirm" not in whats):
            return Call("move", devices)
        return Call("confirm" if "confirm" in whats else "register", devices)

    def moves(self, devices: int) -> list[Call]:
        """Return the calls that move so many devices."""
        bulk = self.can.bulk
        return [self.move(devices)] if devices == 1 or max(bulk.move, bulk.move_url) > 1 else [self.move(1)] * devices

    @property
    def urls(self) -> dict[str, str | None]:
        """Where each device of our account points, as the service holds it."""
        return {mac: held["url"] for mac, held in self.simulator.devices(ACCOUNT).items()}

    @property
    def requests(self) -> int:
        """How many requests the service got."""
        return len(self.simulator.log)

    @property
    def calls(self) -> list[Call]:
        """The calls that the service got, in their order, but for those that took a token."""
        calls = []
        for entry in self.simulator.log:
            if entry.method is not None:
                what = self.vendor.calls[(entry.method, entry.parameters)]
                if what == "login":
                    continue
                calls.append(Call(what, entry.devices or int(what not in OF_NO_DEVICE)))
        return calls

    @property
    def writes(self) -> list[Call]:
        """Those of the calls that write."""
        return [call for call in self.calls if call.what not in READING]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def rps(request: pytest.FixtureRequest, simulator: Simulator, run: Callable[..., dict[str, Any]]) -> Rps:
    return Rps(simulator, request.param, run)


@pytest.fixture
def anew(rps: Rps, run: Callable[..., dict[str, Any]]) -> Callable[[Simulator], Rps]:
    """Have in another simulator what C(rps) is in its own."""
    return lambda simulator: Rps(simulator, rps.provider, run)
