"""What a measurement is, and the few statistics that are printed of it."""

import math
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Say = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """One figure: group, what was measured, value with unit, how often, and the raw samples."""

    group: str
    name: str
    value: float
    unit: str
    samples: tuple[float, ...] = ()
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """For programs; samples are rounded to a millionth."""
        return {
            "group": self.group,
            "name": self.name,
            "value": round(self.value, 6),
            "unit": self.unit,
            "note": self.note,
            "samples": [round(sample, 6) for sample in self.samples],
        }


@dataclass
class Machine:
    """Where and when it was measured."""

    system: str = field(default_factory=lambda: f"{platform.system()} {platform.machine()}")
    python: str = field(default_factory=platform.python_version)
    cores: int = 0
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


def median(group: str, name: str, samples: Sequence[float], unit: str, *, note: str = "") -> Row:
    """The middle of several samples."""
    return Row(group, name, statistics.median(samples), unit, tuple(samples), note)


def quantile(samples: Sequence[float], share: float) -> float:
    """The nearest-rank quantile: the smallest sample that at least ``share`` of all do not exceed."""
    ordered = sorted(samples)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def timed(action: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
