"""CloudWatch Logs by class, their archive, S3's access logs (OBS-26, OBS-29, COMP-06), and what must hold of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from settings.figure import Section, figure
from settings.platform import RetentionDays

if TYPE_CHECKING:
    from settings.model import Settings

SEVEN_YEARS, AT_HAND = 2557, 90


class Logs(Section):
    """CloudWatch Logs by class, their archive, and S3's access logs. ``archive_years`` 0: no archive of log groups."""

    hot_retention_days: RetentionDays = figure(
        2557, req="OBS-26", unit="days", description="Audit log groups; all others too until archive_proven"
    )
    application_days: RetentionDays = figure(90, req="OBS-26", unit="days", description="Once archive_proven")
    access_days: RetentionDays = figure(90, req="OBS-26", unit="days", description="Once archive_proven")
    archive_years: int = figure(7, req="OBS-26", unit="years", ge=0, le=10)
    archive_proven: bool = figure(
        False, req="OBS-26", description="A person has seen the archive fill and has read from it"
    )
    archive_late_minutes: int = figure(30, req="OBS-26", unit="min", ge=15, le=1440)
    glacier_after_days: int = figure(90, req="OBS-26", unit="days", ge=1, le=3650)
    central_destination: str | None = figure(
        None,
        req="OBS-29",
        pattern=r"^arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:destination:[^:*]+$",
        description="The CloudWatch Logs destination of a log-archive account, in place of this account's archive",
    )
    s3_access_days: int = figure(400, req="COMP-06", unit="days", ge=1, le=3653)


LOG_RULES: tuple[tuple[str, str, str, Callable[["Settings"], bool]], ...] = (
    (
        "logs.hot_retention_days",
        f"production keeps audit logs searchable for at least {SEVEN_YEARS} days",
        "OBS-26",
        lambda s: not s.is_production or s.logs.hot_retention_days >= SEVEN_YEARS,
    ),
    (
        "logs.application_days",
        f"production keeps logs at hand for at least {AT_HAND} days",
        "OBS-26",
        lambda s: not s.is_production or s.logs.application_days >= AT_HAND,
    ),
    (
        "logs.access_days",
        f"production keeps logs at hand for at least {AT_HAND} days",
        "OBS-26",
        lambda s: not s.is_production or s.logs.access_days >= AT_HAND,
    ),
    (
        "logs.archive_proven",
        "only an archive that is there can have been proven",
        "OBS-26",
        lambda s: not s.logs.archive_proven or s.logs.archive_years > 0 or s.logs.central_destination is not None,
    ),
    (
        "logs.archive_years",
        "production archives logs for 7 years",
        "OBS-26",
        lambda s: not s.is_production or s.logs.archive_years >= 7,
    ),
    (
        "logs.glacier_after_days",
        "logs move to Glacier while they are still kept",
        "OBS-26",
        lambda s: s.logs.archive_years == 0 or s.logs.glacier_after_days < 365 * s.logs.archive_years,
    ),
    (
        "logs.central_destination",
        "a log group sends on within its region only: the destination must lie in the settings' region",
        "OBS-29",
        lambda s: s.logs.central_destination is None or s.logs.central_destination.split(":")[3] == s.region,
    ),
    (
        "singletons.trail_log_group",
        "only an adopted trail has a log group of somebody else's",
        "OBS-26",
        lambda s: s.singletons.trail_log_group is None or s.singletons.trail == "adopt",
    ),
)
"""As in `settings.rules`."""
