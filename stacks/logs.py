"""What the settings say of log groups, in the words of `hardened.log_groups` (OBS-26, OBS-29)."""

from aws_cdk import aws_logs as logs
from constructs import Construct

from hardened.log_groups import LogClass, LogDestination, LogPolicy
from hardened.security_events import SecurityEvents
from hardened.topics import Alerts
from hardened.trail import AuditTrail
from settings import Settings


def log_days(settings: Settings) -> dict[LogClass, int]:
    """How long each class is searchable: all as long as audit logs, until the archive is proven."""
    chosen = settings.logs
    application = chosen.application_days if chosen.archive_proven else chosen.hot_retention_days
    return {
        LogClass.AUDIT: chosen.hot_retention_days,
        LogClass.APPLICATION: application,
        LogClass.ACCESS: chosen.access_days if chosen.archive_proven else chosen.hot_retention_days,
        LogClass.FLOW: settings.network.flow_log_days,
        LogClass.DELIVERY: application,
    }


def central_archive(settings: Settings) -> LogDestination | None:
    """The log-archive account's destination, which admits this account by its own policy; None: there is none."""
    arn = settings.logs.central_destination
    return LogDestination(arn=arn) if arn else None


def standing_alone(settings: Settings, *, region: str) -> LogPolicy:
    """The policy of a stack that refers to no other one and lies in ``region``.

    The environment's own archive is out of its reach, so its logs are never kept for a shorter time; a central archive
    takes them where it lies in the stack's region.
    """
    central = central_archive(settings) if region == settings.region else None
    every = dict.fromkeys(LogClass, settings.logs.hot_retention_days)
    return LogPolicy(days=log_days(settings) if central else every, archive=central)


def watch_trail(scope: Construct, trail: AuditTrail | None, *, settings: Settings, alerts: Alerts) -> None:
    """Alarms over the trail's log group: ours, or the adopted one's that the settings name.

    Without either nothing is watched here: the trail's own account and region does.
    """
    adopted = settings.singletons.trail_log_group
    if trail:
        group: logs.ILogGroup = trail.log_group
    elif adopted:
        group = logs.LogGroup.from_log_group_name(scope, "AdoptedTrailLog", adopted)
    else:
        return
    SecurityEvents(scope, "SecurityEvents", trail_log=group, name=f"alex-{settings.name}", alerts=alerts)
