"""The audit trail: who called which API, in every region, kept where nobody can change it (COMP-02, COMP-16)."""

from collections.abc import Sequence
from typing import cast

from aws_cdk import Aws
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from hardened.keys import CustomerKey
from hardened.log_groups import LogClass, of_class

DATA_TYPES = ("AWS::S3::Object", "AWS::DynamoDB::Table")
"""What holds client data; the database's is behind its own log, and each function's calls are traced."""


class AuditTrail(Construct):
    """A trail over all regions with validated files and insights, in ``archive`` and in a searchable log group.

    :param organization: id of the organisation whose accounts it records too; None: this account's trail.
    :param data_events: record each read and write of objects and items too, except in the buckets ``unrecorded``: the
        delivery of a record there would itself be recorded, and so on.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        archive: s3.IBucket,
        key: CustomerKey,
        organization: str | None = None,
        data_events: bool = False,
        unrecorded: Sequence[s3.IBucket] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self._admit(key)
        if organization:
            self._admit_members(archive, organization)
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
            is_organization_trail=bool(organization),
            org_id=organization,
        )
        if data_events:
            resource = cast(cloudtrail.CfnTrail, self.trail.node.default_child)
            resource.event_selectors = None  # CloudTrail takes one kind of selectors
            resource.advanced_event_selectors = [_selector("Management"), *_data(unrecorded)]

    @staticmethod
    def _admit_members(archive: s3.IBucket, organization: str) -> None:
        """Members' files lie in a folder of the organisation, for which CDK adds no right to a given bucket."""
        trails = f"arn:{Aws.PARTITION}:cloudtrail:*:{Aws.ACCOUNT_ID}:trail/*"
        archive.add_to_resource_policy(
            iam.PolicyStatement(
                sid="OrganizationTrail",
                principals=[iam.ServicePrincipal("cloudtrail.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[archive.arn_for_objects(f"AWSLogs/{organization}/*")],
                conditions={
                    "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"},
                    "StringLike": {"aws:SourceArn": trails},
                },
            )
        )

    @staticmethod
    def _admit(key: CustomerKey) -> None:
        """CloudTrail encrypts with the key, for this account's trails only."""
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


def _selector(category: str, *fields: tuple[str, str, list[str]]) -> cloudtrail.CfnTrail.AdvancedEventSelectorProperty:
    chosen = [("eventCategory", "equal_to", [category]), *fields]
    name = next((f"{category}: {values[0]}" for field, _, values in fields if field == "resources.type"), category)
    return cloudtrail.CfnTrail.AdvancedEventSelectorProperty(
        name=name,
        field_selectors=[
            cloudtrail.CfnTrail.AdvancedFieldSelectorProperty(field=field, **{operator: values})
            for field, operator, values in chosen
        ],
    )


def _data(unrecorded: Sequence[s3.IBucket]) -> list[cloudtrail.CfnTrail.AdvancedEventSelectorProperty]:
    found = []
    for of_type in DATA_TYPES:
        fields = [("resources.type", "equal_to", [of_type])]
        if of_type == "AWS::S3::Object" and unrecorded:
            fields.append(("resources.ARN", "not_starts_with", [bucket.arn_for_objects("") for bucket in unrecorded]))
        found.append(_selector("Data", *fields))
    return found
