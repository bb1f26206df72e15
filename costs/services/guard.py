"""The account's audit baseline: trail, recorder, rules, detectors. Each is billed by what happens in the account."""

from collections.abc import Iterator

from costs.month import Month, Use, measures
from costs.resource import Resource

FEATURES = {
    "S3_DATA_EVENTS": "s3_event",
    "LAMBDA_NETWORK_LOGS": "lambda_logs",
    "RDS_LOGIN_EVENTS": "rds_acu",
}
"""GuardDuty's protections that cost by themselves here -> their prices; others watch machines that we do not have."""


@measures("AWS::CloudTrail::Trail")
def trail(found: Resource, month: Month) -> Iterator[Use]:
    """The first copy of management events is free; insights look at each of them, data events are extra."""
    yield Use(
        "cloudtrail.insight_event", len(found.get("InsightSelectors", default=())) * month.usage.management_events
    )
    selectors = str([found.get("EventSelectors"), found.get("AdvancedEventSelectors")])
    if "DataResources" in selectors or "'Data'" in selectors:
        yield Use("cloudtrail.data_event", month.usage.data_events)


@measures("AWS::Config::ConfigurationRecorder")
def recorder(_found: Resource, month: Month) -> Iterator[Use]:
    """Each change of a resource."""
    yield Use("config.item", month.usage.config_items)


@measures("AWS::Config::ConfigRule", "AWS::Config::OrganizationConfigRule")
def rule(_found: Resource, month: Month) -> Iterator[Use]:
    """Each resource that it judges, each time."""
    yield Use("config.evaluation", month.usage.config_evaluations)


@measures("AWS::Config::ConformancePack", "AWS::Config::OrganizationConformancePack")
def conformance_pack(found: Resource, month: Month) -> Iterator[Use]:
    """As its rules would by themselves; a pack from a bucket is counted as one rule."""
    rules = str(found.properties).count("AWS::Config::ConfigRule")
    yield Use("config.pack_evaluation", max(1, rules) * month.usage.config_evaluations)


@measures("AWS::GuardDuty::Detector")
def detector(found: Resource, month: Month) -> Iterator[Use]:
    """What it reads: management events, flow and DNS logs, and each protection that is on."""
    usage = month.usage
    yield Use("guardduty.management_event", usage.management_events)
    yield Use("guardduty.flow_and_dns_logs", usage.flow_log_gb)
    amounts = {"s3_event": usage.data_events, "lambda_logs": usage.flow_log_gb, "rds_acu": _capacity(month)}
    for index in range(len(found.get("Features", default=()))):
        protection = FEATURES.get(str(found.get("Features", index, "Name")))
        if protection and found.get("Features", index, "Status") == "ENABLED":
            yield Use(f"guardduty.{protection}", amounts[protection])


def _capacity(month: Month) -> float:
    """ACUs of all database instances, as they are on average."""
    return month.usage.database_acu * len(list(month.deployment.of_type("AWS::RDS::DBInstance")))


@measures("AWS::GuardDuty::MalwareProtectionPlan")
def malware(_found: Resource, month: Month) -> Iterator[Use]:
    """What is written to its bucket."""
    yield Use("guardduty.malware_gb", month.usage.scanned_gb)


@measures("AWS::SecurityHub::Standard")
def standard(_found: Resource, month: Month) -> Iterator[Use]:
    """Each control on each resource, about daily; the hub itself and findings of AWS's own services are free."""
    yield Use("security_hub.check", month.usage.security_checks)


@measures("AWS::Macie::Session")
def macie(_found: Resource, month: Month) -> Iterator[Use]:
    """Every bucket of the templates is listed, and some content read."""
    yield Use("macie.bucket", len(list(month.deployment.of_type("AWS::S3::Bucket"))), fixed=True)
    yield Use("macie.inspected", month.usage.scanned_gb)


@measures("AWS::AccessAnalyzer::Analyzer")
def analyzer(found: Resource, month: Month) -> Iterator[Use]:
    """External access is looked for at no charge; unused access by the role."""
    if "UNUSED_ACCESS" in str(found.get("Type")):
        roles = month.deployment.of_type("AWS::IAM::Role", "AWS::IAM::User")
        yield Use("access_analyzer.unused", len(list(roles)), fixed=True)


@measures("AWS::SSM::Document")
def document(found: Resource, month: Month) -> Iterator[Use]:
    """Free to keep; the one that switches Inspector on makes it scan every function, every month."""
    steps = found.get("Content", "mainSteps", default=())
    calls = [step.get("inputs", {}) for step in steps if isinstance(step, dict)]
    if any((call.get("Service"), call.get("Api")) == ("inspector2", "Enable") for call in calls):
        functions = month.deployment.of_type("AWS::Lambda::Function")
        yield Use("inspector.function", len(list(functions)), fixed=True)
