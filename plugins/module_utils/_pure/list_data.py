# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Phone lists as YAML or JSON: a list of dicts, or a dict with one key that holds that list."""

from __future__ import annotations

import json
from typing import Any, BinaryIO, Callable, List, Tuple

from ansible_collections.voip.rps.plugins.module_utils._pure.words import kind_of, shown

MAX_JSON_BYTES = 64 * 1024 * 1024
MAX_YAML_BYTES = 32 * 1024 * 1024  # takes ten times the memory of JSON while it is read
MAX_DEPTH = 50
MAX_KEYS = 300
MAX_PAIRS = 10_000_000
MAX_NUMBER = 40

_EXAMPLE = "Write a list of dicts, such as [{mac: …, server: …}]"

Pairs = List[Tuple[Any, Any]]


def reader_of(path: str) -> Callable[[BinaryIO], list[Any]] | None:
    """Return the reader for a file named as YAML or JSON, or None for any other name.

    The reader returns the file's entry for each phone, of any type. It raises ValueError, in words for the user, if the
    file has no list of phones.
    """
    name = path.lower()
    if name.endswith(".json"):
        return _json_phones
    return _yaml_phones if name.endswith((".yml", ".yaml")) else None


def _json_phones(file: BinaryIO) -> list[Any]:
    content = _content(file, MAX_JSON_BYTES)
    try:
        data = json.loads(content, object_pairs_hook=_unique, parse_int=_number)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except UnicodeDecodeError:
        raise ValueError("is text in an unknown encoding. Save it as UTF-8") from None
    except RecursionError:
        raise _nested() from None
    return _phones_in(data)


def _yaml_phones(file: BinaryIO) -> list[Any]:
    try:
        import yaml
    except ImportError:
        raise ValueError(
            "is YAML, and the Python library PyYAML is missing where it is read. Install it, or save the list as CSV"
        ) from None
    content = _content(file, MAX_YAML_BYTES)
    try:
        data = yaml.load(content, _yaml_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}: " if mark else ""
        raise ValueError(f"is not YAML that can be read: {place}{_one_line(error.problem or error.context)}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ValueError("is not YAML: it is text in an unknown encoding, or has control characters") from None
    except RecursionError:
        raise _nested() from None
    return _phones_in(data)


def _yaml_loader() -> Any:
    """Return a safe YAML loader that keeps scalars as text, so that MAC addresses and extensions stay intact.

    YAML 1.1 reads 001565000001 as an octal number, and 11:22:33:44:55:06 as a number of base 60.
    """
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen where it runs
        def __init__(self, stream: bytes) -> None:
            super().__init__(stream)
            self.flat: set[int] = set()
            self.pairs = 0
            self.depth = 0

        def descend_resolver(self, _parent: Any, _index: Any) -> None:
            # libyaml uses a frame of the C stack for each level: without a limit, the process can crash.
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise RecursionError

        def ascend_resolver(self) -> None:
            self.depth -= 1

        def flatten_mapping(self, node: Any) -> None:
            """Merge the dicts that the key ``<<`` names, within bounds: merged dicts can merge others in turn."""
            if id(node) in self.flat:
                return
            repeated = _repeated([key.value for key, _value in node.value if isinstance(key.value, str)])
            if repeated is not None:
                raise _refused(node, f"a dict has the key {shown(repeated)} twice")
            sizes = [len(value.value) for key, value in node.value if key.tag == _MERGE]
            if max(sizes, default=0) <= MAX_KEYS:
                super().flatten_mapping(node)
                sizes = [len(node.value)]
            self.flat.add(id(node))
            self.pairs += len(node.value)
            if max(sizes) > MAX_KEYS or self.pairs > MAX_PAIRS:
                raise _refused(node, "too many keys")

    def _refused(node: Any, words: str) -> Exception:
        return yaml.constructor.ConstructorError(None, None, words, node.start_mark)  # type: ignore[no-any-return]

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag in (_NULL, _MERGE)]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Loader


_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"


def _content(file: BinaryIO, most: int) -> bytes:
    content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"has more than {most // 1024 // 1024} MiB. Save it as CSV")
    if not content.strip():
        raise ValueError(f"is empty. {_EXAMPLE}")
    return content


def _phones_in(data: Any) -> list[Any]:
    phones = data
    if isinstance(data, dict):
        if len(data) != 1:
            raise ValueError(f"is a dict of {len(data)} keys. {_EXAMPLE}, or a dict whose only key holds that list")
        phones = next(iter(data.values()))
    if not isinstance(phones, list):
        within = "holds" if isinstance(data, dict) else "is"
        raise ValueError(f"{within} {kind_of(phones) if not isinstance(phones, str) else 'text'}. {_EXAMPLE}")
    if not phones:
        raise ValueError("has no phone")
    return phones


def _unique(pairs: Pairs) -> dict[Any, Any]:
    name = _repeated([key for key, _value in pairs])
    if name is not None:
        raise ValueError(f"has the key {shown(name)} twice in one dict")
    return dict(pairs)


def _repeated(names: list[Any]) -> Any:
    seen: set[Any] = set()
    if len(set(names)) == len(names):
        return None
    return next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]


def _number(digits: str) -> Any:
    # Python needs quadratic time for very long numbers, or refuses them.
    return int(digits) if len(digits) <= MAX_NUMBER else float("inf")


def _nested() -> ValueError:
    return ValueError(f"is nested too deeply. {_EXAMPLE}")


def _one_line(words: str | None) -> str:
    return " ".join((words or "it is damaged").split())[:120]
