"""How verdicts of the SOC 2 rules look: findings by resource, totals, rules."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from soc2.evidence import records, rule_records
from soc2.profile import Profile
from soc2.rule import Result, Rule, Severity, Status

if TYPE_CHECKING:
    from soc2.criteria import Criterion

GRAVITY = list(Severity)
STYLE = {Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow", Severity.LOW: "cyan"}
COLUMNS = (Status.NON_COMPLIANT, Status.UNDECIDED, Status.COMPLIANT, Status.NOT_APPLICABLE)
MOST_REASONS = 12
"""Reasons of undecided verdicts that are printed; JSON has all of them."""
NARROW = 90
"""Columns below which a table of rules leaves too little for their titles."""


@dataclass(frozen=True)
class Judged:
    """What the rules said of one or more applications, and as what they took them."""

    results: Sequence[Result]
    files: dict[str, str]
    notes: Sequence[str]
    profile: Profile

    @property
    def findings(self) -> list[Result]:
        """What is wrong, the gravest first."""
        found = [result for result in self.results if result.status is Status.NON_COMPLIANT]
        return sorted(found, key=lambda result: GRAVITY.index(result.rule.severity))

    @property
    def undecided(self) -> list[Result]:
        """What cannot be decided before deployment."""
        return [result for result in self.results if result.status is Status.UNDECIDED]


def show(console: Console, judged: Judged) -> None:
    """Findings by resource, what is undecided and why, and the totals."""
    by_resource: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in judged.findings:
        by_resource[result.path, result.type].append(result)
    for (path, kind), results in by_resource.items():
        one = results[0]
        console.print(f"\n[bold]{escape(path)}[/bold]  [dim]{escape(kind)}[/dim]", highlight=False, soft_wrap=True)
        where = f"{judged.files.get(one.stack, one.stack)}: {one.logical_id}" if one.logical_id else ""
        if where:
            console.print(f"  [dim]{escape(where)}[/dim]", highlight=False, soft_wrap=True)
        for result in results:
            _finding(console, result)
    _undecided(console, judged.undecided)
    console.print()
    console.print(_totals(judged.results))
    for note in judged.notes:
        console.print(f"note: {note}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def _finding(console: Console, result: Result) -> None:
    rule, style = result.rule, STYLE[result.rule.severity]
    criteria = escape(f"[{', '.join(rule.criteria)}]")
    head = f"  [{style}]{rule.severity.upper()}[/{style}] [bold]{rule.id}[/bold] {criteria} {escape(rule.title)}"
    console.print(head, highlight=False, soft_wrap=True)
    for broken in result.broken:
        at = f"{broken.at}: " if broken.at else ""
        console.print(f"    found: {at}{broken.found}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"    fix:   {rule.fix}", markup=False, highlight=False, soft_wrap=True)


def _undecided(console: Console, results: Sequence[Result]) -> None:
    if not results:
        return
    console.print(f"\n[bold]Undecided before deployment ({len(results)})[/bold]", highlight=False)
    reasons: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        reasons[result.reason].append(result)
    ordered = sorted(reasons.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    for reason, concerned in ordered[:MOST_REASONS]:
        rules = ", ".join(sorted({result.rule.id for result in concerned}))
        more = f" and {len(concerned) - 1} more" if len(concerned) > 1 else ""
        console.print(
            f"  {reason}\n    {rules}: {concerned[0].path}{more}", markup=False, highlight=False, soft_wrap=True
        )
    if len(ordered) > MOST_REASONS:
        console.print(f"  and {len(ordered) - MOST_REASONS} other reasons: --format json shows all", style="dim")


def _totals(results: Iterable[Result]) -> Table:
    counts = Counter((result.rule.severity, result.status) for result in results)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Severity")
    for status in COLUMNS:
        table.add_column(status.value, justify="right")
    for severity in GRAVITY:
        row = [str(counts[severity, status]) for status in COLUMNS]
        table.add_row(f"[{STYLE[severity]}]{severity}[/{STYLE[severity]}]", *row)
    table.add_section()
    table.add_row("all", *(str(sum(counts[severity, status] for severity in GRAVITY)) for status in COLUMNS))
    return table


def as_json(judged: Judged) -> dict[str, Any]:
    """The same for programs: findings and undecided verdicts whole, the rest as totals by severity and status."""
    totals: dict[str, dict[str, int]] = {severity.value: {} for severity in GRAVITY}
    for (severity, status), count in Counter((r.rule.severity, r.status) for r in judged.results).items():
        totals[severity.value][status.value] = count
    rules = {result.rule.id: result.rule for result in (*judged.findings, *judged.undecided)}
    return {
        "judged_as": {"environment": judged.profile.environment, "production": judged.profile.production},
        "findings": [record.model_dump(mode="json") for record in records(judged.findings)],
        "undecided": [record.model_dump(mode="json") for record in records(judged.undecided)],
        "rules": {record.id: record.model_dump(mode="json") for record in rule_records(rules.values())},
        "totals": totals,
        "files": judged.files,
        "notes": list(judged.notes),
    }


def list_rules(console: Console, rules: Sequence[Rule]) -> None:
    """The table of rules; where it would squeeze what they control, each rule takes two lines instead."""
    if console.width < NARROW:
        for rule in rules:
            grave = f"[{STYLE[rule.severity]}]{rule.severity}[/{STYLE[rule.severity]}]"
            head = f"[bold]{rule.id}[/bold]  {grave}  {', '.join(rule.criteria)}"
            console.print(head, highlight=False, soft_wrap=True)
            console.print(Padding(escape(rule.title), (0, 0, 0, 2)), highlight=False)
    else:
        console.print(_table(rules))
    criteria = {criterion for rule in rules for criterion in rule.criteria}
    console.print(f"{len(rules)} rules for {len(criteria)} criteria", style="dim", highlight=False)


def _table(rules: Sequence[Rule]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("Rule", "Severity"):
        table.add_column(name, no_wrap=True)
    table.add_column("Criteria", max_width=18)
    table.add_column("Control", overflow="fold")
    for rule in rules:
        style = STYLE[rule.severity]
        table.add_row(rule.id, f"[{style}]{rule.severity}[/{style}]", ", ".join(rule.criteria), escape(rule.title))
    return table


def list_processes(console: Console, criteria: Iterable["Criterion"]) -> None:
    """What shows criteria that no rule serves."""
    for criterion in criteria:
        head = f"{criterion.id} {criterion.title}"
        console.print(f"{head}: no rule: shown by process: {criterion.process}", markup=False, highlight=False)


def show_rule(console: Console, rule: Rule, criteria: Iterable[str]) -> None:
    """One rule with everything that is known of it; ``criteria`` with their names."""
    described = " ".join((rule.judge.__doc__ or "").split())
    console.print(f"[bold]{rule.id}[/bold]  {escape(rule.title)}", highlight=False, soft_wrap=True)
    for name, value in (
        ("severity", rule.severity.value),
        ("judges", ", ".join(rule.on)),
        ("criteria", "\n              ".join(criteria)),
        ("requirements", ", ".join(rule.requirements) or "none"),
        ("fix", rule.fix),
        ("accept with", f"SOC2::{rule.id}, or SOC2::{rule.id}[...] as the finding says"),
        ("source", rule.module),
        ("about", described),
    ):
        if value:
            console.print(f"{name + ':':<14}{value}", markup=False, highlight=False, soft_wrap=True)
