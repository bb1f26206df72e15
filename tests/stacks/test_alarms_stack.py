"""Everything the platform rests on has its alarm, at the figure of the settings (SYS-11).

Who is told of an alarm, and that one incident is one page: `test_incidents`.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from settings import ENVIRONMENTS, load

Metric = tuple[str, str, dict[str, Any]]
SPENT = ("LlmCostUsd", "TokensIn", "TokensOut")


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def deployed(request: Any, assembly: Callable[[str], Any]) -> Any:
    return assembly(request.param)


def alarms(assembly: Any) -> dict[str, dict[str, Any]]:
    """Alarms by name without the environment's prefix; those that scale the database have none."""
    prefix = f"alex-{assembly.environment}-"
    return {
        a["AlarmName"].removeprefix(prefix): a
        for a in assembly.of_type("AWS::CloudWatch::Alarm").values()
        if "AlarmName" in a
    }


def metrics(alarm: dict[str, Any]) -> Iterator[Metric]:
    """Namespace, name and dimensions of everything that an alarm looks at."""
    watched = [alarm] if "MetricName" in alarm else []
    watched += [query["MetricStat"]["Metric"] for query in alarm.get("Metrics", ()) if "MetricStat" in query]
    for metric in watched:
        yield metric["Namespace"], metric["MetricName"], {d["Name"]: d["Value"] for d in metric.get("Dimensions", ())}


def watched(assembly: Any, namespace: str, dimension: str) -> set[tuple[str, str]]:
    """(metric, logical id or name of what it is of) of every alarm over ``dimension``."""
    return {
        (name, _id(assembly, dimensions[dimension]))
        for alarm in alarms(assembly).values()
        for space, name, dimensions in metrics(alarm)
        if space == namespace and dimension in dimensions
    }


def _id(assembly: Any, value: Any) -> str:
    """The logical id behind a reference, through imports too."""
    if isinstance(value, str):
        return value
    if "Fn::ImportValue" in value:
        imported = value["Fn::ImportValue"]
        exports = assembly.templates[imported.split(":")[0].rsplit("-", 1)[1]]["Outputs"].values()
        [value] = [output["Value"] for output in exports if output.get("Export", {}).get("Name") == imported]
    return str(value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0])


def ids(assembly: Any, resource_type: str) -> set[str]:
    return {key.split("/", 1)[1] for key in assembly.of_type(resource_type)}


def test_every_function_has_the_alarm_set(deployed: Any) -> None:
    """OBS-08, OBS-09: one that somebody adds by another way than the construct shows here."""
    found = watched(deployed, "AWS/Lambda", "FunctionName")
    for function in ids(deployed, "AWS::Lambda::Function"):
        for metric in ("Errors", "Invocations", "Throttles", "Duration"):
            assert (metric, function) in found, function
    percentiles = [a["ExtendedStatistic"] for a in alarms(deployed).values() if a.get("MetricName") == "Duration"]
    assert sorted(percentiles) == sorted(["p95", "p99"] * len(ids(deployed, "AWS::Lambda::Function")))
    reserved = {
        key.split("/", 1)[1]
        for key, f in deployed.of_type("AWS::Lambda::Function").items()
        if "ReservedConcurrentExecutions" in f
    }
    assert {f for metric, f in found if metric == "ConcurrentExecutions"} == reserved
    assert next(metrics(alarms(deployed)["account-concurrency"])) == ("AWS/Lambda", "ClaimedAccountConcurrency", {})


def test_every_queue_is_watched_for_age_or_for_its_first_message(deployed: Any) -> None:
    """OBS-10, AGENT-02: a queue where things wait tells their age, one where things end tells the first."""
    found = watched(deployed, "AWS/SQS", "QueueName")
    queues = deployed.of_type("AWS::SQS::Queue")
    assert queues
    for where, queue in queues.items():
        metric = "ApproximateAgeOfOldestMessage" if "RedrivePolicy" in queue else "ApproximateNumberOfMessagesVisible"
        assert (metric, where.split("/", 1)[1]) in found, where
    ends = [a for name, a in alarms(deployed).items() if name.endswith("-dead-letters")]
    assert {a["Threshold"] for a in ends} == {0}


def test_every_table_and_index_is_watched_for_throttling(deployed: Any) -> None:
    """OBS-14: an index throttles under its own name, and its table looks healthy meanwhile."""
    seen = {
        (_id(deployed, dimensions["TableName"]), dimensions.get("GlobalSecondaryIndexName"), name)
        for alarm in alarms(deployed).values()
        for space, name, dimensions in metrics(alarm)
        if space == "AWS/DynamoDB"
    }
    tables = deployed.of_type("AWS::DynamoDB::GlobalTable")
    there = {
        (where.split("/", 1)[1], index, metric)
        for where, table in tables.items()
        for index in (None, *(i["IndexName"] for i in table.get("GlobalSecondaryIndexes", ())))
        for metric in ("ReadThrottleEvents", "WriteThrottleEvents")
    }
    assert len(there) > 2 * len(tables)
    assert seen == there


def test_thresholds_are_the_settings(deployed: Any) -> None:
    """OBS-08 to OBS-12, LLM-03, COST-04: a figure that is changed in a setting changes the alarm, and nowhere else."""
    settings = load(deployed.environment)
    chosen = settings.alarms
    expected = {
        "planner-function-errors": chosen.lambda_error_rate_pct,
        "planner-function-duration-p95": settings.planner.timeout_s * 10 * chosen.lambda_p95_timeout_pct,
        "planner-function-duration-p99": settings.planner.timeout_s * 10 * chosen.lambda_p99_timeout_pct,
        "account-concurrency": chosen.account_concurrency * chosen.concurrency_pct / 100,
        "api-errors": chosen.api_5xx_rate_pct,
        "api-refused": chosen.api_4xx_rate_pct,
        "api-latency-p95": chosen.api_p95_ms,
        "analysis-age": chosen.queue_age_seconds,
        "database-cpu": chosen.database_cpu_pct,
        "database-capacity": chosen.database_acu_pct,
        "models-failing": chosen.model_failures_pct,
        "inference-cost-day": settings.cost.inference_daily_usd,
        "inference-cost-hour": settings.cost.inference_daily_usd * chosen.inference_hourly_pct / 100,
    }
    if settings.planner.reserved_concurrency:
        reserved = settings.planner.reserved_concurrency
        expected["planner-function-concurrency"] = reserved * chosen.concurrency_pct / 100
    for role, model in (("large", settings.models.large), ("small", settings.models.small)):
        for kind, quota in (("requests", model.requests_per_minute), ("tokens", model.tokens_per_minute)):
            expected[f"{role}-model-{kind}-quota"] = quota * chosen.model_quota_pct / 100
    found = alarms(deployed)
    assert {name: found[name]["Threshold"] for name in expected} == expected
    assert f"> {chosen.lambda_errors}," in json.dumps(found["planner-function-errors"])
    assert f"ANOMALY_DETECTION_BAND(m0, {chosen.token_band:g})" in json.dumps(found["inference-tokens-unusual"])


def test_production_has_the_sources_figures(assembly: Callable[[str], Any]) -> None:
    """OBS-08, OBS-11, OBS-12, COST-04: what the sources ask for by number."""
    found = alarms(assembly("prod"))
    figures = {
        "planner-function-errors": 1,
        "api-errors": 1,
        "api-latency-p95": 3000,
        "database-cpu": 80,
        "inference-cost-day": 8000,
    }
    assert {name: found[name]["Threshold"] for name in figures} == figures
    assert found["inference-cost-day"]["Period"] == 86400


def test_connections_are_measured_against_what_the_capacity_allows(assembly: Callable[[str], Any]) -> None:
    """DATA-04: 16 ACU allow 3,360 connections; a minimum below 1 ACU allows 2,000 at most."""
    assert alarms(assembly("prod"))["database-connections"]["Threshold"] == round(3360 * 0.8)
    assert alarms(assembly("staging"))["database-connections"]["Threshold"] == round(2000 * 0.8)


def test_refused_database_connections_are_counted_from_the_databases_own_log(deployed: Any) -> None:
    """OBS-12: a failed rotation shows as refused connections first."""
    (refused,) = deployed.of_type("AWS::Logs::MetricFilter", "Alarms").values()
    assert '"password authentication failed"' in refused["FilterPattern"]
    assert "/aws/rds/cluster/" in json.dumps(refused["LogGroupName"])


def test_spending_is_watched_over_all_agents_with_the_dimension_that_they_write(deployed: Any) -> None:
    """COST-04: an agent that is added tomorrow counts from its first token, with no change of the alarm."""
    seen = {(name, json.dumps(d)) for a in alarms(deployed).values() for s, name, d in metrics(a) if name in SPENT}
    assert seen == {(name, json.dumps({"Environment": deployed.environment})) for name in SPENT}


def test_backups_that_fail_or_never_run_are_told(deployed: Any) -> None:
    """DR-02: without either, the first to notice would be whoever needs a backup."""
    found, chosen = alarms(deployed), load(deployed.environment).alarms
    [vault] = deployed.of_type("AWS::Backup::BackupVault", "Data")
    assert ("NumberOfBackupJobsFailed", vault.split("/")[1]) in watched(deployed, "AWS/Backup", "BackupVaultName")
    missing = found["backup-missing"]
    assert (missing["EvaluationPeriods"], missing["Threshold"]) == (chosen.backup_silence_days, 1)
    assert (missing["ComparisonOperator"], missing["TreatMissingData"]) == ("LessThanThreshold", "breaching")


def test_what_services_announce_reaches_somebody(deployed: Any) -> None:
    """OBS-13, NET-11, SEC-15, DR-02: failed jobs, certificates, secrets and backups come as readable messages."""
    rules = deployed.of_type("AWS::Events::Rule", "Alarms")
    told = {kind: r["EventPattern"].get("detail") for r in rules.values() for kind in r["EventPattern"]["detail-type"]}
    for job in ("Training", "Processing", "Transform"):
        ended = {f"{job}JobStatus": ["Failed", "Stopped"]}
        assert ended in told[f"SageMaker {job} Job State Change"]["$or"]
    days = load(deployed.environment).alarms.certificate_days
    assert told["ACM Certificate Approaching Expiration"] == {"DaysToExpiry": [{"numeric": ["<=", days]}]}
    assert told["ACM Certificate Expired"] is None
    assert "RotationFailed" in told["AWS Service Event via CloudTrail"]["eventName"]
    assert "FAILED" in told["Backup Job State Change"]["state"]
    assert "FAILED" in told["Copy Job State Change"]["state"]
    assert "FAILED" in told["Restore Job State Change"]["status"]
    for rule in rules.values():
        [target] = rule["Targets"]
        assert "Security:ExportsOutputRef" in str(target["Arn"])
        assert "Undelivered" in str(target["DeadLetterConfig"])
        assert "docs/runbooks/" in target["InputTransformer"]["InputTemplate"]


def test_an_endpoint_named_in_the_settings_is_watched(ungated_app: Any, tmp_path: Path, stub_bundles: Any) -> None:
    """ML-07: the firm's SageMaker endpoint needs a line in the settings, and no code."""
    from aws_cdk.assertions import Template

    from stacks.stage import PlatformStage

    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("alarms: {endpoints: {risk-model: {latency_ms: 200, requests_per_minute: 600}}}")
    stage = PlatformStage(ungated_app, settings=load("dev", overlay), bundles=stub_bundles)
    template = Template.from_stack(stage.node.find_child("Alarms")).to_json()  # type: ignore[arg-type]
    found = [
        r["Properties"] for r in template["Resources"].values() if "risk-model" in str(r["Properties"].get("AlarmName"))
    ]
    thresholds = {a["AlarmName"].rsplit("-", 1)[1]: a["Threshold"] for a in found}
    assert thresholds == {"errors": 1, "latency": 200_000, "load": 480}
    seen = {(s, d["EndpointName"], d["VariantName"]) for a in found for s, _, d in metrics(a)}
    assert seen == {("AWS/SageMaker", "risk-model", "AllTraffic")}
