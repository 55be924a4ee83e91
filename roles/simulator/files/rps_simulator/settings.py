# Copyright (c) voip.rps contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The knobs of the simulator: where a vendor's document leaves open what its service does, which way to take."""

from __future__ import annotations

from dataclasses import asdict, dataclass

CHOICES = {
    "batches": ("all_or_nothing", "good_ones"),
    "culprits": ("named", "unnamed", "first"),
    "foreign": ("enterprise", "ask"),
    "own_again": ("ask", "ok"),
}


@dataclass(slots=True)
class Settings:
    """One value a knob; the defaults are the dialects' plain reading of the documents."""

    batches: str = "all_or_nothing"
    """What a bulk call with bad devices does: nothing, or the good ones although it answers with the refusal."""
    culprits: str = "named"
    """Which of the bad devices the refusal of a bulk call names: all, none, or the first."""
    foreign: str = "enterprise"
    """The answer to registering another account's device without override: held elsewhere, or a question."""
    own_again: str = "ask"
    """What registering one's own registered device again without override does: asks, or binds it anew."""
    latency: float = 0.0
    """Seconds that every call takes before it is dealt with."""

    def update(self, knobs: dict[str, object]) -> None:
        """Set the given knobs, or none of them.

        Raises ValueError for a knob that does not exist or a value it cannot take.
        """
        for name, value in knobs.items():
            if name == "latency":
                if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 3600:
                    raise ValueError("latency must be seconds, from 0 to 3600")
            elif name not in CHOICES:
                raise ValueError(f"no such setting: {name}; there are {', '.join([*CHOICES, 'latency'])}")
            elif value not in CHOICES[name]:
                raise ValueError(f"{name} must be one of {', '.join(CHOICES[name])}")
        for name, value in knobs.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, object]:
        return asdict(self)
