"""What the settings say of log groups, in the words of `hardened.log_groups` (OBS-26, OBS-29)."""

from aws_cdk import aws_logs as logs
from constructs import Construct

from hardened.log_groups import LogClass, LogDestination
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
