"""How a replay and an ACL's rules look: tables for people, records for programs."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from alex.edge import capacity
from alex.edge.acl import Acl
from alex.edge.replay import Match, Outcome

APPROXIMATION = "approximation"
NOTES = (
    f"{APPROXIMATION}: AWS publishes no patterns of its managed groups; a few of our own stand in for them here",
    "rates are exact here: WAF estimates them, and is up to some ten seconds late",
)


def show_rules(screen: Console, acl: Acl) -> None:
    """The ACL's rules with what they do and use."""
    used = capacity.units(acl)
    table = Table(title=f"{acl.name} ({acl.scope.lower()}), in this order", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("rule")
    table.add_column("a match")
    table.add_column("WCU", justify="right")
    for rule in acl.rules:
        table.add_row(rule.name, rule.action, f"{used[rule.name]:,}")
    total = sum(used.values())
    table.add_section()
    table.add_row("together", f"of {capacity.INCLUDED:,} in the price, {capacity.MOST:,} at most", f"{total:,}")
    screen.print(table)


def show(screen: Console, acl: Acl, outcomes: Iterable[Outcome]) -> None:
    """What became of each line, then the sums."""
    found = list(outcomes)
    table = Table(title=f"{len(found)} lines against {acl.name}", title_justify="left", box=SIMPLE_HEAD)
    for column in ("request", "verdict", "rule", "basis", "why"):
        table.add_column(column, overflow="fold")
    for outcome in found:
        table.add_row(outcome.request.id, _verdict(outcome), _short(_rule(outcome)), _basis(outcome), _why(outcome))
    screen.print(table)
    judged = [outcome for outcome in found if not outcome.skipped]
    verdicts = Counter(outcome.verdict for outcome in judged)
    sums = f"{verdicts['block']} blocked, {verdicts['allow']} allowed, {len(found) - len(judged)} not judged"
    wrong = [outcome.request.id for outcome in found if not outcome.as_expected]
    expected = sum(outcome.request.expect is not None for outcome in judged)
    told = f"; as expected: {expected - len(wrong)} of {expected}" if expected else ""
    screen.print(sums + told, highlight=False)
    if wrong:
        screen.print(f"not as expected: {', '.join(wrong)}", style="bold red", highlight=False)
    for note in NOTES:
        screen.print(note, style="dim", highlight=False)


def record(acl: Acl, outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "acl": acl.name,
        "scope": acl.scope,
        "capacity_units": capacity.units(acl),
        "notes": list(NOTES),
        "requests": [
            {
                "id": outcome.request.id,
                "verdict": None if outcome.skipped else outcome.verdict,
                "requests": outcome.total,
                "blocked": outcome.blocked,
                "first_blocked": outcome.first_blocked or None,
                "status": outcome.decided.status if outcome.decided else None,
                "rule": _rule(outcome),
                "why": _why(outcome),
                "basis": _basis(outcome),
                "labels": outcome.labels,
                "as_expected": outcome.as_expected,
            }
            for outcome in outcomes
        ],
    }


def _met(outcome: Outcome) -> list[Match]:
    return [outcome.decided] if outcome.decided else list(outcome.counted.values())


def _verdict(outcome: Outcome) -> str:
    if outcome.skipped:
        return "not judged"
    if not outcome.blocked:
        return f"allow {outcome.total:,}" if outcome.total > 1 else "allow"
    status = outcome.decided.status if outcome.decided else 0
    if outcome.total == 1:
        return f"block {status}"
    return f"block {status}: {outcome.blocked:,} of {outcome.total:,}, from no. {outcome.first_blocked:,}"


def _rule(outcome: Outcome) -> str:
    names = dict.fromkeys(match.rule for match in _met(outcome))
    return ", ".join(names if outcome.decided else (f"{name} counts" for name in names))


def _why(outcome: Outcome) -> str:
    if outcome.skipped:
        return outcome.skipped
    return "; ".join(f"{match.inner}: {match.why}" if match.inner else match.why for match in _met(outcome))


def _basis(outcome: Outcome) -> str:
    """What the verdict rests on: the template's rules, or stand-ins for AWS's."""
    met = _met(outcome)
    return "" if not met else APPROXIMATION if any(match.inner for match in met) else "rule"


def _short(names: str) -> str:
    return names.replace("AWSManagedRules", "")
