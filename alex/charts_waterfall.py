"""A trace as a waterfall: one row a span, indented by its depth, its bar where and as long as it ran."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from alex.charts_axis import ticks
from alex.charts_svg import WIDTH, clipped, drawing, tag

STEP, THICK, INDENT = 26, 12, 14
_LABELS, _TIMES = 285, 70
_MARKS = {"span": "bar c6", "agent": "bar c1", "generation": "bar c2"}


@dataclass(frozen=True)
class Row:
    """One span; times in milliseconds since the first began."""

    label: str
    depth: int
    starts: float
    lasts: float
    kind: str


def waterfall(rows: Sequence[Row], *, ident: str, title: str) -> str:
    """Rows from top to bottom over one scale of time; what took too little to be seen is a line of two units."""
    if any(row.starts < 0 or row.lasts < 0 for row in rows):
        raise ValueError("a span begins at zero or later and lasts zero or longer")
    reach = max([row.starts + row.lasts for row in rows] + [1.0])
    room = WIDTH - _LABELS - _TIMES
    height = STEP * (len(rows) + 1)
    drawn = [_scale(reach, room, height)]
    for index, row in enumerate(rows):
        middle = STEP * index + STEP / 2
        left = row.depth * INDENT
        length = max(room * row.lasts / reach, 2.0)
        at = min(_LABELS + room * row.starts / reach, _LABELS + room - length)
        weight = "label" if row.kind != "generation" else "label quiet"
        drawn += [
            tag("text", escape(clipped(row.label, (_LABELS - left) // 8)), x=left, y=middle + 5, class_=weight),
            tag("rect", x=at, y=middle - THICK / 2, width=length, height=THICK, class_=_MARKS.get(row.kind, "bar c6")),
            tag("text", f"{row.lasts:,.0f} ms", x=WIDTH, y=middle + 5, class_="value"),
        ]
    said = "; ".join(f"{row.label} {row.lasts:,.0f} ms from {row.starts:,.0f}" for row in rows)
    return drawing(
        "".join(drawn), ident=ident, title=title, summary=said or "no spans", width=WIDTH, height=height, css="bars"
    )


def _scale(reach: float, room: float, height: float) -> str:
    """Upright lines with their times, below the rows."""
    lines = []
    for time in ticks(0, reach, about=4):
        if time > reach:
            continue
        x = _LABELS + room * time / reach
        text = f"{time / 1000:g} s" if reach >= 2000 else f"{time:,.0f} ms"
        lines.append(tag("line", x1=x, x2=x, y1=0.0, y2=height - STEP + 4, class_="grid"))
        lines.append(tag("text", text, x=x, y=height - 6, class_="tick-label"))
    return "".join(lines)
