"""The evidence report's two long sections: criteria, and the controls with the resources behind them.

Decision: each resource stands in the file once, below its control. A criterion names its controls with their counts;
opened on screen, the script shows the control's resources there too; on paper and without script the link leads on.
That keeps thousands of verdicts below two megabytes, and a print from saying everything three times.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from alex.evidence.report_chart import STYLES
from alex.evidence.report_model import ATTENTION, ORDER, Control, Counts, Judged, Model, Standing, said, summary
from alex.report_money import table
from soc2.evidence import ResultRecord
from soc2.rule import Severity, Status

STANDINGS = {
    Standing.OPEN: "s-non-compliant",
    Standing.UNDECIDED: "s-undecided",
    Standing.EXCEPTIONS: "s-acknowledged",
    Standing.HOLDS: "s-compliant",
    Standing.NOTHING: "s-not-applicable",
    Standing.TESTS: "s-compliant",
    Standing.PROCESS: "s-not-applicable",
}
"""CSS class of each standing."""

_SEVERITIES = {Severity.CRITICAL: "bad-mark", Severity.HIGH: "warned"}
_BY_CODE = {
    "yes": "Code shows how it is built, completely.",
    "partly": "Code shows a part of it.",
    "no": "Code cannot show it.",
}


def badge(text: str, css: str) -> str:
    """A word in a frame; colour never stands alone."""
    return f'<span class="badge {css}">{escape(text)}</span>'


def status_badge(status: Status) -> str:
    """A verdict as a badge."""
    return badge(status, STYLES[status])


def severity_badge(severity: Severity) -> str:
    """A severity as a badge."""
    return badge(severity, _SEVERITIES.get(severity, "calm"))


def mono(text: str) -> str:
    """Escaped text as it stands in code."""
    return f'<span class="mono">{escape(text)}</span>'


def link(anchor: str, text: str = "") -> str:
    """A link inside the page."""
    return f'<a href="#{escape(anchor)}">{escape(text or anchor)}</a>'


def links(anchors: Iterable[str]) -> str:
    """Links inside the page, in one line."""
    return ", ".join(link(anchor) for anchor in anchors)


def tally(counts: Counts) -> str:
    """Counts by verdict, each with its mark; what is not there unsaid."""
    marks = (
        f'<span class="count {STYLES[status]}" title="{status}">{counts[status]:,}'
        f'<span class="vh"> {status}</span></span>'
        for status in ORDER
        if counts.get(status)
    )
    return "".join(marks) or '<span class="sub">nothing to judge</span>'


def listing(caption: str, heads: list[str], rows: list[tuple[str, list[str]]], *, numeric: int = 9) -> str:
    """A table whose rows the search can hide; each row comes with its attributes, the cells are HTML already."""
    lines = "".join(
        f"<tr {attributes}>"
        + "".join(f"<td{' class=n' if index >= numeric else ''}>{cell}</td>" for index, cell in enumerate(cells))
        + "</tr>"
        for attributes, cells in rows
    )
    return table(caption, heads, [], numeric=numeric).replace("<tbody></tbody>", f"<tbody>{lines}</tbody>")


def criteria(model: Model) -> str:
    """Every criterion under its group."""
    parts = []
    for group, judged in groupby(model.criteria, key=lambda one: one.group):
        articles = "\n".join(_criterion(one) for one in judged)
        parts.append(f'<div class="category"><h3>{escape(group)}</h3>{articles}</div>')
    return "\n".join(parts)


def _criterion(judged: Judged) -> str:
    one = judged.criterion
    rows = "".join(_named(control) for control in sorted(judged.controls, key=_worst))
    facts = [("Asks", escape(one.asks)), ("Verdict", escape(said(judged)))]
    facts.append(("By code", f"{_BY_CODE[one.evidence]} {escape(one.why or '')}"))
    if one.process:
        # The pack holds no pages of the repository, so the path is no link.
        where = " in the repository" if one.process.startswith("docs/") else ""
        facts.append(("By process", f"{escape(one.process)}{where}"))
    if one.tests:
        facts.append(("Tests", ", ".join(mono(test) for test in one.tests)))
    if one.requirements:
        facts.append(("Requirements", escape(", ".join(one.requirements))))
    listed = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in facts)
    return (
        f'<article class="criterion" id="{escape(one.id)}"><h4>{link(one.id)} {escape(one.title)} '
        f"{badge(judged.standing, STANDINGS[judged.standing])}</h4>"
        f'<dl class="facts">{listed}</dl>{rows}</article>'
    )


def _worst(control: Control) -> int:
    return min((ORDER.index(status) for status in control.counts), default=len(ORDER))


def _named(control: Control) -> str:
    rule = control.rule
    return (
        f'<details class="named" data-rule="{escape(rule.id)}"><summary>{escape(rule.title)} '
        f'<span class="mono">{escape(rule.id)}</span><span class="tally">{tally(control.counts)}</span></summary>'
        f'<p class="slot">The resources behind it: {link(rule.id)}.</p></details>'
    )


def controls(model: Model) -> str:
    """Every rule with its resources."""
    names = _names(model)
    return "\n".join(_control(control, names) for control in model.controls.values())


def _names(model: Model) -> dict[str, str]:
    """What the paths of a stack's resources begin with, such as ``Alex-prod/Data/``."""
    paths: dict[str, list[list[str]]] = defaultdict(list)
    for result in model.evidence.results:
        paths[result.stack].append(result.path.split("/"))
    return {stack: "/".join((*_common(found), "")) for stack, found in paths.items()}


def _common(paths: Sequence[list[str]]) -> list[str]:
    low, high = min(paths), max(paths)
    shared = 0
    while shared < min(len(low), len(high)) - 1 and low[shared] == high[shared]:
        shared += 1
    return low[:shared]


def _control(control: Control, names: dict[str, str]) -> str:
    rule = control.rule
    worrying = any(control.counts.get(status) for status in ATTENTION)
    said_of = f"Concerns {mono(', '.join(rule.on))}; evidence for {links(rule.criteria)}" + (
        f"; requirement {escape(', '.join(rule.requirements))}." if rule.requirements else "."
    )
    found = (
        f'<details class="results"{" open data-open" if worrying else ""}><summary>{summary(control.counts)}</summary>'
        f'<div class="found">{_resources(control, names)}</div></details>'
        if control.results
        else '<p class="sub">No resource of this environment is of that type.</p>'
    )
    return (
        f'<article class="control" id="{escape(rule.id)}"><h4>{link(rule.id)} {escape(rule.title)} '
        f'{severity_badge(rule.severity)}</h4><p class="sub">{said_of}</p>'
        f'<p class="fix"><span class="sub">Remedy:</span> {escape(rule.fix)}</p>{found}</article>'
    )


def _resources(control: Control, names: dict[str, str]) -> str:
    rows = [_row(result) for status in ATTENTION for result in control.of(status)]
    shown = listing("Verdicts to look at", ["Resource", "Stack", "Verdict", "Found"], rows) if rows else ""
    return shown + _compliant(control, names) + _unconcerned(control)


def _row(result: ResultRecord) -> tuple[str, list[str]]:
    found = "<br>".join(
        escape(problem.found)
        + (f" {mono(problem.at)}" if problem.at else "")
        + f'<br><span class="sub">id {mono(problem.acknowledge)}</span>'
        for problem in result.problems
    )
    said_of = "<br>".join(part for part in (found, escape(result.reason)) if part)
    logical = f"{result.logical_id} {result.type}".strip()
    cells = [
        f'{mono(result.path)}<br><span class="sub mono">{escape(logical)}</span>',
        mono(result.stack or "all stacks"),
        status_badge(result.status),
        said_of,
    ]
    return f'data-s="{STYLES[result.status]}"', cells


def _compliant(control: Control, names: dict[str, str]) -> str:
    several = len(control.rule.on) > 1
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for result in control.of(Status.COMPLIANT):
        groups[result.stack, result.type if several else ""].append(result.path)
    parts = []
    for (stack, kind), paths in sorted(groups.items()):
        start = names[stack]
        where = f"{start.rstrip('/') or stack or 'all stacks'}{f' {kind}' if kind else ''}"
        items = "".join(f"<li>{escape(path.removeprefix(start))}</li>" for path in paths)
        parts.append(_group(Status.COMPLIANT, where, start, items))
    return "".join(parts)


def _unconcerned(control: Control) -> str:
    groups: dict[str, list[str]] = defaultdict(list)
    for result in control.of(Status.NOT_APPLICABLE):
        groups[result.reason].append(result.path)
    return "".join(
        _group(Status.NOT_APPLICABLE, reason, "", "".join(f"<li>{escape(path)}</li>" for path in paths))
        for reason, paths in sorted(groups.items())
    )


def _group(status: Status, what: str, start: str, items: str) -> str:
    return (
        f'<div class="group" data-s="{STYLES[status]}" data-p="{escape(start)}"><p>{status_badge(status)} '
        f'<span class="what">{escape(what)}</span></p><ul>{items}</ul></div>'
    )
