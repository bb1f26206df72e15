"""Encryption on the way."""

from typing import Any

from tests.policy.rules.casework import Case, put, without


def one(of_type: str, **properties: Any) -> dict[str, Any]:
    """A template's resources with one of a type."""
    return {"Subject": {"Type": f"AWS::{of_type}", "Properties": properties}}


def cluster(family: str, **parameters: str) -> dict[str, Any]:
    """A database cluster and its parameter group."""
    group = {"Family": family, "Parameters": {"log_min_duration_statement": "500", **parameters}}
    database = {"Engine": "aurora-postgresql", "DBClusterParameterGroupName": {"Ref": "Group"}}
    return {
        "Cluster": {"Type": "AWS::RDS::DBCluster", "Properties": database},
        "Group": {"Type": "AWS::RDS::DBClusterParameterGroup", "Properties": group},
    }


def denial(action: Any, secure: str, resource: Any = "*", **more: Any) -> dict[str, Any]:
    """A statement against plaintext."""
    condition = {"Bool": {"aws:SecureTransport": secure}, **more}
    return {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource, "Condition": condition}


def with_policy(kind: str, attached: str, *statements: dict[str, Any]) -> dict[str, Any]:
    """A queue or topic and the policy that is attached to it."""
    properties = {attached: [{"Ref": "Subject"}], "PolicyDocument": {"Statement": list(statements)}}
    return one(kind) | {"Policy": {"Type": f"AWS::{kind}Policy", "Properties": properties}}


def listener(**properties: Any) -> dict[str, Any]:
    """A listener that serves HTTPS, and a plain one with ``properties``."""
    forward = [{"Type": "forward", "TargetGroupArn": "arn"}]
    secure = {"Protocol": "HTTPS", "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "DefaultActions": forward}
    kind = "AWS::ElasticLoadBalancingV2::Listener"
    return {
        "Secure": {"Type": kind, "Properties": secure},
        "Plain": {"Type": kind, "Properties": {"Protocol": "HTTP", **properties}},
    }


def distribution(version: str, policy: str) -> dict[str, Any]:
    """A distribution with a behavior beside the default."""
    config = {
        "DefaultCacheBehavior": {"ViewerProtocolPolicy": "redirect-to-https"},
        "CacheBehaviors": [{"PathPattern": "/api/*", "ViewerProtocolPolicy": policy}],
        "ViewerCertificate": {"AcmCertificateArn": "arn", "MinimumProtocolVersion": version},
    }
    return one("CloudFront::Distribution", DistributionConfig=config)


def search(between_nodes: bool) -> dict[str, Any]:
    """A search domain."""
    options = {"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10"}
    nodes = {"Enabled": between_nodes}
    return one("OpenSearchService::Domain", DomainEndpointOptions=options, NodeToNodeEncryptionOptions=nodes)


ARN = {"Fn::GetAtt": ["Subject", "Arn"]}
REDIRECTION = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "StatusCode": "HTTP_301"}}

CASES = [
    Case(
        "SOC2-RDS-TLS",
        passing=cluster("aurora-postgresql16", **{"rds.force_ssl": "1"}),
        failing=cluster("aurora-postgresql17", **{"rds.force_ssl": "0"}),
        breaks=put("DBClusterParameterGroupName", value="default.aurora-postgresql16"),
    ),
    Case(
        "SOC2-SQS-TLS",
        passing=with_policy("SQS::Queue", "Queues", denial("sqs:*", "false", ARN)),
        failing=with_policy("SQS::Queue", "Queues", denial("sqs:SendMessage", "false", ARN)),
        breaks=without("AWS::SQS::QueuePolicy"),
    ),
    Case(
        "SOC2-SNS-TLS",
        passing=with_policy("SNS::Topic", "Topics", denial(["sns:Publish"], "false", {"Ref": "Subject"})),
        failing=with_policy("SNS::Topic", "Topics", denial("sns:Publish", "true", {"Ref": "Subject"})),
        breaks=without("AWS::SNS::TopicPolicy"),
    ),
    Case(
        "SOC2-EFS-TLS",
        passing=one("EFS::FileSystem", FileSystemPolicy={"Statement": [denial("*", "false")]}),
        failing=one(
            "EFS::FileSystem",
            FileSystemPolicy={"Statement": [denial("*", "false", StringEquals={"aws:SourceVpc": "vpc-1"})]},
        ),
    ),
    Case(
        "SOC2-CACHE-TLS",
        passing=one("ElastiCache::ReplicationGroup", TransitEncryptionEnabled=True, TransitEncryptionMode="required"),
        failing=one("ElastiCache::ReplicationGroup", TransitEncryptionEnabled=True, TransitEncryptionMode="preferred"),
    ),
    Case("SOC2-SEARCH-TLS", passing=search(between_nodes=True), failing=search(between_nodes=False)),
]
