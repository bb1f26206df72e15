"""A job's audit trail as a person reads and checks it: from the local cloud, from an AWS account, or from a file.

Reading needs, in AWS: ``cloudformation:DescribeStacks`` on the data stack, ``dynamodb:Query`` on the audit table,
``s3:ListBucketVersions`` and ``s3:GetObjectVersion`` on the archive, ``kms:Decrypt`` with the audit key.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from advisor.domain.audit import RULES
from advisor.domain.audit_check import Checked
from advisor.domain.audit_trail import Archived, Trail, TrailFormatError, archive_days, loaded, totals
from advisor.domain.errors import UnavailableError
from advisor.domain.models import AuditEntry
from alex import local
from alex.errors import CommandError, Exit
from settings import load

Read = tuple[Trail, tuple[Archived, ...] | None]
PERMISSIONS = (
    "reading needs cloudformation:DescribeStacks, dynamodb:Query, s3:ListBucketVersions, s3:GetObjectVersion and "
    "kms:Decrypt with the audit key"
)
_VERDICTS = {"PASS": "green", "FAIL": "bold red"}


def from_file(path: Path) -> Read:
    """An exported trail.

    :raises CommandError: the file cannot be read as one.
    """
    try:
        return loaded(path.read_text("utf-8"))
    except OSError as error:
        what = error.strerror or "it cannot be read"
        raise CommandError(what, where=str(path), remedy="give a file that exists", code=Exit.BAD_INPUT) from None
    except (TrailFormatError, UnicodeDecodeError) as error:
        raise CommandError(
            f"the file is no exported audit trail: {error}",
            where=str(path),
            remedy="`alex audit export JOB` writes one",
            code=Exit.BAD_INPUT,
        ) from None


def from_environment(job_id: str, environment: str, *, days: Sequence[date] = ()) -> Read:
    """The trail and its archive where they are deployed; ``days``: where else in the archive to look.

    :raises CommandError: nothing runs there, or the caller may not read.
    """
    # Here, not above: they bring boto3, a third of a second that few commands need.
    from advisor.adapters.audit_archive import S3AuditArchive  # noqa: PLC0415
    from advisor.adapters.audit_table import DynamoAuditLog  # noqa: PLC0415

    client, output = _local() if environment == "local" else _aws(environment)
    try:
        trail = DynamoAuditLog(client("dynamodb"), output("AuditTableName")).trail(job_id)
        asked = archive_days(trail, today=datetime.now(UTC).date(), also=days)
        return trail, tuple(S3AuditArchive(client("s3"), output("AuditArchiveName")).read(job_id, asked))
    except UnavailableError as error:
        raise CommandError(
            f"the trail cannot be read: {error.__cause__}", where=f"environment {environment}", remedy=PERMISSIONS
        ) from None


def _local() -> tuple[Callable[[str], Any], Callable[[str], str]]:
    cloud = local.cloud(prepared=False)

    def output(name: str) -> str:
        with local.guarded():
            return cloud.output(name)

    return lambda service: local.client(cloud, service), output


def _aws(environment: str) -> tuple[Callable[[str], Any], Callable[[str], str]]:
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    stack = f"Alex-{environment}-Data"
    session: Any = boto3.Session(region_name=load(environment).region)
    try:
        found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    except (ClientError, BotoCoreError) as error:
        raise CommandError(f"cannot read the stack: {error}", where=stack, remedy=PERMISSIONS) from None
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found}

    def output(name: str) -> str:
        if name not in outputs:
            raise CommandError(f"it has no output {name}", where=stack, remedy="deploy this release first")
        return str(outputs[name])

    return session.client, output


def show(console: Console, entries: Sequence[AuditEntry]) -> None:
    """The decisions in their order."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("#", "time", "agent"):
        table.add_column(heading, no_wrap=True)
    table.add_column("decision and why", overflow="fold", min_width=28)
    table.add_column("model, prompt", overflow="fold", max_width=18)
    table.add_column("verdict", overflow="fold", max_width=11)
    for heading in ("tokens", "USD", "ms"):
        table.add_column(heading, justify="right", no_wrap=True)
    for index, entry in enumerate(entries, start=1):
        judged = entry.compliance_check != "NOT_EVALUATED"
        verdict = ", ".join((*([entry.compliance_check.lower()] if judged else []), *entry.rules))
        by_rules = entry.model == RULES
        table.add_row(
            str(entry.sequence or index),
            f"{entry.timestamp:%H:%M:%S}",
            entry.agent,
            Text.assemble((entry.decision or entry.kind.value, "bold"), f"\n{entry.explanation}"),
            RULES if by_rules else f"{entry.model}, {entry.prompt_version}",
            Text(verdict, style=_VERDICTS.get(entry.compliance_check, "dim")),
            "" if by_rules else f"{entry.tokens.get('in', 0)}/{entry.tokens.get('out', 0)}",
            "" if by_rules else f"{entry.cost_usd:.4f}",
            str(entry.duration_ms or ""),
        )
    console.print(table)
    spent = totals(entries)
    console.print(
        f"{spent.decisions} decisions, {spent.model_calls} model calls, {spent.tokens_in} tokens in and "
        f"{spent.tokens_out} out, ${spent.cost_usd:f}, {spent.duration_ms} ms of agents' time",
        highlight=False,
    )


def verdict(console: Console, trail: Trail, archive: Sequence[Archived] | None, checked: Checked) -> None:
    """Each finding with its place, then the verdict in one line."""
    for fault in checked.faults:
        where = f"entry {fault.position}" if fault.position is not None else "trail"
        console.print(Text.assemble((f"{fault.what:>12}", "bold red"), f"  {where}: {fault.reason}"), soft_wrap=True)
    kept = "the archive was not asked" if archive is None else f"{len(archive)} in the archive, which {checked.archive}"
    said = ("intact", "bold green") if checked.ok else ("NOT INTACT", "bold red")
    console.print(Text.assemble(f"job {trail.job_id}: ", said, f"; {len(trail.stored)} entries in the table, {kept}"))
