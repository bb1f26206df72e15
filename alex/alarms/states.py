"""The state of a metric alarm, evaluation by evaluation.

Source: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data", whose tables are tests here. An
evaluation retrieves more periods than it needs and judges the newest real points; only when there are fewer than
EvaluationPeriods, what is missing counts as TreatMissingData says. How many more is not documented; the examples of
the guide retrieve two more, and so does this.
"""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alex.alarms.series import Array

EXTRA_PERIODS: Final = 2


class State(IntEnum):
    """An alarm's state."""

    OK = 0
    ALARM = 1
    INSUFFICIENT_DATA = 2


_KEEP: Final = 3
States = NDArray[np.int8]
_BREACHES = {
    "GreaterThanThreshold": np.greater,
    "GreaterThanOrEqualToThreshold": np.greater_equal,
    "LessThanThreshold": np.less,
    "LessThanOrEqualToThreshold": np.less_equal,
    "GreaterThanUpperThreshold": np.greater,
    "LessThanLowerThreshold": np.less,
}
OPERATORS = tuple(_BREACHES)
MISSING = ("missing", "ignore", "breaching", "notBreaching")


def states(
    points: Array, *, threshold: float | Array, operator: str, periods: int, datapoints: int, missing: str
) -> States:
    """The state at each evaluation (row of ``points``; columns are periods, the newest last, NaN is missing).

    :param threshold: a number, or, for a learned band, one for each point.
    :param datapoints: so many of the newest ``periods`` points must breach.
    :param missing: TreatMissingData.
    """
    there = ~np.isnan(points)
    breaching = there & _BREACHES[operator](points, threshold)
    from_newest = np.cumsum(there[:, ::-1], axis=1)[:, ::-1]
    judged = there & (from_newest <= periods)
    bad = (breaching & judged).sum(axis=1)
    lacking = np.maximum(periods - there.sum(axis=1), 0)
    if missing == "breaching":
        bad = bad + lacking
    made = np.where(bad >= datapoints, State.ALARM, State.OK).astype(np.int8)
    if missing in ("missing", "ignore"):
        undecided = (lacking > 0) & (bad < datapoints) & ~(there & ~breaching).any(axis=1)
        made[undecided] = _KEEP if missing == "ignore" else State.INSUFFICIENT_DATA
        if missing == "missing":
            made[undecided & _old_enough(there, datapoints)] = State.ALARM
    return _kept(made)


def _old_enough(there: NDArray[np.bool_], datapoints: int) -> NDArray[np.bool_]:
    """Whether the oldest point is as old as ``datapoints`` periods: "- - X - -" alarms, "- - - - X" waits for more."""
    age = there.shape[1] - np.argmax(there, axis=1)
    return np.asarray(there.any(axis=1) & (age >= datapoints))


def _kept(made: States) -> States:
    """An alarm begins without enough data; where nothing decides, the state before goes on."""
    before = np.maximum.accumulate(np.where(made != _KEEP, np.arange(len(made)), -1))
    return np.where(before < 0, State.INSUFFICIENT_DATA, made[before]).astype(np.int8)
