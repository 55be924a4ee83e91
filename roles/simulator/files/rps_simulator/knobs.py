# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings: those that every dialect has, how a dialect declares its own, and all of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NamedTuple, TypeVar, cast

T = TypeVar("T")
SettingsT = TypeVar("SettingsT", bound="Settings")


class Takes(NamedTuple):
    """The values that a setting accepts: as a description, as a test, and as a list if there are few."""

    words: str
    test: Callable[[object], bool]
    values: tuple[str, ...] = ()


def choice(*values: str) -> Any:
    """Return a setting with one of these values. The first one is the default."""
    return _setting(values[0], Takes(f"one of {', '.join(values)}", lambda value: value in values, values))


def number(default: int, low: int, high: int) -> Any:
    """Return a setting with a whole number from `low` to `high`."""
    words = f"a whole number from {low} to {high}"
    return _setting(default, Takes(words, lambda value: _is_between(value, (int,), low, high)))


def seconds(default: float, high: int) -> Any:
    """Return a setting with a time in seconds, at most `high`."""
    words = f"seconds, from 0 to {high}"
    return _setting(default, Takes(words, lambda value: _is_between(value, (int, float), 0, high)))


def any_text(default: str) -> Any:
    """Return a setting with any text."""
    return _setting(default, Takes("a text", lambda value: isinstance(value, str)))


def _setting(default: object, takes: Takes) -> Any:
    return field(default=default, metadata={"takes": takes})  # pylint: disable=invalid-field-call


def _is_between(value: Any, kinds: Any, low: int, high: int) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


@dataclass(slots=True)
class Settings:
    """The settings of all dialects. A dialect adds settings in a subclass, with the functions of this file.

    A name means the same in all classes. The defaults follow the documents, in the form that clients expect.
    """

    batches: str = choice("all_or_nothing", "good_ones")
    """Whether a bulk call with bad devices changes nothing, or changes the good devices although it is refused."""
    culprits: str = choice("named", "unnamed", "first")
    """The bad devices that the refusal of a bulk call names: all, none, or the first."""
    most_culprits: int = number(1_000_000, 1, 1_000_000)
    """The maximum number of bad devices that the refusal of a bulk call names."""
    missing_methods: list[str] = field(
        default_factory=list, metadata={"takes": Takes("a list of method names", _is_names)}
    )
    """Methods that do not exist, although the document has them: `name`, or `name/number of parameters`."""
    latency: float = seconds(0.0, 3600)
    """Seconds before every call is processed."""

    def cut(self, culprits: list[T]) -> list[T]:
        """Return those of the bad devices of a bulk call that its refusal names."""
        if self.culprits == "unnamed":
            return []
        return culprits[: 1 if self.culprits == "first" else self.most_culprits]

    def lacks(self, method: str, parameters: int) -> bool:
        """Return whether this method with this number of parameters is in `missing_methods`."""
        if not self.missing_methods:
            return False
        missing = [name.removeprefix("redirect.") for name in self.missing_methods]
        name = method.removeprefix("redirect.")
        return name in missing or f"{name}/{parameters}" in missing


def knobs(kind: type[Settings]) -> Mapping[str, Takes]:
    """Return the values that each setting of this class accepts, by name."""
    return {one.name: one.metadata["takes"] for one in fields(kind)}


class Panel:
    """The settings of all dialects, with one object for each class. A setting of several classes has one value."""

    def __init__(self, kinds: Iterable[type[Settings]]) -> None:
        """Create the settings of these classes and of their base classes."""
        lines: list[type[Settings]] = [Settings]
        for kind in kinds:
            lines += [base for base in reversed(kind.__mro__) if issubclass(base, Settings)]
        self._of = {kind: kind() for kind in lines}

    def of(self, kind: type[SettingsT]) -> SettingsT:
        """Return the settings of this class. The object follows later changes."""
        return cast(SettingsT, self._of[kind])

    def update(self, wanted: Mapping[str, object]) -> None:
        """Change all given settings, or none.

        Raise ValueError for a setting that does not exist, or for a value that it does not accept.
        """
        for name, value in wanted.items():
            takes = [known[name] for known in map(knobs, self._of) if name in known]
            if not takes:
                raise ValueError(f"unknown setting: {name}. The settings are {', '.join(self.as_dict())}")
            for one in takes:
                if not one.test(value):
                    raise ValueError(f"{name} must be {one.words}")
        for kind, settings in self._of.items():
            for name in wanted.keys() & knobs(kind).keys():
                setattr(settings, name, wanted[name])

    def as_dict(self) -> dict[str, object]:
        return {name: value for settings in self._of.values() for name, value in asdict(settings).items()}
