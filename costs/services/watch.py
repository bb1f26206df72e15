"""What is measured, logged, drawn and alarmed."""

from collections.abc import Iterator

from costs.month import DAYS, HOURS, Month, Use, measures
from costs.resource import Resource
from costs.services.compute import per_month

BAND = 3
"""Metrics that an alarm on a learned band is charged for: the metric and the band's two edges."""


@measures("AWS::CloudWatch::Alarm")
def alarm(found: Resource, _month: Month) -> Iterator[Use]:
    """Each metric that it reads; an expression costs nothing by itself."""
    queries = found.get("Metrics", default=())
    read = [query["MetricStat"] for query in queries if "MetricStat" in query]
    periods = [stat.get("Period", 60) for stat in read] or [found.number("Period", default=60)]
    banded = any("ANOMALY_DETECTION_BAND" in str(query.get("Expression", "")) for query in queries)
    count = max(1, len(read)) + (BAND - 1 if banded else 0)
    quick = any(float(period) < 60 for period in periods)
    yield Use("cloudwatch.alarm_metric_high_resolution" if quick else "cloudwatch.alarm_metric", count, fixed=True)


@measures("AWS::CloudWatch::CompositeAlarm")
def composite(_found: Resource, _month: Month) -> Iterator[Use]:
    """By the alarm."""
    yield Use("cloudwatch.composite_alarm", 1, fixed=True)


@measures("AWS::CloudWatch::Dashboard")
def dashboard(_found: Resource, _month: Month) -> Iterator[Use]:
    """By the dashboard."""
    yield Use("cloudwatch.dashboard", 1, fixed=True)


@measures("AWS::Logs::LogGroup")
def log_group(found: Resource, month: Month) -> Iterator[Use]:
    """What is written, what has piled up by then (as long as it is kept), and what is searched for personal data."""
    rare = found.get("LogGroupClass") == "INFREQUENT_ACCESS"
    written = month.usage.log_gb_per_group
    kept = min(month.usage.months_kept, found.number("RetentionInDays", default=month.usage.months_kept * DAYS) / DAYS)
    yield Use("cloudwatch.logs_infrequent" if rare else "cloudwatch.logs_ingested", written)
    yield Use("cloudwatch.logs_stored", written * kept)
    if found.get("DataProtectionPolicy"):
        yield Use("cloudwatch.logs_masked", written)


@measures("AWS::Logs::MetricFilter")
def metric_filter(found: Resource, _month: Month) -> Iterator[Use]:
    """The metrics that it makes."""
    yield Use("cloudwatch.metric", len(found.get("MetricTransformations", default=())), fixed=True)


@measures("AWS::Synthetics::Canary")
def canary(found: Resource, _month: Month) -> Iterator[Use]:
    """Each run; its function's time is small beside it."""
    expression = found.get("Schedule", "Expression", default="rate(5 minutes)")
    runs = HOURS * 60 if expression == "rate(1 minute)" else per_month(expression, found)
    yield Use("cloudwatch.canary_run", runs, fixed=True)
