"""The delivery into the write-once archive, and the life of what lies in it (SYS-15)."""

import json
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from settings import ENVIRONMENTS, load
from tests.stacks.bucket_life import Life

ARCHIVING = [name for name in ENVIRONMENTS if load(name).logs.archive_years]
EVERYWHERE = pytest.mark.parametrize("environment", ARCHIVING)


def _one(made: Any, resource_type: str, word: str) -> dict[str, Any]:
    [found] = [p for where, p in made.of_type(resource_type, "Security").items() if word in where]
    return dict(found)


def _stream(made: Any) -> dict[str, Any]:
    return _one(made, "AWS::KinesisFirehose::DeliveryStream", "LogDelivery")


@EVERYWHERE
def test_logs_are_encrypted_on_their_way_and_lie_by_group_and_day(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """OBS-29: what an auditor asks for is one group's day; without order he would get seven years of everything."""
    stream = _stream(assembly(environment))
    assert stream["DeliveryStreamName"] == f"alex-{environment}-log-archive"
    waiting = stream["DeliveryStreamEncryptionConfigurationInput"]
    assert (waiting["KeyType"], "LogsKey" in str(waiting["KeyARN"])) == ("CUSTOMER_MANAGED_CMK", True)
    to = stream["ExtendedS3DestinationConfiguration"]
    assert "LogArchive" in str(to["BucketARN"])
    assert "LogsKey" in str(to["EncryptionConfiguration"]["KMSEncryptionConfig"]["AWSKMSKeyARN"])
    assert to["Prefix"] == "cloudwatch/groups/!{partitionKeyFromQuery:group}/!{timestamp:yyyy/MM/dd}/"
    assert to["ErrorOutputPrefix"] == "cloudwatch/errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/"
    assert to["CompressionFormat"] == "GZIP"
    # Firehose's own limits for sorted delivery.
    assert to["DynamicPartitioningConfiguration"]["Enabled"] is True
    assert to["BufferingHints"]["SizeInMBs"] >= 64
    assert 60 <= to["BufferingHints"]["IntervalInSeconds"] <= 900
    kinds = [processor["Type"] for processor in to["ProcessingConfiguration"]["Processors"]]
    # Extracting messages (CloudWatchLogProcessing) would drop the group's name before it is sorted by.
    assert kinds == ["Decompression", "MetadataExtraction", "AppendDelimiterToRecord"]
    assert "LogDeliveryErrors" in str(to["CloudWatchLoggingOptions"]["LogGroupName"])


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
@pytest.mark.parametrize(
    ("group", "folder"),
    [
        ("Alex-prod-Agents-PlannerLogs0-AbC", "Alex-prod-Agents-PlannerLogs0-AbC"),
        ("/aws/vendedlogs/states/alex-prod-review", "aws/vendedlogs/states/alex-prod-review"),
        ("", "control"),
        (None, "control"),
    ],
)
def test_a_batch_is_sorted_by_its_log_group(group: str | None, folder: str, assembly: Callable[[str], Any]) -> None:
    """OBS-29: CloudWatch Logs' test records name no group; refused, each deployment would look like a failure."""
    processors = _stream(assembly("prod"))["ExtendedS3DestinationConfiguration"]["ProcessingConfiguration"][
        "Processors"
    ]
    [query] = [
        parameter["ParameterValue"]
        for processor in processors
        for parameter in processor["Parameters"]
        if parameter["ParameterName"] == "MetadataExtractionQuery"
    ]
    batch = {"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": group, "logEvents": [{"message": "x"}]}
    ran = subprocess.run(["jq", "-c", query], input=json.dumps(batch), capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == {"group": folder}


@EVERYWHERE
def test_each_role_of_the_delivery_has_its_part_and_is_assumed_for_this_account_only(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """OBS-29, IAM-05: another customer's log group or stream must not act through our roles; writers do not delete."""
    made = assembly(environment)
    for word, service, condition in (
        ("LogDeliveryRole", "firehose.amazonaws.com", "aws:SourceAccount"),
        ("LogDeliveryWriter", "logs.amazonaws.com", "aws:SourceArn"),
    ):
        [statement] = _one(made, "AWS::IAM::Role", word)["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": service}
        assert condition in str(statement["Condition"])
        assert "AWS::AccountId" in str(statement["Condition"])

    def granted(word: str) -> set[str]:
        statements = _one(made, "AWS::IAM::Policy", word)["PolicyDocument"]["Statement"]
        actions = [s["Action"] if isinstance(s["Action"], list) else [s["Action"]] for s in statements]
        assert not [s for s in statements if s["Resource"] == "*"]
        return {action for some in actions for action in some}

    assert granted("LogDeliveryWriter") == {"firehose:PutRecord", "firehose:PutRecordBatch"}
    assert granted("LogDeliveryRole") == {
        "s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads",
        "kms:Decrypt", "kms:GenerateDataKey", "logs:PutLogEvents",
    }  # fmt: skip
    policy = _one(made, "AWS::S3::BucketPolicy", "LogArchive")["PolicyDocument"]["Statement"]
    [writer] = [s for s in policy if s.get("Sid") == "Writer"]
    assert set(writer["Action"]) == {"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"}
    assert "LogDeliveryRole" in str(writer["Principal"])
    assert "/cloudwatch/*" in str(writer["Resource"])


@EVERYWHERE
def test_a_person_hears_when_logs_no_longer_reach_the_archive(environment: str, assembly: Callable[[str], Any]) -> None:
    """OBS-29: Firehose forgets what it could not deliver for a day, CloudWatch Logs what it could not send."""
    alarms = {
        p["AlarmName"].removeprefix(f"alex-{environment}-log-archive-"): p
        for p in assembly(environment).of_type("AWS::CloudWatch::Alarm", "Security").values()
        if "-log-archive-" in p["AlarmName"]
    }
    assert set(alarms) == {"late", "failing", "silent"}
    for alarm in alarms.values():
        assert "log-archive-delivery.md" in alarm["AlarmDescription"]
    incidents = assembly(environment).of_type("AWS::CloudWatch::CompositeAlarm").values()
    [platform] = [p["AlarmRule"] for p in incidents if p["AlarmName"] == f"alex-{environment}-platform-incident"]
    for word, alarm in alarms.items():
        assert f'ALARM("alex-{environment}-log-archive-{word}")' in platform
        assert alarm["Dimensions"] == [{"Name": "DeliveryStreamName", "Value": f"alex-{environment}-log-archive"}]
    minutes = load(environment).logs.archive_late_minutes
    assert (alarms["late"]["MetricName"], alarms["late"]["Threshold"]) == ("DeliveryToS3.DataFreshness", minutes * 60)
    assert alarms["failing"]["ComparisonOperator"] == "LessThanThreshold"
    assert alarms["failing"]["TreatMissingData"] == "notBreaching"
    assert (alarms["silent"]["MetricName"], alarms["silent"]["TreatMissingData"]) == ("IncomingRecords", "breaching")


@EVERYWHERE
def test_masked_personal_data_reaches_a_person(environment: str, assembly: Callable[[str], Any]) -> None:
    """OBS-01: what the masks find is a fault of the code, and hides as long as nobody hears of it."""
    made = assembly(environment)
    findings = _one(made, "AWS::Logs::LogGroup", "PersonalData")
    assert findings["LogGroupName"] == f"/aws/vendedlogs/alex-{environment}-personal-data"
    found = _one(made, "AWS::Logs::MetricFilter", "PersonalData")
    [counted] = found["MetricTransformations"]
    assert found["FilterPattern"] == ""
    alarm = _one(made, "AWS::CloudWatch::Alarm", "PersonalData")
    assert (alarm["Namespace"], alarm["MetricName"]) == (counted["MetricNamespace"], counted["MetricName"])
    assert "log-personal-data.md" in alarm["AlarmDescription"]
    assert "Warning" in str(alarm["AlarmActions"])


@pytest.mark.parametrize("environment", ["prod", "prod-dr"])
@pytest.mark.parametrize("archive", ["Security/LogArchive", "Compliance/Archive"])
def test_a_simulated_clock_shows_an_archived_log_hot_cold_locked_and_gone(
    environment: str, archive: str, assembly: Callable[[str], Any]
) -> None:
    """OBS-26, COMP-16, SYS-15: 90 days at hand, then Glacier, and for seven years in nobody's power, not root's."""
    [bucket] = [p for w, p in assembly(environment).of_type("AWS::S3::Bucket").items() if w.startswith(archive)]
    life = Life(bucket)
    assert (life.storage(0), life.storage(89), life.storage(91)) == ("STANDARD", "STANDARD", "GLACIER")
    assert life.storage(2556) == "GLACIER"
    for day in (0, 1, 91, 2000, 2556):
        assert not life.deletable(day), day
        assert not life.deletable(day, bypass_governance=True), f"day {day}: somebody with every right"
    assert life.deletable(2557)
    assert life.expired_on == 2558, "kept for a day longer than it must be, and not for ever"
    assert life.gone_on == 2588


def test_the_clock_tells_a_weaker_lock_apart(assembly: Callable[[str], Any]) -> None:
    """COMP-16: the simulation must see what staging's governance mode allows, or it would pass anything."""
    [bucket] = [p for w, p in assembly("staging").of_type("AWS::S3::Bucket").items() if "LogArchive" in w]
    life = Life(bucket)
    assert not life.deletable(100)
    assert life.deletable(100, bypass_governance=True)
    assert life.deletable(365)
    [unlocked] = [p for w, p in assembly("dev").of_type("AWS::S3::Bucket").items() if "LogArchive" in w]
    assert Life(unlocked).deletable(0)
    assert Life(unlocked).storage(91) == "STANDARD"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_bucket_tells_a_bucket_of_its_own_stacks_account_who_read_it(
    environment: str, assembly: Callable[[str], Any]
) -> None:
    """COMP-06: the access-log bucket itself is the end: logged too, each delivery would cause the next."""
    made, settings = assembly(environment), load(environment)
    ends = {where for where in made.of_type("AWS::S3::Bucket") if "/AccessLogs" in where}
    assert {where.split("/")[0] for where in ends} == {"Security", "Compliance"}
    prefixes = []
    for where, bucket in made.of_type("AWS::S3::Bucket").items():
        if where in ends:
            assert "LoggingConfiguration" not in bucket, where
            assert "ObjectLockEnabled" not in bucket, f"{where}: S3 delivers no access logs to a locked bucket"
            [rule] = bucket["LifecycleConfiguration"]["Rules"]
            own = settings.logs.hot_retention_days if where.startswith("Compliance/") else settings.logs.s3_access_days
            assert rule["ExpirationInDays"] == own, where
            continue
        logging = bucket["LoggingConfiguration"]
        assert "AccessLogs" in str(logging["DestinationBucketName"]), where
        prefixes.append((where.startswith("Compliance/"), logging["LogFilePrefix"]))
    assert len(prefixes) == len(set(prefixes)), "two buckets' logs would lie in one folder"
    for where, policy in made.of_type("AWS::S3::BucketPolicy").items():
        if "/AccessLogs" in where:
            statements = policy["PolicyDocument"]["Statement"]
            [delivery] = [s for s in statements if s.get("Sid") == "AccessLogDelivery"]
            assert delivery["Principal"] == {"Service": "logging.s3.amazonaws.com"}
            assert "aws:SourceAccount" in str(delivery["Condition"])
