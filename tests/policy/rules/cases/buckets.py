"""Object storage."""

from typing import Any

from tests.policy.rules.casework import Case, Templates, drop, put, without

BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def bucket(**properties: Any) -> dict[str, Any]:
    """A template's resources with one bucket."""
    return {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties}}


def policy(effect: str, secure: str) -> dict[str, Any]:
    """The policy of that bucket."""
    statement = {
        "Effect": effect,
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": [{"Fn::GetAtt": ["Bucket", "Arn"]}, {"Fn::Sub": "${Bucket.Arn}/*"}],
        "Condition": {"Bool": {"aws:SecureTransport": secure}},
    }
    properties = {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Statement": [statement]}}
    return {"Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": properties}}


def allowing(principal: Any, condition: dict[str, Any]) -> dict[str, Any]:
    """A policy that lets ``principal`` read that bucket."""
    objects = {"Fn::Sub": "${Bucket.Arn}/*"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": objects}
    document = {"Statement": [{**statement, "Condition": condition}]}
    return {"Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"PolicyDocument": document}}}


def open_policy(templates: Templates, stack: str, logical_id: str) -> None:
    """Let everybody read what the policy is for."""
    document = templates[stack]["Resources"][logical_id]["Properties"]["PolicyDocument"]
    document["Statement"].append({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"})


def archive(**retention: Any) -> dict[str, Any]:
    """A bucket of audit records with a default retention."""
    return bucket(
        Tags=[{"Key": "DataClassification", "Value": "audit-record"}],
        ObjectLockEnabled=True,
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}},
    )


def encryption(**properties: Any) -> dict[str, Any]:
    """Encryption with a customer key."""
    return {
        "ServerSideEncryptionConfiguration": [
            {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, **properties}
        ]
    }


def versioned(**rule: Any) -> dict[str, Any]:
    """A bucket with versions and one rule of a lifecycle."""
    return bucket(VersioningConfiguration={"Status": "Enabled"}, LifecycleConfiguration={"Rules": [rule]})


CASES = [
    Case(
        "SOC2-S3-PUBLIC",
        passing=bucket(PublicAccessBlockConfiguration=dict.fromkeys(BLOCKS, True)),
        failing=bucket(PublicAccessBlockConfiguration={**dict.fromkeys(BLOCKS, True), "BlockPublicPolicy": False}),
        breaks=put("PublicAccessBlockConfiguration", "IgnorePublicAcls", value=False),
    ),
    Case(
        "SOC2-S3-TLS",
        passing=bucket() | policy("Deny", "false"),
        failing=bucket() | policy("Deny", "true"),
        breaks=without("AWS::S3::BucketPolicy"),
    ),
    Case(
        "SOC2-S3-VERSIONS",
        passing=bucket(VersioningConfiguration={"Status": "Enabled"}),
        failing=bucket(VersioningConfiguration={"Status": "Suspended"}),
        breaks=drop("VersioningConfiguration"),
    ),
    Case(
        "SOC2-S3-LOGGED",
        passing=bucket(LoggingConfiguration={"DestinationBucketName": "logs"}),
        failing=bucket(),
        breaks=drop("LoggingConfiguration"),
    ),
    Case(
        "SOC2-S3-POLICY",
        passing=bucket() | allowing({"AWS": "*"}, {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}),
        failing=bucket() | allowing({"AWS": "*"}, {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}),
        breaks=open_policy,
    ),
    Case(
        "SOC2-S3-ACL",
        passing=bucket(OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}),
        failing=bucket(AccessControl="PublicRead"),
        breaks=put("OwnershipControls", value={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}),
    ),
    Case(
        "SOC2-S3-LOCK",
        passing=archive(Mode="COMPLIANCE", Years=7),
        failing=archive(Mode="COMPLIANCE", Days=365),
        breaks=drop("ObjectLockConfiguration"),
    ),
    Case(
        "SOC2-S3-BUCKET-KEY",
        passing=bucket(BucketEncryption=encryption(BucketKeyEnabled=True)),
        failing=bucket(BucketEncryption=encryption()),
        breaks=put("BucketEncryption", "ServerSideEncryptionConfiguration", 0, "BucketKeyEnabled", value=False),
    ),
    Case(
        "SOC2-S3-LIFECYCLE",
        passing=versioned(Status="Enabled", NoncurrentVersionExpiration={"NoncurrentDays": 30}),
        failing=versioned(Status="Disabled", NoncurrentVersionExpiration={"NoncurrentDays": 30}),
        breaks=drop("LifecycleConfiguration"),
    ),
]
