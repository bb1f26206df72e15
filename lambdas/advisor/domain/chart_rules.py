"""Is this answer drawable? The rules of chart output, each with its own reason (GUARD-01).

Accepts what the charter's model returned (JSON text or an object) and normalises it: bar points get both ``name`` and
``category``, keys are made from the titles where missing. The first broken rule names the chart and the point by
their position, counted from 0.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PIES = frozenset({"pie", "donut"})
TYPES = ("pie", "donut", "bar", "horizontalBar")
MOST_CHARTS = 6
MOST_POINTS = 50
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True)
class ChartCheck:
    """``reason`` is empty when ``ok``; ``charts`` holds the normalised charts, none when a rule is broken."""

    ok: bool
    reason: str
    charts: list[dict[str, Any]] = field(default_factory=list)


class _BrokenRuleError(Exception):
    """Carries the reason out of the checks."""


def _no_constant(name: str) -> float:
    raise _BrokenRuleError(f"Invalid JSON: {name} is not a number")


def _parsed(answer: str | Mapping[str, Any]) -> Any:
    if not isinstance(answer, str):
        return answer
    try:
        return json.loads(answer, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _BrokenRuleError(f"Invalid JSON: {error.msg} (line {error.lineno}, column {error.colno})") from error
    except RecursionError as error:
        raise _BrokenRuleError("Invalid JSON: nested too deeply") from error


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _value(where: str, value: Any, *, pie: bool) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _BrokenRuleError(f"{where}: 'value' must be a number")
    if not math.isfinite(value):
        raise _BrokenRuleError(f"{where}: 'value' must be finite")
    if pie and value < 0:
        raise _BrokenRuleError(f"{where}: a share cannot be negative")


def _point(where: str, point: Any, kind: str) -> dict[str, Any]:
    if not isinstance(point, Mapping):
        raise _BrokenRuleError(f"{where} must be an object")
    pie = kind in PIES
    named = "name" if pie or "category" not in point else "category"
    if named not in point:
        raise _BrokenRuleError(f"{where} is missing '{'name' if pie else 'category'}'")
    if not _text(point[named]):
        raise _BrokenRuleError(f"{where}: '{named}' must be a text")
    if "value" not in point:
        raise _BrokenRuleError(f"{where} is missing 'value'")
    _value(where, point["value"], pie=pie)
    colour = point.get("color")
    if colour is not None and not (isinstance(colour, str) and _COLOUR.fullmatch(colour)):
        raise _BrokenRuleError(f"{where}: 'color' must look like #1A2B3C")
    name = point[named]
    normal: dict[str, Any] = {"name": name, "value": point["value"]}
    if colour is not None:
        normal["color"] = colour
    return normal if pie else {**normal, "category": name}


def _key_of(where: str, chart: Mapping[str, Any], index: int, taken: set[str]) -> str:
    key = chart.get("key")
    if key is None:
        words = re.sub(r"[^a-z0-9]+", "_", str(chart.get("title", "")).lower()).strip("_")[:60]
        key = words if _KEY.fullmatch(words) and words not in taken else f"chart_{index}"
    if not (isinstance(key, str) and _KEY.fullmatch(key)):
        raise _BrokenRuleError(f"{where}: 'key' must be lower-case letters, digits and underscores")
    if key in taken:
        raise _BrokenRuleError(f"{where} repeats the key '{key}'")
    taken.add(key)
    return key


def _chart(index: int, chart: Any, taken: set[str]) -> dict[str, Any]:
    where = f"Chart {index}"
    if not isinstance(chart, Mapping):
        raise _BrokenRuleError(f"{where} must be an object")
    for name in ("type", "data"):
        if name not in chart:
            raise _BrokenRuleError(f"{where} is missing '{name}'")
    kind, data = chart["type"], chart["data"]
    if not isinstance(kind, str) or kind not in TYPES:
        raise _BrokenRuleError(f"{where} has the unknown type {kind!r}; known: {', '.join(TYPES)}")
    if not isinstance(data, list):
        raise _BrokenRuleError(f"{where}: 'data' must be a list")
    if not data:
        raise _BrokenRuleError(f"{where} has no data points")
    if len(data) > MOST_POINTS:
        raise _BrokenRuleError(f"{where} has {len(data)} data points, at most {MOST_POINTS} are drawn")
    for name in ("title", "description"):
        if name in chart and not isinstance(chart[name], str):
            raise _BrokenRuleError(f"{where}: '{name}' must be a text")
    points = [_point(f"{where}, point {number}", point, kind) for number, point in enumerate(data)]
    names = [point["name"] for point in points]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise _BrokenRuleError(f"{where}, point {number} repeats '{name}'")
    if kind in PIES and not any(point["value"] for point in points):
        raise _BrokenRuleError(f"{where}: all shares are 0")
    return {
        "key": _key_of(where, chart, index, taken),
        "title": chart.get("title", ""),
        "type": kind,
        "description": chart.get("description", ""),
        "data": points,
    }


def validate_charts(answer: str | Mapping[str, Any]) -> ChartCheck:
    """Check and normalise a charter's answer ``{"charts": [...]}``; never raises on bad input."""
    try:
        parsed = _parsed(answer)
        if not isinstance(parsed, Mapping):
            raise _BrokenRuleError("The answer must be an object with the key 'charts'")
        if "charts" not in parsed:
            raise _BrokenRuleError("The answer is missing 'charts'")
        charts = parsed["charts"]
        if not isinstance(charts, list):
            raise _BrokenRuleError("'charts' must be a list")
        if not 1 <= len(charts) <= MOST_CHARTS:
            raise _BrokenRuleError(f"Expected 1 to {MOST_CHARTS} charts, got {len(charts)}")
        taken: set[str] = set()
        return ChartCheck(True, "", [_chart(index, chart, taken) for index, chart in enumerate(charts)])
    except _BrokenRuleError as broken:
        return ChartCheck(False, str(broken))
