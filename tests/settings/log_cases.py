"""Settings of logs that break a rule: path -> environment and what is laid over its settings."""

from typing import Any

PROVEN = {"archive_proven": True}
ELSEWHERE = "arn:aws:logs:us-east-1:111122223333:destination:central"
LOG_CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "logs.hot_retention_days": ("prod", {"logs": {"hot_retention_days": 90, **PROVEN}}),
    "logs.application_days": ("prod", {"logs": {"application_days": 60, **PROVEN}}),
    "logs.access_days": ("prod-dr", {"logs": {"access_days": 30, **PROVEN}}),
    "logs.archive_proven": ("dev", {"logs": PROVEN}),
    "logs.archive_years": ("prod-dr", {"logs": {"archive_years": 1}}),
    "logs.glacier_after_days": ("staging", {"logs": {"glacier_after_days": 365}}),
    "logs.central_destination": ("prod-dr", {"logs": {"central_destination": ELSEWHERE}}),
    "singletons.trail_log_group": ("prod", {"singletons": {"trail_log_group": "trails"}}),
}
