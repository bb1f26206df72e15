"""Charts as inline SVG: no script, no external resource, readable by a screen reader, legible in black and white.

Every function is pure and returns one `<svg>` element. Colours are CSS variables of the page (`--c1` ... `--c8`), so
that light, dark and print share the drawing. Values stand beside what they measure; colour never stands alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

COLOURS = 8
WIDTH = 720


@dataclass(frozen=True)
class Bar:
    """One row: share 0 to 100 (or any positive measure), its text and a second text, an optional target to mark."""

    label: str
    value: float
    text: str
    note: str = ""
    target: float | None = None


def tag(name: str, content: str = "", **attributes: object) -> str:
    """An element; attribute names take ``_`` for ``-``, and a trailing one for reserved words; None is left out."""
    said = "".join(
        f" {key.rstrip('_').replace('_', '-')}={quoteattr(plain(value))}"
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{said}>{content}</{name}>" if content else f"<{name}{said}/>"


def plain(value: object) -> str:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a chart needs finite numbers")
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)


def drawing(body: str, *, ident: str, title: str, summary: str, width: float, height: float, css: str) -> str:
    head = tag("title", escape(title), id=f"{ident}-t") + tag("desc", escape(summary), id=f"{ident}-d")
    return tag(
        "svg",
        head + body,
        viewBox=f"0 0 {plain(float(width))} {plain(float(height))}",
        role="img",
        class_=css,
        aria_labelledby=f"{ident}-t {ident}-d",
        preserveAspectRatio="xMidYMid meet",
    )


def colour(index: int) -> str:
    """CSS class of the series ``index`` (from 0)."""
    return f"c{index % COLOURS + 1}"


def clipped(label: str, limit: int) -> str:
    """The label, shortened in the middle of nowhere never: cut at the end with an ellipsis."""
    return label if len(label) <= limit else label[: limit - 1].rstrip() + "…"


def donut(parts: Sequence[tuple[str, float]], *, ident: str, title: str, centre: str, below: str) -> str:
    """A ring of the parts' shares in the given order; zero parts draw nothing, negative ones are an error."""
    if any(value < 0 or not math.isfinite(value) for _, value in parts):
        raise ValueError("a ring needs finite parts of zero or more")
    total = sum(value for _, value in parts)
    radius, thick, middle = 92.0, 34.0, 120.0
    around = 2 * math.pi * radius
    rings, start = [], 0.0
    for index, (label, value) in enumerate(parts):
        share = value / total if total else 0.0
        if share <= 0:
            continue
        # A ring segment is a dashed circle: exact for every share, a full ring included.
        rings.append(
            tag(
                "circle",
                tag("title", escape(f"{label}: {share:.1%}")),
                cx=middle,
                cy=middle,
                r=radius,
                fill="none",
                class_=f"ring {colour(index)}",
                stroke_width=thick,
                stroke_dasharray=f"{share * around:.3f} {around:.3f}",
                stroke_dashoffset=f"{-start * around:.3f}",
                transform=f"rotate(-90 {middle:.0f} {middle:.0f})",
            )
        )
        if share < 1:
            angle = 2 * math.pi * start - math.pi / 2
            inner, outer = radius - thick / 2 - 1, radius + thick / 2 + 1
            rings.append(
                tag(
                    "line",
                    class_="gap",
                    x1=middle + inner * math.cos(angle),
                    y1=middle + inner * math.sin(angle),
                    x2=middle + outer * math.cos(angle),
                    y2=middle + outer * math.sin(angle),
                )
            )
        start += share
    if not rings:
        rings.append(tag("circle", cx=middle, cy=middle, r=radius, fill="none", class_="empty", stroke_width=thick))
    words = tag("text", escape(centre), x=middle, y=middle - 1, class_="big") + tag(
        "text", escape(below), x=middle, y=middle + 20, class_="small"
    )
    summary = ", ".join(f"{label} {value / total:.1%}" for label, value in parts if value > 0) if total else "no value"
    return drawing(
        "".join(rings) + words, ident=ident, title=title, summary=summary, width=240, height=240, css="donut"
    )


def bars(rows: Sequence[Bar], *, ident: str, title: str, label_width: int = 190, marks: str = "target") -> str:
    """Horizontal bars on one scale, longest value at full length; a target is a tick across its bar."""
    if any(row.value < 0 or not math.isfinite(row.value) for row in rows):
        raise ValueError("bars need finite values of zero or more")
    reach = max([row.value for row in rows] + [row.target or 0.0 for row in rows] + [1e-9])
    step, thick, value_width = 29, 13, 150 if any(row.note for row in rows) else 70
    room = WIDTH - label_width - value_width
    drawn = []
    for index, row in enumerate(rows):
        middle = step * index + step / 2
        length = room * row.value / reach
        drawn.append(tag("text", escape(clipped(row.label, label_width // 8)), x=0, y=middle + 5, class_="label"))
        drawn.append(tag("rect", x=label_width, y=middle - thick / 2, width=room, height=thick, class_="track", rx=3))
        if length > 0:
            drawn.append(
                tag(
                    "rect",
                    x=label_width,
                    y=middle - thick / 2,
                    width=length,
                    height=thick,
                    class_=f"bar {colour(index)}",
                    rx=min(3.0, length / 2),
                )
            )
        if row.target is not None:
            at = label_width + room * row.target / reach
            drawn.append(tag("line", x1=at, x2=at, y1=middle - thick / 2 - 5, y2=middle + thick / 2 + 5, class_="tick"))
        drawn.append(tag("text", escape(row.text), x=WIDTH - value_width + 60, y=middle + 5, class_="value"))
        if row.note:
            drawn.append(tag("text", escape(row.note), x=WIDTH, y=middle + 5, class_="value quiet"))
    summary = "; ".join(
        f"{row.label} {row.text} {row.note}".rstrip()
        + (f", {marks} {row.target:.0f}%" if row.target is not None else "")
        for row in rows
    )
    return drawing(
        "".join(drawn),
        ident=ident,
        title=title,
        summary=summary or "no rows",
        width=WIDTH,
        height=max(step * len(rows), step),
        css="bars",
    )


def hundred(share: float, *, ident: str, title: str) -> str:
    """A hundred dots for 0 to 100 percent: filled ones succeed, rings do not."""
    if not 0 <= share <= 100:
        raise ValueError("a share lies between 0 and 100")
    filled = round(share)
    dots = []
    for index in range(100):
        row, column = divmod(index, 10)
        css, radius = ("dot on", 7.2) if index < filled else ("dot off", 6.2)
        dots.append(tag("circle", cx=12 + column * 22, cy=12 + row * 22, r=radius, class_=css))
    return drawing(
        "".join(dots),
        ident=ident,
        title=title,
        summary=f"{filled} of 100 dots are filled",
        width=222,
        height=222,
        css="hundred",
    )
