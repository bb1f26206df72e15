"""The record of what the guard decided: a line in the evidence's folder, and an event in the account (CICD-12).

Decision: CloudWatch Logs, not EventBridge: a log keeps what nobody was listening for, as long as the settings say and
under the account's key. The file comes first and must succeed; the log does not exist before the first deployment and
may be out of reach in an emergency: then the command says that the record is not there.
"""

import getpass
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alex import places
from alex.slo.environment import Measured
from alex.slo.guard import Decision, Reason
from soc2.source import state_of_source
from stacks.indicators import deployment_log


def entry(
    environment: str, decision: Decision, reason: Reason | None, measured: Sequence[Measured], *, who: str
) -> dict[str, Any]:
    """The decision with who, when, why, of which source, and the budgets it rests on."""
    commit, changed = state_of_source(places.ROOT)
    return {
        "event_type": "DEPLOYMENT_GUARD",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "environment": environment,
        "outcome": decision.outcome.value,
        "why": decision.why,
        "reason": {"kind": reason.kind.value, "text": reason.text} if reason else None,
        "who": who,
        "commit": commit or "unknown",
        "uncommitted_changes": changed,
        "budgets": {
            one.indicator.name: {"minutes": one.freeze.minutes, "spent": round(one.freeze.spent, 3)}
            for one in measured
            if one.freeze is not None
        },
    }


def file_of(environment: str) -> Path:
    """Where the decisions about an environment's deployments are kept, one JSON object a line."""
    return places.STATE / "evidence" / environment / "deployments.jsonl"


def keep(record: dict[str, Any]) -> Path:
    """Append the record to the environment's file."""
    path = file_of(record["environment"])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return path


def tell(session: Any, record: dict[str, Any]) -> str | None:
    """Write the record to the account's log; why not, when that fails."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    group, stream = deployment_log(record["environment"]), record["at"][:10]
    try:
        logs = session.client("logs")
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        at = datetime.fromisoformat(record["at"])
        event = {"timestamp": int(at.timestamp() * 1000), "message": json.dumps(record, sort_keys=True)}
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])
    except ClientError as error:
        return f"{group}: {error.response['Error']['Code']}"
    except BotoCoreError as error:
        return f"{group}: {type(error).__name__}"
    return None


def caller(session: Any) -> str:
    """Who deploys: the account's name for the caller, or this machine's user when the account does not say."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        return str(session.client("sts").get_caller_identity()["Arn"])
    except (ClientError, BotoCoreError):
        return local_user()


def local_user() -> str:
    """This machine's user, who is nobody to the account."""
    return f"user {getpass.getuser()} of this machine"
