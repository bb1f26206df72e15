"""`alex waf`: what an environment's web ACLs do with requests, judged on this machine."""

import json
from pathlib import Path
from typing import Annotated

import typer

from alex import commands_deploy, console, places, synthesis
from alex.commands_deploy import Env, Json
from alex.edge import replay, requests, view
from alex.edge.acl import Acl, AclError, acls
from alex.errors import CommandError, Exit
from alex.journey import Journey


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("waf")(waf_command)


def waf_command(
    env: Env = "prod",
    file: Annotated[
        Path | None, typer.Option("--replay", help="Requests, one JSON object a line; default: those of the project.")
    ] = None,
    which: Annotated[str, typer.Option("--acl", help="Whose web ACL: api, or edge (CloudFront's).")] = "api",
    as_json: Json = False,
) -> None:
    """Replay requests against a web ACL's rules: who is blocked, by which rule, why. Exit 1: not as a line expects."""
    environment = synthesis.environment_of(env)
    try:
        wanted = requests.read(file or requests.SAMPLES)
    except requests.RequestsError as error:
        raise CommandError(
            str(error), where="--replay", remedy="docs/edge.md says what a line may hold", code=Exit.BAD_INPUT
        ) from None
    with Journey(console.err() if as_json else console.out()) as journey:
        assembly = places.STATE / environment / "assembly"
        made = commands_deploy.synthesised(journey, environment, assembly, force=False)
    acl = _acl(made.assembly, f"alex-{environment}-{which}")
    try:
        outcomes = replay.replay(acl, wanted)
        if as_json:
            console.emit(view.record(acl, outcomes))
        else:
            view.show_rules(console.out(), acl)
            view.show(console.out(), acl, outcomes)
    except AclError as error:
        raise CommandError(
            str(error), where=acl.name, remedy="teach alex/edge the new kind of rule before relying on a replay"
        ) from None
    if not all(outcome.as_expected for outcome in outcomes):
        raise typer.Exit(int(Exit.FAILED))


def _acl(assembly: Path, name: str) -> Acl:
    """The ACL of that name.

    :raises CommandError: the environment has none, or one that cannot be judged.
    """
    try:
        found = [
            acl
            for path in sorted(assembly.rglob("*.template.json"))
            for acl in acls(json.loads(path.read_text("utf-8")))
        ]
    except AclError as error:
        raise CommandError(str(error), where=places.shown(assembly), remedy="teach alex/edge what it lacks") from None
    chosen = next((acl for acl in found if acl.name == name), None)
    if chosen is None:
        raise CommandError(
            f"the environment has no web ACL {name}",
            where="--acl",
            remedy=f"choose one of {', '.join(sorted(acl.name.rpartition('-')[2] for acl in found))}; "
            "the setting waf.edge makes CloudFront's",
            code=Exit.BAD_INPUT,
        )
    return chosen
