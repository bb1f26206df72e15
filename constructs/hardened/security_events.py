"""What in the account's trail must reach a person within minutes: metric filters and alarms, as a table (COMP-02).

Decisions:
- The patterns are those of the CIS AWS Foundations Benchmark (4.1 to 4.15), word for word, since Security Hub compares
  them; two of our own stand beside them: keys whose policy or rotation changes, and logs that lose their protection.
- A deployment changes policies and networks too, so these are warnings: whoever deployed knows of it, and an alarm at
  another time is news. What no deployment does is critical.
- One runbook a family; critical ones page by themselves, so that no other incident hides an intruder.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_logs as logs
from constructs import Construct

from hardened.alarms import FIVE_MINUTES, alarm
from hardened.topics import Alerts, Severity

NAMESPACE = "Alex"


@dataclass(frozen=True, kw_only=True)
class SecurityEvent:
    """Something in the trail that a person should know.

    :param name: ends the alarm's name: ``alex-prod-security-<name>``.
    :param family: ends the runbook's name: ``security-<family>``.
    :param pattern: the metric filter's, over CloudTrail's JSON.
    :param what: what happened, for the alarm's description.
    :param requirement: who asks for it.
    :param more_than: so many in five minutes are nothing yet.
    """

    name: str
    family: str
    pattern: str
    what: str
    requirement: str = "COMP-02"
    severity: Severity = Severity.WARNING
    more_than: int = 0


def _calls(names: str, source: str = "") -> str:
    """Pattern of the API calls ``names`` (separated by blanks) of a service (its short name), or of any."""
    any_of = " || ".join(f"($.eventName={name})" for name in names.split())
    return f"{{($.eventSource={source}.amazonaws.com) && ({any_of})}}" if source else f"{{{any_of}}}"


EVENTS = (
    SecurityEvent(
        name="root-use",
        family="root-use",
        pattern='{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && '
        '$.eventType !="AwsServiceEvent"}',
        what="Somebody used the root user, which nothing here needs.",
        requirement="IAM-03",
        severity=Severity.CRITICAL,
    ),
    SecurityEvent(
        name="sign-in-without-mfa",
        family="sign-in",
        pattern='{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && '
        '($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
        what="Somebody signed in to the console without a second factor.",
        requirement="ACCT-05",
        severity=Severity.CRITICAL,
    ),
    SecurityEvent(
        name="sign-in-failures",
        family="sign-in",
        pattern='{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}',
        what="Passwords for the console were refused more than twice in five minutes.",
        more_than=2,  # two wrong passwords are typing errors
    ),
    SecurityEvent(
        name="unauthorised-calls",
        family="unauthorised-calls",
        pattern='{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}',
        what="Calls were refused for lack of rights more than five times in five minutes.",
        more_than=5,  # the console itself asks for a few things that a role may not see
    ),
    SecurityEvent(
        name="iam-policy-changes",
        family="policy-changes",
        pattern=_calls(
            "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy "
            "CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy "
            "AttachUserPolicy DetachUserPolicy AttachGroupPolicy DetachGroupPolicy",
            "iam",
        ),
        what="Rights of users, roles or groups changed.",
    ),
    SecurityEvent(
        name="bucket-policy-changes",
        family="policy-changes",
        pattern=_calls(
            "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy "
            "DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
            "s3",
        ),
        what="Who may reach a bucket, or how long it keeps what it holds, changed.",
    ),
    SecurityEvent(
        name="organization-changes",
        family="policy-changes",
        pattern=_calls(
            "AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake "
            "DeleteOrganization DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType EnablePolicyType "
            "InviteAccountToOrganization LeaveOrganization MoveAccount RemoveAccountFromOrganization UpdatePolicy "
            "UpdateOrganizationalUnit",
            "organizations",
        ),
        what="The organisation's accounts or policies changed.",
    ),
    SecurityEvent(
        name="trail-changes",
        family="recording-changes",
        pattern=_calls("CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
        what="The audit trail changed, or was switched off or on.",
        severity=Severity.CRITICAL,
    ),
    SecurityEvent(
        name="config-changes",
        family="recording-changes",
        pattern=_calls(
            "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder", "config"
        ),
        what="The configuration recorder changed or was stopped.",
        requirement="COMP-03",
        severity=Severity.CRITICAL,
    ),
    SecurityEvent(
        name="log-changes",
        family="recording-changes",
        pattern=_calls(
            "DeleteLogGroup PutRetentionPolicy DeleteDataProtectionPolicy DeleteSubscriptionFilter PutBucketLogging "
            "PutBucketObjectLockConfiguration"
        ),
        what="A log group, its masks or its way into the archive went, or it is kept for another time; or a bucket's "
        "lock or access log changed.",
        requirement="OBS-29",
    ),
    SecurityEvent(
        name="key-loss",
        family="key-changes",
        pattern=_calls("DisableKey ScheduleKeyDeletion", "kms"),
        what="A key was switched off, or will be deleted with all that it opens.",
        requirement="SEC-06",
        severity=Severity.CRITICAL,
    ),
    SecurityEvent(
        name="key-changes",
        family="key-changes",
        pattern=_calls("PutKeyPolicy DisableKeyRotation DeleteImportedKeyMaterial", "kms"),
        what="Who may use a key changed, or a key no longer rotates.",
        requirement="SEC-06",
    ),
    SecurityEvent(
        name="security-group-changes",
        family="network-changes",
        pattern=_calls(
            "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress "
            "RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup"
        ),
        what="A security group changed.",
    ),
    SecurityEvent(
        name="network-acl-changes",
        family="network-changes",
        pattern=_calls(
            "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry "
            "ReplaceNetworkAclAssociation"
        ),
        what="A network ACL changed.",
    ),
    SecurityEvent(
        name="gateway-changes",
        family="network-changes",
        pattern=_calls(
            "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway "
            "DeleteInternetGateway DetachInternetGateway"
        ),
        what="A gateway to other networks changed.",
    ),
    SecurityEvent(
        name="route-changes",
        family="network-changes",
        pattern=_calls(
            "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute "
            "DisassociateRouteTable",
            "ec2",
        ),
        what="A route changed.",
    ),
    SecurityEvent(
        name="vpc-changes",
        family="network-changes",
        pattern=_calls(
            "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection "
            "DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc "
            "DisableVpcClassicLink EnableVpcClassicLink"
        ),
        what="A network was made, removed, or joined with another.",
    ),
)


class SecurityEvents(Construct):
    """Metric filters over a trail's log group, each with an alarm."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        trail_log: logs.ILogGroup,
        name: str,
        alerts: Alerts,
        events: Sequence[SecurityEvent] = EVENTS,
    ) -> None:
        """Watch ``trail_log``; ``name`` as people know the environment, for example ``alex-prod``."""
        super().__init__(scope, construct_id)
        alone = alerts.within(None)
        for event in events:
            alarm_name = f"{name}-security-{event.name}"
            counted = logs.MetricFilter(
                self,
                event.name.title().replace("-", ""),
                log_group=trail_log,
                filter_pattern=logs.FilterPattern.literal(event.pattern),
                metric_namespace=NAMESPACE,
                metric_name=alarm_name,
                metric_value="1",
                default_value=0,
            )
            alarm(
                counted,
                "Alarm",
                name=alarm_name,
                metric=counted.metric(period=FIVE_MINUTES, statistic="Sum"),
                threshold=event.more_than,
                periods=3 if event.more_than else 1,  # who tries again and again is one alarm
                datapoints=1,
                alerts=alone,
                severity=event.severity,
                runbook=f"security-{event.family}",
                description=f"{event.what} Search the trail's log group for the event: who, from where, with what "
                f"session. [{event.requirement}]",
            )
