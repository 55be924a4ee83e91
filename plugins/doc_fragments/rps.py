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
      - yealink_ymcs
      - panasonic
      - gigaset
      - fanvil
      - auerswald
      - yealink_v1
      - akuvox
      - snom_sraps
      - gigaset_grape
      - poly
      - ale
      - unify
  api_url:
    description:
      - Full URL of the service's endpoint. The default is the one that the vendor documents.
      - Required by C(yealink_ymcs), which has one URL for each region, and C(akuvox), which provides the URL with the
        account.
      - Unencrypted C(http://) is refused unless the host is this machine or O(allow_http) is set.
      - If not set, the value of the E(RPS_API_URL) environment variable is used.
      - An empty value is an error.
    type: str
  username:
    description:
      - The user name of the account at the service.
      - Required by C(yealink), C(snom), C(htek), C(panasonic), C(gigaset), C(fanvil), C(auerswald), C(akuvox) and
        C(ale). Other services do not take it.
      - If not set, the value of the E(RPS_USERNAME) environment variable is used.
    type: str
  password:
    description:
      - The password of the account.
      - Required by the services that require O(username). Other services do not take it.
      - If not set, the value of the E(RPS_PASSWORD) environment variable is used.
    type: str
  client_id:
    description:
      - The ID of the API key of the account. The vendor's portal may call it client ID, AccessKey ID or key ID.
      - Required by C(yealink_ymcs), C(yealink_v1), C(snom_sraps) and C(gigaset_grape). Other services do not take it.
      - If not set, the value of the E(RPS_CLIENT_ID) environment variable is used.
    type: str
  client_secret:
    description:
      - The secret of the API key of the account.
      - Required by the services that require O(client_id). Other services do not take it.
      - If not set, the value of the E(RPS_CLIENT_SECRET) environment variable is used.
    type: str
  api_key:
    description:
      - The API key of the account, for services whose API keys have no ID.
      - Required by C(poly). Other services do not take it.
      - If not set, the value of the E(RPS_API_KEY) environment variable is used.
    type: str
  client_cert:
    description:
      - Path of a PEM file with the TLS client certificate of the account.
      - Required by C(unify). Other services do not take it.
      - If not set, the value of the E(RPS_CLIENT_CERT) environment variable is used.
    type: path
  client_key:
    description:
      - Path of a PEM file with the private key of O(client_cert).
      - Required by C(unify). Other services do not take it.
      - If not set, the value of the E(RPS_CLIENT_KEY) environment variable is used.
    type: path
  profile_name:
    description:
      - A name for the registrations of the account, for example the name of your company. The service calls it
        provider.
      - Used by C(gigaset), with the default V(VoIP). Other services do not take it.
      - If not set, the value of the E(RPS_PROFILE_NAME) environment variable is used.
    type: str
  validate_certs:
    description:
      - Whether to verify the TLS certificate of the service.
      - If not set, the value of the E(RPS_VALIDATE_CERTS) environment variable is used.
    type: bool
    default: true
  ca_path:
    description:
      - Path of a file with CA certificates to verify the service's certificate with. The default is the CA bundle of
        C(requests), or the one that the E(REQUESTS_CA_BUNDLE) environment variable names.
      - If not set, the value of the E(RPS_CA_PATH) environment variable is used.
    type: path
  allow_http:
    description:
      - Allow unencrypted C(http://) for hosts other than localhost. This exposes the password.
      - If not set, the value of the E(RPS_ALLOW_HTTP) environment variable is used.
    type: bool
    default: false
  timeout:
    description:
      - Timeout in seconds, for connecting and again for the whole answer. At most 86400.
      - If not set, the value of the E(RPS_TIMEOUT) environment variable is used.
    type: float
    default: 30
  retries:
    description:
      - Number of retries for transient errors, with exponential backoff. At most 100.
      - A write whose answer was lost may have been carried out. It is only repeated after the devices were read back.
      - If not set, the value of the E(RPS_RETRIES) environment variable is used.
    type: int
    default: 3
  concurrency:
    description:
      - Maximum number of requests in flight at the same time. At most 1000, and fewer than the files that a process may
        open (C(ulimit -n)).
      - If not set, the value of the E(RPS_CONCURRENCY) environment variable is used.
    type: int
    default: 8
  batch_size:
    description:
      - Maximum number of devices in one bulk call, if the service has bulk calls.
      - If not set, the value of the E(RPS_BATCH_SIZE) environment variable is used.
    type: int
    default: 100
  rate_limit:
    description:
      - Maximum number of requests per second, over all requests in flight, at least 0.001. Not limited by default.
      - If not set, the value of the E(RPS_RATE_LIMIT) environment variable is used.
    type: float
requirements:
  - requests
notes:
  - Proxies are taken from the environment variables E(HTTPS_PROXY) and E(NO_PROXY), but never used for this machine
    itself.
  - HTTP redirects are never followed, because they would expose the password.
  - An empty environment variable counts as not set, except for O(api_url) and the login, for which it is an error.
"""
