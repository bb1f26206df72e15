"""Macie: whether personal data lies where it should not, and buckets that are open (SEC-20)."""

from datetime import date
from typing import Any

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_macie as macie
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.grants import allow
from hardened.queues import grant_send
from hardened.service_roles import limited_role
from hardened.tags import Classification

SCHEDULES = {"day": "cron(0 3 * * ? *)", "week": "cron(0 3 ? * SUN *)", "month": "cron(0 3 1 * ? *)"}
"""Three in the morning, UTC."""

ACCOUNT_NUMBER = r"\b[A-Z]{0,3}[0-9]{8,12}\b"
KEYWORDS = ("account number", "account no", "acct", "brokerage", "custodian", "portfolio id")
EXECUTION = "<aws.scheduler.execution-id>"


class PersonalData(Construct):
    """Macie's session, what it knows of brokerage accounts beside AWS's own identifiers, and a job on every bucket
    that is tagged as holding client data.

    Decision: CloudFormation has no resource for a job, so a schedule creates one each time, by Macie's own API; buckets
    that are added later are in the next one. Each job reads each object whole: the setting says how often that is worth
    its price.

    :param name: before the name of each job, for example ``alex-prod-client-data``.
    :param every: ``day``, ``week`` or ``month``.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, every: str, key: kms.IKey, undelivered: sqs.IQueue
    ) -> None:
        super().__init__(scope, construct_id)
        self.session = macie.CfnSession(
            self, "Session", status="ENABLED", finding_publishing_frequency="FIFTEEN_MINUTES"
        )
        accounts = macie.CfnCustomDataIdentifier(
            self,
            "BrokerageAccount",
            name=f"{name}-brokerage-account",
            description="Number of an account at a broker or custodian",
            regex=ACCOUNT_NUMBER,
            keywords=list(KEYWORDS),
            maximum_match_distance=50,
        )
        accounts.add_resource_dependency(self.session)
        role = self._role(undelivered)
        schedule = scheduler.CfnSchedule(
            self,
            "Job",
            description="Macie looks for personal data in the buckets that hold client data",
            schedule_expression=SCHEDULES[every],
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(
                mode="FLEXIBLE", maximum_window_in_minutes=60
            ),
            kms_key_arn=key.key_arn,
            target=scheduler.CfnSchedule.TargetProperty(
                arn=f"arn:{Aws.PARTITION}:scheduler:::aws-sdk:macie2:createClassificationJob",
                role_arn=role.role_arn,
                input=Stack.of(self).to_json_string(job(name, [accounts.attr_id])),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=undelivered.queue_arn),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=3600, maximum_retry_attempts=10
                ),
            ),
        )
        schedule.add_resource_dependency(self.session)
        schedule.node.add_dependency(role)

    def _role(self, undelivered: sqs.IQueue) -> iam.Role:
        create = "macie2:CreateClassificationJob"
        role = limited_role(
            self,
            "Role",
            service="scheduler.amazonaws.com",
            does="starts jobs that look for personal data",
            most=(create, "kms:Decrypt", "kms:GenerateDataKey", "sqs:SendMessage"),
        )
        jobs = f"arn:{Aws.PARTITION}:macie2:{Aws.REGION}:{Aws.ACCOUNT_ID}:classification-job/*"
        allow(role, actions=(create,), resources=(jobs,))
        acknowledge(
            role,
            rule=(
                "AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:macie2:<AWS::Region>:<AWS::AccountId>"
                ":classification-job/*]",
                "SOC2::SOC2-IAM-RESOURCE-PATTERN[Resource::arn:${AWS::Partition}:macie2:${AWS::Region}:"
                "${AWS::AccountId}:classification-job/*]",
            ),
            reason="Macie gives a job its id when it is created; the role creates jobs and can neither read their "
            "findings nor stop one.",
            owner="security",
            expires=date(2027, 6, 30),
            ticket="RISK-45",
            mitigated_by="it is the one action of the role beside keeping what failed",
        )
        grant_send(undelivered, role)
        return role


def job(name: str, identifiers: list[str]) -> dict[str, Any]:
    """What creates a job, as the scheduler takes it: Macie's own parameters, in PascalCase.

    :param identifiers: ids of custom data identifiers; AWS's recommended ones are used too.
    """
    client_data = {"Key": "DataClassification", "Value": Classification.CLIENT_DATA.value}
    return {
        "Name": f"{name}-{EXECUTION}",
        "ClientToken": EXECUTION,
        "JobType": "ONE_TIME",
        "ManagedDataIdentifierSelector": "RECOMMENDED",
        "CustomDataIdentifierIds": identifiers,
        "S3JobDefinition": {
            "BucketCriteria": {
                "Includes": {"And": [{"TagCriterion": {"Comparator": "EQ", "TagValues": [client_data]}}]}
            }
        },
    }
