"""Commands that use what is deployed, and that look into settings and speed."""

import sys
from typing import Annotated

import typer

from alex import console, demo, follow, local, portfolio, prompts_table, proofs, reviews, settings_table, terminal
from alex.bench import PARTS
from alex.client import Api
from alex.commands_deploy import Env, Json
from alex.errors import CommandError, Exit
from alex.journey import Journey
from local_cloud.cloud import ROLES

User = Annotated[str, typer.Option("--user", help="Subject of the token: who signs in.")]
SHAPES = ("cognito", "clerk", "okta")


def add_to(app: typer.Typer) -> None:
    """Register the commands in the order in which help lists them."""
    app.command("analyze")(analyze_command)
    app.command("token")(token_command)
    app.command("settings")(settings_command)
    prompts = typer.Typer(help="What the models are told: versions, checksums, and every word.")
    prompts.callback(invoke_without_command=True)(prompts_command)
    prompts.command("show")(prompts_show_command)
    app.add_typer(prompts, name="prompts")
    app.command("bench")(bench_command)


def analyze_command(
    user: User = portfolio.INVESTOR,
    joined: Annotated[str | None, typer.Option("--follow", help="Watch this job instead of starting one.")] = None,
    key: Annotated[str | None, typer.Option("--key", help="Idempotency-Key: the same key gives the same job.")] = None,
    as_json: Json = False,
) -> None:
    """Request an analysis in the running local cloud, follow it, print the result and write the report."""
    _named(user)
    cloud = local.cloud(prepared=False)
    screen = console.err() if as_json else console.out()
    with local.session(cloud, user) as api:
        if not joined:
            _something_to_analyse(api, user)
        with Journey(screen) as journey, journey.step("Analyse") as step:
            job_id = joined or (None if key else follow.running(api)) or follow.request(api, key=key)
            step.milestone(f"job {job_id}")
            job = follow.follow(api, job_id, step)
            step.result(f"job {job_id} {job['status']}")
        if as_json:
            console.emit(job)
            return
        if job["status"] == "awaiting_approval":
            for review in job["reviews"]:
                why = reviews.REASONS.get(review["reason"], review["reason"])
                until = str(review["expires_at"])[:16].replace("T", " ")
                screen.print(f"awaiting approval until {until} UTC: {why}", highlight=False)
            how = "`alex review list` shows what waits, `alex review approve ID` releases it; then"
            screen.print(f"{how} `alex analyze --follow {job_id}` writes the report.", highlight=False, soft_wrap=True)
            return
        analysis = demo.collect(api, job, proofs.gather(cloud, api, job))
        path = demo.write(analysis)
    terminal.show(screen, analysis, simulated=True)
    screen.print(f"\nReport: {path}", highlight=False, soft_wrap=True)


def _named(user: str) -> None:
    if not user.strip():
        raise CommandError("the user has no name", where="--user", remedy="give an id", code=Exit.BAD_INPUT)


def _something_to_analyse(api: Api, user: str) -> None:
    """Sign the user in (the first time creates the profile); an empty portfolio has nothing to say."""
    api.get("/api/user")
    if not api.accounts():
        raise CommandError(
            f"{user} has no account yet",
            where=f"{api.url}/api/accounts",
            remedy=f"`alex demo` loads the demo portfolio of {portfolio.INVESTOR}; others add accounts through the API",
            code=Exit.BAD_INPUT,
        )


def token_command(
    user: User = portfolio.INVESTOR,
    shape: Annotated[str, typer.Option("--shape", help="Whose token it looks like: cognito, clerk, okta.")] = "cognito",
    role: Annotated[list[str] | None, typer.Option("--role", help=f"May be repeated: {', '.join(ROLES)}.")] = None,
    ttl: Annotated[
        int, typer.Option("--ttl", min=1, max=3600, help="Seconds it is valid; longer ones are refused.")
    ] = 3600,
) -> None:
    """A signed token of the local issuer, on standard output and nothing else."""
    if shape not in SHAPES:
        raise CommandError(
            f"unknown shape {shape!r}",
            where="--shape",
            remedy=f"choose one of {', '.join(SHAPES)}",
            code=Exit.BAD_INPUT,
        )
    for unknown in sorted(set(role or []) - set(ROLES)):
        raise CommandError(
            f"unknown role {unknown!r}",
            where="--role",
            remedy=f"choose among {', '.join(ROLES)}",
            code=Exit.BAD_INPUT,
        )
    _named(user)
    cloud = local.cloud(prepared=False)
    with local.guarded("the local token issuer"):
        token = cloud.issue_token(user, shape=shape, roles=role or [], ttl_seconds=ttl)
    sys.stdout.write(token + "\n")


def settings_command(
    env: Env = "local",
    changed: Annotated[bool, typer.Option("--changed", help="Only what differs from production's default.")] = False,
    as_json: Json = False,
) -> None:
    """Every setting of an environment: value, unit, requirement, and whether anything reads it yet."""
    found = [row for row in settings_table.rows(env) if row.differs or not changed]
    if as_json:
        console.emit([row.__dict__ for row in found])
    else:
        settings_table.show(console.out(), env, found)


def prompts_command(context: typer.Context, as_json: Json = False) -> None:
    """The prompts of all agents: version, model role, tool, owner, checksum, and whether the text is a released one."""
    if context.invoked_subcommand:
        return
    found = prompts_table.all_prompts()
    if as_json:
        console.emit([prompts_table.as_dict(each) for each in found])
    else:
        prompts_table.table(console.out(), found)


def prompts_show_command(
    prompt: Annotated[str, typer.Argument(help="Its id, for example reporter.")], as_json: Json = False
) -> None:
    """Every word that the model gets from one prompt, and where to change it."""
    shown = prompts_table.one(prompt)
    if as_json:
        console.emit(prompts_table.as_dict(shown))
    else:
        prompts_table.show(console.out(), shown)


def bench_command(
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help=f"{', '.join(PARTS)}; may be repeated."),
    ] = None,
    rounds: Annotated[
        int, typer.Option("--rounds", min=1, max=20, help="Repetitions of what is measured several times.")
    ] = 3,
    as_json: Json = False,
) -> None:
    """Measure on this machine: synthesis, bundles, cold starts, API, analysis, retirement engine."""
    # Here, not above: it brings numpy, which no other command needs.
    from alex.bench import suite  # noqa: PLC0415

    found = suite.run(console.err() if as_json else console.out(), only=tuple(only or ()), rounds=rounds)
    if as_json:
        console.emit(found)
    else:
        suite.show(console.out(), found)
    if found["failed"]:
        raise typer.Exit(int(Exit.FAILED))
