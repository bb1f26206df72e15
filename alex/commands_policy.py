"""Commands that judge templates by the SOC 2 rules."""

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alex import commands_api, commands_evidence, console, places
from alex.commands_deploy import Json
from alex.errors import CommandError, Exit
from alex.policy import templates as policy_templates
from alex.policy import view as policy_view
from settings import ENVIRONMENTS, load
from soc2.assembly import Assembly
from soc2.evidence import FILE
from soc2.judge import evaluate
from soc2.profile import Profile
from soc2.rule import RULES, Result, Rule, Severity
from soc2.template import APPLICATION, TemplateError

if TYPE_CHECKING:
    from soc2.criteria import Criterion


class Format(StrEnum):
    """How results are printed."""

    TEXT = "text"
    JSON = "json"


policy = typer.Typer(no_args_is_help=True, help="Judge any CloudFormation templates by the SOC 2 rules.")


def add_to(app: typer.Typer) -> None:
    """Register the commands in the order in which help lists them."""
    app.add_typer(policy, name="policy")
    app.add_typer(commands_evidence.evidence, name="evidence")
    app.add_typer(commands_api.api, name="api")


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
    no_application: Annotated[
        bool, typer.Option("--no-application", help="A part of one: leave out what an application must have once.")
    ] = False,
) -> None:
    """Judge templates by the SOC 2 rules: JSON or YAML, from any tool. Exit 0 no finding, 1 findings, 2 bad input."""
    judged = _judged(paths, _profile(environment, production), min_severity, whole=not no_application)
    if output is Format.JSON:
        console.emit(policy_view.as_json(judged))
    else:
        policy_view.show(console.out(), judged)
    if judged.findings or (strict and judged.undecided):
        raise typer.Exit(int(Exit.FAILED))


def _profile(environment: str, production: bool | None) -> Profile:
    """Another team's environment may have any name, if they say whether it is production: nothing else tells."""
    if production is None and environment and environment not in ENVIRONMENTS:
        remedy = f"one of {', '.join(ENVIRONMENTS)}, or say --production or --no-production beside it"
        _no_such("environment", environment, remedy)
    if production is None:
        production = load(environment).is_production if environment else True
    return Profile(environment=environment, production=production)


def _judged(paths: list[Path], profile: Profile, least: Severity, *, whole: bool) -> policy_view.Judged:
    import soc2.rules  # noqa: F401, PLC0415 - registers them; not above: other commands do without

    wanted = [
        rule
        for rule in RULES.values()
        if rule.severity in policy_view.GRAVITY[: _gravity(least) + 1] and (whole or rule.on != (APPLICATION,))
    ]
    results: list[Result] = []
    files: dict[str, str] = {}
    notes = [] if whole else ["what an application must have once (a trail, a detector ...) was not judged"]
    notes += [_unacknowledged(path) for path in paths if policy_templates.is_assembly(path)]
    try:
        for application in policy_templates.gather(paths):
            results += evaluate(Assembly(application.templates, profile, application.parents), wanted)
            files |= {stack: places.shown(file) for stack, file in application.files.items()}
            notes += application.notes()
    except TemplateError as error:
        raise CommandError(
            str(error),
            where="alex policy check",
            remedy="name CloudFormation templates (JSON or YAML), a folder of them, or the cdk.out of `cdk synth`",
            code=Exit.BAD_INPUT,
        ) from None
    return policy_view.Judged(results, files, notes, profile)


def _unacknowledged(assembly: Path) -> str:
    """Who knows the application's acknowledgements would otherwise take its accepted findings for new ones."""
    said = "acknowledgements of the application are not applied here"
    return said + (f"; `python -m soc2 {assembly}` lists them" if (assembly / FILE).is_file() else "")


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
    asked = _criteria(criterion)
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
    elif found:
        policy_view.list_rules(console.out(), found)
    elif any(_serves(rule, criterion) for rule in RULES.values()):
        console.out().print(f"no rule about {service} serves {criterion}", markup=False, highlight=False)
    else:
        policy_view.list_processes(console.out(), asked)


def _criteria(asked: str) -> list["Criterion"]:
    """The criteria that an id or a group names; all without one.

    :raises CommandError: there is none.
    """
    from soc2.criteria import CRITERIA  # noqa: PLC0415 - it reads the catalogue, which other commands need not

    found = [CRITERIA[name] for name in CRITERIA if not asked or name == asked or name.startswith(f"{asked}.")]
    if not found:
        letters = re.match("[A-Z]*", asked)
        starts = (asked.partition(".")[0] + ".", letters[0] if letters else "")
        near = next((some for start in starts if start and (some := [n for n in CRITERIA if n.startswith(start)])), [])
        _no_such("criterion", asked, f"one of {', '.join(near or CRITERIA)}")
    return found


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
