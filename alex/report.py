"""The HTML report of an analysis: one file, no script, no external resource; it reads on paper, on screen and aloud."""

from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from pathlib import Path

from alex import (
    report_approval,
    report_audit,
    report_evidence,
    report_money,
    report_retirement,
    report_trace,
    report_trades,
)
from alex.figures import money, percent
from alex.result import Analysis

_SECTIONS = (
    ("allocation", "Allocation"),
    ("holdings", "Holdings"),
    ("recommendations", "Recommendations"),
    ("rebalancing", "Rebalancing"),
    ("retirement", "Retirement"),
    ("narrative", "The analyst's report"),
    ("quality", "Data quality"),
    ("approval", "Approval"),
    ("audit", "Assumptions &amp; audit"),
    ("trace", "Trace"),
    ("disclosures", "Disclosures"),
)


def render(analysis: Analysis, *, simulated: bool, made_at: datetime | None = None) -> str:
    """The whole page.

    :param simulated: the model was the local analyst, which the page says at its top.
    :param made_at: time of writing; now when absent.
    """
    moment = (made_at or datetime.now(UTC)).astimezone(UTC)
    bodies = {
        "allocation": report_money.allocation(analysis),
        "holdings": report_money.holdings(analysis),
        "recommendations": report_money.recommendations(analysis),
        "rebalancing": report_trades.rebalancing(analysis),
        "retirement": report_retirement.retirement(analysis),
        "narrative": report_evidence.narrative(analysis),
        "quality": report_evidence.quality(analysis),
        "approval": report_approval.section(analysis),
        "audit": report_audit.section(analysis),
        "trace": report_trace.section(analysis),
        "disclosures": report_evidence.disclosures(simulated=simulated),
    }
    links = "".join(f'<li><a href="#{key}">{title}</a></li>' for key, title in _SECTIONS if bodies[key])
    sections = "\n".join(
        f'<section id="{key}" aria-labelledby="{key}-h"><h2 id="{key}-h">{title}</h2>{bodies[key]}</section>'
        for key, title in _SECTIONS
        if bodies[key]
    )
    css = Path(__file__).with_name("report.css").read_text("utf-8")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="robots" content="noindex">
<title>Portfolio analysis for {escape(analysis.investor)}</title>
<style>
{css}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the analysis</a>
<div class="sheet">
{_head(analysis, moment)}
{_notices(analysis, simulated=simulated)}
{_figures(analysis)}
<nav aria-label="Sections"><ol>{links}</ol></nav>
<main id="main">
{sections}
</main>
<footer><p>Made by Alex {escape(version("alex"))} for job <span class="mono">{escape(analysis.job_id)}</span>.
Alex suggests, it never executes: no order was or will be placed by this analysis.</p></footer>
</div>
</body>
</html>
"""


def days(analysis: Analysis) -> str:
    """The price day, or the range of them, in words."""
    found = [datetime.fromisoformat(day).strftime("%d %B %Y").lstrip("0") for day in analysis.price_days]
    if not found:
        return "no price"
    return found[0] if len(found) == 1 else f"{found[0]} to {found[-1]}"


def _head(analysis: Analysis, moment: datetime) -> str:
    rows = [
        ("Prices as of", days(analysis)),
        ("Analysed", f"{analysis.completed_at:%Y-%m-%d %H:%M} UTC" if analysis.completed_at else "not finished"),
        ("Report written", f"{moment:%Y-%m-%d %H:%M} UTC"),
        ("Status", _status(analysis)),
    ]
    meta = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    return f"""<header class="top"><div><div class="brand">Alex</div>
<h1>Portfolio analysis</h1><p class="lead" style="margin:0">Prepared for {escape(analysis.investor)}</p></div>
<dl class="meta">{meta}</dl></header>"""


def _status(analysis: Analysis) -> str:
    decisions = analysis.approvals[-1].decisions if analysis.approvals else ()
    approved = bool(decisions) and all(one.state == "approved" for one in decisions)
    return f"{analysis.status}, approved by a person" if approved else analysis.status


def _notices(analysis: Analysis, *, simulated: bool) -> str:
    said = []
    if simulated:
        said.append(
            (
                "",
                "<strong>Local demonstration.</strong> The prices are real daily closes, all figures are computed by "
                "the platform's own engines, and the wording comes from a simulated model on this machine. "
                "This is not investment advice.",
            )
        )
    fallbacks = analysis.quality.fallbacks if analysis.quality else ()
    if fallbacks:
        said.append(
            (
                "warn",
                f"<strong>Parts of this analysis are fallbacks:</strong> {escape(', '.join(fallbacks))}. "
                "The figures are computed; their wording is standard text, and the confidence is lower for it.",
            )
        )
    if not analysis.sums_agree:
        said.append(
            (
                "bad",
                f"<strong>The sums disagree.</strong> Holdings and cash add up to "
                f"{money(analysis.held_value, cents=True)}, the platform reported "
                f"{money(analysis.total_value, cents=True)}. The portfolio may have changed since the analysis.",
            )
        )
    return "".join(f'<div class="notice {css}" role="note"><p>{text}</p></div>' for css, text in said)


def _figures(analysis: Analysis) -> str:
    numbers = analysis.retirement
    success = percent(numbers["success_rate"]) if "success_rate" in numbers else "not available"
    horizon = numbers.get("retirement_years", 30)
    under = f"of simulated futures last {horizon} years" if "success_rate" in numbers else "the simulation did not run"
    quality = analysis.quality
    confidence = f"{quality.confidence:.2f}" if quality else "not available"
    cue = f"{quality.cue} confidence, of 1.00" if quality else "no data quality was reported"
    score, volatility = analysis.risk.get("risk_score"), analysis.risk.get("volatility")
    risk = f"{score} of 10" if score is not None else "not available"
    risk_note = f"expected volatility {percent(volatility)} a year" if volatility is not None else ""
    held = f"{len(analysis.holdings)} positions in {len(analysis.accounts)} accounts"
    cards = [
        (
            "Portfolio value",
            money(analysis.total_value),
            f"{held}, {money(sum(a.cash for a in analysis.accounts))} in cash",
        ),
        ("Retirement success", success, under),
        ("Risk score", risk, risk_note),
        ("Confidence", confidence, cue),
    ]
    return (
        '<div class="figures">'
        + "".join(
            f'<div class="figure"><p class="name">{name}</p><p class="amount">{escape(amount)}</p>'
            f'<p class="under">{escape(text)}</p></div>'
            for name, amount, text in cards
        )
        + "</div>"
    )
