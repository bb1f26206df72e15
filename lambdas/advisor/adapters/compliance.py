"""AWS as the remediation needs it: a bucket's block, Security Hub's findings, the compliance bus. Raises
UnavailableError when a call does not do what it should, so that the event is delivered again."""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from advisor.domain.errors import UnavailableError
from advisor.domain.remediation import ADVICE, Answer, Change

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PublicAccessBlockConfigurationTypeDef

SOURCE = "alex.compliance"
GENERATOR = "alex/remediation"
_CLOSED: "PublicAccessBlockConfigurationTypeDef" = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
_HUB_TYPES = {"AWS::S3::Bucket": "AwsS3Bucket", "AWS::DynamoDB::Table": "AwsDynamoDbTable"}


@dataclass(frozen=True)
class Account:
    """The account that the changes are about; ``hub`` and ``events`` are clients of boto3."""

    s3: "S3Client"
    hub: Any
    events: Any
    bus: str
    partition: str = "aws"

    def close(self, change: Change) -> bool:
        """Block all public access to the bucket; False when it is gone."""
        try:
            self.s3.put_public_access_block(
                Bucket=change.resource,
                PublicAccessBlockConfiguration=_CLOSED,
                ExpectedBucketOwner=change.account,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchBucket":
                return False
            raise UnavailableError() from error
        except BotoCoreError as error:
            raise UnavailableError() from error
        return True

    def report(self, change: Change) -> None:
        """A finding in Security Hub, one for a rule and resource however often they change; archived when compliant."""
        try:
            answer = self.hub.batch_import_findings(Findings=[self._finding(change)])
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError() from error
        if answer["FailedCount"]:
            raise UnavailableError()

    def tell(self, change: Change, what: Answer) -> None:
        """An event on the compliance bus, for the archive and whoever listens."""
        entry = {
            "Source": SOURCE,
            "DetailType": what.value,
            "Detail": json.dumps(asdict(change)),
            "EventBusName": self.bus,
            "Resources": [change.resource] if change.resource.startswith("arn:") else [],
        }
        try:
            answer = self.events.put_events(Entries=[entry])
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError() from error
        if answer["FailedEntryCount"]:
            raise UnavailableError()

    def _finding(self, change: Change) -> Any:
        title, advice = ADVICE[change.rule]
        product = f"product/{change.account}/default"
        return {
            "SchemaVersion": "2018-10-08",
            "Id": f"{GENERATOR}/{change.rule}/{change.region}/{change.resource}",
            "ProductArn": f"arn:{self.partition}:securityhub:{change.region}:{change.account}:{product}",
            "GeneratorId": GENERATOR,
            "AwsAccountId": change.account,
            "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
            "CreatedAt": change.at,
            "UpdatedAt": change.at,
            # Not higher: the rule's own event has told a person already, and would be told twice.
            "Severity": {"Label": "INFORMATIONAL" if change.compliant else "MEDIUM"},
            "Title": title,
            "Description": f"{change.resource_type} {change.resource} breaks the rule {change.rule}.",
            "Remediation": {"Recommendation": {"Text": advice}},
            "Resources": [
                {
                    "Type": _HUB_TYPES.get(change.resource_type, "Other"),
                    "Id": change.resource,
                    "Partition": self.partition,
                    "Region": change.region,
                }
            ],
            "Compliance": {"Status": "PASSED" if change.compliant else "FAILED"},
            "RecordState": "ARCHIVED" if change.compliant else "ACTIVE",
        }
