"""Streams of raw samples, and CloudWatch's statistics over them.

A percentile is the smallest sample that at least so many percent are not above (nearest rank).
"""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from alex.alarms.series import Array

Minutes = NDArray[np.int64]
_ROWS = 256  # windows sorted at once: bounds memory


@dataclass(frozen=True)
class Stream:
    """Samples of a metric: a row a minute, as many columns as the fullest minute has; NaN is none."""

    values: Array

    @cached_property
    def _counts(self) -> Array:
        return _running((~np.isnan(self.values)).sum(axis=1))

    @cached_property
    def _sums(self) -> Array:
        return _running(np.nansum(self.values, axis=1))

    def points(self, statistic: str, starts: Minutes, ends: Minutes) -> Array:
        """The statistic over each window ``[start, end)`` of minutes; NaN where it has no sample."""
        count = self._counts[ends] - self._counts[starts]
        between = re.fullmatch(r"(PR|TC)\(([\d.]*):([\d.]*)\)", statistic)
        with np.errstate(invalid="ignore", divide="ignore"):
            if statistic == "SampleCount":
                made = count
            elif statistic in ("Sum", "Average"):
                total = self._sums[ends] - self._sums[starts]
                made = total if statistic == "Sum" else total / count
            elif between:
                low, high = float(between[2] or "-inf"), float(between[3] or "inf")
                inside = _running(((self.values > low) & (self.values <= high)).sum(axis=1))
                made = inside[ends] - inside[starts]
                made = made * 100 / count if between[1] == "PR" else made
            else:
                made = self._ranked(statistic, starts, ends)
        return np.where(count > 0, made, np.nan)

    def _ranked(self, statistic: str, starts: Minutes, ends: Minutes) -> Array:
        """What needs the samples themselves, window by window of the same length."""
        made = np.full(starts.shape, np.nan)
        for length in np.unique(ends - starts):
            if length <= 0:
                continue
            here = (ends - starts) == length
            wanted, back = np.unique(starts[here], return_inverse=True)
            windows = sliding_window_view(self.values, int(length), axis=0)
            parts = [
                _statistic(statistic, windows[wanted[at : at + _ROWS]].reshape(len(wanted[at : at + _ROWS]), -1))
                for at in range(0, len(wanted), _ROWS)
            ]
            made[here] = np.concatenate(parts)[back]
        return made


def _running(per_minute: NDArray[np.generic]) -> Array:
    return np.concatenate([[0.0], np.cumsum(per_minute, dtype=float)])


def _statistic(statistic: str, samples: Array) -> Array:
    """Of each row; NaN samples are none."""
    there = ~np.isnan(samples)
    count = there.sum(axis=1)
    made: Array
    if statistic == "Maximum":
        made = np.where(there, samples, -np.inf).max(axis=1)
    elif statistic == "Minimum":
        made = np.where(there, samples, np.inf).min(axis=1)
    else:
        rank = np.ceil(float(statistic[1:]) / 100 * count - 1e-9).astype(int)
        ordered = np.sort(samples, axis=1)
        made = ordered[np.arange(len(samples)), np.clip(rank, 1, np.maximum(count, 1)) - 1]
    return made
