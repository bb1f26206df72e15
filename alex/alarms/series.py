"""Values of metric maths, and what is computed along or across series."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Scalar:
    """One number for each evaluation: shape (evaluations, 1)."""

    values: Array


@dataclass(frozen=True)
class Series:
    """Data points: shape (evaluations, periods), the newest last; NaN is a missing one.

    :param metric: whether it is a metric, not the result of an expression.
    """

    values: Array
    metric: bool = False


Value = Scalar | Series | list[Series]


def finite(values: Array) -> Array:
    """Without what is no number: CloudWatch drops it."""
    made: Array = np.where(np.isfinite(values), values, np.nan)
    return made


def reduced(name: str, values: Array, *, axis: int) -> Array:
    """Missing points count as nothing, and in averages as 0; where all are missing, the result is."""
    there = ~np.isnan(values)
    count = there.sum(axis=axis)
    total = np.nansum(values, axis=axis)
    made: Array
    if name == "DATAPOINT_COUNT":
        return np.asarray(count, dtype=float)
    if name in ("SUM", "AVG"):
        made = total / (values.shape[axis] if name == "AVG" else 1)
    elif name == "STDDEV":
        mean = np.expand_dims(total / np.maximum(count, 1), axis)
        made = np.sqrt(np.nansum((values - mean) ** 2, axis=axis) / np.maximum(count, 1))
    elif name == "MIN":
        made = np.min(np.where(there, values, math.inf), axis=axis)
    else:
        made = np.max(np.where(there, values, -math.inf), axis=axis)
    return np.where(count > 0, made, np.nan)


def over_time(name: str, values: Array, period: int) -> Array:
    """Along the periods; what precedes a point is the last one that is there."""
    if name == "RUNNING_SUM":
        return np.where(np.isnan(values), np.nan, np.nancumsum(values, axis=1))
    made = np.full(values.shape, np.nan)
    last = np.full(values.shape[0], np.nan)
    since = np.zeros(values.shape[0])
    for column in range(values.shape[1]):
        now = values[:, column]
        since = since + period
        change = {"DIFF": now - last, "RATE": (now - last) / since}.get(name, since + 0 * (now + last))
        made[:, column] = change
        there = ~np.isnan(now)
        last, since = np.where(there, now, last), np.where(there, 0.0, since)
    return made


def repeated(row: Array) -> Array:
    """The last value goes on; before the first there is nothing to repeat."""
    made = row.copy()
    for place in range(1, len(made)):
        if math.isnan(made[place]):
            made[place] = made[place - 1]
    return made


def interpolated(row: Array) -> Array:
    """A line from the value before to the value after; outside of them there is none."""
    there = np.flatnonzero(~np.isnan(row))
    if not len(there):
        return row
    made: Array = np.interp(np.arange(len(row)), there, row[there], left=np.nan, right=np.nan)
    return made
