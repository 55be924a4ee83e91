# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  provider:
    description:
      - The vendor's redirection service.
      - If not set, the value of the E(RPS_PROVIDER) environment variable is used.
    type: str
    required: true
    choices:
      - yealink
      - snom
      - htek
  api_url:
    description:
      - The whole address of the service, path included. Defaults to the one that the vendor documents.
      - Plain C(http://) is refused unless the host is this machine or O(allow_http) is set.
      - If not set, the value of the E(RPS_API_URL) environment variable is used.
    type: str
  username:
    description:
      - The account's name at the service.
      - If not set, the value of the E(RPS_USERNAME) environment variable is used.
    type: str
    required: true
  password:
    description:
      - The account's password.
      - If not set, the value of the E(RPS_PASSWORD) environment variable is used.
    type: str
    required: true
  validate_certs:
    description:
      - Whether the service's TLS certificate is checked.
      - If not set, the value of the E(RPS_VALIDATE_CERTS) environment variable is used.
    type: bool
    default: true
  ca_path:
    description:
      - A file of CA certificates to check the service's certificate with, instead of those that C(requests) brings or
        that the E(REQUESTS_CA_BUNDLE) environment variable names.
      - If not set, the value of the E(RPS_CA_PATH) environment variable is used.
    type: path
  allow_http:
    description:
      - Send the password over plain C(http://) to another machine.
    type: bool
    default: false
  timeout:
    description:
      - How long to wait, in seconds, for a connection, and again for the whole answer. At most 86400.
      - If not set, the value of the E(RPS_TIMEOUT) environment variable is used.
    type: float
    default: 30
  retries:
    description:
      - How often a call that failed for a passing reason is sent again, after a growing pause. At most 100.
      - A call that writes, and may have been carried out although its answer was lost, is sent again only after the
        devices have been read back.
      - If not set, the value of the E(RPS_RETRIES) environment variable is used.
    type: int
    default: 3
  concurrency:
    description:
      - The most requests in flight at once, at most 1000, and fewer than the files that a process may open
        (C(ulimit -n)).
      - If not set, the value of the E(RPS_CONCURRENCY) environment variable is used.
    type: int
    default: 8
  batch_size:
    description:
      - The most devices in one call, where the service takes several.
      - If not set, the value of the E(RPS_BATCH_SIZE) environment variable is used.
    type: int
    default: 100
  rate_limit:
    description:
      - The most requests per second, over all that are in flight, at least 0.001. Not limited by default.
      - If not set, the value of the E(RPS_RATE_LIMIT) environment variable is used.
    type: float
requirements:
  - requests
notes:
  - Proxies are taken from the environment variables E(HTTPS_PROXY) and E(NO_PROXY), but never used for this machine
    itself.
  - HTTP redirects are never followed, as they would carry the password.
"""
