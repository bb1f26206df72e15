"""Keys, alert topics, the log archive, and the defaults that every other stack inherits (SYS-03, SYS-15).

Decision: everything that other stacks refer to and that rarely changes is here, so that exports stay few and stable.
"""

from aws_cdk import aws_iam as iam
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
from hardened.budgets import PUBLISHERS as COST_PUBLISHERS
from hardened.log_archive import LogDelivery
from hardened.log_findings import Findings
from hardened.log_groups import LogDestination, LogPolicy
from hardened.notifications import notify
from hardened.topics import Domain, Severity
from settings import Settings
from stacks.base import PlatformStack, removal_policy
from stacks.logs import central_archive, log_days


class SecurityStack(PlatformStack):
    """The stage's keys by data class, alert topics, log archive and secure defaults."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id, settings=settings, description="Alex: keys, alerts, log archive")
        self._removal = removal_policy(settings)
        self.administrators = KeyAdministrators(self, "KeyAdministrators")
        self.keys = self._make_keys(self.administrators)
        if settings.singletons.macie != "leave":
            self.keys.data.allow_macie()
        self.access_logs = AccessLogBucket(
            self, "AccessLogs", keep_days=settings.logs.s3_access_days, removal_policy=self._removal
        )
        self.defaults = SecureDefaults(
            keys=self.keys,
            access_logs=s3.Bucket.from_bucket_name(self, "AccessLogsByName", self.access_logs.bucket_name),
            log_policy=LogPolicy(days=log_days(settings)),
            removal_policy=self._removal,
            deletion_protection=settings.is_production,
        )
        self.defaults.attach(self)
        self.log_archive = ArchiveBucket(
            self,
            "LogArchive",
            encryption_key=self.keys.logs,
            access_logs=self.access_logs,
            lock_mode=settings.retention.object_lock_mode,
            lock_years=settings.logs.archive_years,
            keep_days=settings.logs.hot_retention_days,
            cold_after_days=settings.logs.glacier_after_days,
            removal_policy=self._removal,
        )
        self.alerts = self._make_alerts(settings)
        self.defaults.log_policy.findings = Findings(
            self, "PersonalData", name=f"alex-{settings.name}", alerts=self.alerts
        ).log_group
        self.defaults.log_policy.archive = central_archive(settings) or self._own_archive(settings)

    def _own_archive(self, settings: Settings) -> LogDestination | None:
        """The way into this account's archive; None where the settings archive nothing."""
        if not settings.logs.archive_years:
            return None
        delivery = LogDelivery(
            self,
            "LogDelivery",
            name=f"alex-{settings.name}-log-archive",
            archive=self.log_archive,
            key=self.keys.logs,
            late_minutes=settings.logs.archive_late_minutes,
            alerts=self.alerts.within(Domain.PLATFORM),
        )
        return delivery.destination

    def _make_alerts(self, settings: Settings) -> Alerts:
        critical, warning = (
            AlertTopic(
                self,
                word.title(),
                master_key=self.keys.messaging,
                display_name=f"Alex {settings.name}: {word}",
                publishers=(*PUBLISHERS, *COST_PUBLISHERS),
            )
            for word in Severity
        )
        alerts = Alerts(critical=critical, warning=warning, runbooks=settings.alarms.runbooks_url)
        told = settings.alarms.subscribers
        for word, topic, subscribers in (("critical", critical, told.critical), ("warning", warning, told.warning)):
            notify(
                topic,
                subscribers,
                name=f"alex-{settings.name}-{word}",
                alerts=alerts,
                setting=f"alarms.subscribers.{word}",
            )
        return alerts

    def _make_keys(self, administrators: iam.IRole) -> Keys:
        def key(
            construct_id: str, holds: str, *services: str, classification: Classification = Classification.CLIENT_DATA
        ) -> CustomerKey:
            return CustomerKey(
                self,
                construct_id,
                holds=holds,
                classification=classification,
                administrators=administrators,
                removal_policy=self._removal,
                services=services,
            )

        keys = Keys(
            data=key("DataKey", "portfolios and results"),
            secrets=key("SecretsKey", "secrets and functions' configuration"),
            logs=key("LogsKey", "logs and their archive", "delivery.logs.amazonaws.com"),
            # EventBridge: CDK lets an event rule send to a dead-letter queue, but not use the queue's key.
            messaging=key(
                "MessagingKey",
                "queues and topics",
                *PUBLISHERS,
                *COST_PUBLISHERS,
                "sns.amazonaws.com",
                "events.amazonaws.com",
            ),
            audit=key("AuditKey", "audit records and backups", classification=Classification.AUDIT),
        )
        keys.logs.allow_log_groups()
        return keys
