"""The audit trail's second life: from the table's stream into a bucket that nobody can change (XAI-05, COMP-16)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from settings import ENVIRONMENTS, load

ALL_ENVIRONMENTS = pytest.mark.parametrize("environment", ENVIRONMENTS)
DAYS_A_YEAR = 365.25


def _statements(made: Any, kind: str, word: str) -> Iterator[dict[str, Any]]:
    for where, policy in made.of_type(kind).items():
        if word in where:
            yield from policy["PolicyDocument"]["Statement"]


def _actions(statement: dict[str, Any]) -> set[str]:
    actions = statement["Action"]
    return {actions} if isinstance(actions, str) else set(actions)


@ALL_ENVIRONMENTS
def test_records_are_locked_for_the_settings_years(environment: str, assembly: Callable[[str], Any]) -> None:
    """COMP-16: the mode and the years of the settings, in production compliance mode and seven; readable at once."""
    made, retention = assembly(environment), load(environment).retention
    [bucket] = [p for w, p in made.of_type("AWS::S3::Bucket", "Data").items() if "/AuditArchive" in w]
    assert bucket["ObjectLockEnabled"] is True
    assert bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {
        "Mode": retention.object_lock_mode.upper(), "Days": round(retention.audit_years * DAYS_A_YEAR),
    }  # fmt: skip
    if environment.startswith("prod"):
        assert (retention.object_lock_mode, retention.audit_years) == ("compliance", 7)
    [rule] = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] > retention.audit_years * 365
    assert "Transitions" not in rule
    key = str(bucket["BucketEncryption"])
    assert "AuditKey" in key


@ALL_ENVIRONMENTS
def test_one_function_writes_and_nobody_deletes(environment: str, assembly: Callable[[str], Any]) -> None:
    """COMP-16: also an administrator would have to change the bucket's policy first, which the trail records."""
    statements = {
        s["Sid"]: s for s in _statements(assembly(environment), "AWS::S3::BucketPolicy", "AuditArchive") if "Sid" in s
    }
    writer = statements["Writer"]
    assert (writer["Effect"], _actions(writer)) == ("Allow", {"s3:PutObject"})
    assert "ArchiverRole" in str(writer["Principal"])
    assert "/ai-audit/*" in str(writer["Resource"])
    other = statements["NoOtherWriter"]
    assert (other["Effect"], other["Principal"]) == ("Deny", {"AWS": "*"})
    assert "ArchiverRole" in str(other["Condition"]["ArnNotEquals"]["aws:PrincipalArn"])
    deletion = statements["NoDeletion"]
    assert (deletion["Effect"], deletion["Principal"]) == ("Deny", {"AWS": "*"})
    assert _actions(deletion) == {"s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion"}


@ALL_ENVIRONMENTS
def test_the_stream_loses_nothing_silently(environment: str, assembly: Callable[[str], Any]) -> None:
    """XAI-05: from the first change on, in small batches that are halved on errors; what fails for good is kept."""
    made = assembly(environment)
    [table] = [p for w, p in made.of_type("AWS::DynamoDB::GlobalTable").items() if w.startswith("Data/Audit")]
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    [feed] = [p for w, p in made.of_type("AWS::Lambda::EventSourceMapping").items() if "AuditFeed" in w]
    assert feed["StartingPosition"] == "TRIM_HORIZON"
    assert feed["BisectBatchOnFunctionError"] is True
    assert feed["MaximumRetryAttempts"] >= 10
    assert feed["MaximumRecordAgeInSeconds"] < 24 * 3600
    assert "AuditFeedDeadLetters" in str(feed["DestinationConfig"]["OnFailure"]["Destination"])
    alarms = {a["AlarmName"]: a for a in made.of_type("AWS::CloudWatch::Alarm", "Data").values()}
    for name in ("archiver-function-dead-letters", "archiver-function-behind", "audit-tampered"):
        assert alarms[f"alex-{environment}-{name}"]["AlarmActions"]
    dimensions = alarms[f"alex-{environment}-audit-tampered"]["Dimensions"]
    assert {d["Name"]: d["Value"] for d in dimensions} == {
        "Environment": environment, "Service": "archiver", "Agent": "archiver",
    }  # fmt: skip


@ALL_ENVIRONMENTS
def test_each_role_has_its_part_of_the_trail_and_no_more(environment: str, assembly: Callable[[str], Any]) -> None:
    """XAI-04, IAM-05: the planner appends, the API reads entries and the archive's names, the archiver changes."""
    made = assembly(environment)

    def granted(role: str) -> set[str]:
        found = [s for s in _statements(made, "AWS::IAM::Policy", f"/{role}Role") if "Audit" in str(s["Resource"])]
        return {action for statement in found for action in _actions(statement) if not action.startswith("kms:")}

    assert granted("Planner") == {"dynamodb:PutItem", "dynamodb:Query"}
    assert granted("Api") == {"dynamodb:Query", "s3:ListBucketVersions"}
    reading = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}
    assert granted("Archiver") == {*reading, "sqs:SendMessage"}
    own = _statements(made, "AWS::IAM::Policy", "/ArchiverRole")
    (listing,) = [statement for statement in own if "ListStreams" in str(statement["Action"])]
    assert (listing["Action"], listing["Resource"]) == ("dynamodb:ListStreams", "*"), "AWS knows no narrower grant"
