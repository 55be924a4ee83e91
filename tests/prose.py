# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the spelling and the style of all text that users and contributors read.

``codespell`` finds misspelt words, ``proselint`` reports what style guides advise against, and plain_words.toml lists
phrases that confuse newcomers, with what to write instead.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
PAGES = (".md", ".rst")
TEXTS = (*PAGES, ".py", ".yml")
# Straight quotes and "(c)" are what machines read; headings and figures repeat words.
IGNORED = re.compile(r": (typography|lexical_illusions)\b")
# Licences and the vendors' texts cannot be changed; the names and data of tests are not for users.
OTHERS = re.compile(
    r"^(LICENSES/|tests/unit/|tests/output/|tests/prose\.py|CODE_OF_CONDUCT\.md|.*/files/rps_simulator/)"
)


def files() -> list[str]:
    """Return the files to check: of those that git knows, or of all files if this is no Git repository."""
    found = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=False
    )
    names = found.stdout.splitlines() or [str(path) for path in Path().rglob("*") if path.is_file()]
    return [name for name in names if name.endswith(TEXTS) and not OTHERS.match(name) and Path(name).exists()]


def plain_words(names: list[str]) -> Iterator[str]:
    """Yield each line that has a phrase of plain_words.toml, as ``file:line: phrase: what to write``."""
    table = tomllib.loads((HERE / "plain_words.toml").read_text(encoding="utf-8"))["instead"]
    patterns = {re.compile(pattern): better for pattern, better in table.items()}
    for name in names:
        for number, line in enumerate(Path(name).read_text(encoding="utf-8").splitlines(), 1):
            for pattern, better in patterns.items():
                found = pattern.search(line)
                if found:
                    yield f"{name}:{number}: {found.group().strip()!r}: write {better}"


def main() -> int:
    """Print all findings. Return 1 if there are any, else 0."""
    names = files()
    findings = list(plain_words(names))
    for finding in findings:
        print(finding)
    pages = [name for name in names if name.endswith(PAGES)]
    spelling = subprocess.run(["codespell", "--toml", "pyproject.toml", *names], check=False)
    style = subprocess.run(["proselint", "check", *pages], capture_output=True, text=True, check=False)
    advice = [
        line for line in style.stdout.splitlines() if re.match(r"\S+:\d+:\d+: ", line) and not IGNORED.search(line)
    ]
    for line in advice:
        print(line)
    return int(bool(findings or spelling.returncode or advice or (style.returncode and not style.stdout)))


if __name__ == "__main__":
    sys.exit(main())
