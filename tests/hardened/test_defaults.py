"""Plain constructs in any stack are safe without a word from their author (CONF-05)."""

from typing import Any

import pytest
from aws_cdk import App
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template


def _key(name: str) -> dict[str, Any]:
    from aws_cdk.assertions import Match

    return {"Fn::ImportValue": Match.string_like_regexp(f"Alex-test-Security:ExportsOutputFnGetAtt{name}Key.*Arn.*")}


def _synth(stack: Any) -> Template:
    app = stack.node.root
    assert isinstance(app, App)
    return Template.from_stack(stack)


def test_a_plain_bucket_is_encrypted_private_tls_only_versioned_logged_and_kept(throwaway: Any) -> None:
    """A platform engineer who writes `Bucket(self, "X")` would otherwise publish client data (SEC-07, SEC-09, SEC-10,
    COMP-06)."""
    s3.Bucket(throwaway, "X")
    template = _synth(throwaway)
    template.has_resource(
        "AWS::S3::Bucket",
        {
            "DeletionPolicy": "Retain",
            "Properties": {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {
                            "BucketKeyEnabled": True,
                            "ServerSideEncryptionByDefault": {
                                "SSEAlgorithm": "aws:kms",
                                "KMSMasterKeyID": _key("Data"),
                            },
                        }
                    ]
                },
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
                "VersioningConfiguration": {"Status": "Enabled"},
                "LoggingConfiguration": {"LogFilePrefix": "Throwaway/X/"},
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            },
        },
    )
    [policy] = template.find_resources("AWS::S3::BucketPolicy").values()
    denies = [s for s in policy["Properties"]["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
    assert {"aws:SecureTransport": "false"} in [d["Condition"].get("Bool") for d in denies]
    assert {"s3:TlsVersion": 1.2} in [d["Condition"].get("NumericLessThan") for d in denies]


def test_what_the_author_says_wins(throwaway: Any) -> None:
    """An author's own life cycle or key must not be overwritten by a default."""
    s3.Bucket(throwaway, "X", versioned=False, encryption=s3.BucketEncryption.S3_MANAGED)
    [bucket] = _synth(throwaway).find_resources("AWS::S3::Bucket").values()
    assert "VersioningConfiguration" not in bucket["Properties"]
    [rule] = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert bucket["Properties"]["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is True


@pytest.mark.parametrize("kind", ["TableV2", "Table"])
def test_a_plain_table_is_encrypted_restorable_and_protected(throwaway: Any, kind: str) -> None:
    """Without point-in-time recovery a bad deployment would lose records for good (SEC-11, DR-04)."""
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    if kind == "TableV2":
        dynamodb.TableV2(throwaway, "X", partition_key=key)
        [table] = _synth(throwaway).find_resources("AWS::DynamoDB::GlobalTable").values()
        [properties] = table["Properties"]["Replicas"]
    else:
        dynamodb.Table(throwaway, "X", partition_key=key)
        [table] = _synth(throwaway).find_resources("AWS::DynamoDB::Table").values()
        properties = table["Properties"]
    assert "DataKey" in str(properties["SSESpecification"]["KMSMasterKeyId"])
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert properties["DeletionProtectionEnabled"] is True
    assert table["DeletionPolicy"] == "Retain"


def test_a_plain_queue_and_topic_are_encrypted_and_refuse_plain_http(throwaway: Any) -> None:
    """Messages carry client identifiers (SEC-06)."""
    sqs.Queue(throwaway, "Q")
    sns.Topic(throwaway, "T")
    template = _synth(throwaway)
    template.has_resource_properties("AWS::SQS::Queue", {"KmsMasterKeyId": _key("Messaging")})
    template.has_resource_properties("AWS::SNS::Topic", {"KmsMasterKeyId": _key("Messaging")})
    for policy_type in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        [policy] = template.find_resources(policy_type).values()
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        assert any(
            s["Effect"] == "Deny" and s["Condition"] == {"Bool": {"aws:SecureTransport": "false"}} for s in statements
        )


def test_a_plain_log_group_and_secret_are_encrypted_and_kept(throwaway: Any) -> None:
    """A log group without retention keeps client data for ever; one without a key, readable to the service (OBS-26,
    SEC-14)."""
    logs.LogGroup(throwaway, "L")
    secretsmanager.Secret(throwaway, "S")
    template = _synth(throwaway)
    template.has_resource(
        "AWS::Logs::LogGroup",
        {"DeletionPolicy": "RetainExceptOnCreate", "Properties": {"KmsKeyId": _key("Logs"), "RetentionInDays": 2557}},
    )
    template.has_resource_properties("AWS::SecretsManager::Secret", {"KmsKeyId": _key("Secrets")})


def test_a_plain_function_is_traced_encrypted_and_has_a_log_group_that_expires(throwaway: Any) -> None:
    """A function outside the hardened construct still leaves traces and encrypted logs (SEC-13, OBS-18)."""
    lambda_.Function(
        throwaway,
        "F",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("pass"),
    )
    template = _synth(throwaway)
    template.has_resource_properties(
        "AWS::Lambda::Function", {"KmsKeyArn": _key("Secrets"), "TracingConfig": {"Mode": "Active"}}
    )
    template.has_resource_properties("AWS::Logs::LogGroup", {"KmsKeyId": _key("Logs"), "RetentionInDays": 2557})


def test_security_stack_does_not_depend_on_its_users(throwaway: Any) -> None:
    """A bucket whose logs go to the security stack must not change that stack, or every stack would deadlock with
    it."""
    s3.Bucket(throwaway, "X")
    security = throwaway.node.scope.node.find_child("Security")
    assert "Throwaway" not in str(Template.from_stack(security).to_json())
