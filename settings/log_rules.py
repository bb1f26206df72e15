"""The rules of how long logs are kept and where they go (OBS-26, OBS-29); `settings.rules` joins them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from settings.model import Settings

SEVEN_YEARS, AT_HAND = 2557, 90

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
