"""The account's audit baseline: trail, recorder, rules, threat detection, and who hears of what they find (SYS-14).

Decision: it refers to no other stack and has its own key, archive and topics, so that it can be deployed to a security
account alone. What an account and region can have only once is created, adopted or left out by `settings.singletons`.
"""

from aws_cdk import aws_s3 as s3
from constructs import Construct

from hardened import (
    PUBLISHERS,
    AccessLogBucket,
    Alerts,
    AlertTopic,
    ArchiveBucket,
    Classification,
    CustomerKey,
    KeyAdministrators,
    Keys,
    SecureDefaults,
)
from hardened.compliance_bus import ComplianceBus
from hardened.composites import PageOnce
from hardened.evidence_stream import EvidenceStream
from hardened.log_groups import LogPolicy
from hardened.notifications import notify
from hardened.topics import Domain
from hardened.trail import AuditTrail
from settings import Settings
from stacks.base import PlatformStack, removal_policy
from stacks.bundles import Bundles
from stacks.compliance_rules import add_rules
from stacks.detection import add_detection
from stacks.logs import central_archive, log_days, watch_trail
from stacks.remediation import add_remediation

EVENTS = "compliance-events"
"""Folder of the archive that holds every compliance event."""


class ComplianceStack(PlatformStack):
    """Evidence that nobody of the application can change, and what gathers it."""

    stands_alone = True

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, bundles: Bundles) -> None:
        super().__init__(
            scope, construct_id, settings=settings, description="Alex: audit baseline", holds=Classification.AUDIT
        )
        self._removal = removal_policy(settings)
        self.key = self._make_key()
        self.access_logs = AccessLogBucket(
            self, "AccessLogs", keep_days=settings.logs.hot_retention_days, removal_policy=self._removal
        )
        SecureDefaults(
            keys=Keys(data=self.key, secrets=self.key, logs=self.key, messaging=self.key, audit=self.key),
            access_logs=s3.Bucket.from_bucket_name(self, "AccessLogsByName", self.access_logs.bucket_name),
            log_policy=LogPolicy(days=log_days(settings), archive=central_archive(settings)),
            removal_policy=self._removal,
            deletion_protection=settings.is_production,
        ).attach(self)
        self.archive = ArchiveBucket(
            self,
            "Archive",
            encryption_key=self.key,
            access_logs=self.access_logs,
            lock_mode=settings.retention.object_lock_mode,
            lock_years=settings.retention.audit_years,
            keep_days=settings.logs.hot_retention_days,
            cold_after_days=settings.logs.glacier_after_days,
            removal_policy=self._removal,
        )
        self.alerts = self._tell(settings)
        self.bus = self._make_bus(settings)
        watch_trail(self, self._make_trail(settings), settings=settings, alerts=self.alerts)
        add_rules(self, settings=settings, key=self.key)
        add_detection(self, settings=settings, bus=self.bus, key=self.key)
        if settings.singletons.config_recorder != "leave":
            add_remediation(self, settings=settings, code=bundles.code("data"), bus=self.bus, alerts=self.alerts)
        # Last: it pages for all critical alarms of this stack.
        PageOnce(self, "Incidents", name=f"alex-{settings.name}", alerts=self.alerts)

    def _make_key(self) -> CustomerKey:
        key = CustomerKey(
            self,
            "Key",
            holds="the audit trail, findings and their alerts",
            classification=Classification.AUDIT,
            administrators=KeyAdministrators(self, "KeyAdministrators"),
            removal_policy=self._removal,
            services=(*PUBLISHERS, "sns.amazonaws.com", "events.amazonaws.com"),
        )
        key.allow_log_groups()
        return key

    def _tell(self, settings: Settings) -> Alerts:
        """Topics of its own (SEC-21): ``Alerts`` wakes somebody, ``Notices`` holds what an incident consists of."""
        critical, warning = (
            AlertTopic(self, word, master_key=self.key, display_name=f"Alex {settings.name}: security {word.lower()}")
            for word in ("Alerts", "Notices")
        )
        alerts = Alerts(
            critical=critical, warning=warning, runbooks=settings.alarms.runbooks_url, domain=Domain.SECURITY
        )
        for topic, word in ((critical, "security"), (warning, "security-notices")):
            notify(
                topic,
                settings.alarms.subscribers.security,
                name=f"alex-{settings.name}-{word}",
                alerts=alerts,
                setting="alarms.subscribers.security",
            )
        return alerts

    def _make_bus(self, settings: Settings) -> ComplianceBus:
        name = f"alex-{settings.name}-compliance"
        evidence = EvidenceStream(
            self, "Evidence", name=name, archive=self.archive, folder=EVENTS, key=self.key, alerts=self.alerts
        )
        return ComplianceBus(
            self,
            "Events",
            name=name,
            key=self.key,
            evidence=evidence,
            alerts=self.alerts,
            violations_most=settings.alarms.violations,
        )

    def _make_trail(self, settings: Settings) -> AuditTrail | None:
        if settings.singletons.trail != "create":
            return None
        return AuditTrail(
            self,
            "Trail",
            archive=self.archive,
            key=self.key,
            organization=settings.compliance.organization_id,
            data_events=settings.compliance.data_events,
            unrecorded=(self.archive, self.access_logs),
        )
