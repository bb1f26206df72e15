"""A simulated time: what every metric reports, minute by minute, normally and in an incident.

Everything is drawn from a seed and the identity of what reports, so that all metrics of one function agree with each
other, and two alarms on one metric see the same samples. Time begins at midnight. What an incident happens to is as
busy as at the busiest time while it lasts: trouble does not keep office hours.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from alex.alarms.definition import Source
from alex.alarms.normal import Normal, Table
from alex.alarms.samples import Stream
from alex.alarms.series import Array

Counts = NDArray[np.int64]
DAY = 1440
DEPLOYMENT = (14 * 60, 14 * 60 + 6, 14 * 60 + 12)  # traffic dips, then comes back with what has waited
NOISE = 0.05


class How(StrEnum):
    """What goes wrong with a metric."""

    SHARE = "share of events"
    RATE = "events a minute"
    VALUE = "value"
    SILENCE = "silence"


@dataclass(frozen=True)
class Trouble:
    """A metric that is not normal in the minutes ``[start, end)``.

    :param level: share of events (over 1: so many times the events, all of them), events a minute, or the value.
    """

    source: Source
    how: How
    level: float = 0
    start: int = 0
    end: int = 1 << 40


@dataclass(frozen=True)
class World:
    """Minutes of simulated time.

    :param seed: None is a steady world: the busiest time of day without any scatter, for exact arithmetic.
    :param first_day: of the week, from Monday, 0.
    :param peaks: events a minute, where they are not the table's; by metric.
    :param flat: always the busiest time of day.
    :param traffic: of the table's events, where all is normal.
    """

    table: Table
    schedules: Mapping[str, int]
    minutes: int
    seed: int | None = 0
    first_day: int = 4
    troubles: tuple[Trouble, ...] = ()
    peaks: Mapping[Source, float] = field(default_factory=dict)
    flat: bool = False
    traffic: float = 1
    _streams: dict[Source, Stream] = field(default_factory=dict, init=False, compare=False)

    def stream(self, source: Source) -> Stream:
        """The samples of a metric.

        :raises AlarmError: the table does not know it.
        """
        if source not in self._streams:
            self._streams[source] = Stream(self._samples(source, self.table.of(source)))
        return self._streams[source]

    def _samples(self, source: Source, normal: Normal) -> Array:
        troubles = [trouble for trouble in self.troubles if trouble.source == source]
        rng = self._rng(source.title, source.dimensions)
        if normal.shape == "each":
            counts = self._counts(source)
            return _laid_out(counts, self._each(counts, normal, troubles, rng))
        rows = np.arange(self.minutes)
        if normal.shape == "every":
            counts = (rows % normal.every == 0).astype(np.int64)
            day = 1 - normal.follows + normal.follows * self._rhythm()
            values = normal.value * day * self._scatter(rng, NOISE if normal.follows else 0, len(rows))
        else:
            counts, values = np.zeros(self.minutes, dtype=np.int64), np.full(self.minutes, normal.value)
        for trouble in troubles:
            now = (rows >= trouble.start) & (rows < trouble.end)
            if trouble.how is How.VALUE:
                noise = NOISE if normal.follows else 0
                values = np.where(now, trouble.level * self._scatter(rng, noise, len(rows)), values)
            elif trouble.how is How.RATE:
                counts = np.where(now, _steady(self.minutes, trouble.level), counts)
            elif trouble.how is How.SILENCE:
                counts = np.where(now, 0, counts)
        return _laid_out(counts, np.repeat(values, counts))

    def _each(self, counts: Counts, normal: Normal, troubles: list[Trouble], rng: np.random.Generator) -> Array:
        """A value for each event, in order."""
        minute = np.repeat(np.arange(self.minutes), counts)
        values = normal.value * self._scatter(rng, normal.spread, len(minute))
        if normal.spread and self.seed is not None:
            start, _, end = DEPLOYMENT
            values = np.where((minute % DAY >= start) & (minute % DAY < end), values * 1.5, values)  # cold starts
        for trouble in troubles:
            now = (minute >= trouble.start) & (minute < trouble.end)
            if trouble.how is How.SHARE:
                share = min(trouble.level, 1.0)
                order = np.arange(len(minute))
                hit = np.floor((order + 1) * share + 1e-9) > np.floor(order * share + 1e-9)
                values = np.where(
                    now & (hit if self.seed is None else rng.random(len(minute)) < share), 1 - normal.value, values
                )
            elif trouble.how is How.VALUE:
                values = np.where(now, trouble.level * self._scatter(rng, NOISE, len(minute)), values)
        return values

    def _counts(self, source: Source) -> Counts:
        """Events of each minute of what reports the metric."""
        rows = np.arange(self.minutes)
        every = next((self.schedules[value] for _, value in source.dimensions if value in self.schedules), 0)
        peak = self.peaks.get(source, self.table.peak(source))
        rng = self._rng(*source.entity)
        if every:
            busy = counts = (rows % every == 0).astype(np.int64)
        elif self.seed is None:
            busy = counts = _steady(self.minutes, peak)
        else:
            counts = rng.poisson(peak * self.traffic * self._rhythm())
            busy = rng.poisson(peak, self.minutes)
        for trouble in self.troubles:
            if trouble.source.entity == source.entity and self.table.of(trouble.source).shape == "each":
                now = (rows >= trouble.start) & (rows < trouble.end)
                counts = np.where(now, self._troubled(trouble, busy), counts)
        return np.asarray(counts, dtype=np.int64)

    def _troubled(self, trouble: Trouble, busy: Counts) -> Counts:
        """Events while something is wrong with them."""
        if trouble.how is How.RATE and self.seed is None:
            return _steady(self.minutes, trouble.level)
        if trouble.how is How.RATE:
            return self._rng(*trouble.source.entity, trouble.how).poisson(trouble.level, self.minutes)
        if trouble.how is How.SILENCE:
            return np.zeros_like(busy)
        more = max(trouble.level, 1.0) if trouble.how is How.SHARE else 1.0
        return np.asarray(np.ceil(busy * more), dtype=np.int64)

    def _rhythm(self) -> Array:
        """How busy it is, of the busiest time: working days from seven to eight in the evening, hardly at weekends."""
        if self.seed is None or self.flat:
            return np.ones(self.minutes)
        rows = np.arange(self.minutes)
        of_day = rows % DAY
        work = 0.05 + 0.95 * np.clip(np.sin((of_day - 7 * 60) / (13 * 60) * np.pi), 0, 1) * (
            (of_day > 420) & (of_day < 1200)
        )
        down, back, over = DEPLOYMENT
        work = np.where((of_day >= down) & (of_day < back), work * 0.1, work)
        work = np.where((of_day >= back) & (of_day < over), work * 1.5, work)
        return np.where((rows // DAY + self.first_day) % 7 >= 5, 0.005, work)

    def _scatter(self, rng: np.random.Generator, sigma: float, length: int) -> Array:
        if self.seed is None or not sigma:
            return np.ones(length)
        return rng.lognormal(0, sigma, length)

    def _rng(self, *identity: object) -> np.random.Generator:
        return np.random.default_rng((self.seed or 0, zlib.crc32(repr(identity).encode())))


def _steady(minutes: int, rate: float) -> Counts:
    """Counts that add up to ``rate`` a minute without any scatter."""
    return np.asarray(np.diff(np.floor(np.arange(minutes + 1) * rate + 1e-9)), dtype=np.int64)


def _laid_out(counts: Counts, values: Array) -> Array:
    """Values one after the other as rows of minutes."""
    made = np.full((len(counts), max(int(counts.max(initial=0)), 1)), np.nan)
    made[np.arange(made.shape[1]) < counts[:, None]] = values
    return made
