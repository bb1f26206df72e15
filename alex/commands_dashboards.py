"""The command that shows the dashboards before they are deployed."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from alex import commands_deploy, console, places, synthesis
from alex.commands_deploy import Env, Force, Json
from alex.dashboards import preview
from alex.journey import Journey


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("dashboards")(dashboards_command)


def dashboards_command(
    *,
    env: Env = "prod",
    out: Annotated[Path | None, typer.Option("--out", help="Folder; default .alex/dashboards/ENV.")] = None,
    png: Annotated[bool, typer.Option("--png", help="Make pictures too, with the machine's Chromium.")] = False,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    metrics: Annotated[bool, typer.Option("--metrics", help="List our own metrics instead.")] = False,
    as_json: Json = False,
    force: Force = False,
) -> None:
    """Every dashboard as a picture from sample data, and whether somebody writes each metric on it. Exit 1 if not."""
    environment = synthesis.environment_of(env)
    assembly = places.STATE / environment / "assembly"
    screen = console.out()
    with Journey(console.err() if as_json else screen) as journey:
        made = commands_deploy.synthesised(journey, environment, assembly, force=force)
    found = preview.read(made.assembly, environment)
    if metrics:
        _list(found, as_json=as_json)
        return
    with Journey(console.err() if as_json else screen) as journey, journey.step("Draw") as step:
        files = preview.draw(found, out or places.STATE / "dashboards" / environment)
        if png:
            files += preview.photograph(files)
        step.result(f"{len(found.boards)} dashboards, {found.widgets} widgets, {found.metrics} metrics")
    if as_json:
        console.emit(preview.summary(found, files))
    else:
        screen.print(f"\n{places.shown(files[0])}", highlight=False, soft_wrap=True)
    preview.refuse_unknown(found)
    if open_:
        webbrowser.open(files[0].resolve().as_uri())


def _list(found: preview.Preview, *, as_json: bool) -> None:
    rows = preview.own_metrics(found)
    if as_json:
        console.emit(rows)
        return
    table = Table("Metric", "Unit", "Agent", "Written by", "Shown on", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row["name"], row["unit"], row["agent"], row["functions"], row["shown"] or "nowhere")
    console.out().print(table)
