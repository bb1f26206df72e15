"""One widget of a metric as SVG: its title, unit, lines or areas, limits and legend. Same rules as `charts_svg`."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from alex.charts_axis import ticks
from alex.charts_svg import COLOURS, clipped, colour, plain, tag
from alex.dashboards.bodies import Widget
from alex.dashboards.samples import Drawn, drawn

LETTER = 6.0  # width of a letter of the small type
LEGEND_ROWS = 3
ROW = 15.0


def amount(value: float) -> str:
    """``950``, ``12.5k``, ``1.2M``, ``0.042``: a number with at most three digits that matter."""
    size = abs(value)
    for limit, divisor, suffix in ((999.5e6, 1e9, "G"), (999.5e3, 1e6, "M"), (999.5, 1e3, "k")):
        if size >= limit:
            return f"{value / divisor:.3g}{suffix}"
    return f"{value:.3g}" if size >= 0.0005 else "0"


def chart(widget: Widget, *, hours: int, width: float, height: float) -> str:
    """The widget in a box of that size, from its upper left corner."""
    if widget.figure:
        return _figure(widget, hours, width, height)
    lines = drawn(widget, hours)
    shown, below = _legend(lines, width, height)
    left, right, top, floor = 46.0, width - 14, 50.0, height - 30 - below
    highest = max([0.0, *(value for line in _heights(widget, lines) for value in line), *(v for v, _ in widget.limits)])
    scale = ticks(0.0, highest or 1.0, about=4)

    def up(value: float) -> float:
        return floor - (floor - top) * value / scale[-1]

    def across(step: int, steps: int) -> float:
        return left + (right - left) * step / max(steps - 1, 1)

    body = [_head(widget, width)]
    for mark in scale:
        body.append(tag("line", x1=left, x2=right, y1=up(mark), y2=up(mark), class_="grid"))
        body.append(tag("text", amount(mark), x=left - 7, y=up(mark) + 4, class_="y-label"))
    for share, said in _times(hours, width):
        x = left + (right - left) * share
        anchor = "start" if share == 0 else "end" if share == 1 else "middle"
        body.append(tag("text", said, x=x, y=floor + 16, class_="x-label", text_anchor=anchor))
    drawn_lines = _areas if widget.raw.get("stacked") else _lines
    body.append(drawn_lines(lines, up, across))
    body.append(_limits(widget, up, left, right))
    return "".join(body) + tag("g", shown, transform=f"translate(14 {plain(height - below - 2)})")


def _head(widget: Widget, width: float) -> str:
    title = tag("text", escape(clipped(widget.title, int(width / 7.4))), x=14, y=22, class_="title")
    return title + tag("text", escape(widget.unit), x=14, y=38, class_="unit")


def _heights(widget: Widget, lines: Sequence[Drawn]) -> list[list[float]]:
    """Where lines reach to: stacked ones stand on each other."""
    if not widget.raw.get("stacked"):
        return [line.values for line in lines]
    heights, base = [], [0.0] * max((len(line.values) for line in lines), default=0)
    for line in lines:
        base = [below + value for below, value in zip(base, line.values, strict=True)]
        heights.append(base)
    return heights


def _lines(lines: Sequence[Drawn], up, across) -> str:  # type: ignore[no-untyped-def]
    body = []
    for index, line in enumerate(lines):
        steps = len(line.values)
        points = " ".join(f"{plain(across(i, steps))},{plain(up(v))}" for i, v in enumerate(line.values))
        body.append(tag("polyline", tag("title", escape(line.label)), points=points, class_=_style(index, "line")))
    return "".join(body)


def _areas(lines: Sequence[Drawn], up, across) -> str:  # type: ignore[no-untyped-def]
    body, base = [], [0.0] * max((len(line.values) for line in lines), default=0)
    for index, line in enumerate(lines):
        steps = len(line.values)
        above = [below + value for below, value in zip(base, line.values, strict=True)]
        there = [f"{plain(across(i, steps))},{plain(up(v))}" for i, v in enumerate(above)]
        back = [f"{plain(across(i, steps))},{plain(up(v))}" for i, v in reversed(list(enumerate(base)))]
        title = tag("title", escape(line.label))
        body.append(tag("polygon", title, points=" ".join([*there, *back]), class_=_style(index, "area")))
        base = above
    return "".join(body)


def _style(index: int, kind: str) -> str:
    """Colours come round; the second and third time the line is dashed, because colour never stands alone."""
    return f"{kind} {colour(index)} d{index // COLOURS}"


def _limits(widget: Widget, up, left: float, right: float) -> str:  # type: ignore[no-untyped-def]
    body, taken = [], list[float]()
    for value, name in sorted(widget.limits):
        y = up(value)
        crowded = any(abs(y - other) < 13 for other in taken)
        taken.append(y)
        said = f"{name} ({amount(value)})"
        body.append(tag("line", x1=left, x2=right, y1=y, y2=y, class_="limit"))
        x, anchor = (left + 4, "start") if crowded else (right, "end")
        body.append(tag("text", escape(said), x=x, y=y - 4, class_="limit-label", text_anchor=anchor))
    return "".join(body)


def _times(hours: int, width: float) -> list[tuple[float, str]]:
    unit, count = ("h", hours) if hours <= 48 else ("d", hours // 24)
    parts = 4 if width > 400 else 2
    marks = [(part / parts, count - count * part / parts) for part in range(parts + 1)]
    return [(share, f"{ago:.3g} {unit} ago" if ago else "now") for share, ago in marks]


def _legend(lines: Sequence[Drawn], width: float, height: float) -> tuple[str, float]:
    """The legend's items in rows, and how high they are; what has no place is counted."""
    rows: list[list[tuple[int, str, float]]] = [[]]
    x, room = 0.0, width - 28
    most = 1 if height < 200 else LEGEND_ROWS
    for index, line in enumerate(lines):
        label = clipped(line.label, 34)
        wide = 20 + len(label) * LETTER + 12
        if x + wide > room:
            if len(rows) == most:
                rows[-1].append((-1, f"+ {len(lines) - index}", x))
                break
            rows.append([])
            x = 0.0
        rows[-1].append((index, label, x))
        x += wide
    body = []
    for number, row in enumerate(rows):
        y = number * ROW
        for index, label, x in row:
            if index >= 0:
                body.append(tag("line", x1=x, x2=x + 14, y1=y - 4, y2=y - 4, class_=_style(index, "key")))
            body.append(tag("text", escape(label), x=x + 18, y=y, class_="legend"))
    return "".join(body), ROW * (len(rows) - 1) + 8


def _figure(widget: Widget, hours: int, width: float, height: float) -> str:
    """One number, with the way to it behind it."""
    value = drawn(widget, hours)[0].values[0]
    path = drawn(widget, hours, over_time=True)[0].values
    top, reach = max(path) or 1.0, height * 0.38
    points = " ".join(
        f"{plain(width * i / (len(path) - 1))},{plain(height - 8 - reach * v / top)}" for i, v in enumerate(path)
    )
    return (
        tag("polyline", points=points, class_="spark")
        + tag("text", escape(clipped(widget.title, int(width / 7.4))), x=14, y=22, class_="title")
        + tag(
            "text",
            tag("tspan", amount(value)) + tag("tspan", f" {escape(widget.unit)}", class_="unit"),
            x=14,
            y=height * 0.5,
            class_="big",
        )
    )
