"""What must hold of every estimate, whatever the templates and the use."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from hypothesis import settings as examples

from costs import INFERENCE, PLATFORM, EstimateError, estimate
from costs.estimate import reason
from costs.month import PRICERS
from settings.usage import OTHER, Runs, Usage
from tests.costs.bench import IDLE, made, resource, service, setting, template

POOL = {
    "Reporter": resource("Lambda::Function", MemorySize=1024, Architectures=["arm64"]),
    "Queue": resource("SQS::Queue"),
    "Table": resource("DynamoDB::Table", GlobalSecondaryIndexes=[{}], StreamSpecification={"StreamViewType": "X"}),
    "Bucket": resource("S3::Bucket"),
    "Key": resource("KMS::Key"),
    "Secret": resource("SecretsManager::Secret"),
    "Stage": resource("ApiGateway::Stage", CacheClusterEnabled=True, CacheClusterSize="0.5", TracingEnabled=True),
    "Acl": resource("WAFv2::WebACL", Rules=[{}, {}]),
    "Logs": resource("Logs::LogGroup", RetentionInDays=30, DataProtectionPolicy={"Name": "x"}),
    "Alarm": resource("CloudWatch::Alarm", MetricName="Errors"),
    "Nat": resource("EC2::NatGateway"),
    "Endpoint": resource("EC2::VPCEndpoint", VpcEndpointType="Interface", SubnetIds=["a", "b"]),
    "Pool": resource("Cognito::UserPool", UserPoolTier="PLUS"),
    "Trail": resource("CloudTrail::Trail", InsightSelectors=[{}]),
    "Rule": resource("Config::ConfigRule"),
    "Topic": resource("SNS::Topic"),
    "Machine": resource("StepFunctions::StateMachine"),
    "Role": resource("IAM::Role"),
}
"""Resources whose cost depends on no other resource."""

stacks = st.dictionaries(
    st.sampled_from("ABC"), st.sets(st.sampled_from(sorted(POOL))).map(lambda names: {n: POOL[n] for n in names})
).map(lambda found: {stack: {"Resources": resources} for stack, resources in found.items()})

BUSY = {
    name: value for name, value in Usage().model_dump().items() if name in IDLE and name not in ("functions", "talks")
}
uses = st.fixed_dictionaries({name: st.floats(0, 2) for name in BUSY}).map(
    lambda times: {
        name: min(BUSY[name] * factor, 1 if name == "reviewed_share" else 744 if name == "database_hours" else 1e9)
        for name, factor in times.items()
    }
)


def used(use: dict[str, float], times: float = 1) -> Any:
    """Settings with that use; whole numbers stay whole."""
    whole = {name for name, value in BUSY.items() if isinstance(value, int)}
    scaled = {name: value * times for name, value in use.items() if name not in ("reviewed_share", "database_hours")}
    talks = Usage().talks
    rounded: dict[str, Any] = {name: round(value) if name in whole else value for name, value in scaled.items()}
    return setting(**rounded, functions={OTHER: Runs(per="request", times=1, seconds=0.1)}, talks=talks)


@examples(deadline=None)  # a busy machine is no finding
@given(stacks, uses, st.floats(1, 50))
def test_more_use_never_costs_less(templates: dict[str, Any], use: dict[str, float], times: float) -> None:
    """COST-01: otherwise a busy month would look like a saving."""
    assert estimate(templates, used(use, times)).total() >= estimate(templates, used(use)).total() - 1e-6


@examples(deadline=None)  # a busy machine is no finding
@given(stacks, uses)
def test_the_whole_is_the_sum_of_its_stacks(templates: dict[str, Any], use: dict[str, float]) -> None:
    """COST-01: a stack's line must not change because another stack was added (below the first tier's end)."""
    found = used(use)
    parts = sum(estimate({name: part}, found).total() for name, part in templates.items())
    assert estimate(templates, found).total() == pytest.approx(parts)


@examples(deadline=None)  # a busy machine is no finding
@given(stacks, uses)
def test_without_use_only_what_is_fixed_is_due(templates: dict[str, Any], use: dict[str, float]) -> None:
    """COST-01: the fixed part is what an idle environment costs, and is the same in a busy one."""
    idle, busy = estimate(templates, setting()), estimate(templates, used(use))
    assert idle.total() == pytest.approx(idle.fixed)
    assert busy.fixed == pytest.approx(idle.fixed)


@examples(deadline=None)  # a busy machine is no finding
@given(stacks, uses)
def test_an_allowance_saves_and_never_pays(templates: dict[str, Any], use: dict[str, float]) -> None:
    """COST-01: nobody is paid for staying below a standing allowance."""
    found = used(use)
    generous = found.model_copy(update={"usage": found.usage.model_copy(update={"free_allowances": True})})
    with_it = estimate(templates, generous)
    assert with_it.total() <= estimate(templates, found).total() + 1e-9
    assert all(line.usd >= 0 for line in with_it.lines)


def test_a_type_that_nobody_classified_stops_the_estimate() -> None:
    """COST-01: a new service that is left out in silence would make every estimate after it too low."""
    with pytest.raises(EstimateError, match=r"nobody said what AWS::Braket::QPU costs: .*costs/types\.toml"):
        made(setting(), Machine=resource("Braket::QPU"))


def test_a_region_without_prices_stops_the_estimate() -> None:
    """COST-01: prices of another region are not this one's."""
    with pytest.raises(EstimateError, match=r"no prices for eu-west-1 \(known: us-east-1, us-west-2\)"):
        made(setting(region="eu-west-1"))


def test_a_value_that_is_no_number_stops_the_estimate() -> None:
    """COST-01: a memory that a parameter decides would silently be 128 MB."""
    with pytest.raises(EstimateError, match=r"Stack/F: MemorySize is \{'Ref': 'Memory'\}"):
        made(setting(), F=resource("Lambda::Function", MemorySize={"Ref": "Memory"}))


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (resource("RDS::DBInstance", DBInstanceClass="db.r6g.large"), "no price for 'db.r6g.large'"),
        (resource("ApiGateway::Stage", CacheClusterEnabled=True, CacheClusterSize="237"), "cache of 237 GB"),
        (resource("Scheduler::Schedule", ScheduleExpression="at(2027-01-01)"), "neither rate"),
        (
            resource("Lambda::Alias", ProvisionedConcurrencyConfig={"ProvisionedConcurrentExecutions": 1}),
            "its function",
        ),
    ],
)
def test_what_has_no_price_yet_is_named(broken: dict[str, Any], says: str) -> None:
    """COST-01: the message must lead to the resource and to what is missing."""
    with pytest.raises(EstimateError, match=f"Stack/Thing: .*{says}"):
        made(setting(), Thing=broken)


def test_no_type_is_both_priced_and_excused() -> None:
    """COST-01: of two truths about a type, nobody would know which one counts."""
    exact = {name for name in PRICERS if reason(name) is not None and not _by_family(name)}
    assert exact == set()


def _by_family(name: str) -> bool:
    """Whether only an entry that ends with a star fits it: ``AWS::ApiGateway::*`` leaves the stage to its pricer."""
    return reason(name) == reason(f"{name.rpartition('::')[0]}::Something")


def test_the_database_costs_its_minimum_however_idle() -> None:
    """COST-01, DATA-02: two ACUs are due all month before anybody asks anything; one that pauses costs its storage."""

    def instance(least: float) -> float:
        scaling = {"MinCapacity": least, "MaxCapacity": 16}
        cluster = resource("RDS::DBCluster", ServerlessV2ScalingConfiguration=scaling)
        one = resource("RDS::DBInstance", DBInstanceClass="db.serverless", DBClusterIdentifier={"Ref": "Cluster"})
        return made(setting(), Cluster=cluster, One=one).total()

    assert instance(2) == pytest.approx(2 * 730 * 0.12)
    assert instance(0) == 0


def test_the_models_price_is_the_settings() -> None:
    """COST-04, LLM-04: another model under a role changes the estimate by its price, and counts as inference."""
    found = setting(analyses_per_day=100, talks=Usage().talks)
    roles = found.agents.roles.model_copy(update={"reporter": "small"})
    cheap = found.model_copy(update={"agents": found.agents.model_copy(update={"roles": roles})})
    reporter = POOL["Reporter"]
    before, after = made(found, Reporter=reporter), made(cheap, Reporter=reporter)
    assert before.total(INFERENCE) > 5 * after.total(INFERENCE) > 0
    assert before.total(PLATFORM) == after.total(PLATFORM)
    talk, large = found.usage.talks["Reporter"], found.models.large
    tokens = (talk.tokens_in * large.input_usd_per_mtok + talk.tokens_out * large.output_usd_per_mtok) / 1e6
    units = talk.guardrail_units * found.guardrails.usd_per_1000_units / 1000
    assert before.total(INFERENCE) == pytest.approx(100 * 365 / 12 * (tokens + units))


def test_what_a_schedule_starts_is_counted_from_the_schedule() -> None:
    """COST-01: a rate of five minutes runs 8,760 times a month, whatever the usage profile says of that function."""
    rule = resource(
        "Events::Rule", ScheduleExpression="rate(5 minutes)", Targets=[{"Arn": {"Fn::GetAtt": ["F", "Arn"]}}]
    )
    found = made(setting(), F=resource("Lambda::Function"), Rule=rule)
    (requests,) = [line.quantity for line in found.lines if line.price.key == "lambda.request"]
    assert requests == 730 * 12


def test_alarms_cost_by_the_metrics_that_they_read() -> None:
    """COST-01, OBS-08: an alarm over two metrics costs twice; expressions are free, a learned band counts thrice."""
    stat = {"MetricStat": {"Period": 300}}
    maths = resource("CloudWatch::Alarm", Metrics=[{"Expression": "a/b"}, stat, stat])
    band = resource("CloudWatch::Alarm", Metrics=[{"Expression": "ANOMALY_DETECTION_BAND(m)"}, stat])
    quick = resource("CloudWatch::Alarm", Metrics=[{"MetricStat": {"Period": 10}}])
    for alarm, usd in ((maths, 0.20), (band, 0.30), (quick, 0.30)):
        assert service(made(setting(), Alarm=alarm), "CloudWatch") == pytest.approx(usd)


def test_a_scanner_is_charged_where_a_document_switches_it_on() -> None:
    """COST-01, SEC-19: no resource type stands for Inspector, and it costs by the function all the same."""
    step = {"inputs": {"Service": "inspector2", "Api": "Enable"}}
    switch = resource("SSM::Document", Content={"mainSteps": [step]})
    other = resource("SSM::Document", Content={"mainSteps": [{"inputs": {}}]})
    functions = {name: resource("Lambda::Function") for name in ("A", "B")}
    assert service(made(setting(), Switch=switch, **functions), "Inspector") == pytest.approx(0.60)
    assert service(made(setting(), Other=other, **functions), "Inspector") == 0


def test_log_groups_pile_up_for_as_long_as_they_are_kept() -> None:
    """COST-01, OBS-26: seven years of retention cost more than a month, from the second month on."""
    month, years = (
        made(setting(log_gb_per_group=10, months_kept=12), G=resource("Logs::LogGroup", RetentionInDays=days))
        for days in (30, 2557)
    )
    assert years.total() - month.total() == pytest.approx(10 * 0.03 * (12 - 30 / (365 / 12)))


def test_templates_of_several_stacks_are_named_in_the_lines() -> None:
    """COST-01: who pays for a line must be able to find it."""
    found = estimate({"Data": template(Store0A1B2C3D=POOL["Key"])}, setting())
    assert {(line.stack, line.resource, line.service) for line in found.lines} == {("Data", "Data/Store", "KMS")}


@pytest.mark.parametrize(
    "kind",
    [
        "AWS::AccessAnalyzer::Analyzer",
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::Config::ConformancePack",
        "AWS::Config::RemediationConfiguration",
        "AWS::KinesisFirehose::DeliveryStream",
        "AWS::Logs::QueryDefinition",
        "AWS::Logs::SubscriptionFilter",
        "AWS::Macie::Session",
        "AWS::Scheduler::Schedule",
        "AWS::Shield::Protection",
        "AWS::SSM::Document",
        "AWS::WAFv2::IPSet",
        "Custom::Anything",
    ],
)
def test_what_the_platform_may_grow_by_is_classified(kind: str) -> None:
    """COST-01: otherwise the first stack that has one could not be synthesised."""
    assert kind in PRICERS or reason(kind)
