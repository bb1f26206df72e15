"""Commands that build, synthesise and deploy."""

from pathlib import Path
from typing import Annotated

import typer

from alex import console, demo, local, parity, places, portfolios, synthesis
from alex.errors import CommandError, Exit
from alex.journey import Journey
from alex.processes import run
from alex.slo import freeze, guard
from settings import load

Env = Annotated[str, typer.Option("-e", "--env", help="Environment: local, dev, staging, prod, prod-dr.")]
Port = Annotated[
    int | None,
    typer.Option("--port", min=1024, max=65535, help="Port on 127.0.0.1; default 4566 or the next free one."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Force = Annotated[bool, typer.Option("--force", help="Do everything anew, even if nothing has changed.")]
_OPEN = {"allow_extra_args": True, "ignore_unknown_options": True}


def add_to(app: typer.Typer) -> None:
    """Register the commands in the order in which help lists them."""
    app.command("demo")(demo_command)
    app.command("bundle")(bundle_command)
    app.command("synth")(synth_command)
    app.command("deploy", context_settings=_OPEN)(deploy_command)
    app.command("cdk", context_settings=_OPEN | {"help_option_names": []})(cdk_command)


def demo_command(
    port: Port = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the local cloud running even when the demo fails.")
    ] = False,
    force: Force = False,
    portfolio: Annotated[str, typer.Option("--portfolio", help=f"Whose: {', '.join(portfolios.GALLERY)}.")] = "demo",
) -> None:
    """From nothing to a finished portfolio analysis in the local cloud, and a report of it."""
    demo.run(console.out(), demo.Options(port=port, keep=keep, force=force, investor=portfolios.named(portfolio)))


def bundle_command(
    env: Env = "prod",
    host: Annotated[bool, typer.Option("--host", help="For this machine, as the local cloud runs them.")] = False,
    as_json: Json = False,
) -> None:
    """Build the functions' bundles, without Docker."""
    target = synthesis.target_of("local") if host else synthesis.target_of(synthesis.environment_of(env))
    if as_json:
        zips = synthesis.build_bundles(target, lambda _: None)
        console.emit({kind: {"path": str(path), "bytes": path.stat().st_size} for kind, path in zips.items()})
        return
    with Journey(console.out()) as journey, journey.step(f"Bundles for {target}") as step:
        zips = synthesis.build_bundles(target, step.milestone)
        step.result(", ".join(f"{kind} {path.stat().st_size / 1e6:.1f} MB" for kind, path in zips.items()))


def synth_command(
    env: Env = "local",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder for the assembly.")] = None,
    force: Force = False,
) -> None:
    """Synthesise an environment with the policy gate on; needs no AWS account and no network."""
    environment = synthesis.environment_of(env)
    with Journey(console.out()) as journey:
        made = synthesised(journey, environment, output or _assembly_of(environment), force=force)
    console.out().print(f"{places.shown(made.assembly)}", highlight=False)


def _assembly_of(environment: str) -> Path:
    return places.STATE / environment / "assembly"


def synthesised(journey: Journey, environment: str, output: Path, *, force: bool) -> synthesis.Synthesis:
    """Build the bundles and synthesise as steps of ``journey``; nothing that is still true is made anew."""
    target = synthesis.target_of(environment)
    with journey.step(f"Bundles for {target}") as step:
        zips = synthesis.build_bundles(target, step.milestone)
        step.result(f"{len(zips)} ready")
    with journey.step(f"Synthesise {environment}, policy gate on") as step:
        made = synthesis.synthesise(
            environment,
            overlay=_overlay(environment),
            output=output,
            target=target,
            force=force,
            on_line=lambda line: step.note(line.strip()[:100]),
        )
        step.result(f"{made.stacks} stacks, " + ("no open finding" if made.fresh else "unchanged since the last time"))
    return made


def _overlay(environment: str) -> Path | None:
    """A running local cloud's addresses; without one, local is synthesised as its file says."""
    if environment != "local":
        return None
    cloud = local.cloud(prepared=False)
    with local.guarded():
        return cloud.settings_overlay() if cloud.status().running else None


def deploy_command(
    context: typer.Context,
    env: Env = "local",
    port: Port = None,
    force: Force = False,
    reason: Annotated[
        tuple[str, str] | None,
        typer.Option("--reason", metavar="KIND TEXT", help="What passes a freeze: reliability or emergency, and why."),
    ] = None,
) -> None:
    """Deploy every stack: to the local cloud, or to AWS with the CDK's approval questions.

    For AWS, anything after -- goes to `cdk deploy` (for example: -- --profile audit). Production is frozen while an
    error budget is exhausted.
    """
    environment = synthesis.environment_of(env)
    why = guard.reason_of(reason)
    if environment != "local":
        freeze.check(load(environment), profile=freeze.profile_in(context.args), reason=why, screen=console.out())
        _deploy_to_aws(environment, context.args)
        return
    if extra := [*context.args, *(["--reason"] if reason else [])]:
        raise CommandError(
            f"not for the local cloud: {' '.join(extra)}",
            where="alex deploy",
            remedy="alex deploy --help",
            code=Exit.BAD_INPUT,
        )
    screen = console.out()
    with Journey(screen, title="Deploy to the local cloud") as journey:
        cloud = local.cloud()
        with demo.stopped_on_failure(cloud, screen, keep=cloud.status().running):
            demo.deploy(journey, cloud, port=port, force=force)
    parity.show(screen, cloud)
    screen.print(f"\nAPI: {local.api_url(cloud)}", highlight=False)


def _deploy_to_aws(environment: str, extra: list[str]) -> None:
    with Journey(console.out()) as journey:
        made = synthesised(journey, environment, _assembly_of(environment), force=False)
    tools = synthesis.tools()
    outputs = places.STATE / environment / "outputs.json"
    command: list[str | Path] = [
        tools.node,
        tools.cdk,
        "deploy",
        "**",
        "--app",
        made.assembly,
        "--outputs-file",
        outputs,
    ]
    code, _ = run([*command, *extra], cwd=places.ROOT, env=synthesis.synth_environment(validate=True), interactive=True)
    if code:
        raise CommandError(
            f"cdk deploy of {environment} failed (exit {code})",
            where="the output above",
            remedy="check the AWS credentials (`-- --profile NAME`), and that `cdk bootstrap` prepared the account",
        )


def cdk_command(context: typer.Context) -> None:
    """The real CDK command line with the project's own Node: alex cdk diff -c env=staging -c settings=mine.yaml."""
    tools = synthesis.tools()
    environment = synthesis.synth_environment(validate=True)
    arguments = freeze.check_cdk(context.args, screen=console.out())
    code, _ = run([tools.node, tools.cdk, *arguments], cwd=places.ROOT, env=environment, interactive=True)
    if code:
        raise typer.Exit(code)
