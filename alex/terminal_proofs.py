"""Approval, audit and trace in the terminal: the same facts as in the report, in lines that a person reads."""

from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from alex import report_approval, report_audit
from alex.figures import words
from alex.result import Analysis, Approval, Decision, Stretch

_STATES = {"approved": "green", "rejected": "bold red", "expired": "bold red", "requested": "yellow"}
_VERDICTS = {"PASS": "green", "FAIL": "bold red"}
_BAR = 24
_NARROW = 84
"""Below so many columns a table keeps what a person reads first; the report has the rest."""


def approval(console: Console, analysis: Analysis) -> None:
    """Why a person had to look, or had not to; who decided what, and what the investor saw."""
    for number, one in enumerate(analysis.approvals, 1):
        if len(analysis.approvals) > 1:
            _line(console, Text(report_approval.title(one, number), style="bold"))
        _judged(console, one)
    if not analysis.approvals:
        _line(console, "not asked for")


def _judged(console: Console, one: Approval) -> None:
    _line(console, report_approval.lead(one))
    if fine := report_approval.passed(one):
        _line(console, Text("passed: ", style="dim").append(fine, style="default"))
    for decision in one.decisions:
        _line(console, _decided(decision))
        if decision.comment:
            _line(console, Text(f"“{decision.comment}”", style="italic"), indent=4)
    if meanwhile := report_approval.saw(one):
        _line(console, Text("meanwhile the investor saw ", style="dim").append(meanwhile, style="default"))
    if one.told:
        _line(console, Text("afterwards the investor read ", style="dim").append(f"“{one.told}”", style="default"))


def _decided(one: Decision) -> Text:
    text = Text(one.state, style=_STATES.get(one.state, "")).append(f" {report_approval.subject(one)}", style="default")
    if one.state == "withdrawn":
        return text
    if one.by:
        text.append(f" by {report_approval.who(one)}", style="default")
    asked, decided = (f"{time:%H:%M:%S}" if time else "?" for time in (one.requested_at, one.decided_at))
    until = f"{one.expires_at:%Y-%m-%d %H:%M} UTC" if one.expires_at else "?"
    return text.append(f"; asked {asked}, decided {decided} UTC, would have expired {until}", style="dim")


def audit(console: Console, analysis: Analysis) -> None:
    """The decisions in their order, what they cost, and whether the record is whole."""
    if not analysis.audit:
        _line(console, Text("no entry", style="yellow"))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("Time", no_wrap=True)
    table.add_column("Who", no_wrap=True)
    table.add_column("Decision and why", ratio=1)
    narrow = console.width < _NARROW
    for name in ("Took",) if narrow else ("Verdict", "Tokens", "Cost", "Took"):
        table.add_column(name, no_wrap=True, justify="left" if name == "Verdict" else "right")
    for count, entry in _folded(analysis.audit):
        cells = _entry(entry, count)
        table.add_row(*(cells[:3] + cells[-1:] if narrow else cells))
    console.print(Padding(table, (0, 0, 0, 2)))
    if analysis.usage:
        _line(console, f"budget: {report_audit.budget(analysis.usage)}")
    state = report_audit.CHAIN[analysis.audit_ok]
    style = {True: "green", False: "bold red", None: "yellow"}[analysis.audit_ok]
    kept = f", archive {analysis.archive}" if analysis.archive else ""
    _line(console, Text(f"{state[1]}{kept}", style=style).append(f": {state[2] or analysis.audit_reason}", style="dim"))
    if analysis.verification:
        _line(console, Text(f"$ {analysis.verification.command}", style="bold"))
        _line(console, analysis.verification.printed)


def _folded(entries: tuple[dict[str, Any], ...]) -> list[tuple[int, dict[str, Any]]]:
    """Neighbours that say the same (a tagger asks for each instrument) as one row with their sums."""
    rows: list[tuple[int, dict[str, Any]]] = []
    same = ("agent", "decision", "explanation", "model", "compliance_check")
    for entry in entries:
        if not rows or any(rows[-1][1].get(name) != entry.get(name) for name in same):
            rows.append((1, entry))
            continue
        count, last = rows[-1]
        tokens = {name: last["tokens"].get(name, 0) + entry["tokens"].get(name, 0) for name in ("in", "out")}
        cost = float(last.get("cost_usd") or 0) + float(entry.get("cost_usd") or 0)
        took = int(last.get("duration_ms") or 0) + int(entry.get("duration_ms") or 0)
        rows[-1] = (count + 1, last | {"tokens": tokens, "cost_usd": cost, "duration_ms": took})
    return rows


def _entry(entry: dict[str, Any], count: int) -> list[str | Text]:
    by_rules = entry.get("model") == "rules"
    tokens, took = entry.get("tokens") or {}, int(entry.get("duration_ms") or 0)
    verdict = str(entry.get("compliance_check") or "")
    times = f" ({count} times)" if count > 1 else ""
    told = Text(report_audit.said(entry) + times, style="bold").append(f"  {report_audit.by(entry)}", style="dim")
    return [
        str(entry.get("timestamp", ""))[11:19],
        words(str(entry.get("agent", ""))),
        told.append(f"\n{report_audit.why(entry)}", style="default"),
        Text(verdict.lower(), style=_VERDICTS[verdict]) if verdict in _VERDICTS else "",
        "" if by_rules else f"{tokens.get('in', 0) + tokens.get('out', 0):,}",
        "" if by_rules else f"${float(entry.get('cost_usd') or 0):.4f}",
        f"{took:,} ms" if took else "",
    ]


def trace(console: Console, analysis: Analysis) -> None:
    """The tree of agents, each with a bar where and as long as it ran; the report has the model calls too."""
    shown = [one for one in analysis.trace if one.kind != "generation"]
    if not shown:
        _line(console, "no trace arrived: `alex doctor traces` says why")
        return
    reach = max(one.starts + one.milliseconds for one in shown) or 1.0
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, show_edge=False)
    narrow = console.width < _NARROW
    for index in range(3 if narrow else 5):
        table.add_column(justify="right" if index > 1 else "left", no_wrap=True)
    blocks = ("█", "·") if (console.encoding or "").lower().startswith("utf") else ("#", ".")
    for one in shown:
        used = one.tokens_in or one.tokens_out
        cells = (
            "  " * one.depth + (one.name.partition(":")[0] if narrow else one.name),
            _bar(one, reach, blocks),
            f"{one.milliseconds:,.0f} ms",
            f"{one.tokens_in + one.tokens_out:,} tokens" if used else "",
            f"${one.cost_usd:.4f}" if used else "",
        )
        table.add_row(*cells[: 3 if narrow else 5])
    console.print(Padding(table, (0, 0, 0, 2)))


def _bar(one: Stretch, reach: float, blocks: tuple[str, str]) -> Text:
    first = min(int(_BAR * one.starts / reach), _BAR - 1)
    length = max(1, min(round(_BAR * one.milliseconds / reach), _BAR - first))
    full, empty = blocks
    bar = Text(empty * first, style="dim").append(full * length, style="cyan")
    return bar.append(empty * (_BAR - first - length), style="dim")


def _line(console: Console, text: str | Text, *, indent: int = 2) -> None:
    console.print(Padding(text if isinstance(text, Text) else Text(text), (0, 0, 0, indent)))


SECTIONS: tuple[tuple[str, Callable[[Console, Analysis], None]], ...] = (
    ("Approval", approval),
    ("Assumptions & audit", audit),
    ("Trace", trace),
)
