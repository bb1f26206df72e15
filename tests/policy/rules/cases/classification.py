"""Tags: who owns and pays, how sensitive the data is, and whether its key says the same."""

from typing import Any

from soc2.profile import Profile
from tests.policy.rules.casework import Case, Templates

PROFILE = Profile(required_tags=("Owner", "Project"))


def tags(**values: str) -> list[dict[str, str]]:
    """Tags in CloudFormation's notation."""
    return [{"Key": name, "Value": value} for name, value in values.items()]


def stores(found: str, key: str) -> dict[str, Any]:
    """A bucket and a replicated table with one key; the classes of the data and of the key."""
    arn = {"Fn::GetAtt": ["Key", "Arn"]}
    rule = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}}
    classified = tags(DataClassification=found)
    replica = {"Region": "eu-west-1", "SSESpecification": {"KMSMasterKeyId": arn}, "Tags": classified}
    return {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"Tags": tags(DataClassification=key)}},
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"BucketEncryption": {"ServerSideEncryptionConfiguration": [rule]}, "Tags": classified},
        },
        "Table": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {"Replicas": [replica]}},
    }


def queue(found: Any) -> dict[str, Any]:
    """A queue with tags in one notation and a user pool with them in the other."""
    pool = {tag["Key"]: tag["Value"] for tag in found}
    return {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"Tags": found}},
        "Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {"UserPoolTags": pool}},
    }


def untag(templates: Templates, stack: str, logical_id: str) -> None:
    """Remove the resource's tags, in whatever notation."""
    properties = templates[stack]["Resources"][logical_id]["Properties"]
    for at in (properties, *properties.get("Replicas", ())):
        for name in ("Tags", "UserPoolTags", "BackupVaultTags"):
            at.pop(name, None)


def untag_keys(templates: Templates, _stack: str, _logical_id: str) -> None:
    """Remove the tags of every key."""
    for template in templates.values():
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::KMS::Key":
                resource["Properties"].pop("Tags", None)


CASES = [
    Case(
        "SOC2-TAGS",
        passing=queue(tags(Owner="platform", Project="example")),
        failing=queue(tags(Owner="platform", Project="")),
        breaks=untag,
        profile=PROFILE,
    ),
    Case(
        "SOC2-CLASS-TAG",
        passing=stores("client-data", "client-data"),
        failing=stores("secret", "secret"),
        breaks=untag,
    ),
    Case(
        "SOC2-CLASS-KEY",
        passing=stores("confidential", "client-data"),
        failing=stores("client-data", "audit-record"),
        breaks=untag_keys,
    ),
]
