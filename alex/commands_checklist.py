"""The command that judges an environment by the security checklist (SEC-28)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.table import Table

from alex import commands_deploy, console, places, synthesis
from alex.commands_deploy import Force, Json
from alex.errors import Exit
from alex.journey import Journey

if TYPE_CHECKING:
    from alex.checklist import Verdict

MOST = 5
"""Broken verdicts that are printed of a check; JSON has all of them."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("checklist")(checklist_command)


def checklist_command(env: commands_deploy.Env = "prod", as_json: Json = False, force: Force = False) -> None:
    """The eight checks of the security checklist on an environment's templates. Exit 0: all eight pass, 1: not all."""
    from alex import checklist  # noqa: PLC0415 - it loads the rules, which other commands need not

    environment = synthesis.environment_of(env)
    assembly = places.STATE / environment / "assembly"
    with Journey(console.err() if as_json else console.out()) as journey:
        made = commands_deploy.synthesised(journey, environment, assembly, force=force)
    verdicts = checklist.judge(made.assembly)
    passed = sum(verdict.passed for verdict in verdicts)
    if as_json:
        console.emit(_as_json(verdicts, environment))
    else:
        _show(verdicts, environment)
    if passed < len(verdicts):
        raise typer.Exit(int(Exit.FAILED))


def _as_json(verdicts: "Sequence[Verdict]", environment: str) -> dict[str, Any]:
    return {
        "environment": environment,
        "passed": sum(verdict.passed for verdict in verdicts),
        "checks": [
            {
                "title": verdict.title,
                "passed": verdict.passed,
                "proven": len(verdict.proven),
                "where": verdict.where,
                "accepted": verdict.accepted,
                "broken": [
                    {"rule": one.rule.id, "path": one.path, "found": _found(one), "fix": one.rule.fix}
                    for one in verdict.broken
                ],
            }
            for verdict in verdicts
        ],
    }


def _found(result: Any) -> str:
    return "; ".join(broken.found for broken in result.broken) or str(result.reason)


def _show(verdicts: "Sequence[Verdict]", environment: str) -> None:
    out = console.out()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("", "Check", "Verdict", "Exceptions", "Proven in (resources and rules that hold)"):
        table.add_column(column, overflow="fold")
    for number, verdict in enumerate(verdicts, 1):
        said = "[green]pass[/green]" if verdict.passed else "[bold red]FAIL[/bold red]"
        table.add_row(str(number), verdict.title, said, str(verdict.accepted or ""), escape(verdict.where))
    out.print(table)
    for verdict in verdicts:
        for one in verdict.broken[:MOST]:
            out.print(f"\n[bold]{escape(one.path)}[/bold]  {one.rule.id}", highlight=False, soft_wrap=True)
            out.print(f"  {escape(_found(one))}\n  fix: {escape(one.rule.fix)}", highlight=False, soft_wrap=True)
        if len(verdict.broken) > MOST:
            out.print(f"  and {len(verdict.broken) - MOST} more of: {verdict.title}", highlight=False)
    passed = sum(verdict.passed for verdict in verdicts)
    out.print(
        f"\n{environment}: {passed}/{len(verdicts)}", style="bold green" if passed == len(verdicts) else "bold red"
    )
