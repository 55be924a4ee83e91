# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The blocks of code in the README, the guides and the roles' READMEs.

The first line of a block may name its file: C(# phones.csv). Before a block that cannot run stands a comment that says
why: C(.. not run: why) in reStructuredText, C(<!-- not run: why -->) in Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

ROOT = Path(__file__).parents[3]
GUIDES = ROOT / "docs" / "docsite" / "rst"
RUN = ("yaml", "yaml+jinja", "console", "shell", "bash", "sh")

_RST = re.compile(
    r"^(?: *\.\. not run: (?P<why>.*)\n\n)?(?P<indent> *)\.\. code-block:: (?P<language>\S+)\n\n"
    r"(?P<text>(?:(?P=indent) +\S.*\n|\n)+)",
    re.MULTILINE,
)
_MARKDOWN = re.compile(
    r"^(?:<!-- not run: (?P<why>[^\n]*) -->\n\n?)?(?P<indent> *)```(?P<language>\S*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    """C(name): of the file that it is, empty if it has none; C(why): why it is not run, empty if it is."""

    page: str
    language: str
    text: str
    name: str
    why: str

    @property
    def commands(self) -> str:
        """The commands of a console block, as a script."""
        lines = self.text.splitlines()
        prompts = any(line.startswith("$ ") for line in lines)
        return "\n".join(line.removeprefix("$ ") for line in lines) if prompts else self.text


def pages() -> list[Path]:
    """Return every page of the collection that has text for its users."""
    found = [ROOT / "README.md", *GUIDES.rglob("*.rst"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("roles/*/README.md")]
    return sorted(found)


def blocks(path: Path) -> list[Block]:
    return list(_blocks(path))


def _blocks(path: Path) -> Iterator[Block]:
    page = str(path.relative_to(ROOT))
    pattern = _RST if path.suffix == ".rst" else _MARKDOWN
    for found in pattern.finditer(path.read_text(encoding="utf-8")):
        text = dedent(found["text"]).strip("\n") + "\n"
        named = re.match(r"# ([\w.-]+\.(?:yml|yaml|csv|cfg|json))$", text.partition("\n")[0])
        yield Block(page, found["language"], text, named[1] if named else "", found["why"] or "")
