"""Commands for who must rely on the audit trail: show a job's decisions, verify them, take them away as a file."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from advisor.domain.audit_check import check
from advisor.domain.audit_trail import exported
from alex import audit, console, synthesis
from alex.commands_deploy import Env, Json
from alex.errors import CommandError, Exit

Job = Annotated[str | None, typer.Argument(help="The job's id.")]
File = Annotated[Path | None, typer.Option("--file", help="An exported trail, instead of an environment.")]
Day = Annotated[
    list[datetime] | None,
    typer.Option("--day", formats=["%Y-%m-%d"], help="A day (UTC) to look into the archive too; may be repeated."),
]


def add_to(app: typer.Typer) -> None:
    """Register the group."""
    group = typer.Typer(no_args_is_help=True, help="An analysis's audit trail: show, verify, export.")
    group.command("show")(show_command)
    group.command("verify")(verify_command)
    group.command("export")(export_command)
    app.add_typer(group, name="audit")


def show_command(job: Job = None, env: Env = "local", file: File = None, as_json: Json = False) -> None:
    """A job's decisions in their order: why, which model, verdict, tokens, cost, milliseconds."""
    trail, archive = _read(job, env, file)
    checked = check(trail, archive)
    if as_json:
        console.emit([entry.model_dump(mode="json") for entry in checked.entries])
    else:
        audit.show(console.out(), checked.entries)
    if not checked.ok:
        told = f"this trail is not as it was written: `alex audit verify {trail.job_id}` says where"
        console.err().print(told, style="bold red", markup=False, highlight=False, soft_wrap=True)


def verify_command(
    job: Job = None, env: Env = "local", file: File = None, day: Day = None, as_json: Json = False
) -> None:
    """Compute the chain anew; compare it with links, closing entry and archive. Exit code 1 when anything differs."""
    trail, archive = _read(job, env, file, day)
    checked = check(trail, archive)
    if as_json:
        findings = [fault.__dict__ for fault in checked.faults]
        verdict = {"intact": checked.ok, "archive": checked.archive, "entries": len(trail.stored)}
        console.emit({"job_id": trail.job_id, **verdict, "findings": findings})
    else:
        audit.verdict(console.out(), trail, archive, checked)
    if not checked.ok:
        raise typer.Exit(int(Exit.FAILED))


def export_command(
    job: Job,
    env: Env = "local",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The file; default: standard output.")] = None,
    day: Day = None,
) -> None:
    """The trail with its links and archive as one file, which `alex audit verify --file` checks without an account."""
    document = exported(*_read(job, env, None, day))
    if output is None:
        console.emit(document)
    else:
        output.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", "utf-8")


def _read(job: str | None, env: str, file: Path | None, day: list[datetime] | None = None) -> audit.Read:
    if (job is None) == (file is None):
        raise CommandError("name a job or a file", where="alex audit", remedy="see --help", code=Exit.BAD_INPUT)
    if file is not None:
        return audit.from_file(file)
    try:
        job_id = str(UUID(job))
    except ValueError:
        raise CommandError(
            f"{job!r} is no job's id", where="JOB", remedy="give the id that `alex analyze` shows", code=Exit.BAD_INPUT
        ) from None
    return audit.from_environment(job_id, synthesis.environment_of(env), days=[one.date() for one in day or ()])
