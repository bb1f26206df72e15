"""The HTML report of an evidence file, for auditors and engineers: one file that loads nothing (COMP-09, COMP-18).

Decision: the page is complete without its script, which only searches, filters and unfolds. The content security
policy names the hash of that one script, so that no text of a template could run even if it were not escaped.
"""

import base64
import hashlib
from html import escape
from pathlib import Path

from alex import places
from alex.evidence import report_chart as chart
from alex.evidence import report_lists as lists
from alex.evidence import report_parts as parts
from alex.evidence.report_model import ORDER, Model, model_of
from alex.report_money import table
from soc2.evidence import Evidence
from soc2.rule import Status

_SECTIONS = (
    ("summary", "Summary"),
    ("open", "Open findings"),
    ("undecided", "Undecided"),
    ("exceptions", "Exceptions"),
    ("criteria", "Criteria"),
    ("controls", "Controls and resources"),
    ("switched-off", "Rules switched off"),
    ("index", "Index of rules"),
    ("provenance", "Provenance"),
)


def write(evidence: Evidence, file: Path) -> None:
    """Write the report; the same evidence always makes the same file.

    :raises ValueError: the evidence contradicts itself, see `model_of`.
    """
    places.written(file, render(evidence))


def render(evidence: Evidence) -> str:
    """The whole page.

    :raises ValueError: as `write`.
    """
    model = model_of(evidence)
    bodies = {
        "summary": _summary(model),
        "open": lists.verdicts(model, Status.NON_COMPLIANT),
        "undecided": lists.verdicts(model, Status.UNDECIDED),
        "exceptions": lists.exceptions(model),
        "criteria": parts.criteria(model),
        "controls": parts.controls(model),
        "switched-off": lists.switched_off(model),
        "index": lists.index(model),
        "provenance": lists.provenance(model),
    }
    shown = [(key, title) for key, title in _SECTIONS if bodies[key]]
    sections = "\n".join(
        f'<section id="{key}" aria-labelledby="{key}-h"><h2 id="{key}-h">{title}</h2>{bodies[key]}</section>'
        for key, title in shown
    )
    css, script = _asset("../report.css") + _asset("report.css"), _asset("report.js")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_policy(css, script)}">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>SOC 2 evidence for {escape(evidence.provenance.environment)}</title>
<style>{css}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the evidence</a>
<div class="sheet evidence">
{_head(model)}
{_notices(model)}
<nav aria-label="Sections"><ol>{"".join(f"<li>{parts.link(key, title)}</li>" for key, title in shown)}</ol></nav>
{_tools(model)}
<main id="main">
{sections}
<p id="nothing" class="notice" hidden>Nothing in this report matches.</p>
</main>
<footer><p>Made from the evidence of {escape(evidence.provenance.environment)} alone. It states what templates show
before they are deployed; it is no auditor's opinion.</p></footer>
</div>
<script>{script}</script>
</body>
</html>
"""


def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text("utf-8")


def _policy(css: str, script: str) -> str:
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (css, script)]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _head(model: Model) -> str:
    found = model.evidence.provenance
    rows = [
        ("Judged", f"{found.at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Commit", found.commit[:12] + (" with changes" if found.changed else "")),
        ("Templates", f"{len(found.templates)}"),
        ("Rules", f"{len(model.controls)}"),
        ("Verdicts", f"{len(model.evidence.results):,}"),
    ]
    meta = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    kind = "Production" if found.production else "Not a production environment"
    return f"""<header class="top"><div><div class="brand">Alex</div>
<h1>SOC 2 evidence: {escape(found.environment)}</h1><p class="lead">{kind}. What its templates show of the Trust
Services Criteria, {parts.link("provenance", "made from one evidence file")}.</p></div>
<dl class="meta">{meta}</dl></header>"""


def _notices(model: Model) -> str:
    ended = sum(accepted.days_left < 0 for accepted in model.exceptions)
    soon = sum(0 <= accepted.days_left <= lists.SOON for accepted in model.exceptions)
    said = []
    if count := model.counts[Status.NON_COMPLIANT]:
        said.append(("bad", "open", f"Open findings: {count:,}. Nobody has fixed or accepted them."))
    if ended:
        said.append(("bad", "exceptions", f"Exceptions that had ended on the day of the evidence: {ended}."))
    if count := model.counts[Status.UNDECIDED]:
        said.append(("warn", "undecided", f"Undecided: {count:,}. The templates leave open what will be deployed."))
    if soon:
        said.append(("warn", "exceptions", f"Exceptions that end within {lists.SOON} days: {soon}."))
    if model.evidence.provenance.changed:
        said.append(("warn", "provenance", "The source had changes that no commit holds; nobody can repeat this run."))
    return "".join(
        f'<div class="notice {css}" role="note"><ul>{"".join(lines)}</ul></div>'
        for css in ("bad", "warn")
        if (
            lines := [
                f"<li>{text} {parts.link(anchor, 'See which')}</li>" for kind, anchor, text in said if kind == css
            ]
        )
    )


def _tools(model: Model) -> str:
    """Search and filters; hidden until the script, which they need, shows them."""
    chips = "".join(
        f'<button type="button" class="chip" aria-pressed="false" data-s="{chart.STYLES[status]}">{status} '
        f"<span>{model.counts[status]:,}</span></button>"
        for status in ORDER
        if model.counts.get(status)
    )
    return (
        '<div id="tools" role="search" hidden><label class="vh" for="q">Search criteria, rules and resources</label>'
        '<input id="q" type="search" placeholder="Search criteria, rules, resources   ( / )" autocomplete="off" '
        f'spellcheck="false"><div class="chips" role="group" aria-label="Filter by verdict">{chips}</div>'
        '<button type="button" id="unfold" class="chip" aria-pressed="false">unfold all</button>'
        '<p id="hits" role="status" aria-live="polite"></p></div>'
    )


def _summary(model: Model) -> str:
    cards = "".join(
        f'<div class="figure"><p class="name">{status.capitalize()}</p><p class="amount">{model.counts[status]:,}</p>'
        f'<p class="under">{under}</p></div>'
        for status, under in (
            (Status.COMPLIANT, "a rule holds for a resource"),
            (Status.NON_COMPLIANT, "findings nobody accepted"),
            (Status.UNDECIDED, "the template leaves it open"),
            (Status.ACKNOWLEDGED, "accepted, with owner and end"),
            (Status.NOT_APPLICABLE, "the rule says why not"),
        )
    )
    rows = [chart.Row(group, counts) for group, counts in model.group_counts().items()]
    drawn = "".join(chart.bars(rows, layout) for layout in (chart.BROAD, chart.NARROW))  # the page shows one of them
    legend = "".join(f'<li><span class="key {chart.STYLES[status]}"></span>{status}</li>' for status in chart.DRAWN)
    return (
        f'<div class="figures five">{cards}</div><h3>By category of criteria</h3><p class="sub">Share of the verdicts '
        "that a category's rules passed on resources; a rule may speak for several categories.</p>"
        f'<ul class="legend">{legend}</ul><div class="plain wide">{drawn}</div>{_standings(model)}'
    )


def _standings(model: Model) -> str:
    rows = []
    for standing in parts.STANDINGS:
        found = [judged.criterion.id for judged in model.criteria if judged.standing == standing]
        if found:
            rows.append([parts.badge(standing, parts.STANDINGS[standing]), f"{len(found)}", parts.links(found)])
    return table("Where the criteria stand", ["Standing", "Criteria", "Which"], rows, numeric=9)
