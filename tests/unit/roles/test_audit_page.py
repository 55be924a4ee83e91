# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of an audit in a real browser, headless Chromium: what people see and can do, and what cannot run."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import RpsError
from ansible_collections.voip.rps.plugins.module_utils._pure.model import REGISTERED, Observation, Target
from ansible_collections.voip.rps.plugins.plugin_utils._audit.audit import AccountAudit, Audit, cells_of
from ansible_collections.voip.rps.plugins.plugin_utils._audit.history import Run
from ansible_collections.voip.rps.plugins.plugin_utils._audit.page import page_text
from ansible_collections.voip.rps.plugins.plugin_utils._audit.states import (
    DRIFTED,
    EXCEPTIONS,
    READ,
    RIGHT,
    STATES,
    Row,
    Seen,
)

webdriver = pytest.importorskip("selenium.webdriver", reason="requires the Python package selenium")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="requires chromium and chromedriver (Debian: chromium, chromium-driver)"
)

NOW = 1_790_000_000
HOSTILE = [
    "</script><script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title = 'owned'\">",
    "{{constructor.constructor('document.title=1')()}}",
    "javascript:document.title='owned'",
    "\u202egnp.exe",
    "&lt;b&gt; & \"quotes\" 'single'",
]
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    driver.set_script_timeout(20)
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Open:
    """Open the page of an audit, C(width) pixels wide, and return the browser."""

    def open_page(audit: Audit, width: int = 1280, dark: bool = False) -> Any:
        path = tmp_path / "audit.html"
        path.write_text(page_text(audit._replace(table=cells_of(audit.rows))), encoding="utf-8")
        browser.get_log("browser")
        browser.get_log("performance")
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get(path.as_uri())
        return browser

    return open_page


def row(number: int, state: str = DRIFTED, **columns: str) -> Row:
    seen = Seen(Observation(REGISTERED, f"https://old-{number % 7}.example/"), NOW - number, READ)
    target = Target("berlin", "https://berlin.example/", False)
    return Row(f"001565{number:06x}", "yealink", "office", state, target, seen, columns=columns)


def audit_of(rows: list[Row], **more: Any) -> Audit:
    accounts = [
        AccountAudit("office", "yealink", rows, len(rows), len(rows) + 1, None),
        AccountAudit("desks", "snom", [], 0, 1, RpsError("auth_failed", "the login was refused")),
    ]
    return Audit(NOW, 1.5, accounts, **more)


def cells(browser: Any, column: int) -> list[str]:
    script = "return [...document.querySelectorAll('#body tr')].map(tr => tr.children[arguments[0]].textContent)"
    return list(browser.execute_script(script, column))


def count(browser: Any) -> str:
    return str(browser.find_element("id", "count").text)


def press(browser: Any, *keys: str) -> None:
    webdriver.ActionChains(browser).send_keys(*keys).perform()


def test_texts_of_others_are_shown_and_never_run(opened: Open) -> None:
    rows = [row(number, name=text, group=text) for number, text in enumerate(HOSTILE)]
    rows += [
        row(100 + number)._replace(account=text, seen=Seen(Observation(REGISTERED, f"https://x/{text}"), NOW, READ))
        for number, text in enumerate(HOSTILE)
    ]
    audit = audit_of(rows)
    failing = AccountAudit(HOSTILE[0], "snom", [], 0, 1, RpsError("service_error", HOSTILE[1]))

    browser = opened(audit._replace(accounts=[*audit.accounts, failing]))

    assert browser.title.startswith("Phone audit")
    shown = [text.replace("\u202e", "\\u202e") for text in HOSTILE]
    assert cells(browser, 4)[: len(HOSTILE)] == shown
    assert cells(browser, 3)[len(HOSTILE) :] == shown
    assert browser.execute_script("return document.querySelectorAll('main img, main script, main a').length") == 0
    assert browser.get_log("browser") == []


def test_its_policy_lets_no_other_script_style_or_network_in(opened: Open) -> None:
    browser = opened(audit_of([row(1)]))

    loaded = [entry["message"] for entry in browser.get_log("performance") if "requestWillBeSent" in entry["message"]]
    assert all("audit.html" in message for message in loaded)
    browser.execute_async_script(
        """
        const done = arguments[0];
        const script = document.createElement("script");
        script.textContent = "document.title = 'owned'";
        document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=\\"document.title = 'owned'\\">");
        fetch("http://127.0.0.1:9/").catch(() => 0).then(() => setTimeout(done, 50));
        """
    )
    assert browser.title.startswith("Phone audit")
    refused = " ".join(entry["message"] for entry in browser.get_log("browser"))
    for directive in ("script-src", "default-src"):
        assert directive in refused


def test_it_is_searched_sorted_and_turned_by_keyboard_alone(opened: Open) -> None:
    keys = webdriver.Keys
    rows = [row(number, EXCEPTIONS[number % 5], name=f"Room {number:03}") for number in range(120)]
    rows += [row(500 + number, RIGHT) for number in range(10)]
    browser = opened(audit_of(rows))
    assert count(browser) == "1 to 50 of 120 exceptions"

    search = browser.find_element("id", "search")
    reached = [browser.switch_to.active_element for _press in range(40) if press(browser, keys.TAB) is None]
    assert search in reached
    for element in (*browser.find_elements("css selector", "#head button"), browser.find_element("id", "next")):
        assert element in reached

    browser.execute_script("arguments[0].focus()", search)
    press(browser, "room 01")
    assert count(browser) == "1 to 10 of 10 exceptions"
    press(browser, keys.TAB, keys.TAB, keys.ENTER, keys.ENTER)
    assert cells(browser, 0) == [f"001565{number:06x}" for number in range(19, 9, -1)]
    first, second = browser.find_elements("css selector", "#head th")[:2]
    assert (first.get_attribute("aria-sort"), second.get_attribute("aria-sort")) == ("descending", "none")
    press(browser, keys.SPACE)
    assert first.get_attribute("aria-sort") == "ascending"
    assert cells(browser, 0)[0] == "00156500000a"

    search.clear()
    search.send_keys("00:15:65:00:00:0C")
    assert cells(browser, 4) == ["Room 012"]
    search.send_keys("nothing like it")
    assert count(browser) == "0 exceptions"
    search.clear()
    browser.find_element("id", "state").send_keys("extra")
    assert set(cells(browser, 1)) == {"extra"}
    browser.find_element("id", "state").send_keys(keys.HOME)

    turn = browser.find_element("id", "next")
    browser.execute_script("arguments[0].focus()", turn)
    press(browser, keys.ENTER, keys.ENTER, keys.ENTER)
    assert count(browser) == "101 to 120 of 120 exceptions"
    assert turn.get_attribute("aria-disabled") == "true"
    assert browser.switch_to.active_element == turn


def test_ten_thousand_exceptions_do_not_stutter(opened: Open) -> None:
    browser = opened(audit_of([row(number, name=f"Room {number}") for number in range(10_000)]))

    assert len(cells(browser, 0)) == 50
    slowest = browser.execute_script(
        """
        const search = document.getElementById("search");
        const work = [
          () => document.querySelectorAll("#head button")[4].click(),
          () => document.querySelectorAll("#head button")[7].click(),
          () => document.getElementById("next").click(),
        ];
        for (const letters of ["r", "ro", "room 99", "old-3", "zzz", ""]) {
          work.push(() => { search.value = letters; search.dispatchEvent(new Event("input")); });
        }
        return Math.max(...work.map(function (one) {
          const began = performance.now();
          one();
          document.body.offsetHeight;
          return performance.now() - began;
        }));
        """
    )
    assert slowest < 300, f"{slowest} ms"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_and_its_text_has_enough_contrast(opened: Open, width: int, dark: bool) -> None:
    rows = [row(number, state, name="x" * 200) for number, state in enumerate(STATES * 3)]
    runs = [Run(NOW - 86400 * day, dict.fromkeys(STATES, day)) for day in range(20, 0, -1)]
    browser = opened(audit_of(rows, runs=runs), width, dark)
    browser.execute_script("document.querySelector('details').open = true")

    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    worst = browser.execute_script(CONTRAST)
    assert worst["ratio"] >= 4.5, worst
    background = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 200) == dark


def test_its_structure_is_what_screen_readers_go_by(opened: Open) -> None:
    runs = [Run(NOW - 86400, dict.fromkeys(STATES, 1))]
    browser = opened(audit_of([row(1), row(2, RIGHT)], runs=runs))

    levels = browser.execute_script("return [...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert browser.execute_script("return document.documentElement.lang") == "en"
    unnamed = """
        const bad = [];
        for (const th of document.querySelectorAll("th")) if (!th.scope) bad.push(th.outerHTML);
        for (const table of document.querySelectorAll("table")) if (!table.caption) bad.push(table.outerHTML);
        for (const field of document.querySelectorAll("input,select")) if (!field.labels.length) bad.push(field.id);
        for (const svg of document.querySelectorAll("svg"))
          if (!svg.getAttribute("aria-label") && svg.getAttribute("aria-hidden") !== "true") bad.push(svg.outerHTML);
        for (const part of document.querySelectorAll("[aria-labelledby]"))
          if (!document.getElementById(part.getAttribute("aria-labelledby"))) bad.push(part.outerHTML);
        const ids = [...document.querySelectorAll("[id]")].map(one => one.id);
        if (new Set(ids).size !== ids.length) bad.push(ids);
        return bad;
    """
    assert browser.execute_script(unnamed) == []
    chart = browser.find_element("css selector", "svg.bar")
    assert chart.get_attribute("aria-label") == "Yealink: 1 right, 1 drifted"


CONTRAST = """
const parse = text => text.match(/[\\d.]+/g).map(Number);
const channel = value => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const luminance = rgb => 0.2126 * channel(rgb[0]) + 0.7152 * channel(rgb[1]) + 0.0722 * channel(rgb[2]);
function background(element) {
  for (let one = element; one; one = one.parentElement) {
    const color = parse(getComputedStyle(one).backgroundColor);
    if (color.length < 4 || color[3] > 0) return color;
  }
}
let worst = {ratio: 99};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || !element.offsetParent) continue;
  const [light, dark] = [parse(getComputedStyle(element).color), background(element)].map(luminance)
    .sort((a, b) => b - a);
  const ratio = (light + 0.05) / (dark + 0.05);
  if (ratio < worst.ratio) worst = {ratio: ratio, text: walker.currentNode.textContent.slice(0, 50)};
}
return worst;
"""
