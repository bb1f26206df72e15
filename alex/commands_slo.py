"""Commands of objectives: error budgets, the weekly expert review, and what its verdicts say."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alex import console, places, synthesis
from alex.agent_logs import cloudwatch, following
from alex.commands_deploy import Env, Json
from alex.errors import CommandError, Exit
from alex.slo import environment, experts, minutes_file, shown
from alex.slo import rates as advice
from alex.slo.budget import State
from alex.slo.metrics import NEEDED
from settings import Settings, load
from stacks.indicators import indicators

WEEK_MINUTES = 7 * 24 * 60


class Stage(StrEnum):
    """What the experts' verdicts must reach: an accuracy of its own each (EVAL-07)."""

    PRELAUNCH = "prelaunch"
    RELEASE = "release"
    PRODUCTION = "production"


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    group = typer.Typer(help="Objectives and their error budgets; the weekly expert review.")
    group.callback(invoke_without_command=True)(slo_command)
    group.command("sample")(sample_command)
    group.command("accuracy")(accuracy_command)
    app.add_typer(group, name="slo")


def slo_command(
    context: typer.Context,
    *,
    env: Env = "prod",
    file: Annotated[
        Path | None, typer.Option("--from", help="Minutes from a CSV file (at,good,total), instead of CloudWatch.")
    ] = None,
    profile: Annotated[str | None, typer.Option("--profile", help="AWS profile.")] = None,
    complaints: Annotated[
        int | None, typer.Option("--complaints", min=0, help="Complaints of clients in the window, for their rate.")
    ] = None,
    as_json: Json = False,
) -> None:
    """What is left of each error budget, and how fast it is spent. Exit code 1 when one is exhausted."""
    if context.invoked_subcommand:
        return
    name = synthesis.environment_of(env)
    settings = load(name)
    if file is not None:
        slices = minutes_file.read(file, [one.name for one in indicators(settings)])
        until = minutes_file.end(slices) or datetime.now(UTC)
        measured, rates = environment.measured(settings, slices, until), None
    else:
        session = _session(settings, profile)
        measured = environment.read(session, settings)
        metrics = environment.metrics_of(session, settings)
        with cloudwatch.explained(name, settings.region, needed=NEEDED):
            rates = advice.rates(settings, metrics.sums(advice.series(name)), complaints=complaints)
    if as_json:
        console.emit(shown.as_json(name, measured, rates))
    else:
        shown.show(console.out(), name, measured, rates)
    if any(one.budget.state is State.EXHAUSTED for one in measured):
        raise typer.Exit(int(Exit.FAILED))


def _session(settings: Settings, profile: str | None) -> object:
    name = settings.name
    if name == "local":
        raise CommandError(
            "the local cloud keeps no metrics",
            where="alex slo -e local",
            remedy="try it with a file: alex slo --from minutes.csv (docs/slo.md shows one)",
            code=Exit.BAD_INPUT,
        )
    session = environment.session_of(settings, profile)
    if not environment.deployed(session, name):
        raise CommandError(
            f"{name} is not deployed here",
            where=f"the stack Alex-{name}-Api in {session.region_name}",
            remedy=f"check AWS_PROFILE or --profile, or deploy it: `alex deploy -e {name}`",
            code=Exit.NOT_RUNNING,
        )
    return session


def sample_command(
    *,
    env: Env = "prod",
    seed: Annotated[
        str | None, typer.Option("--seed", help="The same seed gives the same jobs; default: the ISO week.")
    ] = None,
    size: Annotated[int | None, typer.Option("--size", min=1, help="Default: the setting (200).")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file; default: standard output.")] = None,
) -> None:
    """Choose last week's analyses for the experts: ids and times as CSV, nothing of a client."""
    name = synthesis.environment_of(env)
    wanted = size or load(name).slo.quality.sampled_a_week
    wish = following.Wish(name, ("planner",), lookback_minutes=WEEK_MINUTES, once=True, event=experts.FINISHED)
    logs, _ = following.opened(wish)
    with cloudwatch.explained(name, load(name).region):
        times = experts.finished(logs.poll())
    week = f"{datetime.now(UTC):%G-W%V}"
    jobs = experts.sampled(times, wanted, seed or week)
    text = experts.sheet(jobs, times)
    if output is None:
        typer.echo(text, nl=False)
    else:
        places.written(output, text)
    fewer = f": fewer than the {wanted} asked for" if len(jobs) < wanted else ""
    said = f"{len(jobs)} of {len(times)} analyses of the last 7 days, seed {seed or week}{fewer}"
    console.err().print(said, style="yellow" if fewer else "dim", markup=False, highlight=False, soft_wrap=True)


def accuracy_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The experts' sheet, filled in.")],
    env: Env = "prod",
    stage: Annotated[Stage, typer.Option("--stage", help="Whose threshold.")] = Stage.PRODUCTION,
    as_json: Json = False,
) -> None:
    """How accurate the experts found the advice, with its interval. Exit code 1 under the threshold."""
    quality = load(synthesis.environment_of(env)).slo.quality
    limit = {
        Stage.PRELAUNCH: quality.accuracy_prelaunch_pct,
        Stage.RELEASE: quality.accuracy_release_pct,
        Stage.PRODUCTION: quality.accuracy_production_pct,
    }[stage]
    found = experts.read(file)
    met = found.met(limit, size=quality.sampled_a_week)
    low, high = found.interval_pct
    if as_json:
        figures = {"accuracy_pct": found.pct, "interval_pct": [low, high], "limit_pct": limit, "met": met}
        console.emit(figures | {"reviewed": found.reviewed, "open": found.open, "stage": stage.value})
    else:
        told = f"accuracy {found.pct:.1f} % of {found.reviewed} reviewed (95 % interval {low:.1f} to {high:.1f} %)"
        short = quality.sampled_a_week - found.reviewed
        lacks = f", {short} verdicts are missing" if short > 0 else ""
        lacks += f", {found.open} rows are open" if found.open else ""
        console.out().print(
            f"{told}; {stage.value} asks for more than {limit:g} %: {'met' if met else 'not met'}{lacks}",
            style="green" if met else "bold red",
            highlight=False,
            soft_wrap=True,
        )
    if not met:
        raise typer.Exit(int(Exit.FAILED))
