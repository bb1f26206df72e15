"""What a grave finding may set in motion by itself: an access key of a user is disabled (SEC-05).

Decision: off until a setting says otherwise, because a false finding would stop whoever works with the key. The
platform has neither users with keys nor machines, so a finding of this kind is about somebody outside of it; functions'
roles have no keys that could be disabled (their sessions are ended by hand: docs/runbooks/threat-credentials.md). The
document can be started by hand as well, whether or not the rule is on.
"""

from datetime import date

from aws_cdk import Aws
from aws_cdk import aws_events as events
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.automation import Automation, Parameter, Step
from hardened.boundaries import Boundary
from hardened.compliance_bus import ComplianceBus, Target
from hardened.grants import allow
from hardened.service_roles import limited_role

STARTED_BY = {
    "source": ["aws.guardduty"],
    "detail-type": ["GuardDuty Finding"],
    "detail": {
        "severity": [{"numeric": [">=", 7]}],
        "resource": {
            "resourceType": ["AccessKey"],
            # Keys that last; those of roles end by themselves and cannot be disabled.
            "accessKeyDetails": {"userType": ["IAMUser"], "accessKeyId": [{"prefix": "AKIA"}]},
        },
    },
}


class Quarantine(Construct):
    """The document, the rule that starts it, and a role for each."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, bus: ComplianceBus, enabled: bool) -> None:
        """Make them; ``name`` before the document's, for example ``alex-prod``."""
        super().__init__(scope, construct_id)
        document = self._document(name)
        start, give = "ssm:StartAutomationExecution", "iam:PassRole"
        starter = limited_role(
            self, "Starter", service="events.amazonaws.com", does="disables stolen keys", most=(give, start)
        )
        newest = f"{document.arn}:$DEFAULT"
        allow(starter, actions=(start,), resources=(newest,))
        allow(
            starter,
            actions=(give,),
            resources=(document.role.role_arn,),
            conditions={"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}},
        )
        found = "$.detail.resource.accessKeyDetails"
        inputs = events.CfnRule.InputTransformerProperty(
            input_paths_map={"user": f"{found}.userName", "key": f"{found}.accessKeyId"},
            input_template='{"UserName": [<user>], "AccessKeyId": [<key>]}',
        )
        self.rule = bus.add_rule(
            "Quarantine", STARTED_BY, Target(arn=newest, role=starter, transformer=inputs), enabled=enabled
        )

    def _document(self, name: str) -> Automation:
        action = "iam:UpdateAccessKey"
        made = Automation(
            self,
            "DisableAccessKey",
            name=f"{name}-disable-access-key",
            description="Disables an access key of a user; it can be made active again (SEC-05)",
            boundary=Boundary(self, "Most", whose="what disables access keys", actions=(action,)),
            parameters={
                "UserName": Parameter(description="Whose key it is", pattern=r"^[\w+=,.@-]{1,64}$"),
                "AccessKeyId": Parameter(description="The key's id", pattern=r"^AKIA[A-Z0-9]{12,124}$"),
            },
            steps=[
                Step(
                    name="Disable",
                    call=("iam", "UpdateAccessKey"),
                    inputs={"UserName": "{{ UserName }}", "AccessKeyId": "{{ AccessKeyId }}", "Status": "Inactive"},
                )
            ],
        )
        allow(made.role, actions=(action,), resources=(f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:user/*",))
        acknowledge(
            made.role,
            rule=(
                "AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:iam::<AWS::AccountId>:user/*]",
                "SOC2::SOC2-IAM-RESOURCE-PATTERN[Resource::arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*]",
            ),
            reason="Whose key is stolen is known only when it happens; the role can switch keys off and on, and can "
            "neither read nor make one.",
            owner="security",
            expires=date(2027, 6, 30),
            ticket="RISK-44",
            mitigated_by="Systems Manager alone assumes it, for one document that disables",
        )
        return made
