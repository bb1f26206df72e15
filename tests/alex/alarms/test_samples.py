"""Statistics over raw samples, against plain sums and sorted lists."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alex.alarms.samples import Stream

minutes = st.lists(st.lists(st.integers(0, 50).map(float), max_size=6), min_size=6, max_size=30)


def _laid_out(rows: list[list[float]]) -> Stream:
    made = np.full((len(rows), max(1, *(len(row) for row in rows))), np.nan)
    for index, row in enumerate(rows):
        made[index, : len(row)] = row
    return Stream(made)


def _plain(statistic: str, samples: list[float]) -> float:
    if not samples:
        return math.nan
    ordered = sorted(samples)
    if statistic.startswith("p"):
        return next(s for i, s in enumerate(ordered, 1) if i * 100 >= float(statistic[1:]) * len(ordered))
    inside = [s for s in samples if 10 < s <= 30]
    return {
        "Sum": math.fsum(samples),
        "Average": math.fsum(samples) / len(samples),
        "Minimum": ordered[0],
        "Maximum": ordered[-1],
        "SampleCount": float(len(samples)),
        "TC(10:30)": float(len(inside)),
        "PR(10:30)": 100 * len(inside) / len(samples),
    }[statistic]


@pytest.mark.parametrize(
    "statistic",
    ["Sum", "Average", "Minimum", "Maximum", "SampleCount", "p50", "p95", "p99", "p99.9", "TC(10:30)", "PR(10:30)"],
)
@settings(deadline=None, max_examples=40)
@given(rows=minutes, data=st.data())
def test_statistics_equal_a_plain_calculation(statistic: str, rows: list[list[float]], data: st.DataObject) -> None:
    """OBS-09, OBS-11: p95 and p99 are of the requests themselves, over windows of any length, empty ones too."""
    starts = np.array([[data.draw(st.integers(0, len(rows) - 1)) for _ in range(4)]])
    ends = np.array([[data.draw(st.integers(start, len(rows))) for start in starts[0]]])
    found = _laid_out(rows).points(statistic, starts, ends)
    expected = [
        _plain(statistic, [sample for row in rows[start:end] for sample in row])
        for start, end in zip(starts[0], ends[0], strict=True)
    ]
    assert np.allclose(found[0], expected, equal_nan=True)
