"""Decision: what the local cloud does with a resource is said per type, in one reviewed table, never guessed.

enforced: it behaves, and what it forbids is forbidden. emulated: it exists and behaves in part; the note says what
is missing. recorded: it exists on paper only. A type that the table does not name counts as recorded when it is in
the ledger, and as emulated with an honest note when ministack knows it but nobody here has examined it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["enforced", "emulated", "recorded"]


@dataclass(frozen=True)
class Entry:
    """One deployed resource and what the local cloud does with it."""

    stack: str
    logical_id: str
    resource_type: str
    level: Level
    note: str


_ENFORCED: dict[str, str] = {
    "AWS::IAM::Role": "identity policies and boundaries of functions are enforced on each call",
    "AWS::IAM::Policy": "enforced on each call",
    "AWS::IAM::ManagedPolicy": "enforced on each call",
    "AWS::Lambda::Function": "real code under AWS's runtime client; memory and VPC are not enforced",
    "AWS::Lambda::Permission": "who may invoke is enforced",
    "AWS::Lambda::Version": "an immutable copy of code and configuration",
    "AWS::Lambda::Alias": "invocations by alias; traffic shifting is not exercised",
    "AWS::Lambda::EventSourceMapping": "polls queues and streams; what fails comes again, from streams until it is old",
    "AWS::Lambda::LayerVersion": "its code is loaded",
    "AWS::SQS::Queue": "visibility, redrive to the dead-letter queue; encryption is not real",
    "AWS::SQS::QueuePolicy": "enforced",
    "AWS::DynamoDB::Table": "real conditions, indexes and time to live; capacity is not limited",
    "AWS::DynamoDB::GlobalTable": "one region only",
    "AWS::S3::BucketPolicy": "enforced; loopback counts as TLS",
    "AWS::SecretsManager::Secret": "real versions and stages; enforced by IAM",
    "AWS::SecretsManager::SecretTargetAttachment": "the secret gets the database's address",
    "AWS::KMS::Key": "real encryption context and key policies for direct calls; not behind other services",
    "AWS::KMS::Alias": "resolved",
    "AWS::ApiGateway::RestApi": "real requests",
    "AWS::ApiGateway::Resource": "routed",
    "AWS::ApiGateway::Method": "routed, authorised and validated",
    "AWS::ApiGateway::RequestValidator": "enforced",
    "AWS::ApiGateway::Model": "enforced by validators",
    "AWS::ApiGateway::Authorizer": "called for each request",
    "AWS::ApiGateway::Stage": "throttling is enforced; access logs are not written",
    "AWS::ApiGateway::Deployment": "a snapshot of the routes",
    "AWS::ApiGateway::GatewayResponse": "shapes the gateway's own errors",
    "AWS::SNS::Topic": "delivers to its subscriptions",
    "AWS::SNS::TopicPolicy": "enforced",
    "AWS::SNS::Subscription": "delivers to queues and functions; e-mail goes nowhere",
    "AWS::Events::Rule": "schedules and patterns fire",
    "AWS::SSM::Parameter": "read and written",
    "AWS::Logs::LogGroup": "receives the functions' logs; masks, expiry and encryption are not real",
    "AWS::CloudFormation::CustomResource": "its function runs and answers",
}  # fmt: skip
_EMULATED: dict[str, str] = {
    "AWS::S3::Bucket": "objects, versions, policies, Object Lock; encryption, logging and lifecycle are not real",
    "AWS::RDS::DBCluster": "real PostgreSQL behind the Data API; scaling, backups, failover and network are not real",
    "AWS::RDS::DBInstance": "metadata of the cluster",
    "AWS::RDS::DBSubnetGroup": "metadata",
    "AWS::RDS::DBClusterParameterGroup": "metadata; the parameters are not applied",
    "AWS::Cognito::UserPool": "users and tokens; advanced security is not real",
    "AWS::Cognito::UserPoolClient": "signs in",
    "AWS::Cognito::UserPoolDomain": "metadata",
    "AWS::Cognito::UserPoolGroup": "in the tokens",
    "AWS::Cognito::UserPoolResourceServer": "metadata",
    "AWS::ApiGateway::UsagePlan": "metadata",
    "AWS::ApiGateway::Account": "metadata",
    "AWS::CloudFront::Distribution": "serves; caching, WAF and geography are not real",
    "AWS::StepFunctions::StateMachine": "runs, waits and times out; logs, traces, encryption and its role are not real",
    "AWS::Scheduler::Schedule": "fires",
    "AWS::CDK::Metadata": "ignored, as in AWS",
}
_METADATA_ONLY: dict[str, str] = {
    "AWS::EC2::": "network is metadata only: nothing is routed, filtered or isolated",
    "AWS::WAFv2::": "rules are never evaluated",
    "AWS::CloudWatch::": "alarms and dashboards are kept, never evaluated",
    "AWS::KinesisFirehose::DeliveryStream": "kept; log groups send it nothing, and nothing is sorted by group",
    "AWS::Logs::LogStream": "kept",
    "AWS::Logs::MetricFilter": "metrics are never extracted",
    "AWS::Logs::SubscriptionFilter": "kept; sends nothing to a delivery stream",
    "AWS::Logs::ResourcePolicy": "not evaluated",
    "AWS::Backup::": "nothing is backed up",
}


_RECORDED: dict[str, str] = {
    "AWS::Bedrock::Guardrail": "the right to apply it is enforced; no filter runs: only a planned fault intervenes",
}


def report(resources: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """The cloud's resources (stack, logical_id, type, recorded) with their level, by stack, type and id."""
    return sorted(
        (Entry(item["stack"], item["logical_id"], item["type"], *_level(item)) for item in resources),
        key=lambda entry: (entry.stack, entry.resource_type, entry.logical_id),
    )


def summary(entries: Iterable[Entry]) -> dict[Level, int]:
    """How many resources there are of each level."""
    counts: dict[Level, int] = {"enforced": 0, "emulated": 0, "recorded": 0}
    for entry in entries:
        counts[entry.level] += 1
    return counts


def _level(item: Mapping[str, Any]) -> tuple[Level, str]:
    resource_type = str(item["type"])
    if item["recorded"]:
        return "recorded", _RECORDED.get(resource_type, "kept in the ledger: nothing is behind it")
    if resource_type.startswith("Custom::"):
        return "enforced", "its function runs and answers"
    if resource_type in _ENFORCED:
        return "enforced", _ENFORCED[resource_type]
    if resource_type in _EMULATED:
        return "emulated", _EMULATED[resource_type]
    for prefix, note in _METADATA_ONLY.items():
        if resource_type.startswith(prefix):
            return "recorded", note
    return "emulated", "known to the emulator; its behaviour has not been examined"
