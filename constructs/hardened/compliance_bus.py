"""The compliance bus: every finding and every deed against the baseline, kept and told by urgency (COMP-05).

default bus -> collecting rules -> compliance bus -> archive (everything) and topics (what `ROUTES` names). What cannot
be delivered at any of these steps waits in one queue that raises an alarm.

Plain resources, not CDK's rule: its targets would each add a statement to the queue's and the topics' policies, and SQS
takes twenty.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_cloudwatch as cw
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from hardened.acknowledge import acknowledge
from hardened.alarms import FIVE_MINUTES, alarm
from hardened.compliance_patterns import COLLECTED
from hardened.compliance_routes import ROUTES, Route
from hardened.evidence_stream import EvidenceStream
from hardened.grants import allow, for_this_account
from hardened.queues import DeadLetterQueue
from hardened.topics import Alerts, Severity

TRY_FOR = Duration.hours(4)


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a rule sends: to an ARN, under a role where that needs one, the event itself or what is made of it."""

    arn: str
    role: iam.IRole | None = None
    transformer: events.CfnRule.InputTransformerProperty | None = None


class ComplianceBus(Construct):
    """The bus and its rules.

    :param name: of the bus, and before the name of each rule: ``alex-prod-compliance``.
    :param violations_most: more new violations of rules of AWS Config than this in five minutes are an incident.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        key: kms.IKey,
        evidence: EvidenceStream,
        alerts: Alerts,
        violations_most: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name, self._alerts = name, alerts
        self.undelivered = self._dead_letters()
        self.bus = events.EventBus(
            self,
            "Bus",
            event_bus_name=name,
            description="Findings and deeds against the security baseline",
            kms_key=key,
            dead_letter_queue=self.undelivered.queue,
        )
        self._role = iam.Role(self, "Deliver", assumed_by=for_this_account("events.amazonaws.com"))
        allow(self._role, actions=("events:PutEvents",), resources=(self.bus.event_bus_arn,))
        allow(self._role, actions=("firehose:PutRecord", "firehose:PutRecordBatch"), resources=(evidence.arn,))
        for topic in (alerts.critical, alerts.warning):
            topic.grant_publish(iam.ServicePrincipal("events.amazonaws.com"))
        for collected, pattern in COLLECTED.items():
            self.add_rule(
                f"Collect{collected}", pattern, Target(arn=self.bus.event_bus_arn, role=self._role), on_bus=False
            )
        self.add_rule("Everything", {"source": [{"prefix": ""}]}, Target(arn=evidence.arn, role=self._role))
        for route in ROUTES:
            self._tell(route)
        self._watch(violations_most)

    def add_rule(
        self,
        id: str,
        pattern: Mapping[str, Any],
        target: Target,
        *,
        name: str = "",
        on_bus: bool = True,
        enabled: bool = True,
    ) -> events.CfnRule:
        """A rule of the compliance bus (or of the default bus); what it cannot deliver waits in the queue.

        Rule and bus are named by text, not by reference: whoever draws their metrics must import nothing from here.
        """
        sends = events.CfnRule.TargetProperty(
            id="Target",
            arn=target.arn,
            role_arn=target.role.role_arn if target.role else None,
            input_transformer=target.transformer,
            dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self.undelivered.queue.queue_arn),
            retry_policy=events.CfnRule.RetryPolicyProperty(
                maximum_event_age_in_seconds=TRY_FOR.to_seconds(), maximum_retry_attempts=185
            ),
        )
        rule = events.CfnRule(
            self,
            id,
            name=name or rule_name(self.name, re.sub(r"(?<=[a-z])(?=[A-Z])", "-", id).lower()),
            event_bus_name=self.name if on_bus else None,
            event_pattern=dict(pattern),
            state="ENABLED" if enabled else "DISABLED",
            targets=[sends],
        )
        rule.node.add_dependency(self.bus)
        return rule

    def _tell(self, route: Route) -> None:
        runbook = self._alerts.runbook(route.runbook)
        said = (
            f'"{route.title}: <what>."\n'
            '"Account <account>, <region>, <time>; event <id>."\n'
            f'"{route.severity}. Runbook: {runbook}"'
        )
        paths = {"what": route.what} | {name: f"$.{name}" for name in ("account", "region", "time", "id")}
        transformed = events.CfnRule.InputTransformerProperty(input_template=said, input_paths_map=paths)
        topic = self._alerts.topic(route.severity)
        self.add_rule(
            route.name.title().replace("-", ""),
            route.pattern,
            Target(arn=topic.topic_arn, transformer=transformed),
            name=rule_name(self.name, route.name),
        )

    def _dead_letters(self) -> DeadLetterQueue:
        letters = DeadLetterQueue(self, "Undelivered", name=f"{self.name}-events", alerts=self._alerts)
        stack = Stack.of(self)
        here = f"arn:{Aws.PARTITION}:events:{stack.region}:{stack.account}"
        letters.queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="EventRules",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[letters.queue.queue_arn],
                conditions={"ArnLike": {"aws:SourceArn": [f"{here}:rule/*", f"{here}:event-bus/*"]}},
            )
        )
        acknowledge(
            letters.queue,
            rule="AwsSolutions::AwsSolutions-SQS3",
            reason="It is the dead-letter queue of the event rules, which the rule does not look for; an alarm calls a "
            "person.",
            owner="security",
            expires=date(2027, 6, 30),
            ticket="RISK-6",
            false_positive=True,
        )
        return letters

    def _watch(self, most: int) -> None:
        """Violations come in crowds: each is written down with the warnings, their count is one incident."""
        alarm(
            self,
            "Violations",
            name=f"{self.name}-violations",
            metric=violations(self.name),
            threshold=most,
            alerts=self._alerts,
            severity=Severity.CRITICAL,
            runbook="compliance-violations",
            description="Resources began to break rules of AWS Config. Which ones stands in the warnings, in Config "
            "under non-compliant, and in the archive. [COMP-07]",
        )


def rule_name(bus: str, route: str) -> str:
    """Name of a rule of the bus, by which its metrics are known."""
    return f"{bus}-{route}"


def violations(bus: str) -> cw.Metric:
    """New violations of rules of AWS Config in five minutes (COMP-07); for the alarm and for a dashboard."""
    return cw.Metric(
        namespace="AWS/Events",
        metric_name="TriggeredRules",
        dimensions_map={"EventBusName": bus, "RuleName": rule_name(bus, "rule-broken")},
        statistic="Sum",
        period=FIVE_MINUTES,
    )
