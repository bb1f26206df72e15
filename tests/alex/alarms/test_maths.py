"""Metric maths, against CloudWatch's documented examples and against a plain calculation, point by point."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alex.alarms import AlarmError
from alex.alarms.grammar import parse
from alex.alarms.maths import Evaluator, Reading
from alex.alarms.series import Scalar, Series, Value

NO = math.nan


def evaluated(expression: str, reading: Reading = Reading.ZERO, **rows: list[float]) -> list[float]:
    """The last evaluation of an expression over one row a metric."""
    values: dict[str, Value] = {name: Series(np.array([row], dtype=float), metric=True) for name, row in rows.items()}
    found = Evaluator(values, period=300, reading=reading).value(parse(expression))
    assert isinstance(found, Series | Scalar)
    return [float(value) for value in found.values[0]]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1 < m2", [0, 0, 1, 0]),
        ("m1 >= 30", [1, 0, 0, 0]),
        ("m1 > 15 AND m2 > 15", [1, 0, 0, 0]),
        ("m1 > 15 && m2 > 15 || m1 == 0", [1, 0, 1, 1]),
    ],
)
def test_comparisons_are_the_guides(expression: str, expected: list[float]) -> None:
    """OBS-08: the user guide's own table of comparisons; an error rate is compared to decide what is counted."""
    assert evaluated(expression, m1=[30, 20, 0, 0], m2=[20, NO, 20, NO]) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("IF(m1, m2, m3)", [30, 0, 20, NO, NO]),
        ("IF(m1, 5, m3)", [5, 5, 20, NO, NO]),
        ("IF(m1, m2, 5)", [30, 0, 5, 5, NO]),
        ("IF(m1, m2)", [30, 0, NO, NO, NO]),
    ],
)
def test_conditions_are_the_guides(expression: str, expected: list[float]) -> None:
    """OBS-08: the user guide's own tables of IF, missing points included."""
    found = evaluated(expression, m1=[1, 1, 0, 0, NO], m2=[30, NO, 0, 0, 30], m3=[0, 0, 20, NO, 20])
    assert np.array_equal(found, expected, equal_nan=True)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("2 + 3 * m", [5, 14]),
        ("-m ^ 2", [-1, -16]),
        ("2 ^ 3 ^ m", [8, 2.0**81]),
        ("(2 + 3) * -m", [-5, -20]),
        ("100 * m / 0", [NO, NO]),
        ("10 - 4 - m", [5, 2]),
        (".5 * m + 1e1", [10.5, 12]),
    ],
)
def test_what_binds_more_strongly(expression: str, expected: list[float]) -> None:
    """A rate that adds before it divides is another rate; what divides by zero is no point."""
    assert np.array_equal(evaluated(expression, m=[1, 4]), expected, equal_nan=True)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("FILL(m, 0)", [0, 2, 0, 6, 0]),
        ("FILL(m, REPEAT)", [NO, 2, 2, 6, 6]),
        ("FILL(m, LINEAR)", [NO, 2, 4, 6, NO]),
        ("FILL(m, MIN(m))", [2, 2, 2, 6, 2]),
        ("m / SUM(m)", [NO, 0.25, NO, 0.75, NO]),
        ("m - MAX(m)", [NO, -4, NO, 0, NO]),
        ("m * DATAPOINT_COUNT(m)", [NO, 4, NO, 12, NO]),
        ("RUNNING_SUM(m)", [NO, 2, NO, 8, NO]),
        ("DIFF(m)", [NO, NO, NO, 4, NO]),
        ("RATE(m)", [NO, NO, NO, 4 / 600, NO]),
        ("m / PERIOD(m)", [NO, 2 / 300, NO, 6 / 300, NO]),
        ("TIME_SERIES(7)", [7, 7, 7, 7, 7]),
        ("SUM([m, n])", [1, 3, 1, 7, 1]),
        ("SUM(METRICS())", [1, 3, 1, 7, 1]),
        ("MAX([m, n])", [1, 2, 1, 6, 1]),
        ("AVG([m, n])", [0.5, 1.5, 0.5, 3.5, 0.5]),
        ('SUM(METRICS("n")) / METRIC_COUNT(METRICS())', [0.5, 0.5, 0.5, 0.5, 0.5]),
        ("SUM([m, n] * 2)", [2, 6, 2, 14, 2]),
        ("CEIL(n / 2) + FLOOR(n / 2) + ABS(-n)", [2, 2, 2, 2, 2]),
    ],
)
def test_functions(expression: str, expected: list[float]) -> None:
    """LLM-03, OBS-14: sums over sparse series decide about throttles and quotas."""
    found = evaluated(expression, m=[NO, 2, NO, 6, NO], n=[1, 1, 1, 1, 1])
    assert np.allclose(found, expected, equal_nan=True)


def test_the_two_readings_of_a_missing_point() -> None:
    """OBS-14: an alarm that is right with one of them only is found, because both are tried."""
    assert np.array_equal(evaluated("r + w", r=[1, NO, NO], w=[2, 3, NO]), [3, 3, NO], equal_nan=True)
    found = evaluated("r + w", Reading.GAP, r=[1, NO, NO], w=[2, 3, NO])
    assert np.array_equal(found, [3, NO, NO], equal_nan=True)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("SEARCH('x')", "SEARCH"),
        ("ANOMALY_DETECTION_BAND(m)", "ANOMALY_DETECTION_BAND"),
        ("sum(m)", "sum"),
        ("m +", "its end"),
        ("m $ 2", r"\$ 2"),
        ("(m", "its end"),
        ("m m", "'m'"),
        ("missing + 1", "missing"),
        ("FILL(m)", "FILL"),
    ],
)
def test_what_is_not_known_is_refused(expression: str, says: str) -> None:
    """OBS-08: a function that is passed over in silence would make an alarm right that never fires."""
    with pytest.raises(AlarmError, match=says):
        evaluated(expression, m=[1, 2])


Plain = Callable[[dict[str, float | None]], float | None]
Made = tuple[str, Plain, bool]
"""A text, the same as a calculation on one point, and whether it is a series."""


def _plainly(operator: str, one: float, other: float) -> float | None:
    if operator == "/":
        return one / other if other else None
    made = {
        "+": one + other,
        "-": one - other,
        "*": one * other,
        "<": float(one < other),
        ">=": float(one >= other),
        "AND": float(bool(one) and bool(other)),
        "OR": float(bool(one) or bool(other)),
    }
    return made[operator]


def _joined(operator: str, left: Made, right: Made, reading: Reading) -> Made:
    def plain(point: dict[str, float | None]) -> float | None:
        one, other = left[1](point), right[1](point)
        if left[2] and right[2] and reading is Reading.ZERO and not (one is None and other is None):
            one, other = one or 0.0, other or 0.0
        return None if one is None or other is None else _plainly(operator, one, other)

    return f"({left[0]} {operator} {right[0]})", plain, left[2] or right[2]


def _conditional(condition: Made, then: Made, otherwise: Made) -> Made:
    def plain(point: dict[str, float | None]) -> float | None:
        decided = condition[1](point)
        if decided is None:
            return None
        chosen = then if decided else otherwise
        value = chosen[1](point)
        return 0.0 if value is None and decided and then[2] else value

    return f"IF({condition[0]}, {then[0]}, {otherwise[0]})", plain, True


def _filled(inner: Made, number: int) -> Made:
    def plain(point: dict[str, float | None]) -> float | None:
        value = inner[1](point)
        return float(number) if value is None else value

    return f"FILL({inner[0]}, {number})", plain, True


def _metric(name: str) -> Made:
    return name, lambda point: point[name], True


def _number(value: int) -> Made:
    return str(value), lambda _: float(value), False


def expressions(reading: Reading) -> st.SearchStrategy[Made]:
    leaves = st.sampled_from("abc").map(_metric) | st.integers(0, 4).map(_number)
    operators = st.sampled_from(["+", "-", "*", "/", "<", ">=", "AND", "OR"])

    def grown(inner: st.SearchStrategy[Made]) -> st.SearchStrategy[Made]:
        series = inner.filter(lambda one: one[2])
        return (
            st.builds(_joined, operators, inner, inner, st.just(reading))
            | st.builds(_conditional, series, inner, inner)
            | st.builds(_filled, series, st.integers(0, 3))
        )

    return st.recursive(leaves, grown, max_leaves=12).filter(lambda one: one[2])


points = st.fixed_dictionaries({name: st.none() | st.integers(0, 5).map(float) for name in "abc"})


@pytest.mark.parametrize("reading", Reading)
@settings(deadline=None, max_examples=150)
@given(data=st.data(), row=st.lists(points, min_size=1, max_size=5))
def test_expressions_equal_a_plain_calculation(
    reading: Reading, data: st.DataObject, row: list[dict[str, float | None]]
) -> None:
    """OBS-08: arrays, masks and broadcasting must give what anybody computes by hand, one point after the other."""
    text, plain, _ = data.draw(expressions(reading))
    columns = {name: [NO if (value := point[name]) is None else value for point in row] for name in "abc"}
    expected = [NO if (value := plain(point)) is None else value for point in row]
    assert np.allclose(evaluated(text, reading, **columns), expected, equal_nan=True), text
