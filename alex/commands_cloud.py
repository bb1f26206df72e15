"""Commands that look after the local cloud and this machine."""

from typing import Annotated

import typer

from alex import commands_traces, console, doctor, local, logs
from alex import parity as parity_view
from alex.commands_deploy import Env, Json, Port
from alex.errors import CommandError, Exit
from alex.journey import Journey


def add_to(app: typer.Typer) -> None:
    """Register the commands in the order in which help lists them."""
    app.command("up")(up_command)
    app.command("down")(down_command)
    app.command("status")(status_command)
    app.command("logs")(logs_command)
    app.command("doctor")(doctor_command)


def up_command(port: Port = None) -> None:
    """Start the local cloud, or keep the one that runs; deploys nothing."""
    with Journey(console.out()) as journey, journey.step("Start the local cloud") as step, local.guarded():
        step.result(str(local.cloud().start(port=port).endpoint))


def down_command() -> None:
    """Stop the local cloud and everything it started; harmless when nothing runs."""
    with local.guarded():
        stopped = local.cloud(prepared=False).stop()
    console.out().print("the local cloud is stopped" if stopped else "nothing was running")


def status_command(
    parity: Annotated[bool, typer.Option("--parity", help="What is enforced, emulated, or only recorded.")] = False,
    as_json: Json = False,
) -> None:
    """What runs locally; exit code 4 when nothing does."""
    cloud = local.cloud(prepared=False)
    with local.guarded():
        status = cloud.status()
        outputs = cloud.outputs() if status.running else {}
        entries = cloud.parity() if status.running else []
    if as_json:
        console.emit(
            {
                "state": status.state,
                "endpoint": status.endpoint,
                "pid": status.pid,
                "detail": status.detail,
                "deployed": bool(outputs),
                "outputs": outputs,
                "parity": [
                    {
                        "stack": e.stack,
                        "resource": e.logical_id,
                        "type": e.resource_type,
                        "level": e.level,
                        "note": e.note,
                    }
                    for e in entries
                ],
            }
        )
    else:
        screen = console.out()
        text = f"{status.state}" + (
            f" on {status.endpoint}, process {status.pid}"
            if status.running
            else f": {status.detail}"
            if status.detail
            else ""
        )
        screen.print(f"local cloud: {text}", highlight=False)
        if status.running:
            stacks = list(dict.fromkeys(entry.stack for entry in entries if entry.stack.startswith("Alex-")))
            screen.print(f"deployed:    {', '.join(stacks) or 'nothing yet (alex deploy)'}", highlight=False)
        if outputs:
            screen.print(f"API:         {local.api_url(cloud)}", highlight=False)
        if parity and entries:
            parity_view.show(screen, cloud)
    if not status.running:
        raise typer.Exit(int(Exit.NOT_RUNNING))


def logs_command(
    name: Annotated[
        str | None,
        typer.Argument(help="A function or part (planner, api, cloud, postgres, cdk); lists them when absent."),
    ] = None,
    lines: Annotated[int, typer.Option("-n", "--lines", min=1, help="How many lines from the end.")] = 50,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on printing what is appended.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="As written, without arranging the JSON.")] = False,
) -> None:
    """Logs of the functions and of the local cloud; they stay after it has stopped."""
    logs.show(console.out(), name, lines=lines, follow=follow, raw=raw)


def doctor_command(
    what: Annotated[str, typer.Argument(help="machine, or traces: why none arrive.")] = "machine",
    env: Env = "local",
    as_json: Json = False,
) -> None:
    """Check this machine, or the traces' way: what is missing, and what to do; exit code 3 (traces: 1) if anything."""
    if what == "traces":
        commands_traces.examine(env, as_json=as_json)
        return
    if what != "machine":
        raise CommandError(
            f"there is nothing to check about {what!r}", where="WHAT", remedy="machine or traces", code=Exit.BAD_INPUT
        )
    found = doctor.examine()
    if as_json:
        console.emit([finding.__dict__ for finding in found])
    else:
        doctor.show(console.out(), found)
    if any(finding.state == "fail" for finding in found):
        raise typer.Exit(int(Exit.MISSING_TOOL))
