# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  base_url:
    description:
      - The address of the PBX, without the path of its API.
      - Plain C(http://) is refused unless the host is this machine or O(allow_http) is set.
    type: str
    required: true
  client_id:
    description:
      - The client ID that the PBX shows in its API settings. Requires O(client_secret).
      - With it a token is taken for the task, refreshed where it expires in the middle, and given back at the end, as a
        PBX has few of them.
      - Exactly one of O(client_id) and O(access_token) is required.
    type: str
  client_secret:
    description:
      - The client secret that goes with O(client_id). It is tried once, as a PBX blocks addresses after failed logins.
    type: str
  access_token:
    description:
      - An access token that was taken before. It is neither refreshed nor given back.
    type: str
  validate_certs:
    description:
      - Whether the PBX's TLS certificate is checked.
    type: bool
    default: true
  ca_path:
    description:
      - A file of CA certificates to check the PBX's certificate with, instead of those that C(requests) brings or that
        the E(REQUESTS_CA_BUNDLE) environment variable names.
    type: path
  allow_http:
    description:
      - Send the secret over plain C(http://) to another machine.
    type: bool
    default: false
  timeout:
    description:
      - How long to wait, in seconds, for a connection, and again for the whole answer. At most 86400.
    type: float
    default: 30
  retries:
    description:
      - How often a call that failed for a passing reason is sent again, after a growing pause. At most 100.
      - A call that writes, and may have been carried out although its answer was lost, is sent again only after the
        phones have been read back.
    type: int
    default: 3
requirements:
  - requests
notes:
  - Proxies are taken from the environment variables E(HTTPS_PROXY) and E(NO_PROXY), but never used for this machine
    itself.
  - HTTP redirects are never followed, as they would carry the token.
"""
