"""Lambda handler of the archiver: the audit table's stream into the write-once archive (XAI-05, COMP-16).

A batch is handled in its order and whole: if an entry cannot be kept the function raises, Lambda delivers the batch
again (halved, so that one entry holds up no other), and what was kept already is recognised by its name. What stays
impossible ends in the dead-letter queue, whose first message raises an alarm; the entry itself is still in the table.

Nothing of the application changes or deletes an entry. So a change in the stream, or an entry whose hash is wrong, is
somebody at the table: it is told at once, and not archived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from pydantic import Field, ValidationError

from advisor.adapters.audit_archive import S3AuditArchive
from advisor.adapters.environment import Environment, Text, load
from advisor.adapters.telemetry import PowertoolsTelemetry
from advisor.domain.audit import entry_hash
from advisor.domain.models import AuditEntry
from advisor.ports.store import AuditArchive
from advisor.ports.telemetry import Telemetry

NAME = "archiver"
QUICK = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


class ArchiverEnvironment(Environment):
    """The archiver: its bucket."""

    audit_archive: Text = Field(alias="AUDIT_ARCHIVE")


@dataclass(frozen=True)
class Archiver:
    """Keeps what a stream brings."""

    archive: AuditArchive
    telemetry: Telemetry

    def run(self, records: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """Keep the batch's entries; how many were new, were kept before, and point at tampering. Raises
        UnavailableError for the whole batch when one cannot be kept."""
        counts = {"archived": 0, "kept_before": 0, "tampered": 0}
        for record in records:
            change = record["dynamodb"]
            key = {name: value.get("S", "") for name, value in change["Keys"].items()}
            if record["eventName"] != "INSERT":
                self._tampered(key, record["eventName"].lower(), counts)
            elif "entry" in change["NewImage"]:
                entry = _entry(change["NewImage"]["entry"].get("S", ""))
                if entry is None or entry.job_id != key.get("job_id"):
                    self._tampered(key, "forged", counts)
                else:
                    counts["archived" if self.archive.put(entry) else "kept_before"] += 1
        self.telemetry.metric("AuditEntriesArchived", counts["archived"], agent=NAME)
        return counts

    def _tampered(self, key: Mapping[str, str], how: str, counts: dict[str, int]) -> None:
        counts["tampered"] += 1
        about = {"audited_job_id": key.get("job_id", ""), "entry_id": key.get("entry_id", "")[:100]}
        self.telemetry.event("AUDIT_TAMPERED", agent=NAME, warning=True, change=how, **about)
        self.telemetry.metric("AuditTampered", 1, agent=NAME)


def _entry(text: str) -> AuditEntry | None:
    """The sealed entry of an item; None when it is none."""
    try:
        entry = AuditEntry.model_validate_json(text)
    except ValidationError:
        return None
    return entry if entry.entry_hash == entry_hash(entry) else None


@lru_cache
def wiring() -> tuple[Archiver, PowertoolsTelemetry]:
    """Wire the archiver from its environment (raises ConfigurationError)."""
    env = load(ArchiverEnvironment)
    telemetry = PowertoolsTelemetry(
        service=env.service, environment=env.environment, namespace=env.metrics_namespace, level=env.log_level
    )
    return Archiver(S3AuditArchive(boto3.client("s3", config=QUICK), env.audit_archive), telemetry), telemetry


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, int]:
    """AWS Lambda entry point for the table's stream."""
    archiver, telemetry = wiring()
    try:
        return archiver.run(event["Records"])
    except Exception:
        telemetry.logger.exception("the batch could not be archived")
        raise
    finally:
        telemetry.flush()
