"""The command that follows the agents' logs."""

import time
from typing import Annotated

import typer

from alex import console, synthesis
from alex.agent_logs import cloudwatch, following
from alex.agent_logs.line import AGENTS
from alex.commands_deploy import Env


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("watch")(watch_command)


def watch_command(
    *,
    env: Env = "local",
    lookback: Annotated[float, typer.Option("--lookback", min=0, max=10_080, help="Minutes to look back.")] = 10,
    interval: Annotated[float, typer.Option("--interval", min=0.1, max=60, help="Seconds between two looks.")] = 1,
    region: Annotated[str | None, typer.Option("--region", help="AWS region; default: the environment's.")] = None,
    job: Annotated[str | None, typer.Option("--job", help="Only this job: its id, or how it begins.")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="Only errors.")] = False,
    function: Annotated[
        list[str] | None,
        typer.Option("--function", help=f"Follow this function instead of {', '.join(AGENTS)}; may be repeated."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Follow every function there is.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Print what is there and end, for scripts.")] = False,
) -> None:
    """Follow all agents' logs together: a colour an agent, tracing purple, errors red; Ctrl-C ends it."""
    wish = following.Wish(
        environment=synthesis.environment_of(env),
        functions=() if every else tuple(name.lower() for name in function or AGENTS),
        lookback_minutes=lookback,
        interval_seconds=interval,
        region=region,
        job=job,
        errors=errors,
        once=once,
    )
    logs, names = following.opened(wish)
    if not once:
        said = f"following {', '.join(names)} of {wish.environment}, {lookback:g} minutes back; Ctrl-C ends it"
        console.err().print(said, style="dim", highlight=False)
    with cloudwatch.explained(wish.environment, region or "the environment's"):
        following.follow(console.out(), logs, wish, names, wait=time.sleep)
