"""Budgets and rates as a person reads them, and as JSON."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alex.slo.budget import Budget, State
from alex.slo.environment import Measured
from alex.slo.rates import Rate

_STATES = {State.HEALTHY: "green", State.BURNING: "yellow", State.EXHAUSTED: "bold red", State.UNKNOWN: "dim"}


def show(console: Console, environment: str, measured: Iterable[Measured], rates: Iterable[Rate] | None) -> None:
    """The objectives with their budgets, how fast they burn, and the rates; ``rates`` None: none were read."""
    rows = list(measured)
    last = rows[0].budget
    console.print(
        f"Objectives of {environment}, {last.window_days} days until {last.until:%Y-%m-%d %H:%M} UTC", style="bold"
    )
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("objective", no_wrap=True)
    for heading in ("asked", "achieved", "budget", "spent", "left"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for one in rows:
        _row(table, one.indicator.name, one.budget)
        if one.freeze is not None and one.freeze.objective_pct != one.budget.objective_pct:
            _row(table, f"  freeze at {one.freeze.objective_pct:g} %", one.freeze)
    console.print(table)
    console.print("budget, spent and left in minutes; a minute in which 1 % failed costs a hundredth", style="dim")
    console.print()
    _paces(console, rows)
    if rates is not None:
        console.print()
        _rates(console, rates)


def _row(table: Table, name: str, budget: Budget) -> None:
    known = budget.state is not State.UNKNOWN
    table.add_row(
        name,
        f"{budget.objective_pct:g} %",
        f"{budget.achieved_pct:.3f} %" if known else "-",
        f"{budget.minutes:.1f}",
        f"{budget.spent:.1f}" if known else "-",
        f"{budget.left:.1f}" if known else "-",
        Text(budget.state.value, style=_STATES[budget.state]),
    )


def _paces(console: Console, rows: Iterable[Measured]) -> None:
    """How many times faster than the budget allows; somebody is told where both windows are over the limit."""
    budgets = {one.indicator.name: one.budget for one in rows}
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("times the budget's pace (limit)", no_wrap=True)
    for pace in next(iter(budgets.values())).paces:
        windows = f"{_window(pace.long_minutes)} and {_window(pace.short_minutes)}"
        table.add_column(f"{windows} ({pace.limit:g})", justify="right", no_wrap=True)
    for name, budget in budgets.items():
        cells = (
            Text(f"{one.long_rate:.1f} and {one.short_rate:.1f}", style="bold red" if one.burning else "")
            for one in budget.paces
        )
        table.add_row(name, *cells)
    console.print(table)


def _rates(console: Console, rates: Iterable[Rate]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("quality", "what", "asked", "measured", "of"):
        table.add_column(heading, no_wrap=heading != "what")
    for one in rates:
        said = "not counted: --complaints N" if one.part is None else "nothing to measure"
        style = {True: "green", False: "bold red", None: "dim"}[one.met]
        table.add_row(
            one.name,
            one.says,
            one.asked,
            Text(said if one.pct is None else f"{one.pct:.2f} %", style=style),
            f"{one.whole:g}",
        )
    console.print(table)


def as_json(environment: str, measured: Iterable[Measured], rates: Iterable[Rate] | None) -> dict[str, Any]:
    """The same figures for programs; minutes, percent, and None where nothing can be said."""
    return {
        "environment": environment,
        "objectives": {
            one.indicator.name: _budget(one.budget)
            | {"says": one.indicator.says, "freeze": _budget(one.freeze) if one.freeze is not None else None}
            for one in measured
        },
        "rates": None
        if rates is None
        else {one.name: {"pct": one.pct, "limit_pct": one.limit_pct, "met": one.met, "of": one.whole} for one in rates},
    }


def _budget(one: Budget) -> dict[str, Any]:
    return {
        "objective_pct": one.objective_pct,
        "window_days": one.window_days,
        "until": one.until.isoformat(),
        "achieved_pct": one.achieved_pct,
        "budget_minutes": one.minutes,
        "spent_minutes": one.spent,
        "left_minutes": one.left,
        "events": one.events,
        "state": one.state.value,
        "paces": [
            {
                "limit": pace.limit,
                "long_minutes": pace.long_minutes,
                "long_rate": pace.long_rate,
                "short_minutes": pace.short_minutes,
                "short_rate": pace.short_rate,
                "severity": pace.severity,
                "burning": pace.burning,
            }
            for pace in one.paces
        ],
    }


def _window(minutes: int) -> str:
    for size, unit in ((1440, "d"), (60, "h")):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"
