"""The audit trail: who called which API, in every region, kept where nobody can change it (COMP-02, COMP-16)."""

from aws_cdk import Aws
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from hardened.keys import CustomerKey
from hardened.log_groups import LogClass, of_class


class AuditTrail(Construct):
    """A trail over all regions with validated files and insights, in ``archive`` and in a searchable log group."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        archive: s3.IBucket,
        key: CustomerKey,
    ) -> None:
        super().__init__(scope, construct_id)
        trails = f"arn:{Aws.PARTITION}:cloudtrail:*:{Aws.ACCOUNT_ID}:trail/*"
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AuditTrail",
                principals=[iam.ServicePrincipal("cloudtrail.amazonaws.com")],
                actions=["kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trails}},
            )
        )
        # Apart: describing a key has no encryption context, so the condition above would always refuse it.
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AuditTrailKey",
                principals=[iam.ServicePrincipal("cloudtrail.amazonaws.com")],
                actions=["kms:DescribeKey"],
                resources=["*"],
                conditions={"ArnLike": {"aws:SourceArn": trails}},
            )
        )
        self.log_group = of_class(logs.LogGroup(self, "Log"), LogClass.AUDIT)
        self.trail = cloudtrail.Trail(
            self,
            "Trail",
            bucket=archive,
            encryption_key=key,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_file_validation=True,
            send_to_cloud_watch_logs=True,
            cloud_watch_log_group=self.log_group,
            insight_types=[cloudtrail.InsightType.API_CALL_RATE, cloudtrail.InsightType.API_ERROR_RATE],
        )
