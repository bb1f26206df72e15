"""Topics that alarms and findings go to, and which alarms are one incident (SEC-21, OBS-17)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

PUBLISHERS = ("cloudwatch.amazonaws.com",)
"""Services that publish by themselves; the key of an alert topic must admit them too. Event rules add themselves."""


class AlertTopic(sns.Topic):
    """An encrypted topic that this account's alarms may publish on, over TLS only.

    :param publishers: service principals that publish for this account; the key must admit them too.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        master_key: kms.IKey,
        display_name: str,
        publishers: Sequence[str] = PUBLISHERS,
    ) -> None:
        super().__init__(scope, construct_id, master_key=master_key, display_name=display_name, enforce_ssl=True)
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                principals=[iam.ServicePrincipal(service) for service in publishers],
                actions=["sns:Publish"],
                resources=[self.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )


class Severity(StrEnum):
    """How urgent an alert is: ``critical`` wakes somebody, ``warning`` waits for working hours."""

    CRITICAL = "critical"
    WARNING = "warning"


class Domain(StrEnum):
    """What an incident is about: one team's work, one cause as a rule."""

    API = "api"
    ANALYSIS = "analysis"
    DATABASE = "database"
    MODELS = "models"
    SECURITY = "security"
    PLATFORM = "platform"


@dataclass(frozen=True)
class Member:
    """A critical alarm that is part of its domain's incident."""

    name: str
    alarm: cw.AlarmBase


@dataclass
class Incidents:
    """The critical alarms by domain, until the composite alarms are made of them (`hardened.composites`)."""

    members: dict[Domain, list[Member]] = field(default_factory=dict)
    closed: bool = False

    def add(self, domain: Domain, member: Member) -> None:
        """Note a member.

        :raises ValueError: the composites are made already; this alarm would wake nobody.
        """
        if self.closed:
            raise ValueError(
                f"{member.name} is made after the composite alarm of {domain}, which pages in its place: make it "
                "earlier, or let it page by itself (alerts.within(None))"
            )
        self.members.setdefault(domain, []).append(member)

    def close(self) -> dict[Domain, Sequence[Member]]:
        """What there is, by domain, members by name; nothing can be added after."""
        self.closed = True
        return {d: sorted(self.members[d], key=lambda member: member.name) for d in Domain if d in self.members}


@dataclass(frozen=True)
class Alerts:
    """Where alerts go, by severity, and where the runbooks are that say what to do.

    :param runbooks: address below which ``<runbook>.md`` is found.
    :param domain: what is made with it belongs to this domain's incident, whose composite alarm pages; None: each
        critical alarm pages by itself.
    """

    critical: sns.ITopic
    warning: sns.ITopic
    runbooks: str = "docs/runbooks"
    domain: Domain | None = None
    incidents: Incidents = field(default_factory=Incidents, compare=False)

    def within(self, domain: Domain | None) -> "Alerts":
        """The same topics for what belongs to ``domain``."""
        return replace(self, domain=domain)

    def topic(self, severity: Severity) -> sns.ITopic:
        """The topic of ``severity``."""
        return self.critical if severity is Severity.CRITICAL else self.warning

    def join(self, member: Member, severity: Severity) -> sns.ITopic:
        """The topic that an alarm tells: one that a composite pages for tells ``warning`` what the incident is."""
        if severity is Severity.WARNING or self.domain is None:
            return self.topic(severity)
        self.incidents.add(self.domain, member)
        return self.warning

    def runbook(self, name: str) -> str:
        """Address of the runbook ``name``."""
        return f"{self.runbooks.rstrip('/')}/{name}.md"
