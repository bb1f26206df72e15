"""The command that simulates an environment's alarms."""

from pathlib import Path
from typing import Annotated

import typer

from alex import commands_deploy, console, places, synthesis
from alex.commands_deploy import Json
from alex.errors import CommandError, Exit
from alex.journey import Journey


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("alarms")(alarms_command)


def alarms_command(
    *,
    env: commands_deploy.Env = "prod",
    as_json: Json = False,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Write an HTML page with each alarm's incident.")
    ] = None,
) -> None:
    """Every alarm: what it watches, whom it tells, and, simulated, how fast it fires. Exit 1 when one is not right."""
    # Here, not above: it brings numpy, which other commands need not load.
    from alex.alarms import AlarmError, report, view  # noqa: PLC0415

    environment = synthesis.environment_of(env)
    if picture is not None and picture.suffix.lower() not in (".html", ".htm"):
        raise CommandError(
            f"--picture writes HTML, not {picture.suffix or 'a file without an ending'}",
            where=f"--picture {picture}",
            remedy="name a file that ends in .html",
            code=Exit.BAD_INPUT,
        )
    screen = console.err() if as_json else console.out()
    with Journey(screen) as journey:
        made = commands_deploy.synthesised(journey, environment, places.STATE / environment / "assembly", force=False)
        with journey.step("Simulate the alarms") as step:
            try:
                examined = report.examine_assembly(made.assembly, environment)
            except AlarmError as error:
                raise CommandError(
                    f"an alarm cannot be simulated: {error}",
                    where=places.shown(made.assembly),
                    remedy="teach alex/alarms what it needs, or say it otherwise; docs/alarm-simulation.md",
                ) from None
            step.result(f"{len(examined.alarms)} alarms")
    if as_json:
        console.emit(examined.rows())
    else:
        screen.print()
        view.show(screen, examined, environment)
    if picture is not None:
        from alex.alarms.picture import write  # noqa: PLC0415

        write(picture, examined, environment)
        console.err().print(f"written: {places.shown(picture)}", highlight=False)
    if examined.problems():
        raise typer.Exit(int(Exit.FAILED))
