# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sphinx's settings for the site that ``nox -s docs`` builds. It needs no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "voip.rps"
copyright = "voip.rps contributors"  # noqa: A001
title = html_short_title = "Ansible collection voip.rps"
extensions = ["sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_copy_source = html_show_sphinx = html_use_index = html_use_modindex = False
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
default_role = "any"
# Pages and variables of ansible-core, which an inventory of theirs would resolve, over the network.
# Before the first release, the changelog has no title.
suppress_warnings = ["ref.envvar", "ref.ref", "toc.no_title"]

PUBLISHED = "https://raw.githubusercontent.com/voip-rps/voip.rps/main/docs/images/"
IMAGES = Path(__file__).parents[1] / "images"


def setup(app: Sphinx) -> None:
    """Take the pictures from the tree. The community's site, which builds the guides too, takes published ones."""
    app.connect("source-read", _with_own_pictures)


def _with_own_pictures(app: Sphinx, _page: str, source: list[str]) -> None:
    if PUBLISHED in source[0]:
        images = Path(app.srcdir) / "images"
        images.mkdir(exist_ok=True)
        for picture in IMAGES.iterdir():
            (images / picture.name).write_bytes(picture.read_bytes())
        source[0] = source[0].replace(f".. image:: {PUBLISHED}", ".. image:: /images/")
