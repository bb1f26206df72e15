"""Commands that make, verify and compare evidence."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alex import commands_deploy, console, places, synthesis
from alex.commands_deploy import Force, Json
from alex.errors import CommandError, Exit
from alex.journey import Journey

if TYPE_CHECKING:
    from soc2.difference import Difference

evidence = typer.Typer(help="Make, verify and compare the evidence of an environment.")


@evidence.callback(invoke_without_command=True)
def evidence_command(
    context: typer.Context,
    *,
    env: commands_deploy.Env = "prod",
    out: Annotated[Path | None, typer.Option("--out", help="Folder; default .alex/evidence/ENV.")] = None,
    sign: Annotated[bool, typer.Option("--sign/--no-sign", help="Sign it beside the file.")] = True,
    kms_key: Annotated[
        str | None, typer.Option("--kms-key", help="Sign with this key of AWS KMS, not with this machine's.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the report in a browser.")] = False,
    force: Force = False,
) -> None:
    """Evidence of an environment: synthesised, judged, signed, as a report and as OSCAL."""
    if context.invoked_subcommand:
        return
    from alex.evidence import pack as evidence_pack  # noqa: PLC0415 - it brings cryptography, which other commands need not load

    if kms_key is not None and not sign:
        raise CommandError(
            "--no-sign and --kms-key contradict each other",
            where="alex evidence",
            remedy="leave one of them out",
            code=Exit.BAD_INPUT,
        )
    environment = synthesis.environment_of(env)
    signer = evidence_pack.signer_of(kms_key) if sign else None
    assembly = places.STATE / environment / "assembly"
    screen = console.out()
    force = force or evidence_pack.outdated(assembly)
    with Journey(screen) as journey:
        made = commands_deploy.synthesised(journey, environment, assembly, force=force)
        with journey.step("Evidence, report and OSCAL") as step:
            pack = evidence_pack.make(made.assembly, out or places.STATE / "evidence" / environment, signer)
            step.result(f"{len(pack.evidence.results)} verdicts" + (", signed" if pack.signature else ""))
    screen.print()
    evidence_pack.show(screen, pack)
    if open_:
        webbrowser.open(pack.report.resolve().as_uri())


@evidence.command("verify")
def verify_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="evidence.json, or its folder.")],
    key: Annotated[
        str | None, typer.Option("--key", help="Who must have signed: a public key's file, or its fingerprint.")
    ] = None,
) -> None:
    """Verify that evidence is what was signed, and by whom. Exit 1 when anything about it is not in order."""
    from alex.evidence import pack as evidence_pack  # noqa: PLC0415 - it brings cryptography, which other commands need not load

    signature = evidence_pack.verified(file, key)
    judged = evidence_pack.read(file).provenance
    screen = console.out()
    screen.print(
        f"in order: signed {signature.signed_at:%Y-%m-%d %H:%M:%S} UTC by {signature.key_id}\n"
        f"key:      SHA-256 {signature.key.fingerprint}\n"
        f"evidence: SHA-256 {signature.digest}\n"
        f"of:       {judged.environment}, commit {judged.commit[:12]}{' and changes' if judged.changed else ''}, "
        f"judged {judged.at:%Y-%m-%d %H:%M:%S} UTC",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    if key is None:
        said = "note: any key is accepted without --key; compare the fingerprint, or name the signer's public key"
        screen.print(said, style="yellow", highlight=False, markup=False, soft_wrap=True)


@evidence.command("diff")
def diff_command(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="evidence.json, or its folder.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="evidence.json, or its folder.")],
    allow_worse: Annotated[bool, typer.Option("--allow-worse", help="Exit 0 even then.")] = False,
    as_json: Json = False,
) -> None:
    """What got better, worse, new and removed between two evidences. Exit 1 when something got worse."""
    from alex.evidence import pack as evidence_pack  # noqa: PLC0415 - it brings cryptography, which other commands need not load
    from soc2.comparison import difference  # noqa: PLC0415

    before, after = evidence_pack.read(old), evidence_pack.read(new)
    if before.provenance.environment != after.provenance.environment:
        raise CommandError(
            f"different environments: {before.provenance.environment} and {after.provenance.environment}",
            where=f"{old} and {new}",
            remedy="compare two evidences of one environment: the construct paths of another one never match",
            code=Exit.BAD_INPUT,
        )
    found = difference(before, after)
    if as_json:
        console.emit(found.model_dump(mode="json"))
    else:
        _print(found)
    if found.got_worse and not allow_worse:
        raise typer.Exit(int(Exit.FAILED))


@evidence.command("change")
def change_command(
    context: typer.Context,
    *,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REV", help="Default: HEAD~1, or HEAD when the working tree has changes."),
    ] = None,
    env: Annotated[str | None, typer.Option("-e", "--env", help="Environment; default prod.")] = None,
    fail_on_worse: Annotated[bool, typer.Option("--fail-on-worse", help="Exit 1 then; else it only informs.")] = False,
) -> None:
    """What a change makes better, worse and new in the evidence, against the commit before it; builds nothing."""
    from alex.evidence import change  # noqa: PLC0415 - only this command compares trees

    above = context.parent.params if context.parent else {}
    environment = synthesis.environment_of(env or str(above["env"]))
    screen = console.out()
    try:
        with Journey(screen) as journey:
            found = change.compared(journey, base, environment)
    except change.IncomparableError as why:
        if why.output:
            screen.print(f"\n{why.output}", style="dim", markup=False, highlight=False, soft_wrap=True)
        screen.print(f"\n{why}", markup=False, highlight=False, soft_wrap=True)
        if why.broke and fail_on_worse:
            raise typer.Exit(int(Exit.FAILED)) from None
        return
    screen.print(f"\n{found.title}\n", markup=False, highlight=False, soft_wrap=True)
    _print(found.difference)
    if found.difference.got_worse and fail_on_worse:
        raise typer.Exit(int(Exit.FAILED))


def _print(found: "Difference") -> None:
    for line in found.lines():
        style = "" if line.startswith(" ") else "bold"
        console.out().print(line, style=style, markup=False, highlight=False, soft_wrap=True)
