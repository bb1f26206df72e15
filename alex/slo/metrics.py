"""Slices and sums from CloudWatch: the same metrics and maths as the alarms (`stacks.indicators`), by GetMetricData.

Decision: periods of five minutes for the whole window. Minutes are kept for 15 days only, five of them for 63, so that
a budget of 30 days would otherwise change its grain, and its sum, in the middle.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import fsum
from typing import Any

from alex.slo.budget import Slice
from stacks.indicators import Indicator, Series

PERIOD_S = 300
NEEDED = ("cloudformation:DescribeStacks", "cloudwatch:GetMetricData")


@dataclass(frozen=True)
class CloudWatchMetrics:
    """An environment's metrics over ``days`` until ``until``."""

    client: Any
    days: int
    until: datetime

    def slices(self, indicator: Indicator) -> list[Slice]:
        """Good and total events of each period that CloudWatch knows, in time order."""
        queries = [_query(key, one, returned=False) for key, one in indicator.series.items()]
        queries += [
            {"Id": key, "Expression": expression, "ReturnData": True}
            for key, expression in (("bad_events", indicator.bad), ("all_events", indicator.total))
        ]
        found = self._values(queries)
        bad = found["bad_events"]
        minutes = PERIOD_S / 60
        return [
            Slice(at, minutes, total - bad.get(at, 0.0), total) for at, total in sorted(found["all_events"].items())
        ]

    def sums(self, series: Mapping[str, Series]) -> dict[str, float]:
        """Each metric's sum over the window; 0 where nobody wrote it."""
        found = self._values([_query(key, one, returned=True) for key, one in series.items()])
        return {key: fsum(values.values()) for key, values in found.items()}

    def _values(self, queries: list[dict[str, Any]]) -> dict[str, dict[datetime, float]]:
        values: dict[str, dict[datetime, float]] = {one["Id"]: {} for one in queries if one["ReturnData"]}
        pages = self.client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries,
            StartTime=self.until - timedelta(days=self.days),
            EndTime=self.until,
            ScanBy="TimestampAscending",
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                at: Iterable[datetime] = (one.astimezone(UTC) for one in result.get("Timestamps", ()))
                values[result["Id"]].update(zip(at, result.get("Values", ()), strict=True))
        return values


def _query(key: str, one: Series, *, returned: bool) -> dict[str, Any]:
    metric = {
        "Namespace": one.namespace,
        "MetricName": one.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in one.dimensions.items()],
    }
    stat = {"Metric": metric, "Period": PERIOD_S, "Stat": one.statistic}
    return {"Id": key, "MetricStat": stat, "ReturnData": returned}


def whole_period(now: datetime) -> datetime:
    """The end of the last period that is over."""
    return datetime.fromtimestamp(now.timestamp() // PERIOD_S * PERIOD_S, UTC)
