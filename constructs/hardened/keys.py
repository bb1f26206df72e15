"""Customer-managed keys: one per data class, administered and used by different principals (SEC-06, IAM-12).

Decision: the key policy does not delegate everything to the account's IAM, as CDK's default does. It delegates *use*,
keeps *administration* for one role and for the role that CloudFormation deploys with, and denies use to both: to the
deployment's except through the services that encrypt what it creates.
So neither an all-powerful IAM policy nor the key administrators' role alone is enough to both open and destroy data.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Aws, DefaultStackSynthesizer, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from hardened.tags import Classification, classify

USE = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*")
NAMELESS = frozenset({"events.amazonaws.com"})
"""Services that KMS gets no source account from: AWS documents that the condition makes deliveries to encrypted topics
fail."""

INSPECT = ("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags", "kms:ListGrants")
ADMINISTER = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:CreateKey",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)


class CustomerKey(kms.Key):
    """A key with yearly rotation and separated duties.

    :param holds: what it protects, in words; the key's description.
    :param classification: how sensitive the most sensitive data under it is.
    :param administrators: may administer, and never use.
    :param services: AWS service principals that use the key by themselves for this account, for example
        ``cloudwatch.amazonaws.com`` to publish on an encrypted topic.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        holds: str,
        classification: Classification,
        administrators: iam.IRole,
        removal_policy: RemovalPolicy,
        services: Sequence[str] = (),
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Alex: {holds}",
            enable_key_rotation=True,
            policy=iam.PolicyDocument(statements=_duties(administrators, deployment_role(scope))),
            removal_policy=removal_policy,
        )
        classify(self, classification)
        for service in services:
            self.add_to_resource_policy(_service_use(service))

    def add_to_resource_policy(
        self, statement: iam.PolicyStatement, allow_no_op: bool | None = None
    ) -> iam.AddToResourcePolicyResult:
        """Add ``statement``; a service that CDK grants use without a condition gets it for this account only.

        CDK calls this too, for example for a bucket's notifications. Without the condition another customer's resource
        could make the service use the key for them. EventBridge names no account when it uses a key (`NAMELESS`).
        """
        services = [p.service for p in statement.principals if isinstance(p, iam.ServicePrincipal)]
        if services and not statement.conditions and not set(services) <= NAMELESS:
            statement.add_condition("StringEquals", {"aws:SourceAccount": self.stack.account})
        return super().add_to_resource_policy(statement, allow_no_op)

    def allow_log_groups(self) -> None:
        """Let CloudWatch Logs encrypt this account's log groups in this region, and nothing else."""
        groups = f"arn:{Aws.PARTITION}:logs:{self.stack.region}:{self.stack.account}:*"
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LogGroups",
                principals=[iam.ServicePrincipal(f"logs.{self.stack.region}.amazonaws.com")],
                actions=[*USE, "kms:DescribeKey"],
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
            )
        )

    def allow_macie(self) -> None:
        """Let Macie of this account open what it searches (SEC-20); its role comes with Macie and may not exist yet."""
        role = "role/aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie"
        macie = f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:{role}"
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Macie",
                principals=[iam.AnyPrincipal()],
                actions=["kms:Decrypt"],
                resources=["*"],
                conditions={
                    "StringEquals": {"kms:CallerAccount": Aws.ACCOUNT_ID},
                    "ArnEquals": {"aws:PrincipalArn": macie},
                },
            )
        )


@dataclass(frozen=True)
class Keys:
    """The stage's keys by data class."""

    data: CustomerKey
    secrets: CustomerKey
    logs: CustomerKey
    messaging: CustomerKey
    audit: CustomerKey


def deployment_role(scope: Construct) -> str:
    """ARN of the role that CloudFormation deploys with: the one of the CDK bootstrap."""
    stack = Stack.of(scope)
    qualifier = stack.synthesizer.bootstrap_qualifier or DefaultStackSynthesizer.DEFAULT_QUALIFIER
    return f"arn:{Aws.PARTITION}:iam::{stack.account}:role/cdk-{qualifier}-cfn-exec-role-{stack.account}-{stack.region}"


def _duties(administrators: iam.IRole, deployment_arn: str) -> list[iam.PolicyStatement]:
    account = iam.AccountRootPrincipal()
    # The account with a condition, not the role itself: KMS refuses a policy that names a role which does not exist
    # yet.
    deployment = iam.PrincipalWithConditions(account, {"ArnEquals": {"aws:PrincipalArn": deployment_arn}})
    people = iam.ArnPrincipal(administrators.role_arn)
    by_itself = iam.PrincipalWithConditions(
        account, {"ArnEquals": {"aws:PrincipalArn": deployment_arn}, "Null": {"kms:ViaService": "true"}}
    )
    for_services = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [
        iam.PolicyStatement(sid="Administer", principals=[people], actions=[*ADMINISTER], resources=["*"]),
        iam.PolicyStatement(sid="Deploy", principals=[deployment], actions=[*ADMINISTER], resources=["*"]),
        iam.PolicyStatement(sid="UseByIam", principals=[account], actions=[*USE, *INSPECT], resources=["*"]),
        iam.PolicyStatement(
            sid="GrantToServices",
            principals=[account],
            actions=["kms:CreateGrant"],
            resources=["*"],
            conditions=for_services,
        ),
        iam.PolicyStatement(
            sid="AdministratorsNeverUse",
            effect=iam.Effect.DENY,
            principals=[people],
            actions=[*USE, "kms:CreateGrant"],
            resources=["*"],
        ),
        # Services encrypt for the deployment (a new secret, a function's environment); it never decrypts by itself.
        iam.PolicyStatement(
            sid="DeploymentUsesThroughServicesOnly",
            effect=iam.Effect.DENY,
            principals=[by_itself],
            actions=[*USE],
            resources=["*"],
        ),
    ]


def _service_use(service: str) -> iam.PolicyStatement:
    named = service not in NAMELESS
    return iam.PolicyStatement(
        sid="Service" + service.split(".", maxsplit=1)[0].title().replace("-", ""),
        principals=[iam.ServicePrincipal(service)],
        actions=["kms:Decrypt", "kms:GenerateDataKey*", *(["kms:DescribeKey"] if named else [])],
        resources=["*"],
        conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}} if named else None,
    )


class KeyAdministrators(iam.Role):
    """The role that administers keys and never uses them; people of this account assume it with a second factor."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        people = iam.PrincipalWithConditions(
            iam.AccountRootPrincipal(), {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        )
        super().__init__(
            scope,
            construct_id,
            assumed_by=people,
            description="Administers Alex's encryption keys; may not use them",
            max_session_duration=Duration.hours(1),
        )
