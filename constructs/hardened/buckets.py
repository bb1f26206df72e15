"""Buckets that plain defaults cannot express: the write-once archive and the bucket that collects access logs."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from hardened.acknowledge import acknowledge

DAYS_PER_YEAR = 365.25


def _private() -> dict[str, Any]:
    """Properties of every bucket here; any, because CDK's own types know each property apart."""
    return {
        "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
        "object_ownership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        "enforce_ssl": True,
        "minimum_tls_version": 1.2,
        "versioned": True,
    }


class AccessLogBucket(s3.Bucket):
    """Receives S3 server access logs of this account's buckets (COMP-06); they expire after ``keep_days``.

    Decision: encrypted with S3's own key, because S3 cannot deliver access logs to a bucket with a customer key; and
    its policy names the account, not each source bucket, so that a new bucket elsewhere never changes this stack.
    """

    def __init__(self, scope: Construct, construct_id: str, *, keep_days: int, removal_policy: RemovalPolicy) -> None:
        super().__init__(
            scope,
            construct_id,
            **_private(),
            encryption=s3.BucketEncryption.S3_MANAGED,
            server_access_logs_prefix="",  # no logs of the logs: each delivery would cause the next
            lifecycle_rules=[
                s3.LifecycleRule(expiration=Duration.days(keep_days), noncurrent_version_expiration=Duration.days(30))
            ],
            removal_policy=removal_policy,
        )
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AccessLogDelivery",
                principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[self.arn_for_objects("*")],
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:s3:::*"},
                },
            )
        )
        acknowledge(
            self,
            rule="NIST.800.53.R5::NIST.800.53.R5-S3DefaultEncryptionKMS",
            reason="S3 delivers server access logs only to buckets with S3-managed keys; the bucket is private, "
            "TLS-only and versioned.",
            owner="security",
            expires=date(2027, 6, 30),
            ticket="RISK-8",
            mitigated_by="the bucket is private, TLS-only and versioned, and holds no client data",
        )


class ArchiveBucket(s3.Bucket):
    """Keeps records that nobody may change or delete before their time (LAKE-16, OBS-26, COMP-16).

    :param lock_years: default retention of each object; 0 keeps Object Lock on without a default retention.
    :param lock_mode: ``compliance`` binds everybody, root too; ``governance`` can be lifted with a permission.
    :param keep_days: when ``lock_years`` is 0: objects expire after so many days.
    :param cold_after_days: move objects to Glacier then; None: never, for what must be read without waiting for hours.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        encryption_key: kms.IKey,
        access_logs: s3.IBucket,
        lock_mode: Literal["governance", "compliance"],
        lock_years: int,
        keep_days: int,
        removal_policy: RemovalPolicy,
        cold_after_days: int | None,
    ) -> None:
        locked = Duration.days(round(lock_years * DAYS_PER_YEAR))
        retain = s3.ObjectLockRetention.compliance if lock_mode == "compliance" else s3.ObjectLockRetention.governance
        life = Duration.days(round(lock_years * DAYS_PER_YEAR) + 1 if lock_years else keep_days)
        transitions = (
            [s3.Transition(storage_class=s3.StorageClass.GLACIER, transition_after=Duration.days(cold_after_days))]
            if lock_years and cold_after_days
            else None
        )
        super().__init__(
            scope,
            construct_id,
            **_private(),
            encryption=s3.BucketEncryption.KMS,
            encryption_key=encryption_key,
            bucket_key_enabled=True,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{construct_id}/",
            object_lock_enabled=True,
            object_lock_default_retention=retain(locked) if lock_years else None,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=life, noncurrent_version_expiration=Duration.days(30), transitions=transitions
                )
            ],
            removal_policy=removal_policy,
        )

    def let_write(self, writer: iam.IRole, *, folder: str, actions: Sequence[str] = ("s3:PutObject",)) -> None:
        """Let ``writer`` add objects in ``folder``, by the bucket's own policy."""
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Writer",
                principals=[writer],
                actions=list(actions),
                resources=[self.arn_for_objects(f"{folder}/*")],
            )
        )

    def written_only_by(self, writer: iam.IRole, *, folder: str) -> None:
        """Let ``writer`` add objects in ``folder``; nobody else adds, and nobody deletes or hides any, administrators
        included: it would take a change of this policy, which the trail records.
        """
        self.let_write(writer, folder=folder)
        everybody, objects = iam.AnyPrincipal(), [self.arn_for_objects("*")]
        deny = iam.Effect.DENY
        for statement in (
            iam.PolicyStatement(
                sid="NoOtherWriter",
                effect=deny,
                principals=[everybody],
                actions=["s3:PutObject"],
                resources=objects,
                conditions={"ArnNotEquals": {"aws:PrincipalArn": writer.role_arn}},
            ),
            iam.PolicyStatement(
                sid="NoDeletion",
                effect=deny,
                principals=[everybody],
                actions=["s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion"],
                resources=objects,
            ),
        ):
            self.add_to_resource_policy(statement)
