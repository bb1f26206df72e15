"""The write-once copy of the AI audit trail in S3 (XAI-05, COMP-16).

An object is written once: its name carries the entry's place and hash, and a second write under the name is refused by
S3 itself. Object Lock keeps each version for the bucket's retention; what can still be done (a further version, a
delete marker) leaves the first version, and that is the one read here. S3 checks each object's SHA-256 on arrival.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from advisor.domain.audit import canonical_json
from advisor.domain.audit_trail import Archived, archive_key, day_prefix
from advisor.domain.errors import UnavailableError
from advisor.domain.models import AuditEntry

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_KEPT = frozenset({"PreconditionFailed", "412"})


@dataclass(frozen=True)
class S3AuditArchive:
    """AuditArchive over one bucket; raises UnavailableError when S3 does not answer as it should."""

    client: "S3Client"
    bucket: str

    def put(self, entry: AuditEntry) -> bool:
        """Write the entry's canonical JSON; False when its object exists."""
        try:
            self.client.put_object(
                Bucket=self.bucket,
                Key=archive_key(entry),
                Body=canonical_json(entry.model_dump()).encode(),
                ContentType="application/json",
                ChecksumAlgorithm="SHA256",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _KEPT:
                return False
            raise UnavailableError() from error
        except BotoCoreError as error:
            raise UnavailableError() from error
        return True

    def named(self, job_id: str, days: Iterable[date]) -> list[Archived]:
        """Objects of a job on these days, delete markers and later versions counted, without their content."""
        return [archived for archived, _version in self._found(job_id, days)]

    def read(self, job_id: str, days: Iterable[date]) -> list[Archived]:
        """The same with the content of each object's first version."""
        found = []
        for archived, version in self._found(job_id, days):
            try:
                answer = self.client.get_object(Bucket=self.bucket, Key=archived.key, VersionId=version)
                found.append(replace(archived, text=answer["Body"].read().decode(errors="replace")))
            except (ClientError, BotoCoreError) as error:
                raise UnavailableError() from error
        return found

    def _found(self, job_id: str, days: Iterable[date]) -> list[tuple[Archived, str]]:
        """Each object with the id of its first version; one without any version left cannot be told from none."""
        versions: dict[str, list[Any]] = {}
        hidden: set[str] = set()
        pages = self.client.get_paginator("list_object_versions")
        try:
            for day in days:
                for page in pages.paginate(Bucket=self.bucket, Prefix=day_prefix(day, job_id)):
                    for version in page.get("Versions", []):
                        versions.setdefault(version["Key"], []).append(version)
                    hidden |= {marker["Key"] for marker in page.get("DeleteMarkers", []) if marker["IsLatest"]}
        except (ClientError, BotoCoreError) as error:
            raise UnavailableError() from error
        found = []
        for key, all_of_it in sorted(versions.items()):
            # Listed newest first; times are whole seconds, so that the order decides between equal ones.
            first = min(reversed(all_of_it), key=lambda one: one["LastModified"])
            found.append((Archived(key, hidden=key in hidden, versions=len(all_of_it)), first["VersionId"]))
        return found
