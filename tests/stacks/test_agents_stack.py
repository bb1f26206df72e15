"""The analysis as it is deployed: who may do what, what each function is told, and that no job can get lost."""

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from advisor.adapters import environment, review_environment
from settings import load

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ("local", "dev", "staging", "prod", "prod-dr")
TRACING = ("TracingSecretArn", "TracingRateParameter")
AGENTS = ("Tagger", "Reporter", "Charter", "Retirement")
MODELS: dict[str, type[environment.Environment]] = {
    "Planner": environment.PlannerEnvironment,
    "Tagger": environment.TaggerEnvironment,
    "Reporter": environment.ReporterEnvironment,
    "Charter": environment.CharterEnvironment,
    "Retirement": environment.RetirementEnvironment,
    "Sweeper": environment.SweeperEnvironment,
}
CALL = "bedrock:InvokeModelWithResponseStream"


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def deployed(request: Any, assembly: Callable[[str], Any]) -> Any:
    """Each environment in turn."""
    return assembly(request.param)


@pytest.fixture(scope="module")
def prod(assembly: Callable[[str], Any]) -> Any:
    return assembly("prod")


def function(assembly: Any, name: str, stack: str = "Agents") -> dict[str, Any]:
    found = assembly.of_type("AWS::Lambda::Function", stack)
    (properties,) = [p for key, p in found.items() if key.startswith(f"{stack}/{name}Function")]
    return dict(properties)


def grants(assembly: Any, name: str, stack: str = "Agents") -> list[dict[str, Any]]:
    """The statements of a function's own role."""
    found = assembly.of_type("AWS::IAM::Policy", stack)
    (policy,) = [p for key, p in found.items() if key.startswith(f"{stack}/{name}RoleDefaultPolicy")]
    return list(policy["PolicyDocument"]["Statement"])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def variables(properties: dict[str, Any]) -> dict[str, str]:
    """A function's environment with stand-ins for what only a deployment knows."""

    def text(name: str, value: Any) -> str:
        return (
            value
            if isinstance(value, str)
            else f"https://sqs.example/{name}"
            if name.endswith("_URL")
            else "known-later"
        )

    return {name: text(name, value) for name, value in properties["Environment"]["Variables"].items()}


@pytest.mark.parametrize("name", MODELS)
def test_each_function_is_told_everything_that_it_reads(deployed: Any, name: str) -> None:
    """A missing or misspelt variable would fail the function's first start in AWS, not here."""
    parsed = environment.parse(MODELS[name], variables(function(deployed, name)))
    assert parsed.service == name.lower()
    assert parsed.environment == deployed.environment


@pytest.mark.parametrize(
    ("name", "model"),
    [("Planner", review_environment.ProposalEnvironment), ("Sweeper", review_environment.ReviewSweepEnvironment)],
)
def test_planner_and_sweeper_know_the_reviews(deployed: Any, name: str, model: type[environment.Environment]) -> None:
    """HITL-01: a missing variable would leave advice unapproved, or a stuck approval unnoticed."""
    environment.parse(model, variables(function(deployed, name)))


@pytest.mark.parametrize("name", MODELS)
def test_each_handler_exists(prod: Any, name: str) -> None:
    """A handler is only a string to CDK: a typing error would be found by the first invocation."""
    module, _, attribute = function(prod, name)["Handler"].rpartition(".")
    path = ROOT / "lambdas" / Path(*module.split("."))
    source = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text("utf-8")
    names = {
        *(node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)),
        *(
            t.id
            for node in ast.parse(source).body
            if isinstance(node, ast.Assign)
            for t in node.targets
            if isinstance(t, ast.Name)
        ),
        *(
            a.asname or a.name
            for node in ast.parse(source).body
            if isinstance(node, ast.ImportFrom)
            for a in node.names
        ),
    }
    assert attribute in names


def test_settings_reach_the_functions() -> None:
    """The settings that this test reads are the ones that the next test finds in the templates."""
    prod = load("prod")
    assert (prod.planner.memory_mb, prod.planner.timeout_s, prod.planner.reserved_concurrency) == (10240, 900, 100)


def test_size_and_concurrency_follow_the_settings(deployed: Any) -> None:
    """AGENT-03, AGENT-06."""
    settings = load(deployed.environment)
    planner = function(deployed, "Planner")
    assert (planner["MemorySize"], planner["Timeout"]) == (settings.planner.memory_mb, settings.planner.timeout_s)
    assert planner.get("ReservedConcurrentExecutions") == settings.planner.reserved_concurrency
    for name in AGENTS:
        agent = function(deployed, name)
        assert (agent["MemorySize"], agent["Timeout"]) == (settings.agents.memory_mb, settings.agents.timeout_s)
    assert function(deployed, "Retirement")["Environment"]["Variables"]["MONTE_CARLO_PATHS"] == str(
        settings.agents.monte_carlo_paths
    )


def test_reservations_leave_the_account_room(deployed: Any) -> None:
    """AGENT-04: at least 100 of 1,000 executions stay unreserved, or nothing else could run."""
    functions = deployed.of_type("AWS::Lambda::Function").values()
    assert sum(f.get("ReservedConcurrentExecutions", 0) for f in functions) <= 900


def test_the_planner_invokes_exactly_the_four_specialists_and_nobody_else_invokes(prod: Any) -> None:
    """IAM-06: a taken-over planner cannot run the migrations, and a taken-over agent cannot run another."""
    invokers = {
        key: {json.dumps(r) for r in listed(s["Resource"])}
        for key, policy in prod.of_type("AWS::IAM::Policy").items()
        for s in policy["PolicyDocument"]["Statement"]
        if "lambda:InvokeFunction" in listed(s["Action"])
    }
    (planner,) = [key for key in invokers if key.startswith("Agents/PlannerRole")]
    assert len(invokers[planner]) == 4
    for name in AGENTS:
        assert any(f'"{name}Function' in arn for arn in invokers[planner])
    others = {key.split("RoleDefaultPolicy")[0]: arns for key, arns in invokers.items() if key != planner}
    assert set(others) == {"Agents/Sweeper", "Api/Api", "Approvals/Workflow"}
    assert all("ReviewFunction" in arn or "DecisionFunction" in arn for arns in others.values() for arn in arns)


def test_the_planner_appends_its_decisions_and_changes_none(deployed: Any) -> None:
    """XAI-04: it decides too (what to skip, what to fall back to), so it records; a rewritten entry breaks the chain,
    and the archive keeps the first."""
    found = [s for s in grants(deployed, "Planner") if "Audit" in json.dumps(s["Resource"])]
    actions = {action for s in found for action in listed(s["Action"]) if not action.startswith("kms:")}
    assert actions == {"dynamodb:PutItem", "dynamodb:Query"}
    assert "AUDIT_ARCHIVE" not in function(deployed, "Planner")["Environment"]["Variables"]


@pytest.mark.parametrize("name", AGENTS)
def test_the_audit_trail_can_be_appended_to_and_never_changed(prod: Any, name: str) -> None:
    """XAI-04: an agent that could rewrite its own decisions would make them worthless as evidence."""
    audit = [
        s
        for s in grants(prod, name)
        if "dynamodb:PutItem" in listed(s["Action"]) and "Audit" in json.dumps(s["Resource"])
    ]
    (statement,) = audit
    assert sorted(statement["Action"]) == ["dynamodb:PutItem", "dynamodb:Query"]


def test_only_agents_call_the_model_and_only_with_the_guardrail(prod: Any) -> None:
    """GUARD-06, LLM-01."""
    for key, policy in prod.of_type("AWS::IAM::Policy").items():
        calls = [s for s in policy["PolicyDocument"]["Statement"] if CALL in listed(s["Action"])]
        is_agent = key.startswith(tuple(f"Agents/{name}Role" for name in AGENTS))
        assert bool(calls) == is_agent, key
        assert all("bedrock:GuardrailIdentifier" in s["Condition"]["StringEquals"] for s in calls)
        assert not any("*" in json.dumps(s["Resource"]) for s in calls)


def test_no_grant_is_wider_than_a_named_resource(deployed: Any) -> None:
    """Everything on * stands in the two reviewed managed policies a stack.

    The functions' own roles name what they use.
    """
    for stack in ("Agents", "Api"):
        for key, policy in deployed.of_type("AWS::IAM::Policy", stack).items():
            for statement in policy["PolicyDocument"]["Statement"]:
                assert not any("*" in action for action in listed(statement["Action"])), key
                assert "*" not in listed(statement["Resource"]), key


def test_only_the_planner_reads_the_price_providers_key(prod: Any) -> None:
    """IAM-05: of the functions of this stack; the API's own reading of it is tested with the API."""
    readers = [
        key
        for key, policy in prod.of_type("AWS::IAM::Policy", "Agents").items()
        for s in policy["PolicyDocument"]["Statement"]
        if "secretsmanager:GetSecretValue" in listed(s["Action"]) and "PriceKey" in json.dumps(s["Resource"])
    ]
    assert [key.startswith("Agents/PlannerRole") for key in readers] == [True]


def test_a_message_outlives_the_planner_and_its_failures(deployed: Any) -> None:
    """AGENT-01, AGENT-02: hidden for longer than a run, tried as often as set, then kept."""
    settings = load(deployed.environment)
    queues = deployed.of_type("AWS::SQS::Queue", "Agents")
    (queue,) = [q for key, q in queues.items() if key.startswith("Agents/AnalysisQueue")]
    assert queue["VisibilityTimeout"] == settings.queue.visibility_seconds > settings.planner.timeout_s
    assert queue["RedrivePolicy"]["maxReceiveCount"] == settings.queue.max_receives
    assert variables(function(deployed, "Planner"))["ANALYSIS_MAX_RECEIVES"] == str(settings.queue.max_receives)
    (feed,) = deployed.of_type("AWS::Lambda::EventSourceMapping", "Agents").values()
    assert feed["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    limit = feed.get("ScalingConfig", {}).get("MaximumConcurrency")
    assert limit == settings.planner.reserved_concurrency


def test_the_sweeper_comes_every_five_minutes_and_its_failures_are_kept(prod: Any) -> None:
    """A job that was never delivered, or died while running, would otherwise be pending for ever."""
    (rule,) = prod.of_type("AWS::Events::Rule", "Agents").values()
    assert rule["ScheduleExpression"] == "rate(5 minutes)"
    (target,) = rule["Targets"]
    dead = target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]
    assert dead.startswith("SweeperDeadLetters")
    assert function(prod, "Sweeper")["DeadLetterConfig"]["TargetArn"]["Fn::GetAtt"][0] == dead


def test_a_fixed_valuation_day_is_for_recorded_prices_only(assembly: Callable[[str], Any]) -> None:
    """INT-04: production must never value a portfolio on a day of the past."""
    assert variables(function(assembly("local"), "Planner"))["VALUATION_DATE"] == "2022-12-28"
    for name in ("Planner", *AGENTS):
        assert "VALUATION_DATE" not in function(assembly("prod"), name)["Environment"]["Variables"]


def test_what_other_tools_read_is_exported(prod: Any) -> None:
    outputs = {key for key in prod.templates["Agents"]["Outputs"] if not key.startswith("ExportsOutput")}
    assert outputs == {"AnalysisQueueUrl", "AnalysisDeadLetterQueueUrl", "PriceSecretArn", *TRACING}
