"""Object storage: who can read it, over what, and what is left of it afterwards (SEC-07, SEC-09, SEC-10, COMP-06)."""

import re
from typing import Any

from soc2.log_buckets import receives_access_logs
from soc2.reading import each
from soc2.rule import Broken, Findings, NotApplicable, Severity, rule
from soc2.rules.classification import AUDIT_RECORD, CLASSIFICATION, classes
from soc2.template import Resource
from soc2.values import Undecided, every, is_true, items, number, references_of, shown, some

BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


@rule(
    "SOC2-S3-PUBLIC",
    "Buckets block every kind of public access",
    on="AWS::S3::Bucket",
    criteria=("CC6.1", "CC6.6", "C1.1"),
    severity=Severity.CRITICAL,
    fix="set all four flags of PublicAccessBlockConfiguration (CDK: BlockPublicAccess.BLOCK_ALL)",
    requirements=("SEC-07",),
)
def public(bucket: Resource) -> Findings:
    for flag in BLOCKS:
        value = bucket.get("PublicAccessBlockConfiguration", flag)
        if not is_true(value):
            yield Broken(f"{flag} is {shown(value)}", at=f"PublicAccessBlockConfiguration.{flag}")


@rule(
    "SOC2-S3-TLS",
    "Bucket policies deny requests without TLS",
    on="AWS::S3::Bucket",
    criteria=("CC6.7", "C1.1"),
    severity=Severity.HIGH,
    fix="deny s3:* to everybody when aws:SecureTransport is false, on the bucket and its objects "
    "(CDK: enforce_ssl=True)",
    requirements=("SEC-09",),
)
def tls(bucket: Resource) -> Findings:
    if not some(_denies_plaintext, bucket.linked("AWS::S3::BucketPolicy", "Bucket")):
        yield Broken("no bucket policy denies plaintext requests")


def _denies_plaintext(policy: Resource) -> bool:
    return some(_is_denial_of_plaintext, items(policy.get("PolicyDocument", "Statement")))


def _is_denial_of_plaintext(statement: Any) -> bool:
    return (
        statement.get("Effect") == "Deny"
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and some(lambda action: action in ("s3:*", "*"), items(statement.get("Action")))
        and not is_true(statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport", "true"))
    )


@rule(
    "SOC2-S3-VERSIONS",
    "Buckets keep earlier versions of their objects",
    on="AWS::S3::Bucket",
    criteria=("A1.2", "PI1.5"),
    severity=Severity.MEDIUM,
    fix="set VersioningConfiguration.Status to Enabled (CDK: versioned=True)",
    requirements=("SEC-10",),
)
def versions(bucket: Resource) -> Findings:
    status = bucket.get("VersioningConfiguration", "Status")
    if status != "Enabled":
        yield Broken(f"VersioningConfiguration.Status is {shown(status)}", at="VersioningConfiguration.Status")


@rule(
    "SOC2-S3-LOGGED",
    "Buckets record who accessed them",
    on="AWS::S3::Bucket",
    criteria=("CC7.2",),
    severity=Severity.MEDIUM,
    fix="set LoggingConfiguration.DestinationBucketName to the access-log bucket",
    requirements=("COMP-06",),
)
def logged(bucket: Resource) -> Findings:
    if receives_access_logs(bucket):
        raise NotApplicable("it receives access logs itself; logging it would never end")
    if not bucket.get("LoggingConfiguration", "DestinationBucketName"):
        yield Broken("there is no LoggingConfiguration.DestinationBucketName", at="LoggingConfiguration")


LIMITS = re.compile(
    r"aws:(principal(account|arn|orgid|orgpaths)|source(account|arn|ip|orgid|orgpaths|vpc|vpce)|userid|vpcsourceip)"
    r"|s3:dataaccesspoint(account|arn)"
)
"""Keys of conditions that narrow who may come, if their value names somebody."""

DEMANDS = re.compile(r"(ForAnyValue:)?(StringEquals(IgnoreCase)?|StringLike|ArnEquals|ArnLike|IpAddress)")
"""Operators that fail when the key is absent; ``...IfExists`` and ``ForAllValues`` do not."""


@rule(
    "SOC2-S3-POLICY",
    "Bucket policies let in nobody from outside without a limit",
    on="AWS::S3::BucketPolicy",
    criteria=("CC6.1", "CC6.3", "C1.1"),
    severity=Severity.CRITICAL,
    fix="name roles of this account, or add a condition on aws:PrincipalOrgID, aws:SourceVpce... (CDK: conditions)",
    requirements=("SEC-07",),
)
def policy(found: Resource) -> Findings:
    yield from each(_lets_in, items(found.get("PolicyDocument", "Statement")))


def _lets_in(statement: Any) -> Broken | None:
    if statement.get("Effect") != "Allow":
        return None
    everybody = bool(statement.get("NotPrincipal")) or some(lambda who: who == "*", _principals(statement))
    if not everybody and every(_is_ours, _principals(statement)):
        return None
    if some(lambda block: _narrows(*block), (statement.get("Condition") or {}).items()):
        return None
    if not everybody:
        raise Undecided("a principal may be of another account: write ${AWS::AccountId} for this one, or a condition")
    return Broken("everybody is allowed, without a limiting condition", at="PolicyDocument.Statement")


def _principals(statement: Any) -> list[Any]:
    """Those that can be strangers: AWS's services and federated identities are judged by other rules."""
    principal = statement.get("Principal") or {}
    if principal == "*":
        return ["*"]
    return [*items(principal.get("AWS")), *items(principal.get("CanonicalUser"))]


def _is_ours(principal: Any) -> bool:
    ours = ("${AWS::AccountId}", ":iam::cloudfront:user/")
    return bool(references_of(principal)) or any(part in str(principal) for part in ours)


def _narrows(operator: str, keys: Any) -> bool:
    def names_somebody(key: str) -> bool:
        return bool(LIMITS.fullmatch(key.lower())) and every(_names_somebody, items(keys[key]) or ["*"])

    return bool(DEMANDS.fullmatch(operator)) and some(names_somebody, keys)


def _names_somebody(value: Any) -> bool:
    """Whether a condition's value is no wildcard and not the whole internet; of an ARN, whether it fixes its owner."""
    text = re.sub(r"\$\{AWS::(\w+)\}", r"\1", str(value))
    if text.startswith("arn:") and text.count(":") >= 5:
        account, name = text.split(":", maxsplit=5)[4:]
        text = account or name
    return bool(references_of(value)) or not (text.startswith(("*", "?")) or text in ("0.0.0.0/0", "::/0"))


@rule(
    "SOC2-S3-ACL",
    "Access to buckets is governed by policies, not by access control lists",
    on="AWS::S3::Bucket",
    criteria=("CC6.1", "CC6.3"),
    severity=Severity.MEDIUM,
    fix="remove AccessControl, set ObjectOwnership to BucketOwnerEnforced (CDK: object_ownership=ObjectOwnership...)",
    requirements=("SEC-07",),
)
def acl(bucket: Resource) -> Findings:
    list_ = bucket.get("AccessControl", default="Private")
    if list_ == "LogDeliveryWrite":  # how S3 delivered access logs before policies could allow it
        if receives_access_logs(bucket):
            return
        raise Undecided("LogDeliveryWrite is right if buckets of another application send their access logs here")
    if list_ != "Private":
        yield Broken(f"AccessControl is {shown(list_)}", at="AccessControl", detail="AccessControl")
    owners = items(bucket.get("OwnershipControls", "Rules"))
    if some(lambda owner: owner.get("ObjectOwnership") != "BucketOwnerEnforced", owners):
        yield Broken("ObjectOwnership is not BucketOwnerEnforced", at="OwnershipControls", detail="ObjectOwnership")


@rule(
    "SOC2-S3-LOCK",
    "Audit records cannot be changed or deleted before their time",
    on="AWS::S3::Bucket",
    criteria=("CC7.2", "PI1.5", "C1.1"),
    severity=Severity.HIGH,
    fix="set ObjectLockEnabled and a default retention (CDK: object_lock_default_retention)",
    requirements=("LAKE-16", "COMP-16"),
)
def locked(bucket: Resource) -> Findings:
    if some(lambda found: found != AUDIT_RECORD, classes(bucket)):
        raise NotApplicable(f"it is not tagged {CLASSIFICATION} = {AUDIT_RECORD}")
    # Both services document that they deliver to no bucket that locks by default.
    if receives_access_logs(bucket):
        raise NotApplicable("S3 delivers access logs to it, which it does to no bucket with Object Lock")
    if some(lambda _channel: True, bucket.linked("AWS::Config::DeliveryChannel", "S3BucketName")):
        raise NotApplicable("AWS Config delivers to it, which it does to no bucket with a default retention")
    if not is_true(bucket.get("ObjectLockEnabled")):
        yield Broken("ObjectLockEnabled is off", at="ObjectLockEnabled")
        return
    retention = bucket.get("ObjectLockConfiguration", "Rule", "DefaultRetention", default={})
    days, mode = number(retention.get("Days")) or 365 * number(retention.get("Years")), retention.get("Mode")
    profile = bucket.assembly.profile
    if not days:
        yield Broken("there is no default retention", at="ObjectLockConfiguration")
    elif profile.production and (mode != "COMPLIANCE" or days < profile.audit_retention_days):
        found = f"its default retention is {mode} for {days:g} days, not COMPLIANCE for {profile.audit_retention_days}"
        yield Broken(found, at="ObjectLockConfiguration")


@rule(
    "SOC2-S3-BUCKET-KEY",
    "Buckets with customer keys do not ask KMS for every object",
    on="AWS::S3::Bucket",
    criteria=("A1.1",),
    severity=Severity.LOW,
    fix="set BucketKeyEnabled (CDK: bucket_key_enabled=True)",
    requirements=("SEC-09",),
)
def bucket_key(bucket: Resource) -> Findings:
    rules = items(bucket.get("BucketEncryption", "ServerSideEncryptionConfiguration"))
    if not some(_uses_kms, rules):
        raise NotApplicable("it is not encrypted with SSE-KMS")
    if some(lambda found: _uses_kms(found) and not is_true(found.get("BucketKeyEnabled")), rules):
        yield Broken("BucketKeyEnabled is off", at="BucketEncryption")


def _uses_kms(found: Any) -> bool:
    return bool((found.get("ServerSideEncryptionByDefault") or {}).get("SSEAlgorithm") == "aws:kms")


@rule(
    "SOC2-S3-LIFECYCLE",
    "Buckets with versions dispose of those that were superseded",
    on="AWS::S3::Bucket",
    criteria=("C1.2", "P4.2", "P4.3"),
    severity=Severity.LOW,
    fix="add a rule with NoncurrentVersionExpiration (CDK: LifecycleRule(noncurrent_version_expiration=...))",
    requirements=("DATA-14",),
)
def lifecycle(bucket: Resource) -> Findings:
    if bucket.get("VersioningConfiguration", "Status") != "Enabled":
        raise NotApplicable("it keeps no versions")
    if not some(_expires_versions, items(bucket.get("LifecycleConfiguration", "Rules"))):
        yield Broken("no rule of its lifecycle expires earlier versions", at="LifecycleConfiguration")


def _expires_versions(found: Any) -> bool:
    ways = ("NoncurrentVersionExpiration", "NoncurrentVersionExpirationInDays")
    return found.get("Status") == "Enabled" and some(lambda way: bool(found.get(way)), ways)
