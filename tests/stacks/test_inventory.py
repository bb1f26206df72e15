"""Whatever somebody adds to the platform shows on its dashboards by itself."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from aws_cdk import Environment, Stack, Stage
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_wafv2 as waf
from aws_cdk.assertions import Template

from alex.dashboards.bodies import Board, Metric, boards_of
from hardened import Alerts, AlertTopic
from hardened.agents import AgentAccess, AgentFunction
from hardened.alarms import FunctionLimits
from hardened.function_policies import FunctionPolicies
from hardened.functions import FunctionDefaults, Size
from hardened.queues import WorkQueue
from settings import load
from stacks.base import PlatformStack
from stacks.inventory import InventoryError, inventory
from stacks.observability import ObservabilityStack

CODE = lambda_.Code.from_inline("def handler(event, context): ...")
HERE = Environment(account="111122223333", region="us-east-1")


class Platform:
    """A stage with a table, on which a test puts more."""

    def __init__(self, app: Any) -> None:
        from aws_cdk import aws_kms as kms

        self.stage = Stage(app, "Small", env=HERE)
        self.stack = Stack(self.stage, "Work")
        key = kms.Key(self.stack, "Key")
        self.alerts = Alerts(
            critical=AlertTopic(self.stack, "Critical", master_key=key, display_name="critical"),
            warning=AlertTopic(self.stack, "Warning", master_key=key, display_name="warning"),
            runbooks="https://runbooks.example",
        )
        self.ledger = self.table("Ledger")
        self.policies = FunctionPolicies(self.stack, "Policies")

    def table(self, name: str, stack: Stack | None = None) -> dynamodb.TableV2:
        key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
        return dynamodb.TableV2(stack or self.stack, name, partition_key=key)

    def queue(self, name: str) -> WorkQueue:
        return WorkQueue(
            self.stack,
            name,
            name=f"alex-test-{name.lower()}",
            visibility_s=5400,
            max_receives=3,
            alarm_age_s=300,
            alerts=self.alerts,
        )

    def agent(self, name: str) -> AgentFunction:
        database: Any = SimpleNamespace(environment={}, grant_data_api=lambda _: None)
        access = AgentAccess(
            database=database,
            audit_table=self.ledger,
            usage_table=self.ledger,
            breaker_table=self.ledger,
            limits={},
        )
        defaults = FunctionDefaults(
            environment="test",
            python="3.13",
            architecture="arm64",
            log_level="INFO",
            network=None,
            alerts=self.alerts,
            limits=FunctionLimits(rate_pct=1, count=5),
            policies=self.policies,
        )
        guardrail = SimpleNamespace(environment=dict)
        model: Any = SimpleNamespace(told=dict, guardrail=guardrail, grant_invoke=lambda _: None)
        return AgentFunction(
            self.stack, name, defaults=defaults, access=access, models=(model,), code=CODE, size=Size()
        )

    def boards(self) -> dict[str, Board]:
        """The dashboards of what the stage holds now, by their last word."""
        made = ObservabilityStack(self.stage, "Observability", settings=load("dev"), alerts=self.alerts)
        templates: dict[str, Mapping[str, Any]] = {"made": Template.from_stack(made).to_json()}
        return {board.name.removeprefix("alex-dev-"): board for board in boards_of(templates, region=HERE.region or "")}


@pytest.fixture
def small(ungated_app: Any) -> Platform:
    return Platform(ungated_app)


def labels(board: Board, name: str) -> set[str]:
    """Labels of the lines of a metric."""
    lines = [line for widget in board.widgets for line in widget.lines]
    return {line.label for line in lines if isinstance(line, Metric) and line.name == name and line.shown}


def test_a_new_agent_queue_and_table_appear_by_themselves(small: Platform) -> None:
    """OBS-03, OBS-04, OBS-05: nobody has to remember the dashboards."""
    small.agent("Oracle")
    small.queue("Orders")
    small.table("Ballots")
    boards = small.boards()
    assert labels(boards["ai-model-usage"], "TokensIn") == {"Oracle"}
    assert labels(boards["agent-performance"], "AgentDurationMs") == {"Oracle"}
    assert labels(boards["agent-performance"], "Invocations") == {"Oracle"}
    assert labels(boards["platform"], "ApproximateAgeOfOldestMessage") == {"Orders"}
    assert labels(boards["platform"], "ReadThrottleEvents") == {"Ledger", "Ballots"}
    assert labels(boards["cost"], "LlmCostUsd") == {"Oracle", "all agents"}


def test_what_there_is_not_has_no_empty_section(small: Platform) -> None:
    """A heading without panels would look like a failure to load."""
    headings = [str(w.raw["markdown"]) for b in small.boards().values() for w in b.widgets if w.kind == "text"]
    for absent in ("## Endpoints", "## Web ACL", "## Queues", "## Workflows", "## Database", "## API"):
        assert not any(heading.startswith(absent) for heading in headings), absent
    assert any(heading.startswith("## Tables") for heading in headings)


def test_an_endpoint_appears_with_its_variants(small: Platform) -> None:
    """ML-07: calls, 4xx and 5xx errors and the model's latency of every variant that SageMaker serves."""
    variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(variant_name="blue", model_name="m")
    configuration = sagemaker.CfnEndpointConfig(small.stack, "Serving", production_variants=[variant])
    sagemaker.CfnEndpoint(small.stack, "Endpoint", endpoint_config_name=configuration.attr_endpoint_config_name)
    board = small.boards()["ai-model-usage"]
    shown = [line for w in board.widgets for line in w.lines if isinstance(line, Metric)]
    served = {line.name: line.dimensions for line in shown if line.namespace == "AWS/SageMaker"}
    assert set(served) == {"Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "ModelLatency"}
    assert {dimensions["VariantName"] for dimensions in served.values()} == {"blue"}


def test_optimisation_has_a_dashboard_as_soon_as_something_optimises(small: Platform) -> None:
    """OBS-06: runs, jobs' duration, tokens, strategies tested and Sharpe ratios; not an empty page before that."""
    assert "optimisation" not in Platform(type(small.stage.node.root)()).boards()
    small.agent("OptimiserStarter")
    board = small.boards()["optimisation"]
    shown = {line.name: line for w in board.widgets for line in w.lines if isinstance(line, Metric)}
    own = {"OptimisationJobSeconds", "StrategiesTested", "SharpeRatio"}
    assert set(shown) == {"Invocations", "InputTokenCount", "OutputTokenCount"} | own
    for name in own:
        assert shown[name].dimensions["Service"] == "optimiserstarter"


def test_rules_on_events_are_found_and_schedules_are_not(small: Platform) -> None:
    """COMP-07: rules of other buses carry both dimensions; a name that stands in the template needs no export."""
    pattern = events.EventPattern(source=["aws.config"])
    events.Rule(small.stack, "Listening", event_pattern=pattern)
    events.Rule(small.stack, "Nightly", schedule=events.Schedule.expression("rate(1 day)"))
    bus = events.EventBus(small.stack, "Bus", event_bus_name="compliance")
    events.Rule(small.stack, "Foreign", event_pattern=pattern, event_bus=bus, rule_name="violations")
    found = inventory(small.stage, beside=small.stack).events
    assert [path.rpartition("/")[2] for path in found] == ["Listening", "Foreign"]
    assert [set(dimensions) for dimensions in found.values()] == [{"RuleName"}, {"RuleName", "EventBusName"}]
    assert list(found.values())[1]["RuleName"] == "violations"


def test_two_of_one_name_are_refused(small: Platform) -> None:
    """One line would be taken for the other's: both paths are named, and what to do."""
    small.table("Ballots")
    small.table("Ballots", Stack(small.stage, "Elsewhere"))
    with pytest.raises(InventoryError, match=r"Small/Work/Ballots and Small/Elsewhere/Ballots .* rename one"):
        inventory(small.stage, beside=small.stack)


def test_another_account_or_region_is_not_seen(small: Platform) -> None:
    """A security account's CloudWatch is another one; only what stands before CloudFront is global."""
    there = Stack(small.stage, "There", env=Environment(account="444455556666", region="us-east-1"))
    small.table("Ballots", there)
    edge = Stack(small.stage, "Edge", env=Environment(account="111122223333", region="eu-west-1"))
    small.table("Votes", edge)
    visible = waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name="front", sampled_requests_enabled=True
    )
    allow = waf.CfnWebACL.DefaultActionProperty(allow={})
    waf.CfnWebACL(edge, "Front", scope="CLOUDFRONT", default_action=allow, visibility_config=visible)
    found = inventory(small.stage, beside=small.stack)
    assert set(found.tables) == {"Ledger"}
    assert [(acl.metric, acl.regional) for acl in found.acls] == [("front", False)]


def test_of_a_stack_that_stands_alone_only_names_are_taken(small: Platform) -> None:
    """COMP-07: an import from the audit baseline would tie it to the platform; what has a name needs none."""

    class Alone(PlatformStack):
        stands_alone = True

    alone = Alone(small.stage, "Alone", settings=load("dev"), description="alone")
    small.table("Ballots", alone)
    pattern = events.EventPattern(source=["aws.config"])
    events.Rule(alone, "Named", event_pattern=pattern, rule_name="violations")
    events.Rule(alone, "Nameless", event_pattern=pattern)
    found = inventory(small.stage, beside=small.stack)
    assert set(found.tables) == {"Ledger"}
    assert list(found.events.values()) == [{"RuleName": "violations"}]
