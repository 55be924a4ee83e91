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
      - Unencrypted C(http://) is refused unless the host is this machine or O(allow_http) is set.
      - If not set, the value of the E(YEASTAR_BASE_URL) environment variable is used.
    type: str
    required: true
  client_id:
    description:
      - The client ID from the API settings of the PBX. Requires O(client_secret).
      - The module gets a token for the task, refreshes it if it expires, and releases it at the end, because a PBX has
        only a few tokens.
      - Either O(client_id) and O(client_secret) or O(access_token) are required. A login from options takes precedence
        over a login from the environment.
      - If not set, the value of the E(YEASTAR_CLIENT_ID) environment variable is used.
    type: str
  client_secret:
    description:
      - The client secret that belongs to O(client_id). A login that the PBX refuses is not repeated, because a PBX
        blocks IP addresses after failed logins.
      - If not set, the value of the E(YEASTAR_CLIENT_SECRET) environment variable is used.
    type: str
  access_token:
    description:
      - An access token to use instead of O(client_id). It is neither refreshed nor released.
      - If not set, the value of the E(YEASTAR_ACCESS_TOKEN) environment variable is used.
    type: str
  validate_certs:
    description:
      - Whether to verify the TLS certificate of the PBX.
      - If not set, the value of the E(YEASTAR_VALIDATE_CERTS) environment variable is used.
    type: bool
    default: true
  ca_path:
    description:
      - Path of a file with CA certificates to verify the PBX's certificate with. The default is the CA bundle of
        C(requests), or the one that the E(REQUESTS_CA_BUNDLE) environment variable names.
      - If not set, the value of the E(YEASTAR_CA_PATH) environment variable is used.
    type: path
  allow_http:
    description:
      - Allow unencrypted C(http://) for hosts other than localhost. This exposes the secret.
      - If not set, the value of the E(YEASTAR_ALLOW_HTTP) environment variable is used.
    type: bool
    default: false
  timeout:
    description:
      - Timeout in seconds, for connecting and again for the whole answer. At most 86400.
      - If not set, the value of the E(YEASTAR_TIMEOUT) environment variable is used.
    type: float
    default: 30
  retries:
    description:
      - Number of retries for transient errors, with exponential backoff. At most 100.
      - A write whose answer was lost may have been carried out. It is repeated only after the phones were read back.
      - If not set, the value of the E(YEASTAR_RETRIES) environment variable is used.
    type: int
    default: 3
requirements:
  - requests
notes:
  - Proxies are taken from the environment variables E(HTTPS_PROXY) and E(NO_PROXY), but never used for this machine
    itself.
  - HTTP redirects are never followed, because they would expose the token.
  - An empty environment variable counts as not set, except for O(base_url) and the login, for which it is an error.
"""
