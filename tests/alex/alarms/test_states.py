"""The state of an alarm when data are missing: the tables of CloudWatch's user guide, and what follows from them."""

import numpy as np
import pytest

from alex.alarms.states import State, states

KEPT = "kept"
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
OK, ALARM, UNKNOWN = State.OK, State.ALARM, State.INSUFFICIENT_DATA

THREE_OF_THREE = [
    ("0 - X - X", (OK, OK, OK, OK)),
    ("0 - - - -", (OK, OK, OK, OK)),
    ("- - - - -", (UNKNOWN, KEPT, ALARM, OK)),
    ("0 X X - X", (ALARM, ALARM, ALARM, ALARM)),
    ("- - X - -", (ALARM, KEPT, ALARM, OK)),
    ("- - - - X", (UNKNOWN, KEPT, ALARM, OK)),
]
TWO_OF_THREE = [
    ("0 - X - X", (ALARM, ALARM, ALARM, ALARM)),
    ("0 0 X 0 X", (ALARM, ALARM, ALARM, ALARM)),
    ("0 - X - -", (OK, OK, ALARM, OK)),
    ("- - - - 0", (OK, OK, ALARM, OK)),
    ("- - - X -", (ALARM, KEPT, ALARM, OK)),
]
ROWS = [
    (datapoints, row, treatment, state)
    for datapoints, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for row, expected in table
    for treatment, state in zip(TREATMENTS, expected, strict=True)
]


def judged(rows: list[str], **given: object) -> list[State]:
    """States of evaluations written as in the guide: 0 is fine, X breaches, - is missing."""
    values = {"0": 1.0, "X": 9.0, "-": np.nan}
    points = np.array([[values[sign] for sign in row.split()] for row in rows])
    said: dict[str, object] = {"threshold": 3.0, "operator": "GreaterThanThreshold", "periods": 3, "datapoints": 3}
    return [State(int(one)) for one in states(points, **(said | given))]  # type: ignore[arg-type]


@pytest.mark.parametrize(("datapoints", "row", "treatment", "expected"), ROWS)
def test_the_guides_tables(datapoints: int, row: str, treatment: str, expected: State | str) -> None:
    """OBS-09, OBS-10: what no data means is chosen on purpose; another rule here would prove another alarm."""
    for before, first in ((OK, "0 0 0 0 0"), (ALARM, "X X X X X")):
        found = judged([first, row], datapoints=datapoints, missing=treatment)
        assert found[1] == (before if expected == KEPT else expected)


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("GreaterThanThreshold", [OK, OK, ALARM]),
        ("GreaterThanOrEqualToThreshold", [OK, ALARM, ALARM]),
        ("LessThanThreshold", [ALARM, OK, OK]),
        ("LessThanOrEqualToThreshold", [ALARM, ALARM, OK]),
    ],
)
def test_operators_at_the_threshold(operator: str, expected: list[State]) -> None:
    """OBS-08: exactly 1 % is not more than 1 %."""
    points = np.array([[2.0], [3.0], [4.0]])
    found = states(points, threshold=3, operator=operator, periods=1, datapoints=1, missing="missing")
    assert list(found) == expected


def test_an_alarm_begins_without_enough_data() -> None:
    """A new alarm that claims to be OK would hide that nothing was ever measured."""
    assert judged(["- - - - -"], missing="ignore") == [UNKNOWN]


def test_older_points_count_before_missing_ones() -> None:
    """AGENT-05: a function that is silent for 15 minutes is in the range for 25: breaching alone is too slow."""
    silence = ["0 0 0 0 0", "0 0 0 0 -", "0 0 0 - -", "0 0 - - -", "0 - - - -", "- - - - -"]
    assert judged(silence, missing="breaching") == [OK, OK, OK, OK, OK, ALARM]
