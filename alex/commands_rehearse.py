"""The command that tries a deployment on this machine."""

from typing import Annotated

import typer

from alex import console, rehearsal, synthesis
from alex.commands_deploy import Env, Port


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("rehearse")(rehearse_command)


def rehearse_command(
    env: Env = "prod",
    port: Port = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the rehearsal's cloud running.")] = False,
) -> None:
    """Deploy an environment's own templates to a local cloud beside the demo's, ask its API, and end it."""
    environment = synthesis.environment_of(env)
    rehearsal.run(console.out(), environment, rehearsal.Options(port=port, keep=keep))
