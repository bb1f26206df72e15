"""AWS Config: what the account's resources look like, and whether they keep to the rules (COMP-03)."""

from collections.abc import Mapping
from datetime import date
from typing import cast

from aws_cdk import Aws, Stack
from aws_cdk import aws_config as config
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.grants import allow, for_this_account, use_key

MANAGED_RULES = {
    "VPC_DEFAULT_SECURITY_GROUP_CLOSED": "the default security group lets nothing through (NET-04)",
    "INCOMING_SSH_DISABLED": "nobody opens SSH to the world (NET-04)",
    "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC": "public access is blocked for the whole account (SEC-07)",
    "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED": "and for every bucket (SEC-07)",
    "S3_BUCKET_SSL_REQUESTS_ONLY": "buckets refuse plain HTTP (SEC-09)",
    "S3_DEFAULT_ENCRYPTION_KMS": "buckets use customer keys (SEC-09)",
    "S3_BUCKET_VERSIONING_ENABLED": "buckets keep versions (SEC-10)",
    "EC2_EBS_ENCRYPTION_BY_DEFAULT": "volumes are encrypted by default (SEC-08)",
    "RDS_STORAGE_ENCRYPTED": "databases are encrypted (SEC-12)",
    "DYNAMODB_PITR_ENABLED": "tables can be restored to any second (DR-04)",
    "CMK_BACKING_KEY_ROTATION_ENABLED": "keys rotate (SEC-06)",
    "SECRETSMANAGER_ROTATION_ENABLED_CHECK": "secrets rotate (SEC-15)",
    "SECRETSMANAGER_SCHEDULED_ROTATION_SUCCESS_CHECK": "and did so when it was due (SEC-15)",
    "CLOUD_TRAIL_ENABLED": "the audit trail is on (COMP-02)",
    "IAM_ROOT_ACCESS_KEY_CHECK": "the root user has no access key (IAM-03)",
    "ROOT_ACCOUNT_MFA_ENABLED": "the root user needs a second factor (IAM-03)",
}
"""Identifiers of AWS's managed rules, and what each one holds."""


class Recorder(Construct):
    """Records every supported resource. One per account and region.

    Decision: its history has a bucket of its own, because Config cannot deliver to one whose objects are locked by
    default.

    :param global_types: IAM's resources too; true in one region of an account, or each would be recorded, judged and
        billed once a region.
    """

    def __init__(self, scope: Construct, construct_id: str, *, key: kms.IKey, global_types: bool) -> None:
        super().__init__(scope, construct_id)
        self.history = s3.Bucket(self, "History", encryption_key=key)
        role = iam.Role(
            self,
            "Role",
            assumed_by=for_this_account("config.amazonaws.com"),
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AWS_ConfigRole")],
        )
        acknowledge(
            role,
            rule="AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWS_ConfigRole]",
            reason="AWS adds read permissions here for each resource type that Config learns; only that service can "
            "assume the role.",
            owner="security",
            expires=date(2027, 6, 30),
            ticket="RISK-7",
            mitigated_by="a trust policy for AWS Config alone",
        )
        delivery = self.history.arn_for_objects(f"AWSLogs/{Aws.ACCOUNT_ID}/Config/*")
        # Config writes with an access control list (bucket-owner-full-control), which is an action of its own.
        allow(role, actions=("s3:PutObject", "s3:PutObjectAcl"), resources=(delivery,))
        bucket = Stack.of(self).get_logical_id(cast(s3.CfnBucket, self.history.node.default_child))
        acknowledge(
            role,
            rule=f"AwsSolutions::AwsSolutions-IAM5[Resource::<{bucket}.Arn>/AWSLogs/<AWS::AccountId>/Config/*]",
            reason="Config names the objects that it delivers, below this account's own prefix of a bucket that holds "
            "nothing else.",
            owner="security",
            expires=date(2027, 6, 30),
            ticket="RISK-18",
            mitigated_by="the pattern ends below this account's own prefix of a bucket that holds nothing else",
        )
        allow(role, actions=("s3:GetBucketAcl", "s3:ListBucket"), resources=(self.history.bucket_arn,))
        use_key(role, key, "kms:Decrypt", "kms:GenerateDataKey")
        self.recorder = config.CfnConfigurationRecorder(
            self,
            "Recorder",
            role_arn=role.role_arn,
            recording_group=config.CfnConfigurationRecorder.RecordingGroupProperty(
                all_supported=True, include_global_resource_types=global_types
            ),
        )
        self.channel = config.CfnDeliveryChannel(self, "Channel", s3_bucket_name=self.history.bucket_name)


class Rules(Construct):
    """AWS's managed rules; they judge what the recorder records, ours or an adopted one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        rules: Mapping[str, str] = MANAGED_RULES,
        recorder: Recorder | None,
    ) -> None:
        super().__init__(scope, construct_id)
        for identifier, description in rules.items():
            rule = config.CfnConfigRule(
                self,
                identifier.title().replace("_", ""),
                description=description,
                source=config.CfnConfigRule.SourceProperty(owner="AWS", source_identifier=identifier),
            )
            if recorder:
                rule.add_resource_dependency(recorder.recorder)
                rule.add_resource_dependency(recorder.channel)
