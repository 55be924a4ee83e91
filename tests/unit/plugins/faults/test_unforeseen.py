# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of ours that nobody foresaw, and signals: the task fails with a code and tells what was done so far."""

from __future__ import annotations

import importlib
import json
import signal

import pytest

from ansible_collections.voip.rps.plugins.module_utils._http.client import Client

SECRET = "s3cret-of-acme"
UTILS = "ansible_collections.voip.rps.plugins.module_utils"
MODULES = "ansible_collections.voip.rps.plugins.modules"
STAGES = {
    "options": f"{UTILS}._module.options.option_problems",
    "input": f"{MODULES}.rps_device.desired_devices",
    "connecting": f"{UTILS}._module.options.Client",
    "the service": f"{UTILS}._module.task.RpsTask.connect",
    "observing": f"{UTILS}._reconcile.reconcile.observe",
    "a call": f"{UTILS}._http.xmlrpc.encode",
    "sending": f"{UTILS}._http.client.Client._ask",
    "an answer": f"{UTILS}._http.xmlrpc.decode",
    "planning": f"{UTILS}._reconcile.reconcile.make_plan",
    "applying": f"{UTILS}._reconcile.reconcile.Applier",
    "a batch": f"{UTILS}._reconcile.apply.Applier._carry_out",
    "reporting": f"{MODULES}.rps_device.task_result",
    "a file of outcomes": f"{MODULES}.rps_device.save_outcomes",
}
ERRORS = [KeyError, MemoryError, RecursionError]


def breaks(monkeypatch, where, error=KeyError, after=0):
    """Let a function of ours raise an error that tells a secret, from this call of it on."""
    parts = where.split(".")
    depth = next(depth for depth in range(len(parts) - 1, 0, -1) if importable(".".join(parts[:depth])))
    owner = importlib.import_module(".".join(parts[:depth]))
    for part in parts[depth:-1]:
        owner = getattr(owner, part)
    whole = getattr(owner, parts[-1])
    calls = []

    def broken(*args, **kwargs):
        calls.append(1)
        if len(calls) > after:
            raise error(f"of {SECRET}")
        return whole(*args, **kwargs)

    monkeypatch.setattr(owner, parts[-1], broken)


def importable(name):
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def expect_internal_error(result):
    assert result["failed"] is True
    assert result["failure"]["code"] == "internal_error"
    assert "please report it" in result["failure"]["message"]
    assert result["failure"]["message"] in result["msg"]
    text = json.dumps(result)
    assert SECRET not in text
    assert "Traceback" not in text


@pytest.mark.dialect("redirect")
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("error", ERRORS)
def test_at_every_stage(rps, monkeypatch, tmp_path, stage, error):
    breaks(monkeypatch, STAGES[stage], error)

    result = rps.device(*rps.macs(8), dest=str(tmp_path / "outcomes.csv"))

    expect_internal_error(result)
    assert result["changed"] == (stage in ("a batch", "reporting", "a file of outcomes"))


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("after", [0, 1, 3, 7])
def test_in_the_middle_of_writing(rps, monkeypatch, concurrency, after):
    breaks(monkeypatch, f"{UTILS}._reconcile.apply.Applier._send", after=after)

    result = rps.device(*rps.macs(8), batch_size=1, concurrency=concurrency)

    expect_internal_error(result)
    assert [device["mac"] for device in result["devices"]] == rps.macs(8)
    assert result["changed"]
    for device in result["devices"]:
        bound = device["mac"] in rps.urls
        assert device["action"] == ("registered" if bound else "failed")
        assert bound or device["error"]["code"] == "internal_error"
    assert len(rps.urls) == after


@pytest.mark.needs("named_servers")
@pytest.mark.parametrize("name", ["rps_device_info", "rps_server"])
def test_in_the_other_modules(rps, monkeypatch, name):
    breaks(monkeypatch, f"{UTILS}._http.client.Client._ask")

    expect_internal_error(rps.info() if name == "rps_device_info" else rps.server(name="x", url="https://x/"))


def test_no_more_threads(rps, monkeypatch):
    """Then those that there are do all of the work, or the one that is always there."""
    from threading import Thread

    start = Thread.start

    def cannot(thread):
        if "ThreadPoolExecutor" in thread.name:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(Thread, "start", cannot)

    result = rps.device(*rps.macs(20), batch_size=2)

    assert result["summary"]["registered"] == 20


NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_while_writing(rps, launch, tmp_path, number):
    macs = rps.macs(400)
    src = tmp_path / "phones.csv"
    src.write_text("\n".join(["mac", *macs]))
    rps.simulator.settings(latency=0.05)
    options = {**rps.options, "server": "berlin", "servers": rps.servers, "src": str(src), "batch_size": 1}
    process = launch("rps_device", **options, check_target=False)
    while len(rps.writes) < 20:
        assert process.runs_for(0.005)

    process.signal(number)
    result = process.end(20).result

    assert result["failure"]["code"] == "interrupted"
    assert number.name in result["msg"]
    assert result["changed"]
    assert 20 <= result["summary"]["registered"] < 400
    held = rps.urls
    for device in result["devices"]:
        assert (device["action"] == "registered") == (device["mac"] in held)
        assert device["action"] == "registered" or device["error"]["code"] == "interrupted"


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_while_reading(rps, launch, number):
    rps.misbehaves("hang_before", rps.look, seconds=30)
    options = {**rps.options, "timeout": 30, "server": "berlin", "servers": rps.servers}
    process = launch("rps_device", **options, mac=rps.mac(1))
    while not rps.requests:
        assert process.runs_for(0.005)

    process.signal(number)
    result = process.end(10).result

    assert result["failure"]["code"] == "interrupted"
    assert not result["changed"]


def test_what_was_done_before_it_was_ignored_is(rps, monkeypatch):
    """As nohup does."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        send = Client._ask
        monkeypatch.setattr(Client, "_ask", lambda *args: (signal.raise_signal(signal.SIGHUP), send(*args))[1])

        assert "failed" not in rps.device(*rps.macs(2))
    finally:
        signal.signal(signal.SIGHUP, before)


def test_after_the_task_signals_are_as_they_were(rps):
    before = [signal.getsignal(number) for number in NUMBERS]

    rps.device(rps.mac(1))

    assert [signal.getsignal(number) for number in NUMBERS] == before
