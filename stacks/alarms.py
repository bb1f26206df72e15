"""The environment's alarms: those that no construct brings along, what AWS announces, and who is woken (SYS-11).

Functions, queues and workflows carry theirs (`hardened.alarms`, `hardened.queues`, `hardened.workflow`). What stands
here watches what is shared. It is the last stack to make alarms, because the composites that page for all of them are
made at its end (`hardened.composites`); the audit baseline, which stands alone, has its own.
"""

from collections.abc import Mapping

from aws_cdk import aws_backup as backup
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from hardened import Alerts, Database
from hardened.composites import PageOnce
from hardened.event_alarms import Announcements, announcements
from hardened.functions import NAMESPACE
from hardened.model_alarms import EndpointAlarms, EndpointLimits, ModelAlarms, ModelQuota
from hardened.monitoring import ApiAlarms, DatabaseAlarms, DatabaseLimits
from hardened.platform_alarms import AccountAlarms, BackupAlarms, TableAlarms
from hardened.rest_api import RestApi
from hardened.spend_alarms import SpendAlarms, SpendLimits
from hardened.topics import Domain
from settings import Settings
from stacks.audit_archive import BY_AGENT
from stacks.base import PlatformStack
from stacks.inventory import inventory
from stacks.objectives import add_objectives

INDEXES = {"Audit": (BY_AGENT,)}
"""Indexes of tables, which throttle under their own names."""


class AlarmsStack(PlatformStack):
    """Alarms over everything that was deployed before."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        alerts: Alerts,
        api: RestApi,
        database: Database,
        vault: backup.IBackupVault,
    ) -> None:
        super().__init__(scope, construct_id, settings=settings, description="Alex: alarms")
        self._settings = settings
        self._limits = settings.alarms
        self._name = f"alex-{settings.name}"
        self._alerts = alerts
        self._api(api)
        self._database(database)
        self._models()
        self._platform(inventory(scope, beside=self).tables, vault)
        add_objectives(self, settings=settings, alerts=alerts)
        PageOnce(self, "Incidents", name=self._name, alerts=alerts)

    def _api(self, api: RestApi) -> None:
        ApiAlarms(
            self,
            "ApiAlarms",
            api=api.api,
            name=self._name,
            error_rate_pct=self._limits.api_5xx_rate_pct,
            refused_pct=self._limits.api_4xx_rate_pct,
            p95_ms=self._limits.api_p95_ms,
            alerts=self._alerts.within(Domain.API),
        )

    def _database(self, database: Database) -> None:
        aurora = self._settings.aurora
        DatabaseAlarms(
            self,
            "DatabaseAlarms",
            database=database,
            name=self._name,
            limits=DatabaseLimits(
                cpu_pct=self._limits.database_cpu_pct,
                acu_pct=self._limits.database_acu_pct,
                connections_pct=self._limits.database_connections_pct,
                min_acu=aurora.min_acu,
                max_acu=aurora.max_acu,
            ),
            alerts=self._alerts.within(Domain.DATABASE),
        )

    def _models(self) -> None:
        limits, alerts = self._limits, self._alerts.within(Domain.MODELS)
        models = {"large": self._settings.models.large, "small": self._settings.models.small}
        ModelAlarms(
            self,
            "ModelAlarms",
            models={
                role: ModelQuota(
                    model_id=model.model_id, requests=model.requests_per_minute, tokens=model.tokens_per_minute
                )
                for role, model in models.items()
            },
            pct=limits.model_quota_pct,
            failures_pct=limits.model_failures_pct,
            name=self._name,
            alerts=alerts,
        )
        SpendAlarms(
            self,
            "SpendAlarms",
            namespace=NAMESPACE,
            environment=self._settings.name,
            limits=SpendLimits(
                daily_usd=self._settings.cost.inference_daily_usd,
                hourly_pct=limits.inference_hourly_pct,
                token_band=limits.token_band,
            ),
            name=self._name,
            alerts=alerts,
        )
        for endpoint, borne in limits.endpoints.items():
            EndpointAlarms(
                self,
                f"Endpoint-{endpoint}",
                endpoint=endpoint,
                limits=EndpointLimits(
                    variant=borne.variant,
                    latency_ms=borne.latency_ms,
                    requests_per_minute=borne.requests_per_minute,
                ),
                pct=limits.model_quota_pct,
                name=self._name,
                alerts=alerts,
            )

    def _platform(self, tables: Mapping[str, dynamodb.ITableV2], vault: backup.IBackupVault) -> None:
        limits, alerts = self._limits, self._alerts.within(Domain.PLATFORM)
        TableAlarms(self, "TableAlarms", tables=tables, indexes=INDEXES, name=self._name, alerts=alerts)
        AccountAlarms(
            self,
            "AccountAlarms",
            quota=limits.account_concurrency,
            pct=limits.concurrency_pct,
            name=self._name,
            alerts=alerts,
        )
        BackupAlarms(
            self,
            "BackupAlarms",
            vault=vault.backup_vault_name,
            silence_days=limits.backup_silence_days,
            name=self._name,
            alerts=alerts,
        )
        Announcements(
            self,
            "Announced",
            announced=announcements(certificate_days=limits.certificate_days),
            name=f"{self._name}-announcements",
            alerts=alerts,
        )
