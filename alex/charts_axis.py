"""Charts with an axis, as inline SVG: a range of outcomes, and a path over years. Same rules as `charts_svg`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from alex.charts_svg import WIDTH, drawing, plain, tag
from alex.figures import compact


@dataclass(frozen=True)
class Point:
    """One point of a path: x in years from now, y in dollars."""

    x: float
    y: float


def ticks(low: float, high: float, *, about: int = 5) -> list[float]:
    """Round numbers that cover ``low`` to ``high``: steps of 1, 2 or 5 times a power of ten."""
    if high - low < 1e-9 * max(abs(low), abs(high), 1.0):
        high = low + max(1e-6 * abs(low), 1.0)  # one value needs an axis too
    raw = (high - low) / max(about, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * index for index in range(first, last + 1)]


def spread(low: float, middle: float, high: float, *, ident: str, title: str) -> str:
    """The range of outcomes: 10th percentile, median, 90th percentile on one dollar axis."""
    values = [low, middle, high]
    if not all(map(math.isfinite, values)) or not low <= middle <= high:
        raise ValueError("percentiles must be finite and in order")
    scale = ticks(min(0.0, low), high)
    left, right, line = 24.0, WIDTH - 24.0, 62.0

    def at(value: float) -> float:
        return left + (right - left) * (value - scale[0]) / (scale[-1] - scale[0])

    drawn = [tag("line", x1=left, x2=right, y1=line + 28, y2=line + 28, class_="axis")]
    for mark in scale:
        drawn.append(tag("line", x1=at(mark), x2=at(mark), y1=line + 28, y2=line + 33, class_="axis"))
        drawn.append(tag("text", compact(mark), x=at(mark), y=line + 48, class_="tick-label"))
    drawn.append(
        tag("rect", x=at(low), y=line - 9, width=max(at(high) - at(low), 1.0), height=18, rx=9, class_="range")
    )
    places = _apart([at(value) for value in values], room=104, low=left + 30, high=right - 30)
    for name, value, place in zip(("10th percentile", "median", "90th percentile"), values, places, strict=True):
        radius = 9 if name == "median" else 6
        drawn.append(tag("line", x1=at(value), x2=place, y1=line - 10, y2=line - 22, class_="leader"))
        drawn.append(tag("circle", cx=at(value), cy=line, r=radius, class_="knob"))
        drawn.append(tag("text", compact(value), x=place, y=line - 42, class_="knob-value"))
        drawn.append(tag("text", name, x=place, y=line - 26, class_="tick-label"))
    summary = f"10th percentile {compact(low)}, median {compact(middle)}, 90th percentile {compact(high)}"
    return drawing("".join(drawn), ident=ident, title=title, summary=summary, width=WIDTH, height=116, css="spread")


def _apart(places: list[float], *, room: float, low: float, high: float) -> list[float]:
    """Labels at least ``room`` apart, in order, inside the drawing."""
    moved = [min(max(place, low), high) for place in places]
    for index in range(1, len(moved)):
        moved[index] = max(moved[index], moved[index - 1] + room)
    moved[-1] = min(moved[-1], high)
    for index in range(len(moved) - 2, -1, -1):
        moved[index] = min(moved[index], moved[index + 1] - room)
    return moved


def path(points: Sequence[Point], *, ident: str, title: str, turn: float, turn_text: str, summary: str) -> str:
    """A path of dollars over years with the year it turns (retirement) marked; at least two points."""
    if len(points) < 2 or any(not (math.isfinite(p.x) and math.isfinite(p.y)) for p in points):
        raise ValueError("a path needs two finite points or more")
    height, left, right, top, floor = 280, 62.0, WIDTH - 14.0, 26.0, 240.0
    years = sorted(points, key=lambda p: p.x)
    scale = ticks(min(0.0, *(p.y for p in years)), max(p.y for p in years))
    span = max(years[-1].x - years[0].x, 1e-9)

    def across(x: float) -> float:
        return left + (right - left) * (x - years[0].x) / span

    def up(y: float) -> float:
        return floor - (floor - top) * (y - scale[0]) / (scale[-1] - scale[0])

    drawn = []
    for mark in scale:
        drawn.append(tag("line", x1=left, x2=right, y1=up(mark), y2=up(mark), class_="grid"))
        drawn.append(tag("text", compact(mark), x=left - 8, y=up(mark) + 4, class_="y-label"))
    for year in sorted({round(p.x) for p in years}):
        if year % 10 == 0 or span <= 20:
            drawn.append(tag("text", f"{year} y" if year else "now", x=across(year), y=floor + 20, class_="tick-label"))
    line = " ".join(f"{'M' if i == 0 else 'L'}{plain(across(p.x))} {plain(up(p.y))}" for i, p in enumerate(years))
    base = plain(up(max(0.0, scale[0])))
    drawn.append(tag("path", d=f"{line} L{plain(across(years[-1].x))} {base} L{plain(left)} {base} Z", class_="area"))
    if years[0].x <= turn <= years[-1].x:
        at = across(turn)
        side = "end" if at > (left + right) / 2 else "start"
        drawn.append(tag("line", x1=at, x2=at, y1=top - 10, y2=floor, class_="turn"))
        drawn.append(
            tag("text", escape(turn_text), x=at + (-6 if side == "end" else 6), y=top - 4, class_=f"turn-label {side}")
        )
    drawn.append(tag("path", d=line, class_="line"))
    for p in years:
        said = f"{'in ' + str(round(p.x)) + ' years' if round(p.x) else 'now'}: {compact(p.y)}"
        drawn.append(tag("circle", tag("title", said), cx=across(p.x), cy=up(p.y), r=3.6, class_="point"))
    return drawing("".join(drawn), ident=ident, title=title, summary=summary, width=WIDTH, height=height, css="path")
