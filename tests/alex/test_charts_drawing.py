"""The charts that investors and auditors read: well-formed, inside their frame, honest about every value."""

import itertools
import math
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alex import charts_axis as axis
from alex import charts_svg as svg

SPACE = "{http://www.w3.org/2000/svg}"
LABELS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=60)
AMOUNTS = st.floats(min_value=0, max_value=1e12, allow_nan=False)
MONEY = st.floats(min_value=-1e9, max_value=1e12, allow_nan=False)


def parsed(drawing: str) -> ET.Element:
    """The element tree; fails on anything that is no XML."""
    return ET.fromstring(drawing)


def numbers(drawing: str) -> list[float]:
    """Every coordinate and length of a drawing's geometry."""
    names = ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height")
    return [float(e.get(n, "0")) for e in parsed(drawing).iter() for n in names if e.get(n) is not None]


def assert_sound(drawing: str) -> None:
    """Named for screen readers, finite, inside the frame, no script and nothing loaded."""
    root = parsed(drawing)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    named = set(root.attrib["aria-labelledby"].split())
    assert root.attrib["role"] == "img"
    assert named == {e.get("id") for e in root if e.tag in {"title", "desc"}}
    assert all(math.isfinite(n) and -1 <= n <= max(width, height) + 1 for n in numbers(drawing))
    assert not re.search(
        r"<script|<image|<foreignObject|href|url\(", re.sub(r"<(title|desc|text)[^>]*>[^<]*", "", drawing)
    )


@given(st.lists(st.tuples(LABELS, AMOUNTS), max_size=14))
def test_ring_shows_each_share_exactly(parts: Any) -> None:
    """A ring whose segments do not add up would mislead an investor about the mix."""
    drawing = svg.donut(parts, ident="r", title="t", centre="$1", below="total")
    assert_sound(drawing)
    total = sum(value for _, value in parts)
    drawn = [float(v) for v in re.findall(r'stroke-dasharray="([\d.]+) ', drawing)]
    around = 2 * math.pi * 92
    assert sum(drawn) <= around + 0.02
    if total > 0:
        assert sum(drawn) == pytest.approx(around, abs=0.02)


@given(st.lists(st.tuples(LABELS, AMOUNTS, st.none() | st.floats(0, 100)), max_size=20))
def test_bars_are_proportional_and_stay_in_their_track(rows: Any) -> None:
    """A bar that is longer than its share, or that leaves the frame, is a wrong figure."""
    drawing = svg.bars([svg.Bar(n, v, f"{v:.1f}%", target=t) for n, v, t in rows], ident="b", title="t")
    assert_sound(drawing)
    drawn = list(parsed(drawing).iter("rect"))
    lengths = [float(e.get("width", "0")) for e in drawn if "bar" in str(e.get("class")).split()]
    tracks = [float(e.get("width", "0")) for e in drawn if e.get("class") == "track"]
    assert len(tracks) == len(rows)
    assert all(length <= tracks[0] + 0.01 for length in lengths)
    reach = max([v for _, v, _ in rows] + [t or 0 for *_, t in rows] + [1e-9])
    expected = [length for _, v, _ in rows if (length := (tracks or [0])[0] * v / reach) > 0]
    assert lengths == pytest.approx(expected, abs=0.02)


@given(st.floats(0, 100))
def test_hundred_dots_round_to_the_success_rate(share: float) -> None:
    """The picture of the success rate must say the same as the number beside it."""
    drawing = svg.hundred(share, ident="h", title="t")
    assert_sound(drawing)
    assert drawing.count('class="dot on"') == round(share)
    assert drawing.count('class="dot o') == 100


@given(st.lists(AMOUNTS, min_size=3, max_size=3).map(sorted))
def test_range_of_outcomes_keeps_order_and_labels_apart(values: list[float]) -> None:
    """Percentiles drawn out of order, or labels on top of each other, cannot be read."""
    drawing = axis.spread(*values, ident="s", title="t")
    assert_sound(drawing)
    knobs = [float(e.get("cx", "0")) for e in parsed(drawing).iter("circle")]
    assert knobs == sorted(knobs)
    texts = [float(e.get("x", "0")) for e in parsed(drawing).iter("text") if e.get("class") == "knob-value"]
    assert all(b - a >= 103 for a, b in itertools.pairwise(texts))


@given(
    st.lists(st.tuples(st.integers(0, 80), MONEY), min_size=2, max_size=30, unique_by=lambda p: p[0]),
    st.integers(0, 60),
)
def test_path_stays_in_its_frame(points: Any, turn: int) -> None:
    """Any future, a bankrupt one included, must be drawable."""
    made = [axis.Point(float(x), y) for x, y in points]
    drawing = axis.path(made, ident="p", title="t", turn=float(turn), turn_text="retirement", summary="s")
    assert_sound(drawing)
    assert drawing.count('class="point"') == len(points)


@given(MONEY, st.floats(min_value=0, max_value=1e12))
def test_axis_covers_its_values_with_few_round_steps(low: float, span: float) -> None:
    """An axis that ends below a value would cut the chart off."""
    marks = axis.ticks(low, low + span)
    slack = 1e-6 * max(abs(low), span, 1)  # far less than a pixel
    assert marks[0] <= low + slack
    assert marks[-1] >= low + span - slack
    assert 2 <= len(marks) <= 13
    assert marks == sorted(set(marks))


@given(LABELS)
def test_labels_cannot_become_markup(label: str) -> None:
    """An account name is a user's text: it must never add an element to the report."""
    hostile = f'{label}"><script>alert(1)</script>'
    for drawing in (
        svg.donut([(hostile, 1.0), ("b", 2.0)], ident="a", title=hostile, centre=hostile, below="x"),
        svg.bars([svg.Bar(hostile, 1.0, hostile)], ident="a", title=hostile),
    ):
        assert {e.tag for e in parsed(drawing).iter()} <= {"svg", "title", "desc", "circle", "line", "rect", "text"}


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_unusable_figures_are_refused(value: float) -> None:
    """A chart of nothing must fail loudly, not draw something plausible."""
    with pytest.raises(ValueError, match="finite"):
        svg.donut([("a", value)], ident="a", title="t", centre="", below="")
    with pytest.raises(ValueError, match="finite"):
        svg.bars([svg.Bar("a", value, "")], ident="a", title="t")
    with pytest.raises(ValueError, match="between 0 and 100"):
        svg.hundred(value if math.isnan(value) else 101.0, ident="a", title="t")
    with pytest.raises(ValueError, match="in order"):
        axis.spread(2.0, 1.0, 3.0, ident="a", title="t")
