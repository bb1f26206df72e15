"""The evidence report's lists: exceptions, open findings, what is undecided or switched off, the index, provenance."""

from html import escape

from alex.evidence.report_chart import STYLES
from alex.evidence.report_model import Accepted, Model, digest
from alex.evidence.report_parts import badge, link, links, listing, mono, severity_badge, tally
from alex.report_money import table
from soc2.evidence import FILE
from soc2.rule import Severity, Status

SOON = 30
"""Days before its end from which an exception is pointed out."""


def verdicts(model: Model, status: Status) -> str:
    """Every verdict of one kind with its resource; empty when there is none."""
    severities = list(Severity)
    rows = [
        (
            f'data-s="{STYLES[status]}"',
            [
                mono(result.path),
                f"{escape(control.rule.title)}<br>{link(control.rule.id)}",
                severity_badge(control.rule.severity),
                "<br>".join(escape(problem.found) for problem in result.problems) or escape(result.reason),
            ],
        )
        for control in sorted(model.controls.values(), key=lambda one: severities.index(one.rule.severity))
        for result in control.of(status)
    ]
    return listing("The gravest first", ["Resource", "Control", "Severity", "Why"], rows) if rows else ""


def exceptions(model: Model) -> str:
    """Accepted findings of every pack, the one that ends first at the top."""
    if not model.exceptions:
        return '<p class="lead">No finding of any pack is accepted in this environment.</p>'
    rows = [
        (f'data-s="{STYLES[Status.ACKNOWLEDGED]}"', _exception(accepted, model))
        for accepted in sorted(model.exceptions, key=lambda one: (one.record.expires, one.record.path, one.record.id))
    ]
    heads = ["Finding and resource", "Reason", "Owner", "Ticket", "Treatment", "Expires"]
    return _of_other_packs(model) + listing("Days are counted from the day of the evidence", heads, rows)


def _of_other_packs(model: Model) -> str:
    """How many exceptions no criterion counts; empty when there is none."""
    found = [accepted.record for accepted in model.exceptions if _rule(accepted) not in model.controls]
    if not found:
        return ""
    packs = escape(", ".join(sorted({record.pack for record in found})))
    return (
        f'<p class="lead">From other packs ({packs}): {len(found):,} of {len(model.exceptions):,}. Findings of other '
        "packs are tied to no criterion, so that no criterion's verdict below counts these exceptions.</p>"
    )


def _rule(accepted: Accepted) -> str:
    """The id of the rule that found it, without its pack and detail."""
    return accepted.record.id.partition("::")[2].partition("[")[0]


def _exception(accepted: Accepted, model: Model) -> list[str]:
    record, rule = accepted.record, _rule(accepted)
    found = link(rule, record.id) if rule in model.controls else escape(record.id)
    treatment = escape(f"{record.treatment}: {record.by}" if record.by else record.treatment)
    ticket = f'<span class="whole">{escape(record.ticket)}</span>'
    if record.ticket.startswith("https://"):
        ticket = f'<a href="{escape(record.ticket)}" rel="noopener noreferrer">{escape(record.ticket)}</a>'
    return [
        f'<span class="mono">{found}</span><br><span class="sub mono">{escape(record.path)}</span>',
        escape(record.reason),
        escape(record.owner),
        ticket,
        treatment,
        f"{record.expires.isoformat()}<br>{_left(accepted.days_left)}",
    ]


def _left(days: int) -> str:
    if days < 0:
        return badge(f"ended {-days} day{'s' if days != -1 else ''} ago", "bad-mark")
    text = "last day" if days == 0 else f"{days} day{'s' if days != 1 else ''} left"
    return badge(text, "warned" if days <= SOON else "calm")


def switched_off(model: Model) -> str:
    """Rules of other packs that are not applied."""
    found = model.evidence.switched_off
    if not found:
        return '<p class="lead">Every rule of every pack was applied.</p>'
    rows = [
        ("", [mono(rule.rule), escape(rule.reason), escape(rule.covered_by), f"{rule.findings:,}"])
        for rule in sorted(found, key=lambda rule: rule.rule)
    ]
    heads = ["Rule", "Why it is not applied", "What covers its intent", "Findings"]
    return listing("Findings are those that it would have raised", heads, rows, numeric=3)


def index(model: Model) -> str:
    """One line a rule."""
    rows = [
        (
            f'data-rule="{escape(control.rule.id)}"',
            [
                f'<span class="mono">{link(control.rule.id)}</span>',
                escape(control.rule.title),
                severity_badge(control.rule.severity),
                links(control.rule.criteria),
                f'<span class="tally">{tally(control.counts)}</span>',
            ],
        )
        for control in model.controls.values()
    ]
    heads = ["Rule", "Control", "Severity", "Criteria", "Verdicts"]
    return listing("By id; counts by verdict, the worst first", heads, rows)


def provenance(model: Model) -> str:
    """What was judged and with what, so that somebody else can judge it again."""
    found = model.evidence.provenance
    facts = [
        (f"SHA-256 of {FILE}", mono(digest(model.evidence))),
        ("Commit", mono(found.commit) + (" with uncommitted changes" if found.changed else "")),
        ("SHA-256 of the settings", mono(found.settings)),
        ("Judged as", escape(", ".join(f"{name}: {value}" for name, value in found.profile.items() if value))),
        ("Packs", escape(", ".join(model.evidence.packs))),
        ("Tools", escape(", ".join(f"{tool} {version}" for tool, version in sorted(found.tools.items())))),
    ]
    listed = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in facts)
    templates = table(
        "SHA-256 of each template",
        ["Stack", "Hash"],
        [[mono(stack), mono(value)] for stack, value in sorted(found.templates.items())],
        numeric=9,
    )
    unjudged = table(
        "Types that no SOC2 rule names",
        ["Type", "Resources"],
        [[mono(name), str(count)] for name, count in model.evidence.unjudged.items()],
        numeric=1,
    )
    return (
        f'<p class="lead">This page is a rendering; the evidence is {FILE}. Verify its signature and compare its hash '
        "with the first line before relying on what stands here: the same evidence always makes the same page.</p>"
        f'<dl class="facts">{listed}</dl>{templates}{unjudged if model.evidence.unjudged else ""}'
    )
