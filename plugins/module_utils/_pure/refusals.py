# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What servers say when a method does not exist, when a login is refused, and when a call succeeded."""

from __future__ import annotations

import re

from ansible_collections.voip.rps.plugins.module_utils._pure.mac import find_macs, without_macs

# The specification of fault codes; xmlrpc-c; Twisted.
_NO_SUCH_METHOD_FAULTS = frozenset((-32601, -506, 8001))
_LOGIN_FAULTS = {401: "auth_failed", 403: "forbidden"}

_LONGEST = 1000
_CALLABLE = r"(method|procedure|function|handler|operation|subhandler)"
_ABSENT = (
    r"(not (be )?(found|known|defined|supported|implemented|registered|available|recogni[sz]ed|exist(ing|s)?)"
    r"|doesn'?t exist|unknown|undefined|unsupported|missing)\b"
)
_VERB = r"((is|was|has|could|can|does|do) )?"
_NAME = r"[\"'`(\[]*[\w.$:/-]*\w[\"'`)\]]*"
# This pattern and that of logins are compiled at the first refusal, which most runs never see.
_NO_SUCH_METHOD = (
    # No such handler: x; No method matching arguments; Unknown method: x; unsupported method called: x
    rf"\b(no|no such|unknown|unsupported|undefined|not a known|(can ?not|can'?t|could not|unable to|failed to)"
    rf" (find|locate)) (\w+ )?{_CALLABLE}"
    # Method 'x' not defined; method "x" is not supported; procedure x not found; requested method x does not exist
    rf"|\b{_CALLABLE}:? (name:? )?({_NAME} ){{0,2}}{_VERB}{_ABSENT}"
    rf"|\bredirect\.\w+[\"'`)]*:? {_VERB}{_ABSENT}"
    r"|nosuchmethod|\bunknown call\b|can'?t find service"
    # The method exists, but with another number of parameters.
    r"|\b(wrong|invalid|incorrect) number of (\w+ )?(param|argument)|\bincorrect parameters (were )?passed"
    r"|\btoo (many|few) (param|argument)|\btakes (\w+ ){1,4}arguments?\b|\bparameters do not match\b"
)
_LOGIN = (
    r"(log-?[io]n|user ?(name)?|user ?id|password|passwd|credentials?|account( name)?|authentication|authori[sz]ation)"
)
_LOGIN_REFUSED = (
    r"\bunauthori[sz]ed\b|\bunauthenticated\b|\bnot (authenticated|logged ?in|authori[sz]ed)\b"
    r"|\baccess (is |was )?denied\b"
    rf"|\b(invalid|wrong|incorrect|bad|unknown|no such|no valid|missing) ((\w+ )?(or|and) )?{_LOGIN}\b"
    rf"|\b{_LOGIN}( (or|and|/) {_LOGIN})?( \w+)? ?(is |was |has |have |are )?(been )?"
    r"(failed|failure|required|denied|refused|rejected|incorrect|invalid|wrong|locked|disabled|suspended|expired|error)\b"
    r"|\b(authentication|login|auth) ?(failed|failure|error|required)|\bfailed (to )?(log ?in|authenticate)\b"
    r"|\b(please|must|need to) (be )?(log(ged)? ?in|signed? in|authenticated?)\b"
    r"|\buser (does not exist|not found)\b|\bcredentials were not provided\b"
)
_FINE = re.compile(
    r"(\d+ )?((the )?(mac|device|phone|server)\S*( address\S*)? )?((has|have|is|are|was|were) )?(been )?"
    r"(ok(ay)?|yes|true|success\w*|succeeded|done|completed?|accepted|(de-?|un)?registered|removed|deleted|released|added"
    r"|changed|updated|edited|saved|moved|null|nil|none)\b|[-+]?\d+(\.\d+)?\W*$"
)
_NOT_FINE = re.compile(
    r"error|fail|invalid|illegal|malformed|elsewhere|denied|refused|reject|unknown|unable|exist|ignored|skipped|partial"
    r"|unsuccess|sure|other|\b(not|no|cannot|can't|but|except|only|already)\b|_"
)


def general_code(words: str, number: int | None = None) -> str | None:
    """Return the error code of a refusal that is not specific to the service, or None if it is unknown.

    ``words`` is the text of a fault or refusal, ``number`` the code of a fault. The result is ``unsupported`` if the
    method does not exist or takes another number of parameters, and ``auth_failed`` or ``forbidden`` if the login is
    refused.
    """
    squeezed = _squeezed(words)
    if number in _NO_SUCH_METHOD_FAULTS or re.search(_NO_SUCH_METHOD, squeezed):
        return "unsupported"
    # A refusal that names a device is about that device, not about the login.
    if find_macs(squeezed):
        return None
    if re.search(_LOGIN_REFUSED, squeezed):
        return "auth_failed"
    return _LOGIN_FAULTS.get(number) if number is not None else None


def is_fine(words: str) -> bool:
    """Return whether ``words``, or no words, report success, as ``OK`` does."""
    said = " ".join(without_macs(words).split()).lower().strip(" .,:;!(){}[]'\"")
    if not said:
        return not words.strip()
    return len(said) <= _LONGEST and not _NOT_FINE.search(said) and bool(_FINE.match(said) or "success" in said)


def _squeezed(words: str) -> str:
    return " ".join(words[: 4 * _LONGEST].split()).lower()[:_LONGEST]
