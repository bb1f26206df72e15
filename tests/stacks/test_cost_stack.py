"""Budgets and anomaly detection as deployed, what the environments would cost, and who pays for which resource."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from costs import INFERENCE, PLATFORM, alerts, estimate
from costs.month import DAYS
from settings import ENVIRONMENTS, load

Assemblies = Callable[[str], Any]
BUDGET = "AWS::Budgets::Budget"


def budget(templates: Any, purpose: str) -> dict[str, Any]:
    """The one budget with that purpose."""
    found: list[dict[str, Any]] = [
        resource["Properties"]
        for resource in templates["Cost"]["Resources"].values()
        if resource["Type"] == BUDGET and {"Key": "Purpose", "Value": purpose} in resource["Properties"]["ResourceTags"]
    ]
    (one,) = found
    return one


def told(found: dict[str, Any]) -> list[tuple[str, float, str]]:
    """(kind, threshold, export of the topic) of each notification."""
    return [
        (
            entry["Notification"]["NotificationType"],
            entry["Notification"]["Threshold"],
            "Critical" if "Critical" in str(entry["Subscribers"][0]["Address"]) else "Warning",
        )
        for entry in found["NotificationsWithSubscribers"]
    ]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_month_is_told_at_half_four_fifths_the_whole_and_the_forecast(environment: str, assembly: Assemblies) -> None:
    """COST-01: who hears of overspending at the month's end can no longer do anything about it."""
    settings, found = load(environment), budget(assembly(environment).templates, "platform")
    assert found["Budget"]["BudgetLimit"] == {"Amount": settings.cost.monthly_budget_usd, "Unit": "USD"}
    assert (found["Budget"]["TimeUnit"], found["Budget"]["BudgetType"]) == ("MONTHLY", "COST")
    assert found["Budget"]["CostFilters"] == {"TagKeyValue": [f"user:Environment${environment}"]}
    thresholds = [
        ("ACTUAL", pct, "Critical" if pct >= 100 else "Warning") for pct in settings.cost.alert_thresholds_pct
    ]
    assert told(found) == [*thresholds, ("FORECASTED", 100, "Critical")]
    assert settings.cost.alert_thresholds_pct == (50, 80, 100)


def test_a_day_of_inference_above_8000_dollars_is_told(assembly: Assemblies) -> None:
    """COST-04: that much points to abuse or to prompts that grew; a month's budget would tell it too late."""
    settings, found = load("prod"), budget(assembly("prod").templates, "inference")
    assert found["Budget"]["BudgetLimit"] == {"Amount": settings.cost.inference_daily_usd, "Unit": "USD"}
    assert (settings.cost.inference_daily_usd, found["Budget"]["TimeUnit"]) == (8000, "DAILY")
    assert found["Budget"]["CostFilters"] == {"Service": list(settings.cost.inference_services)}
    assert told(found) == [("ACTUAL", 50, "Warning"), ("ACTUAL", 80, "Warning"), ("ACTUAL", 100, "Critical")]


def test_budgets_can_be_replaced(assembly: Assemblies) -> None:
    """COST-01: CloudFormation replaces a budget to change its alerts, which fails while the old one holds the name."""
    assert not any("BudgetName" in found["Budget"] for found in assembly("prod").of_type(BUDGET).values())


def test_a_simulated_month_fires_the_inference_alert(assembly: Assemblies) -> None:
    """COST-04: analyses grow from production's plan to some abuse; the alert comes on the first day above 8,000 USD.

    Each day's cost is the estimate of production's own templates for that day's analyses.
    """
    templates, settings = assembly("prod").templates, load("prod")

    def a_day(analyses: int) -> float:
        usage = settings.usage.model_copy(update={"analyses_per_day": analyses})
        return estimate(templates, settings.model_copy(update={"usage": usage})).total(INFERENCE) / DAYS

    plan = settings.usage.analyses_per_day
    growth = [a_day(plan) for _ in range(10)] + [a_day(plan * 2**doubling) for doubling in range(1, 13)]
    fired = [alert for alert in alerts(templates, {INFERENCE: growth}) if alert.threshold_pct == 100]
    first = next(day for day, usd in enumerate(growth, start=1) if usd > 8000)
    assert growth[first - 2] <= 8000 < growth[first - 1]
    assert fired[0].day == first
    assert len(fired) == len(growth) - first + 1
    quiet = alerts(templates, {INFERENCE: [a_day(plan)] * 60})
    assert quiet == []


@pytest.mark.parametrize("environment", ["dev", "staging", "prod", "prod-dr"])
def test_an_environment_is_within_its_budget_or_somebody_answers_for_it(environment: str, assembly: Assemblies) -> None:
    """COST-01: the synthesis itself has passed the gate; here the two reasons for it are told apart."""
    settings = load(environment)
    made = estimate(assembly(environment).templates, settings)
    over = made.total(PLATFORM) > settings.cost.monthly_budget_usd
    assert over == (settings.cost.over_budget is not None)
    assert made.total(INFERENCE) / DAYS <= settings.cost.inference_daily_usd


def test_every_resource_of_production_has_a_line_or_a_reason(assembly: Assemblies) -> None:
    """COST-01: what is neither charged nor explained would be missing from every total."""
    templates = assembly("prod").templates
    made = estimate(templates, load("prod"))
    resources = [r["Type"] for template in templates.values() for r in template["Resources"].values()]
    assert set(resources) == {line.type for line in made.lines} | made.unpriced.keys()
    charged = {(line.resource, line.type) for line in made.lines}
    assert len(charged) + sum(count for count, _ in made.unpriced.values()) <= len(resources)


def test_functions_of_the_usage_profile_exist(assembly: Assemblies) -> None:
    """COST-01: a renamed function would fall back to the profile's Other, and its tokens would cost nothing."""
    settings = load("prod")
    made = estimate(assembly("prod").templates, settings)
    functions = {line.resource.rpartition("/")[2].removesuffix("Function") for line in made.lines}
    assert settings.usage.functions.keys() - {"Other"} <= functions
    talking = {line.resource for line in made.lines if line.purpose == INFERENCE}
    assert len(talking) == len(settings.usage.talks)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_anomalies_of_an_environment_are_told_at_once(environment: str, assembly: Assemblies) -> None:
    """COST-04: the environment's own monitor, by its tag; the account's one for services is not made twice."""
    settings, made = load(environment), assembly(environment)
    monitors = made.of_type("AWS::CE::AnomalyMonitor", "Cost")
    assert [monitor["MonitorType"] for monitor in monitors.values()] == ["CUSTOM"]
    (specification,) = [json.loads(monitor["MonitorSpecification"]) for monitor in monitors.values()]
    assert specification == {"Tags": {"Key": "Environment", "Values": [environment]}}
    (subscription,) = made.of_type("AWS::CE::AnomalySubscription", "Cost").values()
    assert (subscription["Frequency"], subscription["Subscribers"][0]["Type"]) == ("IMMEDIATE", "SNS")
    threshold = json.loads(subscription["ThresholdExpression"])["Dimensions"]
    assert threshold["Values"] == [str(settings.cost.anomaly_usd)]


def test_costs_may_be_published_on_the_topics_for_this_account_only(assembly: Assemblies) -> None:
    """COST-01, COST-04: without these rights a budget's alerts vanish; with more, another account could raise them."""
    made, services = assembly("prod"), ("budgets.amazonaws.com", "costalerts.amazonaws.com")
    for policy in made.of_type("AWS::SNS::TopicPolicy", "Security").values():
        (allowed,) = [s for s in policy["PolicyDocument"]["Statement"] if s.get("Sid") == "Alarms"]
        assert set(services) <= set(allowed["Principal"]["Service"])
        assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    keys = made.of_type("AWS::KMS::Key", "Security")
    (messaging,) = [key for name, key in keys.items() if "MessagingKey" in name]
    for service in services:
        (use,) = [s for s in messaging["KeyPolicy"]["Statement"] if s["Principal"] == {"Service": service}]
        assert {"kms:Decrypt", "kms:GenerateDataKey*"} <= set(use["Action"])
        assert use["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def taggable(kind: str) -> str | None:
    """The property that holds a type's tags, as CloudFormation's registry says; None when it has none."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    tagging = schema.get("tagging", {})
    if not tagging.get("taggable", schema.get("taggable", "Tags" in schema["properties"])):
        return None
    return str(tagging.get("tagProperty", "/properties/Tags")).rpartition("/")[2]


def tag_sets(kind: str, properties: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The tags of a resource, and of each replica of a global table, whose registry entry knows no tags."""
    places = [properties]
    name = taggable(kind)
    if kind == "AWS::DynamoDB::GlobalTable":
        places, name = properties["Replicas"], "Tags"
    for place in places if name else ():
        found = place.get(name or "", {})
        yield found if isinstance(found, dict) else {tag["Key"]: tag["Value"] for tag in found}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_resource_that_can_say_it_says_who_pays(environment: str, assembly: Assemblies) -> None:
    """COST-02: a cost without Project, Environment and Owner belongs to nobody; which types can carry tags says
    CloudFormation's registry. The tags stand on the resources themselves, and rest on no stack's tags.
    """
    settings, made = load(environment), assembly(environment)
    wanted = {
        "Project": "alex",
        "Environment": environment,
        "Owner": settings.cost.owner,
        "CostCenter": settings.cost.cost_center,
    }
    checked, untold = 0, []
    for stack, template in made.templates.items():
        for logical_id, resource in template["Resources"].items():
            if not resource["Type"].startswith("AWS::") or resource["Type"] == "AWS::CDK::Metadata":
                continue
            for tags in tag_sets(resource["Type"], resource["Properties"]):
                checked += 1
                if not wanted.items() <= tags.items():
                    untold.append(f"{stack}/{logical_id} ({resource['Type']}): {tags}")
    assert untold == []
    assert checked > 150


@pytest.mark.parametrize("setting", ["owner", "cost_center"])
def test_without_an_owner_nothing_is_synthesised(setting: str, tmp_path: Any) -> None:
    """COST-02: an empty tag is a tag that nobody answers for."""
    from settings import SettingsError

    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(f'cost: {{{setting}: ""}}')
    with pytest.raises(SettingsError, match=rf"cost\.{setting}.*\[COST-02\]"):
        load("prod", overlay)
