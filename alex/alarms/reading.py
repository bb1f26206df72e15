"""Alarms as the templates define them; a property that is not simulated is refused, never passed over."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alex.alarms import AlarmError, grammar
from alex.alarms.definition import Alarm, CompositeAlarm, MetricAlarm, Query, Source
from alex.alarms.states import MISSING, OPERATORS
from alex.alarms.templates import Template, Templates

METRIC, COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
_STATISTIC = re.compile(r"SampleCount|Sum|Average|Minimum|Maximum|p\d{1,2}(\.\d+)?|p100|(PR|TC)\([\d.]*:[\d.]*\)")
_NAMED = re.compile(r"""(ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:["']([^"']+)["']|([^()"']+?))\s*\)""")
_REFUSED = {
    "EvaluateLowSampleCountPercentile": "evaluate",
    "EvaluationWindow": None,
    "EvaluationCriteria": None,
    "EvaluationInterval": None,
}


def read(templates: Templates) -> list[Alarm]:
    """Every alarm, by stack and logical id.

    :raises AlarmError: one uses what is not simulated; the message names it.
    """
    titles, called = templates.titles(), _references(templates)
    found: list[Alarm] = []
    for stack, logical, properties in templates.of_type(METRIC, COMPOSITE):
        given = _Given(templates, stack, logical, properties, titles)
        try:
            found.append(given.composite(called) if "AlarmRule" in properties else given.metric())
        except AlarmError as error:
            raise AlarmError(f"{stack}/{logical}: {error}") from None
    return sorted(found, key=lambda alarm: alarm.key)


def _references(templates: Templates) -> dict[str, str]:
    """Keys of the alarms by each text that may refer to them: ``Ref``, ARN, name."""
    found: dict[str, str] = {}
    for stack, logical, given in templates.of_type(METRIC, COMPOSITE):
        named = templates.text(stack, given.get("AlarmName", logical))
        for text in (f"${{{stack}/{logical}}}", f"${{{stack}/{logical}.Arn}}", named):
            found[text] = f"{stack}/{logical}"
    return found


@dataclass(frozen=True)
class _Given:
    """The properties of one alarm."""

    templates: Templates
    stack: str
    logical: str
    properties: Template
    titles: Mapping[str, str]

    def _text(self, value: Any) -> str:
        return self.templates.text(self.stack, value)

    def _said(self) -> dict[str, Any]:
        topics = (self._text(action) for action in self.properties.get("AlarmActions", []))
        return {
            "key": f"{self.stack}/{self.logical}",
            "name": self._text(self.properties.get("AlarmName", self.logical)),
            "description": self._text(self.properties.get("AlarmDescription", "")),
            "topics": tuple(self.titles.get(topic, topic) for topic in topics),
        }

    def metric(self) -> MetricAlarm:
        """An alarm on a metric or an expression."""
        given = self.properties
        for key, harmless in _REFUSED.items():
            if given.get(key, harmless) != harmless:
                raise AlarmError(f"{key} is not simulated")
        if given["ComparisonOperator"] not in OPERATORS:
            raise AlarmError(f"{given['ComparisonOperator']} is not simulated")
        queries, texts, returned = self._queries()
        band = _deviations(texts.pop(given["ThresholdMetricId"], "")) if "ThresholdMetricId" in given else 0.0
        compared = [name for name in returned if name in queries or name in texts]
        if len(compared) != 1:
            raise AlarmError(f"it must return one series, not {len(compared)}")
        periods = {query.period for query in queries.values()}
        if len(periods) != 1:
            raise AlarmError(f"its metrics must have one period, not {sorted(periods)}")
        missing = given.get("TreatMissingData") or _default_missing(queries)
        if missing not in MISSING:
            raise AlarmError(f"TreatMissingData {missing} is not simulated")
        return MetricAlarm(
            **self._said(),
            queries=queries,
            expressions={key: grammar.parse(text) for key, text in texts.items()},
            formula=texts.get(compared[0], ""),
            returned=compared[0],
            label=returned[compared[0]],
            period=periods.pop(),
            threshold=float(given.get("Threshold", "nan")),
            band=band,
            operator=given["ComparisonOperator"],
            periods=int(given["EvaluationPeriods"]),
            datapoints=int(given.get("DatapointsToAlarm", given["EvaluationPeriods"])),
            missing=missing,
        )

    def _queries(self) -> tuple[dict[str, Query], dict[str, str], dict[str, str]]:
        """Metrics and expressions by id, and the labels of those that are returned."""
        given = self.properties
        if "Metrics" not in given:
            statistic = given.get("Statistic") or given.get("ExtendedStatistic", "")
            return {"m": self._query(given, statistic, given["Period"])}, {}, {"m": ""}
        queries, texts, returned = {}, {}, {}
        for entry in given["Metrics"]:
            if "Expression" in entry:
                texts[entry["Id"]] = entry["Expression"]
            else:
                stat = entry["MetricStat"]
                queries[entry["Id"]] = self._query(stat["Metric"], stat["Stat"], stat["Period"])
            if entry.get("ReturnData", True):
                returned[entry["Id"]] = str(entry.get("Label", ""))
        return queries, texts, returned

    def _query(self, given: Template, statistic: str, period: int) -> Query:
        if not _STATISTIC.fullmatch(statistic):
            raise AlarmError(f"the statistic {statistic!r} is not simulated")
        if int(period) % 60:
            raise AlarmError(f"a period of {period} s is not simulated: whole minutes are")
        dimensions = sorted((one["Name"], self._text(one["Value"])) for one in given.get("Dimensions", []))
        source = Source(self._text(given["Namespace"]), self._text(given["MetricName"]), tuple(dimensions))
        return Query(source, statistic, int(period))

    def composite(self, called: Mapping[str, str]) -> CompositeAlarm:
        """An alarm on other alarms; ``called``: their keys by what refers to them."""

        def key(text: str) -> str:
            found = called.get(text) or called.get(text.rpartition(":alarm:")[2])
            if found is None:
                raise AlarmError(f"there is no alarm {text}")
            return found

        given = self.properties
        suppressor = self._text(given["ActionsSuppressor"]) if "ActionsSuppressor" in given else ""
        return CompositeAlarm(
            **self._said(),
            rule=_NAMED.sub(lambda one: f'{one[1]}("{key(one[2] or one[3])}")', self._text(given["AlarmRule"])),
            suppressor=key(suppressor) if suppressor else "",
            wait_s=int(given.get("ActionsSuppressorWaitPeriod", 0)),
            extension_s=int(given.get("ActionsSuppressorExtensionPeriod", 0)),
        )


def _default_missing(queries: Mapping[str, Query]) -> str:
    """Without a choice, alarms on DynamoDB's metrics ignore missing data; all others take it as missing."""
    return "ignore" if any(query.source.namespace == "AWS/DynamoDB" for query in queries.values()) else "missing"


def _deviations(band: str) -> float:
    """The width of ANOMALY_DETECTION_BAND, in standard deviations; CloudWatch's default is 2."""
    found = re.fullmatch(r"\s*ANOMALY_DETECTION_BAND\(\s*\w+\s*(?:,\s*([\d.]+)\s*)?\)\s*", band)
    if not found:
        raise AlarmError(f"a threshold that is no ANOMALY_DETECTION_BAND is not simulated: {band!r}")
    return float(found[1] or 2)
