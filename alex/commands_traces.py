"""Commands about traces: show one, and say why there are none."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from alex import console, doctor, doctor_traces, job_trace, local, synthesis
from alex.commands_deploy import Env, Json
from alex.errors import Exit
from alex.logs import entry_of
from settings import load


def add_to(app: typer.Typer) -> None:
    """Register the commands in the order in which help lists them."""
    app.command("trace")(trace_command)


def trace_command(
    job: Annotated[str | None, typer.Argument(help="A job's id or its beginning; the newest when absent.")] = None,
    as_json: Json = False,
) -> None:
    """Where a job's time, tokens and money went in the local cloud, as a tree with the decisions."""
    found = job_trace.of(job)
    if as_json:
        console.emit([job_trace.as_json(tree) for tree in found])
    else:
        job_trace.show(console.out(), found)


def examine(env: Env, *, as_json: bool) -> None:
    """`alex doctor traces`: why traces of an environment are missing; exit code 1 when something keeps them away."""
    found = list(doctor_traces.examine(_place(env)))
    if as_json:
        console.emit([finding.__dict__ for finding in found])
    else:
        doctor.show(console.out(), found, ready="Nothing keeps traces away.")
    if any(finding.state == "fail" for finding in found):
        raise typer.Exit(int(Exit.FAILED))


def _place(env: str) -> doctor_traces.Place:
    """The environment's cloud: the local one, or the AWS account that the person is signed in to."""
    settings = load(synthesis.environment_of(env))
    if env != "local":
        # Here, not above: it takes a third of a second, and few commands need it.
        import boto3  # noqa: PLC0415

        session: Any = boto3.Session(region_name=settings.region)
        return doctor_traces.Place(settings, session.client, doctor_traces.logged(session.client))
    cloud = local.cloud(prepared=False)
    with local.guarded():
        host = f"{cloud.endpoint}/_otlp"
    here = settings.model_copy(update={"langfuse": settings.langfuse.model_copy(update={"host": host})})
    return doctor_traces.Place(here, lambda service: local.client(cloud, service), in_files)


def in_files(_functions: Mapping[str, Any]) -> Counter[str]:
    """Reasons from the local cloud's log files."""
    now = datetime.now(UTC)
    found: Counter[str] = Counter()
    for file in local.cloud(prepared=False).logs().values():
        for line in file.read_text("utf-8", errors="replace").splitlines():
            if doctor_traces.NOT_SENT not in line or not (entry := entry_of(line)):
                continue
            at = datetime.fromisoformat(str(entry["timestamp"]))
            if (now - at).total_seconds() < doctor_traces.LOOK_BACK_SECONDS:
                found[doctor_traces.reason_of(line)] += 1
    return found
