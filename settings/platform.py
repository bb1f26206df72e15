"""Settings of what the functions run on: network, keys, data, logs, accounts. Defaults are production's."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings.figure import Section, figure

LOG_RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)


def _known_retention(days: int) -> int:
    if days not in LOG_RETENTION_DAYS:
        raise ValueError(f"CloudWatch Logs keeps logs for one of {', '.join(map(str, LOG_RETENTION_DAYS))} days")
    return days


RetentionDays = Annotated[int, AfterValidator(_known_retention)]


def _ascending(percents: tuple[int, ...]) -> tuple[int, ...]:
    if list(percents) != sorted(set(percents)):
        raise ValueError("write each threshold once, the lowest first")
    return percents


Percent = Annotated[int, Field(ge=1, le=1000)]
Thresholds = Annotated[tuple[Percent, ...], AfterValidator(_ascending)]


class Network(Section):
    """The VPC; zones are named, so that synthesis asks no account (NET-01)."""

    cidr: str = figure("10.20.0.0/16", req="NET-01", pattern=r"^\d+\.\d+\.\d+\.\d+/1[6-9]$")
    availability_zones: tuple[str, ...] = figure(
        ("us-east-1a", "us-east-1b", "us-east-1c"), req="NET-01", min_length=2, max_length=3
    )
    nat_gateways: int = figure(3, req="NET-02", ge=0, le=3)
    interface_endpoints: Literal["minimal", "full"] = figure("full", req="NET-03")
    flow_log_days: RetentionDays = figure(2557, req="NET-06", unit="days")
    alb_tls_policy: Literal["tls13-1.2", "tls13-only"] = figure("tls13-only", req="NET-11")


class Secrets(Section):
    """Secrets Manager."""

    rotation_days: int = figure(30, req="SEC-15", unit="days", ge=1, le=90)


class Aurora(Section):
    """Aurora PostgreSQL Serverless v2; ``auto_pause_seconds`` None means that it never pauses."""

    min_acu: float = figure(2, req="DATA-02", unit="ACU", ge=0, le=128, multiple_of=0.5)
    max_acu: float = figure(16, req="DATA-02", unit="ACU", ge=1, le=128, multiple_of=0.5)
    auto_pause_seconds: int | None = figure(None, req="DATA-02", unit="s", ge=300, le=86400)
    readers: int = figure(2, req="DATA-03", ge=0, le=15)
    readers_max: int = figure(6, req="DATA-03", ge=0, le=15)
    reader_cpu_pct: float = figure(80, req="DATA-03", unit="%", gt=0, le=100)
    reader_connections: int = figure(2000, req="DATA-04", unit="connections/reader", ge=1)
    backup_days: int = figure(35, req="DR-03", unit="days", ge=1, le=35)
    deletion_protection: bool = figure(True, req="DATA-01")
    database_name: str = figure("alex", req="DATA-01", pattern=r"^[a-z][a-z0-9_]{0,62}$")


class Backup(Section):
    """AWS Backup: recovery points of the database and of all tables, their copies, and restores that are tried."""

    keep_days: int = figure(35, req="DR-02", unit="days", ge=1, le=35)
    vault_lock: Literal["none", "governance", "compliance"] = figure(
        "compliance", req="DR-02", description="compliance: after the days of grace nobody takes the lock off, ever"
    )
    lock_days: int = figure(7, req="DR-02", unit="days", ge=1, le=35)
    lock_grace_days: int = figure(3, req="DR-02", unit="days", ge=3, le=365)
    copy_region: str | None = figure("us-west-2", req="DR-02", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    restore_test: Literal["none", "monthly", "weekly"] = figure("weekly", req="DR-02")


class Retention(Section):
    """Write-once storage."""

    object_lock_mode: Literal["governance", "compliance"] = figure("compliance", req="LAKE-16")
    audit_years: int = figure(7, req="XAI-04", unit="years", ge=1, le=10)


class MarketData(Section):
    """Market-data bucket's life cycle."""

    intelligent_tiering_after_days: int = figure(30, req="DATA-14", unit="days", ge=0, le=3650, system="SYS-21")
    glacier_after_days: int = figure(365, req="DATA-14", unit="days", ge=30, le=3650, system="SYS-21")


class Acceptance(Section):
    """A decision to live with a finding, as the policy gate demands it."""

    reason: str = Field(min_length=40)
    owner: str = Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")
    expires: date
    ticket: str = Field(pattern=r"^([A-Z][A-Z0-9]+-\d+|#\d+|https://[^\s;\]]+)$")


class Cost(Section):
    """Budgets and tags."""

    monthly_budget_usd: int = figure(
        5000, req="COST-01", unit="USD/month", ge=1, description="Without inference, which has its own"
    )
    over_budget: Acceptance | None = figure(
        None, req="COST-01", description="Who accepted that the estimate exceeds the budget; without it the gate closes"
    )
    alert_thresholds_pct: Thresholds = figure((50, 80, 100), req="COST-01", unit="%", min_length=1, max_length=4)
    inference_daily_usd: int = figure(8000, req="COST-04", unit="USD/day", ge=1)
    inference_services: tuple[str, ...] = figure(
        ("Amazon Bedrock", "Claude Sonnet 5.5 (Amazon Bedrock Edition)", "Claude Haiku 5.5 (Amazon Bedrock Edition)"),
        req="COST-04",
        min_length=1,
        description="What the bill calls them: a model sold through the Marketplace is a service of its own",
    )
    anomaly_usd: int = figure(100, req="COST-04", unit="USD", ge=1, description="What an anomaly must cost to be told")
    services_monitor_arn: str | None = figure(
        None,
        req="COST-04",
        pattern=r"^arn:aws[a-z-]*:ce::\d{12}:anomalymonitor/[A-Za-z0-9-]+$",
        description="The account's own monitor of services, when singletons.cost_monitor adopts it",
    )
    owner: str = figure("platform", req="COST-02", min_length=1)
    cost_center: str = figure("alex", req="COST-02", min_length=1)


class Recovery(Section):
    """Recovery objectives and drills; None where the environment has none."""

    rto_minutes: int | None = figure(60, req="DR-01", unit="min", ge=1, system="SYS-72")
    rpo_minutes: int | None = figure(5, req="DR-01", unit="min", ge=1, system="SYS-72")
    drill_frequency: Literal["none", "quarterly", "monthly"] = figure("monthly", req="DR-07", system="SYS-72")


class Deploy(Section):
    """Progressive delivery."""

    rollback_error_pct: float = figure(1, req="CICD-04", unit="%", gt=0, le=100, system="SYS-71")
    bake_hours: int = figure(24, req="CICD-05", unit="h", ge=0, le=168, system="SYS-71")
