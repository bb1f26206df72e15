"""How the alarms look on a terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from alex.alarms import words
from alex.alarms.report import Examined


def show(console: Console, examined: Examined, environment: str) -> None:
    """The table, then what is wrong."""
    prefix = f"alex-{environment}-"
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Alarm\n[dim]watches", overflow="fold", ratio=4)
    table.add_column("Fires when\n[dim]no data means", overflow="fold", ratio=3)
    table.add_column("Tells\n[dim]runbook", overflow="fold", ratio=3)
    table.add_column("After\n[dim]promised", no_wrap=True, justify="right")
    table.add_column("Quiet", no_wrap=True)
    for alarm, row in zip(examined.alarms, examined.rows(), strict=True):
        verdict = examined.verdicts[alarm.key]
        table.add_row(
            _two(alarm.name.removeprefix(prefix), row["watches"].replace(prefix, "")),
            _two(row["fires_when"].replace(prefix, ""), row["without_data"]),
            _two(row["tells"].replace(prefix, ""), row["runbook"]),
            _two(words.minutes(verdict.fired_after), words.minutes(verdict.promised))
            if verdict.incidents
            else "[red]never[/]",
            "[green]yes[/]" if not verdict.loud else f"[red]{words.minutes(verdict.loud)}[/]",
        )
    console.print(table)
    console.print(
        "\nAfter: from the beginning of a simulated incident; promised are its periods and the metric's delay. "
        "Quiet: on a simulated working day and a day of the weekend. docs/alarm-simulation.md says how.",
        style="dim",
        highlight=False,
    )
    problems = examined.problems()
    for name, said in problems.items():
        for one in said:
            console.print(f"{name}: {one}", style="red", markup=False, highlight=False, soft_wrap=True)
    good = len(examined.alarms) - len(problems)
    console.print(
        f"\n{len(examined.alarms)} alarms; {good} fire in time, hold without flapping, and are quiet on normal days",
        highlight=False,
    )


def _two(above: str, below: str) -> str:
    return f"{escape(above)}\n[dim]{escape(below)}[/]"
