"""A bar per category of criteria, its verdicts side by side, as inline SVG in the house's drawing language."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from alex.charts_svg import WIDTH, clipped, drawing, tag
from alex.evidence.report_model import ORDER, Counts, summary
from soc2.rule import Status

DRAWN = tuple(reversed([status for status in ORDER if status != Status.NOT_APPLICABLE]))
"""What a bar is made of, from the left; what did not apply is no part of a share."""

STYLES = {
    Status.COMPLIANT: "s-compliant",
    Status.ACKNOWLEDGED: "s-acknowledged",
    Status.UNDECIDED: "s-undecided",
    Status.NON_COMPLIANT: "s-non-compliant",
    Status.NOT_APPLICABLE: "s-not-applicable",
}
"""CSS class of each verdict, here, on badges and on filters."""

_THICK, _LEAST = 12, 4.0


@dataclass(frozen=True)
class Layout:
    """Where the parts of a bar stand, in units of the drawing; text has the same size in each layout.

    :param labels: room before the bar.
    :param values: room after it.
    :param drop: how far below its label a bar stands; 0 is beside it.
    :param letters: the longest label that fits.
    """

    name: str
    width: int
    labels: int
    values: int
    step: int
    drop: int
    letters: int


BROAD = Layout("broad", WIDTH, labels=276, values=190, step=26, drop=0, letters=36)
NARROW = Layout("narrow", 328, labels=0, values=190, step=50, drop=20, letters=40)
"""For the screens on which the broad one would have to shrink its text, or hide the figures beside the bars."""


@dataclass(frozen=True)
class Row:
    """One bar: ``CC6 Logical and physical access`` and its verdicts."""

    label: str
    counts: Counts

    @property
    def judged(self) -> int:
        """Verdicts that a share can be taken of."""
        return sum(self.counts.get(status, 0) for status in DRAWN)


def bars(rows: Sequence[Row], layout: Layout = BROAD) -> str:
    """Every bar has the full length, so that shares compare; a single open finding is never too thin to see."""
    drawn = "".join(_bar(row, layout.step * index + 13, layout) for index, row in enumerate(rows))
    spoken = "; ".join(f"{row.label}: {summary(row.counts) if row.judged else 'by tests or process'}" for row in rows)
    return drawing(
        drawn,
        ident=f"categories-{layout.name}",
        title="Verdicts by category of criteria",
        summary=spoken or "no category",
        width=layout.width,
        height=layout.step * max(len(rows), 1),
        css=f"bars stacked {layout.name}",
    )


def _bar(row: Row, line: float, layout: Layout) -> str:
    room, middle = layout.width - layout.labels - layout.values, line + layout.drop
    parts = [
        tag("text", escape(clipped(row.label, layout.letters)), x=0, y=line + 5, class_="label"),
        tag("rect", x=layout.labels, y=middle - _THICK / 2, width=room, height=_THICK, class_="track", rx=3),
    ]
    start = float(layout.labels)
    for status, length in _lengths(row, room):
        title = tag("title", escape(f"{row.label}: {row.counts[status]} {status}"))
        place = {"x": start, "y": middle - _THICK / 2, "width": length, "height": _THICK}
        parts.append(tag("rect", title, class_=STYLES[status], **place))
        start += length
    good = row.counts.get(Status.COMPLIANT, 0)
    text = f"{good:,} of {row.judged:,} compliant" if row.judged else "by tests or process"
    css = "value" if row.judged else "value quiet"
    parts.append(tag("text", escape(text), x=layout.width, y=middle + 5, class_=css))
    return "".join(parts)


def _lengths(row: Row, room: float) -> list[tuple[Status, float]]:
    shares = [(status, row.counts[status] / row.judged) for status in DRAWN if row.counts.get(status)]
    raised: list[tuple[Status, float]] = [(status, max(share * room, _LEAST)) for status, share in shares]
    if raised:
        # What the smallest ones were given, the longest gives up.
        longest = max(range(len(raised)), key=lambda index: raised[index][1])
        status, length = raised[longest]
        raised[longest] = status, length - (sum(part for _, part in raised) - room)
    return raised
