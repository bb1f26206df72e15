"""The report's section about retirement: how often the money lasts, the range of outcomes, the expected path."""

from html import escape
from typing import Any

from alex import charts_axis as axis
from alex import charts_svg as svg
from alex.figures import compact, counted, money, percent, words
from alex.markdown import to_html
from alex.report_money import table
from alex.result import Analysis


def retirement(analysis: Analysis) -> str:
    """Success rate, range of outcomes, expected path with milestones, and the analyst's words."""
    numbers = analysis.retirement
    if "success_rate" not in numbers:
        said = to_html(analysis.retirement_text, top=3) if analysis.retirement_text else ""
        return f"<p>The retirement simulation gave no result for this analysis.</p>{said}"
    rate = float(numbers["success_rate"])
    years, horizon = numbers.get("years_until_retirement", 0), numbers.get("retirement_years", 30)
    dots = svg.hundred(rate, ident="futures", title=f"{rate:.1f} percent of simulated futures succeed")
    facts = [
        ("Simulated futures", f"{int(numbers.get('paths', 0)):,}"),
        ("Income wanted in the first year", money(numbers.get("target_income", 0))),
        (
            "Expected value at retirement" if years else "Value today",
            money(numbers.get("expected_value_at_retirement", 0)),
        ),
        (
            f"Income it sustains at {float(numbers.get('withdrawal_rate', 4)):g}%",
            money(numbers.get("sustainable_income", 0)),
        ),
        *([("Contribution a year until then", money(numbers.get("annual_contribution", 0)))] if years else []),
        ("Average years the money lasts", f"{float(numbers.get('average_years_lasted', 0)):.1f} of {horizon}"),
        (
            "Mean return, volatility",
            f"{float(numbers.get('mean_return', 0)):.1f}%, {float(numbers.get('volatility', 0)):.1f}%",
        ),
    ]
    listed = table(
        "What the simulation assumes and finds", ["Figure", "Value"], [[escape(k), escape(v)] for k, v in facts]
    )
    lasting = (
        f"In <strong>{percent(rate)}</strong> of the simulated futures the money lasts {horizon} years of retirement, "
        + (f"which begins in {counted(years, 'year')}." if years else "which begins now.")
    )
    charts = _outcomes(numbers, horizon) + _path(numbers)
    return f'<p class="lead">{lasting}</p><div class="two">{dots}{listed}</div>{charts}{_words(analysis)}'


def _outcomes(numbers: dict[str, Any], horizon: int) -> str:
    found = [numbers.get(name) for name in ("percentile_10", "median_final_value", "percentile_90")]
    if any(value is None for value in found):
        return ""
    low, middle, high = (float(value) for value in found if value is not None)
    if not low <= middle <= high:
        return ""
    title = f"Money left after {horizon} years of retirement"
    if high <= 0:
        return f"<h3>{title}</h3><p>None in at least nine of ten futures, so there is no range to draw.</p>"
    drawn = axis.spread(low, middle, high, ident="spread", title=title)
    return f'<h3>{title}</h3><p class="sub">Eight futures in ten end between the outer marks.</p>{drawn}'


def _path(numbers: dict[str, Any]) -> str:
    stones = [stone for stone in numbers.get("milestones") or () if isinstance(stone, dict)]
    if len(stones) < 2:
        return ""
    turn = float(numbers.get("years_until_retirement", 0))
    points = [axis.Point(float(stone["year"]), float(stone["value"])) for stone in stones]
    drawn = axis.path(
        points,
        ident="path",
        title="Expected value over time at the mean return",
        turn=turn,
        turn_text="retirement",
        summary="; ".join(f"year {point.x:.0f} {compact(point.y)}" for point in points),
    )
    rows = [
        [
            f"{stone['year']}",
            f"{stone['age']}" if stone.get("age") is not None else "",
            escape(words(str(stone.get("phase", "")))),
            money(stone["value"]),
            money(stone.get("withdrawal", 0)),
        ]
        for stone in stones
    ]
    listed = table(
        "Milestones of the expected path",
        ["Years from now", "Age", "Phase", "Value", "Withdrawn that year"],
        rows,
        numeric=3,
    )
    return (
        f'<h3>Expected path</h3><p class="sub">If every year brought the mean return; real years will not.</p>{drawn}'
        f"<details open><summary>Milestones</summary>{listed}</details>"
    )


def _words(analysis: Analysis) -> str:
    if not analysis.retirement_text:
        return ""
    return f'<h3>In the analyst\'s words</h3><div class="prose">{to_html(analysis.retirement_text, top=4)}</div>'
