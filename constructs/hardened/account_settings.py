"""Settings that an account or region has once and CloudFormation has no resource for (SEC-07, SEC-08, SEC-19, IAM-01).

Decision: a rule of AWS Config looks every three hours, and its remediation sets what is not set, so that a setting that
somebody took away comes back by itself. No custom resource: the rule is evidence as well, and the runs can be read.
Where the account has the setting from elsewhere (``adopt``), the rule judges and nothing is changed.

Only what takes nothing away from a running system is repaired at once; see `config_rules` for the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from aws_cdk import Aws
from aws_cdk import aws_config as config
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.automation import ROLE, Automation, Step
from hardened.boundaries import Boundary
from hardened.config_rules import GLOBAL, ManagedRule
from hardened.grants import allow, for_this_account, use_key
from hardened.recorder import Recorder

LOOK_EVERY = "Three_Hours"
ATTEMPTS, ATTEMPT_SECONDS = 5, 60
BESIDE = ("iam:CreateServiceLinkedRole", "kms:DescribeKey")
"""What some of them need on named resources."""

RESOURCE_ID = "RESOURCE_ID"
SCANNED = ("LAMBDA", "ECR", "EC2")
"""What Inspector scans: functions' libraries, container images, machines (SEC-19)."""


@dataclass(frozen=True)
class PasswordPolicy:
    """Length in characters, age in days, and how many former passwords cannot come back."""

    min_length: int
    max_age_days: int
    remembered: int

    @property
    def parameters(self) -> dict[str, str]:
        """As AWS's rule and AWS's automation document both name them."""
        kinds = ("LowercaseCharacters", "Numbers", "Symbols", "UppercaseCharacters")
        return {
            "MinimumPasswordLength": str(self.min_length),
            "MaxPasswordAge": str(self.max_age_days),
            "PasswordReusePrevention": str(self.remembered),
            **{f"Require{kind}": "true" for kind in kinds},
        }


@dataclass(frozen=True)
class Setting:
    """A setting of the account.

    :param rule: judges it.
    :param document: name of the automation document that sets it: AWS's; empty: one of ours (`_own_document`).
    :param inputs: the document's parameters beside its role; ``RESOURCE_ID`` stands for the account's number.
    :param actions: what the automation's role needs, on ``*``: AWS knows no resource for any of them.
    """

    rule: ManagedRule
    actions: tuple[str, ...]
    document: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)


def settings_of(passwords: PasswordPolicy) -> dict[str, Setting]:
    """Each setting by its name in the settings' ``singletons``."""
    return {
        "s3_account_block": Setting(
            ManagedRule(
                "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC",
                "no bucket of the account is public (SEC-07)",
                ("CC6.1", "CC6.6"),
                reach=GLOBAL,
            ),
            ("s3:GetAccountPublicAccessBlock", "s3:PutAccountPublicAccessBlock"),
            "AWSConfigRemediation-ConfigureS3PublicAccessBlock",
            {"AccountId": RESOURCE_ID},
        ),
        "ebs_encryption": Setting(
            ManagedRule("EC2_EBS_ENCRYPTION_BY_DEFAULT", "new volumes are encrypted (SEC-08)", ("CC6.1", "C1.1")),
            ("ec2:EnableEbsEncryptionByDefault", "ec2:ModifyEbsDefaultKmsKeyId"),
        ),
        "password_policy": Setting(
            ManagedRule(
                "IAM_PASSWORD_POLICY",
                "users' passwords are long and change (IAM-01)",
                ("CC6.1",),
                passwords.parameters,
                reach=GLOBAL,
            ),
            ("iam:GetAccountPasswordPolicy", "iam:UpdateAccountPasswordPolicy"),
            "AWSConfigRemediation-SetIAMPasswordPolicy",
            {**passwords.parameters, "AllowUsersToChangePassword": "true"},
        ),
        "inspector": Setting(
            ManagedRule(
                "INSPECTOR_LAMBDA_STANDARD_SCAN_ENABLED",
                "libraries of functions, images and machines are scanned (SEC-19)",
                ("CC7.1",),
            ),
            ("inspector2:Enable",),
        ),
    }


class AccountSettings(Construct):
    """Rules and repairs of the settings.

    :param kept: names of those that are set here and kept set; ``judged``: of those that are set from elsewhere.
    :param name: before the names of our documents, for example ``alex-prod``.
    :param key: the customer key of new volumes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        kept: Sequence[str],
        judged: Sequence[str],
        name: str,
        passwords: PasswordPolicy,
        key: kms.IKey,
        recorder: Recorder | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._recorder, self._key, self._name = recorder, key, name
        settings = settings_of(passwords)
        for one in judged:
            self._judge(settings[one].rule)
        if kept:
            most = (*(action for one in kept for action in settings[one].actions), *BESIDE)
            self._most = Boundary(self, "Most", whose="what sets an account's settings", actions=most)
            for one in kept:
                self._keep(one, settings[one])

    def _judge(self, managed: ManagedRule) -> config.CfnConfigRule:
        rule = config.CfnConfigRule(
            self,
            managed.identifier.title().replace("_", ""),
            config_rule_name=managed.name,
            description=managed.description,
            input_parameters=dict(managed.parameters) or None,
            maximum_execution_frequency=LOOK_EVERY,
            source=config.CfnConfigRule.SourceProperty(owner="AWS", source_identifier=managed.identifier),
        )
        if self._recorder:
            self._recorder.before(rule)
        return rule

    def _keep(self, name: str, setting: Setting) -> None:
        rule = self._judge(setting.rule)
        document, role = self._document(name, setting)
        _let(role, setting.actions)
        repair = config.CfnRemediationConfiguration(
            self,
            f"Keep{_title(name)}",
            config_rule_name=setting.rule.name,
            target_type="SSM_DOCUMENT",
            target_id=document,
            automatic=True,
            maximum_automatic_attempts=ATTEMPTS,
            retry_attempt_seconds=ATTEMPT_SECONDS,
            parameters={
                key: {"ResourceValue": {"Value": RESOURCE_ID}}
                if value == RESOURCE_ID
                else {"StaticValue": {"Values": [value]}}
                for key, value in {**setting.inputs, ROLE: role.role_arn}.items()
            },
        )
        repair.add_resource_dependency(rule)

    def _document(self, name: str, setting: Setting) -> tuple[str, iam.Role]:
        """Name and role of the document: ours where AWS has none, or one that leaves something out."""
        if setting.document:
            role = iam.Role(
                self,
                f"{_title(name)}Role",
                assumed_by=for_this_account("ssm.amazonaws.com"),
                description=f"What {setting.document} may do",
                permissions_boundary=self._most,
            )
            return setting.document, role
        made = self._encrypt_volumes() if name == "ebs_encryption" else self._scan()
        return made.document.ref, made.role

    def _encrypt_volumes(self) -> Automation:
        """AWS's document for volumes sets no customer key."""
        made = Automation(
            self,
            "EncryptVolumes",
            name=f"{self._name}-encrypt-volumes",
            description="New EBS volumes of this region are encrypted with the customer key (SEC-08)",
            boundary=self._most,
            for_config=True,
            steps=[
                Step(name="Key", call=("ec2", "ModifyEbsDefaultKmsKeyId"), inputs={"KmsKeyId": self._key.key_arn}),
                Step(name="Encrypt", call=("ec2", "EnableEbsEncryptionByDefault"), inputs={}),
            ],
        )
        use_key(made.role, self._key, "kms:DescribeKey")
        return made

    def _scan(self) -> Automation:
        made = Automation(
            self,
            "ScanEverything",
            name=f"{self._name}-scan-everything",
            description="Inspector scans functions, container images and machines of this region (SEC-19)",
            boundary=self._most,
            for_config=True,
            steps=[Step(name="Enable", call=("inspector2", "Enable"), inputs={"resourceTypes": list(SCANNED)})],
        )
        inspector = "inspector2.amazonaws.com"
        allow(
            made.role,
            actions=("iam:CreateServiceLinkedRole",),
            resources=(
                f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/aws-service-role/{inspector}/"
                "AWSServiceRoleForAmazonInspector2",
            ),
            conditions={"StringEquals": {"iam:AWSServiceName": inspector}},
        )
        return made


def _title(name: str) -> str:
    return name.title().replace("_", "")


def _let(role: iam.Role, actions: tuple[str, ...]) -> None:
    allow(role, actions=actions, resources=("*",))
    acknowledge(
        role,
        rule="AwsSolutions::AwsSolutions-IAM5[Resource::*]",
        reason="These actions set what the account has once, so AWS knows no resource to limit them to; "
        "Systems Manager assumes the role for this account alone.",
        owner="security",
        expires=date(2027, 6, 30),
        ticket="RISK-40",
        false_positive=True,
    )
