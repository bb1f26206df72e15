"""What the settings say of log groups, in the words of `hardened.log_groups` (OBS-26, OBS-29)."""

from hardened.log_groups import LogClass, LogDestination
from settings import Settings


def log_days(settings: Settings) -> dict[LogClass, int]:
    """How long each class is searchable."""
    chosen = settings.logs
    return {
        LogClass.AUDIT: chosen.hot_retention_days,
        LogClass.APPLICATION: chosen.application_days,
        LogClass.ACCESS: chosen.access_days,
        LogClass.FLOW: settings.network.flow_log_days,
        LogClass.DELIVERY: chosen.application_days,
    }


def central_archive(settings: Settings) -> LogDestination | None:
    """The log-archive account's destination, which admits this account by its own policy; None: there is none."""
    arn = settings.logs.central_destination
    return LogDestination(arn=arn) if arn else None
