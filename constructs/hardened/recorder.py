"""AWS Config's recorder: what the account's resources look like, and looked like (COMP-03)."""

from datetime import date
from typing import cast

from aws_cdk import Aws, CfnResource, Stack
from aws_cdk import aws_config as config
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.grants import allow, for_this_account, use_key


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

    def before(self, judge: CfnResource) -> None:
        """Make ``judge`` after the recorder and its channel: AWS refuses a rule before there is something to judge."""
        judge.add_resource_dependency(self.recorder)
        judge.add_resource_dependency(self.channel)
