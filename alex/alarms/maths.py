"""CloudWatch's metric maths over data points, with its rules for missing ones.

Source: CloudWatch user guide, "Using math expressions with CloudWatch metrics". An operation on two time series has a
point where at least one of them has; the other's missing one counts as 0. What divides by zero is dropped. IF is
dropped where its condition is missing, 0 where the wanted value is, and dropped where the value otherwise is. Of that
first rule, people who use it report the opposite: a point is there only where both have one. So each alarm is simulated
with both (``Reading``), and must be right with both; FILL makes them one. FILL fills every missing point, also of a
series without any.

Functions over a whole series (SUM, RUNNING_SUM ...) see what an evaluation retrieves, not all of the past.
"""

from collections.abc import Callable, Mapping
from enum import Enum

import numpy as np

from alex.alarms import AlarmError
from alex.alarms.grammar import Name, Node, Number, Text
from alex.alarms.series import (
    Array,
    Scalar,
    Series,
    Value,
    finite,
    interpolated,
    over_time,
    reduced,
    repeated,
)


class Reading(Enum):
    """What an operation on two series makes of a point that only one of them has."""

    ZERO = "the missing one counts as 0"
    GAP = "the result is missing"


_ELEMENTWISE: dict[str, Callable[[Array], Array]] = {
    "ABS": np.abs,
    "CEIL": np.ceil,
    "FLOOR": np.floor,
    "LOG": np.log,
    "LOG10": np.log10,
    "NEGATE": np.negative,
}
_BINARY: dict[str, Callable[[Array, Array], Array]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "AND": np.logical_and,
    "OR": np.logical_or,
}
_REDUCING = ("SUM", "AVG", "MIN", "MAX", "STDDEV", "DATAPOINT_COUNT")
_OVER_TIME = ("RATE", "DIFF", "DIFF_TIME", "RUNNING_SUM")
_OTHERS = ("[]", "IF", "FILL", "METRICS", "PERIOD", "TIME_SERIES", "METRIC_COUNT", "FIRST", "LAST")
_KNOWN = {*_ELEMENTWISE, *_BINARY, *_REDUCING, *_OVER_TIME, *_OTHERS}


class Evaluator:
    """Evaluates trees over named values.

    :param period: seconds.
    """

    def __init__(self, values: Mapping[str, Value], *, period: int, reading: Reading) -> None:
        self._values = values
        self._period = period
        self._reading = reading
        some = next(v for v in values.values() if isinstance(v, Series))
        self._shape = some.values.shape

    def value(self, tree: Node) -> Value:
        """The value of a tree.

        :raises AlarmError: a function or an id that is not known here.
        """
        with np.errstate(all="ignore"):
            return self._value(tree)

    def _value(self, tree: Node) -> Value:
        if isinstance(tree, Number):
            return Scalar(np.full((self._shape[0], 1), tree.value))
        if isinstance(tree, Name):
            if tree.value not in self._values:
                raise AlarmError(f"no metric or expression of the alarm has the id {tree.value}")
            return self._values[tree.value]
        if isinstance(tree, Text):
            raise AlarmError(f"a text is no value: {tree.value!r}")
        if tree.name not in _KNOWN:
            raise AlarmError(_unknown(tree.name, len(tree.arguments)))
        if tree.name == "METRICS":
            return self._metrics(tree.arguments)
        if tree.name == "FILL":
            return self._fill(tree.arguments)
        return self._call(tree.name, [self._value(argument) for argument in tree.arguments])

    def _call(self, name: str, given: list[Value]) -> Value:
        if name in _BINARY and len(given) == 2:
            return self._binary(_BINARY[name], given[0], given[1])
        if name == "[]":
            return [series for value in given for series in _array(value)]
        if name == "IF" and len(given) in (2, 3):
            return self._if(given[0], given[1], given[2] if len(given) == 3 else None)
        if len(given) == 1:
            return self._of_one(name, given[0])
        raise AlarmError(_unknown(name, len(given)))

    def _of_one(self, name: str, value: Value) -> Value:
        made: Value | None = None
        if name in _ELEMENTWISE:
            made = _each(value, lambda values: finite(_ELEMENTWISE[name](values)))
        elif name in _OVER_TIME and not isinstance(value, Scalar):
            made = _each(value, lambda values: over_time(name, values, self._period))
        elif name in _REDUCING and isinstance(value, Series):
            made = Scalar(reduced(name, value.values, axis=1)[:, None])
        elif name in _REDUCING and isinstance(value, list):
            made = Series(reduced(name, np.stack([series.values for series in value]), axis=0))
        elif name == "PERIOD" and isinstance(value, Series) and value.metric:
            made = Scalar(np.full((self._shape[0], 1), float(self._period)))
        elif name == "TIME_SERIES" and isinstance(value, Scalar):
            made = Series(np.broadcast_to(value.values, self._shape).copy())
        elif name == "METRIC_COUNT" and isinstance(value, list):
            made = Scalar(np.full((self._shape[0], 1), float(len(value))))
        elif name in ("FIRST", "LAST") and isinstance(value, list) and value:
            made = value[0 if name == "FIRST" else -1]
        if made is None:
            raise AlarmError(_unknown(name, 1))
        return made

    def _metrics(self, arguments: tuple[Node, ...]) -> list[Series]:
        part = arguments[0].value if arguments and isinstance(arguments[0], Text) else ""
        return [v for key, v in self._values.items() if isinstance(v, Series) and v.metric and part in key]

    def _binary(self, operation: Callable[[Array, Array], Array], left: Value, right: Value) -> Value:
        if isinstance(left, list) or isinstance(right, list):
            pairs = _paired(left, right)
            return [Series(self._pointwise(operation, one, other)) for one, other in pairs]
        made = self._pointwise(operation, left, right)
        return Scalar(made) if isinstance(left, Scalar) and isinstance(right, Scalar) else Series(made)

    def _pointwise(
        self, operation: Callable[[Array, Array], Array], left: Scalar | Series, right: Scalar | Series
    ) -> Array:
        one, other = left.values, right.values
        gone = np.isnan(one) | np.isnan(other)
        if self._reading is Reading.ZERO and isinstance(left, Series) and isinstance(right, Series):
            gone = np.isnan(one) & np.isnan(other)
            one, other = np.where(np.isnan(one), 0.0, one), np.where(np.isnan(other), 0.0, other)
        return np.where(gone, np.nan, finite(operation(one, other).astype(float)))

    def _if(self, condition: Value, then: Value, otherwise: Value | None) -> Value:
        if isinstance(condition, list) or isinstance(then, list) or isinstance(otherwise, list):
            raise AlarmError("IF takes no array of time series")
        wanted = np.where(np.isnan(then.values), 0.0, then.values)
        other = otherwise.values if otherwise else np.full((1, 1), np.nan)
        made = np.where((condition.values != 0) & ~np.isnan(condition.values), wanted, other)
        if isinstance(condition, Series):
            made = np.where(np.isnan(condition.values), np.nan, made)
        if all(isinstance(part, Scalar) for part in (condition, then, otherwise) if part):
            return Scalar(made)
        return Series(np.broadcast_to(made, self._shape).copy())

    def _fill(self, arguments: tuple[Node, ...]) -> Value:
        if len(arguments) != 2:
            raise AlarmError(_unknown("FILL", len(arguments)))
        value, how = self._value(arguments[0]), arguments[1]
        if isinstance(value, Scalar):
            raise AlarmError("FILL takes a time series")
        if isinstance(how, Name) and how.value in ("REPEAT", "LINEAR"):
            made = repeated if how.value == "REPEAT" else interpolated
            return _each(value, lambda values: np.apply_along_axis(made, 1, values))
        filler = self._value(how)
        if isinstance(filler, list):
            raise AlarmError("FILL takes no array to fill with")
        return _each(value, lambda values: np.where(np.isnan(values), filler.values, values))


def _unknown(name: str, arguments: int) -> str:
    return (
        f"the function {name} with {arguments} argument{'s' * (arguments != 1)} is not simulated (alex/alarms/maths.py)"
    )


def _array(value: Value) -> list[Series]:
    if isinstance(value, Scalar):
        raise AlarmError("an array takes time series only")
    return value if isinstance(value, list) else [value]


def _paired(left: Value, right: Value) -> list[tuple[Scalar | Series, Scalar | Series]]:
    if isinstance(left, list) and isinstance(right, list):
        raise AlarmError("an operation takes one array of time series, not two")
    if isinstance(left, list):
        return [(one, right) for one in left if not isinstance(right, list)]
    return [(left, other) for other in right if isinstance(right, list)] if isinstance(right, list) else []


def _each(value: Value, made: Callable[[Array], Array]) -> Value:
    if isinstance(value, list):
        return [Series(made(series.values)) for series in value]
    return Series(made(value.values)) if isinstance(value, Series) else Scalar(made(value.values))
