"""Commands that judge templates by the SOC 2 rules, and that make, verify and compare evidence."""

import re
import webbrowser
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alex import commands_deploy, console, places, synthesis
from alex.commands_deploy import Force, Json
from alex.errors import CommandError, Exit
from alex.journey import Journey
from alex.policy import templates as policy_templates
from alex.policy import view as policy_view
from settings import ENVIRONMENTS, load
from soc2.assembly import Assembly
from soc2.judge import evaluate
from soc2.profile import Profile
from soc2.rule import RULES, Result, Rule, Severity
from soc2.template import TemplateError

_CRITERION = re.compile(r"(CC|A|C|PI|P)\d(\.\d)?")


class Format(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


policy = typer.Typer(no_args_is_help=True, help="Judge any CloudFormation templates by the SOC 2 rules.")
evidence = typer.Typer(help="Make, verify and compare the evidence of an environment.")


def add_to(app: typer.Typer) -> None:
    """Register the commands in the order in which help lists them."""
    app.add_typer(policy, name="policy")
    app.add_typer(evidence, name="evidence")


@policy.command("check")
def check_command(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Templates, folders of them, or cdk.out.")],
    *,
    production: Annotated[
        bool | None,
        typer.Option("--production/--no-production", help="Judge as production; default: as --environment, or yes."),
    ] = None,
    environment: Annotated[str, typer.Option("--environment", help="Name of the environment that they are for.")] = "",
    output: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT,
    min_severity: Annotated[
        Severity, typer.Option("--min-severity", help="Leave out what is less severe.")
    ] = Severity.LOW,
    strict: Annotated[bool, typer.Option("--strict", help="Undecided verdicts fail too.")] = False,
) -> None:
    """Judge templates by the SOC 2 rules: JSON or YAML, from any tool. Exit 0 no finding, 1 findings, 2 bad input."""
    if production is None:
        production = load(environment).is_production if environment in ENVIRONMENTS else True
    judged = _judged(paths, Profile(environment=environment, production=production), min_severity)
    if output is Format.JSON:
        console.emit(policy_view.as_json(judged))
    else:
        policy_view.show(console.out(), judged)
    if judged.findings or (strict and judged.undecided):
        raise typer.Exit(int(Exit.FAILED))


def _judged(paths: list[Path], profile: Profile, least: Severity) -> policy_view.Judged:
    import soc2.rules  # noqa: F401, PLC0415 - registers them; not above: other commands do without

    wanted = [rule for rule in RULES.values() if rule.severity in policy_view.GRAVITY[: _gravity(least) + 1]]
    results: list[Result] = []
    files: dict[str, str] = {}
    notes: list[str] = []
    try:
        for application in policy_templates.gather(paths):
            results += evaluate(Assembly(application.templates, profile), wanted)
            files |= {stack: places.shown(file) for stack, file in application.files.items()}
            notes += application.notes()
    except TemplateError as error:
        raise CommandError(
            str(error),
            where="alex policy check",
            remedy="name CloudFormation templates (JSON or YAML), a folder of them, or the cdk.out of `cdk synth`",
            code=Exit.BAD_INPUT,
        ) from None
    return policy_view.Judged(results, files, notes)


def _gravity(severity: Severity) -> int:
    return policy_view.GRAVITY.index(severity)


@policy.command("rules")
def rules_command(
    criterion: Annotated[str, typer.Option("--criterion", help="Of a criterion (CC6.1) or a group (CC6).")] = "",
    service: Annotated[str, typer.Option("--service", help="About a service's resources: S3, Lambda, RDS.")] = "",
    as_json: Json = False,
) -> None:
    """The rules: what each controls, how grave it is, and which criteria it serves."""
    import soc2.rules  # noqa: F401, PLC0415 - registers them

    criterion = criterion.upper()
    if criterion and not _CRITERION.fullmatch(criterion):
        _no_such("criterion", criterion, "an id of the Trust Services Criteria such as CC6.1, A1.2, C1.1, PI1.5")
    services = sorted({name.split("::")[1] for rule in RULES.values() for name in rule.on if "::" in name})
    if service.lower() not in ("", *(name.lower() for name in services)):
        _no_such("service", service, f"one of {', '.join(services)}")
    found = sorted(
        (rule for rule in RULES.values() if _serves(rule, criterion) and _concerns(rule, service)),
        key=lambda rule: rule.id,
    )
    if as_json:
        from soc2.evidence import rule_records  # noqa: PLC0415

        console.emit([record.model_dump(mode="json") for record in rule_records(found)])
    else:
        policy_view.list_rules(console.out(), found)


def _serves(rule: Rule, criterion: str) -> bool:
    return not criterion or any(one == criterion or one.startswith(f"{criterion}.") for one in rule.criteria)


def _concerns(rule: Rule, service: str) -> bool:
    return not service or any(name.lower().startswith(f"aws::{service.lower()}::") for name in rule.on)


def _no_such(kind: str, given: str, remedy: str) -> None:
    raise CommandError(f"unknown {kind} {given!r}", where=f"--{kind}", remedy=f"give {remedy}", code=Exit.BAD_INPUT)


@policy.command("rule")
def rule_command(
    rule_id: Annotated[str, typer.Argument(metavar="RULE", help="For example SOC2-S3-TLS.")], as_json: Json = False
) -> None:
    """One rule whole: what it controls and why, its criteria and requirements, and the fix."""
    import soc2.rules  # noqa: F401, PLC0415 - registers them
    from soc2.criteria import CRITERIA  # noqa: PLC0415
    from soc2.evidence import rule_records  # noqa: PLC0415

    found = RULES.get(rule_id.upper().removeprefix("SOC2::"))
    if found is None:
        raise CommandError(
            f"unknown rule {rule_id!r}", where="alex policy rule", remedy="`alex policy rules`", code=Exit.BAD_INPUT
        )
    if as_json:
        console.emit(rule_records([found])[0].model_dump(mode="json"))
        return
    named = [f"{name} {CRITERIA[name].title}" if name in CRITERIA else name for name in found.criteria]
    policy_view.show_rule(console.out(), found, named)


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

    environment = synthesis.environment_of(env)
    signer = evidence_pack.signer_of(kms_key) if sign else None
    assembly = places.STATE / environment / "assembly"
    screen = console.out()
    force = force or evidence_pack.outdated(assembly)
    with Journey(screen) as journey:
        made = commands_deploy._synthesised(journey, environment, assembly, force=force)
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
    evidence_pack.read(file)
    screen = console.out()
    screen.print(
        f"in order: signed {signature.signed_at:%Y-%m-%d %H:%M:%S} UTC by {signature.key_id}\n"
        f"key:      SHA-256 {signature.key.fingerprint}\n"
        f"evidence: SHA-256 {signature.digest}",
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
        for line in found.lines():
            style = "" if line.startswith(" ") else "bold"
            console.out().print(line, style=style, markup=False, highlight=False, soft_wrap=True)
    if found.got_worse and not allow_worse:
        raise typer.Exit(int(Exit.FAILED))
