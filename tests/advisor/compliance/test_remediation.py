"""A public bucket becomes private, an unencrypted table a finding, and both an event on the compliance bus (SYS-14)."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from pydantic import ValidationError

from advisor.adapters.compliance import Account
from advisor.domain.errors import UnavailableError
from advisor.domain.remediation import ADVICE, PUBLIC_BUCKET, Answer
from advisor.handlers.remediation import change_of, remedy
from tests.advisor.agents.conftest import Told

REGION, NUMBER = "us-east-1", "123456789012"
TABLES = "alex-dynamodb-table-encrypted-kms"


class Cloud:
    """An account with a bucket that anybody may read, and a compliance bus."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3", region_name=REGION)
        self.hub = boto3.client("securityhub", region_name=REGION)
        self.events = boto3.client("events", region_name=REGION)
        self.hub.enable_security_hub()
        self.s3.create_bucket(Bucket="open")
        self.s3.put_bucket_acl(Bucket="open", ACL="public-read")
        self.events.create_event_bus(Name="compliance")
        self._sent: list[dict[str, Any]] = []
        self.events.meta.events.register("provide-client-params.events.PutEvents", self._note)
        self.account = Account(self.s3, self.hub, self.events, "compliance")
        self.told = Told()

    def answer(self, event: dict[str, Any]) -> Answer | None:
        return remedy(change_of(event), self.account, self.told)

    def _note(self, params: dict[str, Any], **_about: Any) -> None:
        self._sent += params["Entries"]

    def heard(self) -> list[dict[str, Any]]:
        """What was sent to the bus."""
        assert {entry["EventBusName"] for entry in self._sent} <= {"compliance"}
        return [entry | {"Detail": json.loads(entry["Detail"])} for entry in self._sent]

    def findings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.hub.get_findings()["Findings"]
        return found


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_aws():
        yield Cloud()


def event(rule: str, resource: str, kind: str, compliance: str = "NON_COMPLIANT") -> dict[str, Any]:
    """A change as AWS Config tells it, of a rule in a conformance pack."""
    return {
        "source": "aws.config",
        "detail-type": "Config Rules Compliance Change",
        "detail": {
            "configRuleName": f"{rule}-conformance-pack-abcdefgh",
            "resourceId": resource,
            "resourceType": kind,
            "awsAccountId": NUMBER,
            "awsRegion": REGION,
            "messageType": "ComplianceChangeNotification",
            "newEvaluationResult": {
                "complianceType": compliance,
                "resultRecordedTime": "2026-11-21T10:00:00.000Z",
                "configRuleInvokedTime": "2026-11-21T09:59:58.000Z",
            },
        },
    }


def test_a_public_bucket_becomes_private(cloud: Cloud) -> None:
    """COMP-03, SEC-07: until somebody reads their mail, anybody could read the clients' data."""
    assert cloud.answer(event(PUBLIC_BUCKET, "open", "AWS::S3::Bucket")) is Answer.REPAIRED
    blocked = cloud.s3.get_public_access_block(Bucket="open")["PublicAccessBlockConfiguration"]
    assert blocked == dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    [heard] = cloud.heard()
    assert heard["DetailType"] == "Compliance Violation Repaired"
    assert heard["Detail"]["resource"] == "open"
    assert heard["Detail"]["rule"] == PUBLIC_BUCKET
    assert cloud.told.names() == ["COMPLIANCE_REPAIRED"]
    assert cloud.findings() == []


def test_an_unencrypted_table_becomes_a_finding_with_advice(cloud: Cloud) -> None:
    """COMP-03, COMP-04: a repair could break who reads the table, so a person gets told what to do."""
    assert cloud.answer(event(TABLES, "clients", "AWS::DynamoDB::Table")) is Answer.REPORTED
    [finding] = cloud.findings()
    assert finding["Title"] == ADVICE[TABLES][0]
    assert finding["Remediation"]["Recommendation"]["Text"] == ADVICE[TABLES][1]
    assert finding["Compliance"] == {"Status": "FAILED"}
    assert finding["Resources"][0]["Id"] == "clients"
    assert [one["DetailType"] for one in cloud.heard()] == ["Compliance Violation Reported"]


def test_the_finding_is_one_however_often_it_is_told_and_ends_when_it_is_mended(cloud: Cloud) -> None:
    """COMP-04: a list that only grows is read by nobody."""
    for _ in range(2):
        cloud.answer(event(TABLES, "clients", "AWS::DynamoDB::Table"))
    assert len({finding["Id"] for finding in cloud.findings()}) == 1
    assert cloud.answer(event(TABLES, "clients", "AWS::DynamoDB::Table", "COMPLIANT")) is Answer.RESOLVED
    newest = cloud.findings()[-1]
    assert (newest["RecordState"], newest["Compliance"]["Status"]) == ("ARCHIVED", "PASSED")


def test_what_is_a_persons_decision_is_left_alone(cloud: Cloud) -> None:
    """COMP-03: versioning is on one bucket's owner to decide; the rule's own event tells them."""
    assert cloud.answer(event("alex-s3-bucket-versioning-enabled", "open", "AWS::S3::Bucket")) is None
    assert cloud.answer(event(PUBLIC_BUCKET, "open", "AWS::S3::Bucket", "COMPLIANT")) is None
    assert cloud.heard() == []
    assert "Status" not in cloud.s3.get_bucket_versioning(Bucket="open")


def test_a_bucket_that_is_gone_needs_no_repair(cloud: Cloud) -> None:
    """Its event would otherwise be tried again for hours, and end in the dead-letter queue."""
    assert cloud.answer(event(PUBLIC_BUCKET, "gone", "AWS::S3::Bucket")) is None
    assert cloud.heard() == []


@pytest.mark.parametrize("fails", ["close", "report", "tell"])
def test_what_fails_is_tried_again(cloud: Cloud, fails: str) -> None:
    """COMP-05: an answer that was refused must not count as given."""
    client, call, body = {
        "close": (cloud.s3, "put_public_access_block", None),
        "report": (cloud.hub, "batch_import_findings", {"FailedCount": 1, "SuccessCount": 0}),
        "tell": (cloud.events, "put_events", {"FailedEntryCount": 1, "Entries": []}),
    }[fails]
    rule = TABLES if fails == "report" else PUBLIC_BUCKET
    with Stubber(client) as stub:
        if body is None:
            stub.add_client_error(call, "AccessDenied")
        else:
            stub.add_response(call, body)
        with pytest.raises(UnavailableError):
            cloud.answer(event(rule, "open", "AWS::S3::Bucket"))
    assert cloud.told.names() == []


def test_an_event_of_another_form_is_refused() -> None:
    """A rule that sends the function something else is a mistake that somebody must hear of."""
    with pytest.raises(ValidationError):
        change_of({"detail": {"configRuleName": "x"}})
