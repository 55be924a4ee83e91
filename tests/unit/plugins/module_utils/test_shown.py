# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be shown: no secret, however it is spelled and wherever it is cut, and nothing that steers a terminal."""

from __future__ import annotations

import base64
import html
import json
import unicodedata
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.voip.rps.plugins.module_utils._pure.errors import (
    MAX_EXCERPT,
    MAX_MESSAGE,
    RpsError,
    excerpt,
    shown_value,
)
from ansible_collections.voip.rps.plugins.module_utils._pure.shown import SECRETS, Secrets, visible
from ansible_collections.voip.rps.plugins.module_utils._pure.url import shown_text, without_userinfo

SPELLINGS = {
    "plain": str,
    "url": lambda text: quote(text, safe=""),
    "lower-case url": lambda text: "".join(f"%{octet:02x}" for octet in text.encode()),
    "form": quote_plus,
    "url, twice": lambda text: quote(quote(text, safe=""), safe=""),
    "xml": html.escape,
    "an attribute": lambda text: quoteattr(text)[1:-1],
    "xml, twice": lambda text: html.escape(html.escape(text)),
    "decimal references": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "hexadecimal references": lambda text: "".join(f"&#x{ord(char):04X};" for char in text),
    "json": lambda text: json.dumps(text)[1:-1],
    "json in utf-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "json of php": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "json, twice": lambda text: json.dumps(json.dumps(text))[3:-3],
    "escapes": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "python": lambda text: repr(text)[1:-1],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for urls": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(text.encode() * 3)[:20].decode(),
    "the basic pair": lambda text: base64.b64encode(f"acme:{text}".encode()).decode(),
    "the basic pair in latin-1": lambda text: base64.b64encode(f"acme:{text}".encode("latin-1")).decode(),
    "read as latin-1": lambda text: text.encode().decode("latin-1"),
}
PASSWORDS = ["hunter2", "p&ss<w>\"o'rd/\\", "a b  c?#%+=d", "paß:wört§", "{{ x }}*.^$(["]


@pytest.fixture(autouse=True)
def _nothing_is_secret():
    SECRETS.clear()
    yield
    SECRETS.clear()


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("spelling", sorted(set(SPELLINGS) - {"base64 in lines"}))
def test_every_spelling_is_hidden(password, spelling):
    secrets = Secrets()
    secrets.add_login("acme", password)

    hidden = secrets.hide(f"before [{SPELLINGS[spelling](password)}] after")

    assert hidden.replace("=", "") == "before [***] after"


def test_base64_in_lines():
    secrets = Secrets()
    secrets.add_login("acme", "x" * 100)
    pair = base64.encodebytes(b"acme:" + b"x" * 100).decode()
    assert "\n" in pair.strip()

    assert "eHh4" not in secrets.hide(pair)


# Without what a letter is in base64, too: there it has no spelling of its own.
TEXT = st.text(st.characters(min_codepoint=33, exclude_categories=("Cs", "Zs", "Zl", "Zp", "Cc")), min_size=4)


@given(TEXT, st.lists(st.sampled_from(["plain", "url", "json", "decimal references", "escapes"]), min_size=1))
def test_any_secret_in_mixed_spellings(password, spellings):
    secrets = Secrets()
    secrets.add(password)
    mixed = "".join(
        char if name == "escapes" and ord(char) > 0xFFFF else SPELLINGS[name](char)
        for char, name in zip(password, spellings * len(password), strict=False)
    )

    assert secrets.hide(f"<{mixed}>") == "<***>"


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("unit", ["", "x"])
def test_a_cut_leaves_no_part_of_it(spelling, unit):
    password = "hunter2-of-acme/&"
    SECRETS.add_login("acme", password)
    spelled = SPELLINGS[spelling](password) if spelling != "base64 in lines" else password
    for limit, show in (
        (MAX_EXCERPT, lambda text: excerpt(text.encode())),
        (MAX_MESSAGE, lambda text: RpsError("service_error", text).message),
        (MAX_EXCERPT, shown_value),
    ):
        for before in range(limit - len(spelled) - 2, limit + 3):
            shown = show("." * before + spelled + unit * 100_000)
            assert len(shown) <= limit + 2
            assert spelled[:5] not in shown
        for before in range(8 * limit - len(spelled), 8 * limit + 2, 5):
            shown = show("." * (before - 7 * limit) + spelled * 1000)
            assert spelled[:5] not in shown.replace(spelled, "")


def test_a_text_full_of_it_is_hidden_to_the_end():
    SECRETS.add("s" * 300 + "ecret")

    assert "ssss" not in excerpt((b"s" * 300 + b"ecret") * 100)


def test_a_url_whose_password_goes_on_beyond_the_cut():
    shown = RpsError("service_error", "see https://bob:" + "hunter2" * 10_000).message

    assert "hunter2" not in shown


def test_a_short_one_is_no_part_of_words():
    secrets = Secrets()
    secrets.add("2", "abc", "")

    assert secrets.hide("2 abcs") == "2 abcs"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://bob:12/pw@host/", "https://***@host/"),
        ("https://bob:12/pw@a.example/x", "https://***@a.example/x"),
        ("https://bob:p@ss/w@host/", "https://***@host/"),
        ("https://bob:hunt#er2@host/", "https://***@host/"),
        ("https://bob:hunt?er2@host/", "https://***@host/"),
        ("https://bob:hunt\\er2@host/", "https://***@host/"),
        ("https://bob:@host/", "https://***@host/"),
        ("https://a.example/x@y", "https://a.example/x@y"),
        ("https://u:p@a.example/x@y", "https://***@a.example/x@y"),
        ("see https://a.example:80/x or me@d.example", "see https://a.example:80/x or me@d.example"),
        ("https:\\/\\/bob:hunter2@host\\/", "https:\\/\\/***@host\\/"),
        ("https%3A%2F%2Fbob%3Ahunter2%40host%2F", "https%3A%2F%2F***%40host%2F"),
        ("https&#58;&#47;&#47;bob&#58;hunter2&#64;host", "https&#58;&#47;&#47;***&#64;host"),
        ("https://h/?token=abc&x=1", "https://h/?token=***&x=1"),
        ("https://h/?x=1&API-Key=a/b+c%3d#f", "https://h/?x=1&API-Key=***"),
        ("https://h/?x=1&amp;client_secret=abc&amp;y=2", "https://h/?x=1&amp;client_secret=***&amp;y=2"),
        ("https://h/?X-Amz-Signature=abc", "https://h/?X-Amz-Signature=***"),
        ("https://h/?passwd=a&pwd=b&oauth=c", "https://h/?passwd=***&pwd=***&oauth=***"),
        ("https://h/#access_token=abc", "https://h/#access_token=***"),
        ("https://h/?mac={mac}&token={mac}", "https://h/?mac={mac}&token={mac}"),
        ("https://h/?token=$mac", "https://h/?token=$mac"),
        ("https://h/?token={mac}abc", "https://h/?token=***"),
        ("https://h/?mac=001565000001", "https://h/?mac=001565000001"),
        ('<a href="https://h/?sig=abc">', '<a href="https://h/?sig=***">'),
    ],
)
def test_urls(text, shown):
    assert without_userinfo(text) == shown
    assert without_userinfo(shown) == shown


def test_what_was_meant_to_be_a_url():
    assert shown_text("at https://bob:hun ter2@h/ it is") == "at https://***@h/ it is"


@pytest.mark.parametrize("value", ["2", "a", "aB+/==%", "aB+/=" * 40, '"'])
@pytest.mark.parametrize(
    "form",
    [
        '{{"access_token": {json}, "expires": 1}}',
        "{{'refresh_token': '{plain}'}}",
        "/x?access_token={url}&amp;page=1",
        "access_token: {plain}",
        "&quot;access_token&quot;:&quot;{url}&quot;",
    ],
)
def test_tokens_that_nobody_knows_of(form, value):
    text = form.format(json=json.dumps(value), plain=value, url=quote(value, safe=""))
    if value == '"' and "plain" in form:
        return

    shown = RpsError("service_error", text).message

    assert "***" in shown
    assert value not in shown.replace("access_token", "").replace("page=1", "") or value == "a" or value == '"'


STEERING = [
    *map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, 0x2028, 0x2029]),
    *map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xD800, 0xDC80]),
]


def test_what_steers_a_terminal_is_an_escape():
    for char in STEERING:
        shown = visible(f"a{char}b")
        assert shown == f"a{repr(char)[1:-1]}b" or ord(char) < 0x20
        assert shown.isprintable()
        assert RpsError("service_error", f"a{char}b").message.isprintable()
        assert without_userinfo(f"https://h/{char}").isprintable()
        assert excerpt(f"a{char}b".encode("utf-8", "replace")).isprintable()


def test_what_is_only_a_letter_stays():
    for text in ("Jürgen", "日本", "עברית", "العربية", "a\u00a0b", "👍"):
        assert visible(text) == text


def test_it_is_all_that_unicode_calls_bidirectional_controls():
    bidi = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    for code in range(0x110000):
        if unicodedata.bidirectional(chr(code)) in bidi:
            assert visible(chr(code)) != chr(code)
