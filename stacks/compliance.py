"""The account's audit baseline: trail, recorder, rules, threat detection (SYS-14).

Decision: it refers to no other stack and has its own key, archive and topic, so that it can be deployed to a security
account. What an account and region can have only once is created or adopted by `settings.singletons`.
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
from hardened.composites import PageOnce
from hardened.detection import FindingsHub, ThreatDetector, Watch
from hardened.event_alarms import ViolationAlarm
from hardened.log_groups import LogPolicy
from hardened.notifications import notify
from hardened.recorder import Recorder, Rules
from hardened.topics import Domain
from hardened.trail import AuditTrail
from settings import Settings
from stacks.base import PlatformStack, removal_policy
from stacks.logs import central_archive, log_days, watch_trail


class ComplianceStack(PlatformStack):
    """Evidence that nobody of the application can change."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(
            scope, construct_id, settings=settings, description="Alex: audit baseline", holds=Classification.AUDIT
        )
        removal = removal_policy(settings)
        self.key = CustomerKey(
            self,
            "Key",
            holds="the audit trail and its alerts",
            classification=Classification.AUDIT,
            administrators=KeyAdministrators(self, "KeyAdministrators"),
            removal_policy=removal,
            services=(*PUBLISHERS, "sns.amazonaws.com"),
        )
        self.key.allow_log_groups()
        access_logs = AccessLogBucket(
            self, "AccessLogs", keep_days=settings.logs.hot_retention_days, removal_policy=removal
        )
        SecureDefaults(
            keys=Keys(data=self.key, secrets=self.key, logs=self.key, messaging=self.key, audit=self.key),
            access_logs=s3.Bucket.from_bucket_name(self, "AccessLogsByName", access_logs.bucket_name),
            log_policy=LogPolicy(days=log_days(settings), archive=central_archive(settings)),
            removal_policy=removal,
            deletion_protection=settings.is_production,
        ).attach(self)
        self.archive = ArchiveBucket(
            self,
            "Archive",
            encryption_key=self.key,
            access_logs=access_logs,
            lock_mode=settings.retention.object_lock_mode,
            lock_years=settings.retention.audit_years,
            keep_days=settings.logs.hot_retention_days,
            cold_after_days=settings.logs.glacier_after_days,
            removal_policy=removal,
        )
        self.alerts = self._tell(settings)
        self._singletons(settings)
        name = f"alex-{settings.name}"
        Watch(self, "Watch", name=f"{name}-security-events", alerts=self.alerts)
        ViolationAlarm(self, "Violations", most=settings.alarms.violations, name=name, alerts=self.alerts)
        # Last: it pages for all critical alarms of this stack.
        PageOnce(self, "Incidents", name=name, alerts=self.alerts)

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

    def _singletons(self, settings: Settings) -> None:
        chosen = settings.singletons
        trail = AuditTrail(self, "Trail", archive=self.archive, key=self.key) if chosen.trail == "create" else None
        watch_trail(self, trail, settings=settings, alerts=self.alerts)
        recorder = (
            Recorder(self, "Recorder", key=self.key, global_types=chosen.config_global_types == "create")
            if chosen.config_recorder == "create"
            else None
        )
        Rules(self, "Rules", recorder=recorder)
        if chosen.guardduty == "create":
            ThreatDetector(self, "ThreatDetector")
        if chosen.security_hub == "create":
            FindingsHub(self, "FindingsHub", region=settings.region)
