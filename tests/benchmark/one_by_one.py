# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python one_by_one.py URL MACS``: the script that one writes with what Python brings along."""

import sys
import xmlrpc.client
from typing import Any

url, macs = sys.argv[1:]
service = xmlrpc.client.ServerProxy(url)
failed = []
with open(macs) as lines:
    for line in lines:
        mac = line.strip()
        answer: Any = service.redirect.registerDevice(mac, "berlin")
        if not answer[0]:
            failed.append(f"{mac}: {answer[1]}")
if failed:
    sys.exit("\n".join(failed))
