"""One page with a picture of each alarm in its incident: the metric, the threshold, and the alarm's state below.

Same rules as `alex.charts_svg`: inline SVG, no script, nothing loaded from elsewhere; colour never stands alone.
"""

import math
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from pathlib import Path

import numpy as np

from alex import places
from alex.alarms import composites, trials, words
from alex.alarms.definition import Alarm, CompositeAlarm, MetricAlarm
from alex.alarms.report import Examined
from alex.alarms.samples import Minutes
from alex.alarms.states import State, States
from alex.alarms.trials import Stage
from alex.charts_axis import ticks
from alex.charts_svg import clipped, drawing, plain, tag

WIDTH, LEFT, RIGHT = 560.0, 64.0, 546.0
TOP, FLOOR, BAND = 14.0, 138.0, 14.0
POINTS = 400  # drawn; what is finer than a pixel is not seen
CSS = Path(__file__).with_name("picture.css")
NAMES = {State.OK: "ok", State.ALARM: "alarm", State.INSUFFICIENT_DATA: "unknown"}


def write(file: Path, examined: Examined, environment: str) -> Path:
    """Write the page for all alarms."""
    cards = "\n".join(_card(alarm, examined, index) for index, alarm in enumerate(examined.alarms))
    wrong = sum(len(said) for said in examined.problems().values())
    lead = (
        f"{len(examined.alarms)} alarms, each in a simulated incident (shaded); the bar below a curve is the alarm's "
        f"state. {wrong or 'No'} problem{'s' * (wrong != 1)} found."
    )
    style = (places.ROOT / "alex" / "report.css").read_text("utf-8") + CSS.read_text("utf-8")
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Alarms of {escape(environment)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{style}</style></head><body><main class="sheet">'
        f'<header class="top"><div><div class="brand">Alex</div><h1>Alarms of {escape(environment)}</h1></div></header>'
        f'<p class="lead">{escape(lead)}</p><p class="legend"><span class="k ok"></span>OK '
        f'<span class="k alarm"></span>ALARM <span class="k unknown"></span>INSUFFICIENT DATA '
        f'<span class="k at"></span>threshold</p><div class="alarms">{cards}</div></main></body></html>\n'
    )
    return places.written(file, page)


def _card(alarm: Alarm, examined: Examined, index: int) -> str:
    verdict = examined.verdicts[alarm.key]
    names = {one.key: one.name for one in examined.alarms}
    if isinstance(alarm, MetricAlarm):
        drawn = _metric(alarm, examined, f"a{index}")
    else:
        drawn = _composite(alarm, examined, f"a{index}")
    problems = "".join(f'<p class="wrong">{escape(one)}</p>' for one in verdict.problems(tells=bool(alarm.topics)))
    said = f"{words.watches(alarm)}: {words.fires_when(alarm, names)}" if isinstance(alarm, MetricAlarm) else ""
    return (
        f'<section class="alarm"><h3>{escape(alarm.name)}</h3><p class="sub">{escape(said)}</p>{drawn}'
        f'<p class="sub">{escape(words.tells(alarm, examined.alarms))}; fired after '
        f"{escape(words.after(verdict))}; "
        f"{'quiet on normal days' if not verdict.loud else f'{verdict.loud} min loud on normal days'}</p>"
        f"{problems}</section>"
    )


def _metric(alarm: MetricAlarm, examined: Examined, ident: str) -> str:
    """The first of its incidents; an alarm that nothing makes fire has none."""
    incidents = examined.verdicts[alarm.key].incidents
    if not incidents:
        return '<p class="wrong">nothing makes it fire</p>'
    made, at = trials.incident_run(alarm, examined.setting, incidents[0].trouble)
    across = _Across(made.minutes, at)
    known = np.concatenate([made.values[~np.isnan(made.values)], made.threshold[~np.isnan(made.threshold)]])
    scale = ticks(min(0.0, float(known.min())), float(known.max()) * 1.05, about=4)

    def up(value: float) -> float:
        return FLOOR - (FLOOR - TOP) * (value - scale[0]) / (scale[-1] - scale[0])

    body = [across.shade(TOP, FLOOR + BAND + 4)]
    for mark in scale:
        body.append(tag("line", x1=LEFT, x2=RIGHT, y1=up(mark), y2=up(mark), class_="grid"))
        body.append(tag("text", _compact(mark), x=LEFT - 7, y=up(mark) + 4, class_="y-label"))
    body.append(tag("path", d=across.path(made.values, up), class_="line thin"))
    body.append(tag("path", d=across.path(made.threshold, up), class_="threshold"))
    body.append(across.band(made.states, FLOOR + 6))
    body.append(across.hours(FLOOR + BAND + 22))
    summary = f"{words.watches(alarm)} in an incident in {incidents[0].trouble.source.title}"
    return drawing(
        "".join(body), ident=ident, title=alarm.name, summary=summary, width=WIDTH, height=FLOOR + 44, css="alarm"
    )


def _composite(alarm: CompositeAlarm, examined: Examined, ident: str) -> str:
    """States of its alarms, then its own."""
    verdict = examined.verdicts[alarm.key]
    if not verdict.incidents:
        return '<p class="wrong">nothing makes it fire</p>'
    group = composites.watched(alarm, {one.key: one for one in examined.alarms})
    minutes, states, own, at = composites.incident_run(group, examined.setting, verdict.incidents[0].trouble)
    across = _Across(minutes, at)
    rows = [(leaf.name, states[key]) for key, leaf in group.leaves.items()] + [(alarm.name, own)]
    step = BAND + 20
    body = [across.shade(TOP - 8, TOP + step * len(rows))]
    for index, (name, one) in enumerate(rows):
        weight = " own" if index == len(rows) - 1 else ""
        body.append(tag("text", escape(clipped(name, 70)), x=LEFT, y=TOP + step * index + 8, class_=f"row{weight}"))
        body.append(across.band(one, TOP + step * index + 12))
    body.append(across.hours(TOP + step * len(rows) + 16))
    return drawing(
        "".join(body),
        ident=ident,
        title=alarm.name,
        summary=f"states of {len(rows) - 1} alarms and of the composite alarm",
        width=WIDTH,
        height=TOP + step * len(rows) + 24,
        css="alarm",
    )


class _Across:
    """The axis of time of one picture."""

    def __init__(self, minutes: Minutes, at: Stage) -> None:
        self._minutes, self._at = minutes, at
        self._first, self._last = float(minutes[0]), float(minutes[-1])

    def _x(self, minute: float) -> float:
        share = (minute - self._first) / max(self._last - self._first, 1.0)
        return LEFT + (RIGHT - LEFT) * min(max(share, 0.0), 1.0)

    def shade(self, top: float, floor: float) -> str:
        """The time of the incident."""
        start, end = self._x(self._at.start), self._x(self._at.end)
        return tag("rect", x=start, y=top, width=end - start, height=floor - top, class_="incident")

    def path(self, values: Sequence[float] | np.ndarray, up: object) -> str:
        """A line through the points that are there, broken where there is none."""
        assert callable(up)
        thin = max(1, len(self._minutes) // POINTS)
        said, drawing_ = [], False
        for minute, value in list(zip(self._minutes, values, strict=True))[::thin]:
            if math.isnan(value):
                drawing_ = False
                continue
            said.append(f"{'L' if drawing_ else 'M'}{plain(self._x(float(minute)))} {plain(float(up(float(value))))}")
            if not drawing_:
                said.append("h0.01")  # a single point is seen too
            drawing_ = True
        return " ".join(said) or "M0 0"

    def band(self, states: States, top: float) -> str:
        """The states one after the other, each with its name."""
        cuts = [0, *(np.flatnonzero(np.diff(states)) + 1).tolist(), len(states)]
        parts = []
        for begin, end in pairwise(cuts):
            start = self._x(float(self._minutes[begin]))
            stop = self._x(float(self._minutes[end])) if end < len(states) else RIGHT
            name = NAMES[State(int(states[begin]))]
            parts.append(
                tag("rect", tag("title", name), x=start, y=top, width=max(stop - start, 0.5), height=BAND, class_=name)
            )
            if stop - start > 40:
                word = {"ok": "OK", "alarm": "ALARM", "unknown": "no data"}[name]
                parts.append(tag("text", word, x=(start + stop) / 2, y=top + 11, class_="state"))
        return "".join(parts)

    def hours(self, y: float) -> str:
        """Marks in minutes (or hours, or days) from the beginning of the incident."""
        span = self._last - self._first
        size, unit = (1440, "d") if span > 4 * 1440 else (60, "h") if span > 400 else (1, "min")
        low, high = (self._first - self._at.start) / size, (self._last - self._at.start) / size
        marks = [mark for mark in ticks(low, high, about=7) if low <= mark <= high]
        return "".join(
            tag("text", f"{mark:g} {unit}", x=self._x(self._at.start + mark * size), y=y, class_="tick-label")
            for mark in marks
        )


def _compact(value: float) -> str:
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:.4g}"
