"""What is normal: the table `normal.toml`, read once."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from alex.alarms import AlarmError
from alex.alarms.definition import Source

FILE = Path(__file__).with_name("normal.toml")


class Activity(BaseModel):
    """Events in the busiest minute of a working day, of what reports in a namespace."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    namespace: str
    peak: float = Field(gt=0)


class Normal(BaseModel):
    """What a metric reports; the file says what the fields mean."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    namespace: str
    name: str
    of: str = ""
    shape: Literal["each", "every", "never"]
    value: float = 1
    spread: float = 0
    every: int = Field(default=1, ge=1)
    follows: float = Field(default=0, ge=0, le=1)
    trouble: bool = False
    late: int = Field(default=1, ge=0)

    def fits(self, source: Source) -> bool:
        """Whether it is about this metric."""
        where = " ".join(value for _, value in source.dimensions)
        fits = re.fullmatch(self.namespace, source.namespace) and re.fullmatch(self.name, source.name)
        return bool(fits and re.search(self.of, where))


class Table(BaseModel):
    """The file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    traffic: dict[str, float]
    activity: tuple[Activity, ...]
    metric: tuple[Normal, ...]
    _found: dict[Source, Normal] = PrivateAttr(default_factory=dict)

    def of(self, source: Source) -> Normal:
        """What is normal for a metric.

        :raises AlarmError: nobody has said.
        """
        if source not in self._found:
            fitting = next((normal for normal in self.metric if normal.fits(source)), None)
            if fitting is None:
                raise _unknown(source)
            self._found[source] = fitting
        return self._found[source]

    def peak(self, source: Source) -> float:
        """Events a minute of what reports the metric, at the busiest time."""
        return next(a.peak for a in self.activity if re.fullmatch(a.namespace, source.namespace))


@cache
def table() -> Table:
    """The table."""
    return Table.model_validate(tomllib.loads(FILE.read_text("utf-8")))


def _unknown(source: Source) -> AlarmError:
    return AlarmError(f"say what normal looks like for {source.title} in alex/alarms/{FILE.name}")
