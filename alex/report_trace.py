"""The report's section about the trace: which agent ran when, for how long, with how many tokens, at what cost."""

from html import escape

from alex.charts_waterfall import Row, waterfall
from alex.figures import counted
from alex.report_money import table
from alex.result import Analysis, Stretch


def section(analysis: Analysis) -> str:
    """A waterfall of the spans that the functions sent, and their figures as a table."""
    found = analysis.trace
    if not found:
        return "<p>No trace arrived: <code>alex doctor traces</code> says why.</p>"
    drawn = waterfall(
        [Row(one.name, one.depth, one.starts, one.milliseconds, one.kind) for one in found],
        ident="waterfall",
        title="When each agent and each model call ran",
    )
    rows = [_row(one) for one in found]
    heads = ["Span", "Began after", "Took", "Tokens in / out", "Cost"]
    listed = table("Tokens and costs include everything below a span", heads, rows)
    return f'<p class="lead">{escape(summary(found))}</p><div class="wide">{drawn}</div>{listed}'


def summary(found: tuple[Stretch, ...]) -> str:
    """The tree in a sentence."""
    agents = [one for one in found if one.kind == "agent"]
    top = found[0]
    return (
        f"{top.milliseconds / 1000:.1f} seconds from the planner's start to its end, with "
        f"{counted(len(agents), 'agent')} below it and {counted(top.calls, 'model call')}. The bars show when each ran."
    )


def _row(one: Stretch) -> list[str]:
    mark = ' <span class="badge bad-mark">failed</span>' if one.failed else ""
    notes = f'<br><span class="sub">{escape(one.notes)}</span>' if one.notes else ""
    name = f"<strong>{escape(one.name)}</strong>" if one.kind != "generation" else escape(one.name)
    used = one.tokens_in or one.tokens_out
    return [
        f'<span class="d{min(one.depth, 3)}">{name}{mark}{notes}</span>',
        f"{one.starts:,.0f} ms",
        f"{one.milliseconds:,.0f} ms",
        f"{one.tokens_in:,} / {one.tokens_out:,}" if used else "",
        f"${one.cost_usd:.4f}" if used else "",
    ]
