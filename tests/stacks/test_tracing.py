"""Tracing as it is deployed: everything is traced by X-Ray, and model traces need keys that only some may read."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from advisor.adapters.environment import parse
from advisor.adapters.tracing import TracingEnvironment
from settings import load

ENVIRONMENTS = ("local", "dev", "staging", "prod", "prod-dr")
TRACED = ("Planner", "Tagger", "Reporter", "Charter", "Retirement")


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def deployed(request: Any, assembly: Callable[[str], Any]) -> Any:
    """Each environment in turn."""
    return assembly(request.param)


def test_every_function_stage_and_workflow_is_traced(deployed: Any) -> None:
    """OBS-18: one untraced part cuts the service map in two, just where somebody looks during an incident."""
    functions = deployed.of_type("AWS::Lambda::Function")
    # CDK's own functions (log retention, bucket emptying) would be named here if there were any.
    assert len(functions) >= 9
    assert [key for key, f in functions.items() if f.get("TracingConfig") != {"Mode": "Active"}] == []
    assert all(stage["TracingEnabled"] for stage in deployed.of_type("AWS::ApiGateway::Stage").values())
    machines = deployed.of_type("AWS::StepFunctions::StateMachine")
    assert [key for key, m in machines.items() if not m.get("TracingConfiguration", {}).get("Enabled")] == []


def test_requests_are_sampled_by_the_setting(deployed: Any) -> None:
    """OBS-18: 10% in production keeps the bill, all of it in development keeps the evidence."""
    [rule] = [r["SamplingRule"] for r in deployed.of_type("AWS::XRay::SamplingRule").values()]
    assert rule["FixedRate"] == load(deployed.environment).tracing.sample_rate
    assert rule["ReservoirSize"] == 1, "the first request of a second is always traced"
    assert rule["ServiceName"] == f"?lex-{deployed.environment}*", "functions begin with A, stages with a"
    assert len(rule["RuleName"]) <= 32


def test_an_operator_can_raise_the_share_of_jobs(deployed: Any) -> None:
    """OBS-18: the parameter that the functions read is the one that is deployed, with the setting as its beginning."""
    [rate] = deployed.of_type("AWS::SSM::Parameter").values()
    assert rate["Name"] == f"/alex/{deployed.environment}/tracing/sample-rate"
    assert float(rate["Value"]) == load(deployed.environment).tracing.sample_rate


@pytest.mark.parametrize("name", TRACED)
def test_each_tracing_function_is_told_how_and_may_read_the_keys(deployed: Any, name: str) -> None:
    """OBS-20: a function without the variable or the right traces nothing, and silently so."""
    [function] = [
        f for key, f in deployed.of_type("AWS::Lambda::Function").items() if key.startswith(f"Agents/{name}Function")
    ]
    settings = load(deployed.environment)
    variables = {k: v if isinstance(v, str) else "later" for k, v in function["Environment"]["Variables"].items()}
    told = parse(TracingEnvironment, variables)
    assert told.tracing_secret_arn == told.tracing_rate_parameter == "later"
    assert told.tracing_content == settings.tracing.llm_content
    assert told.tracing_sample_rate == settings.tracing.sample_rate
    assert told.langfuse_host == settings.langfuse.host
    [policy] = [
        p
        for key, p in deployed.of_type("AWS::IAM::Policy").items()
        if key.startswith(f"Agents/{name}RoleDefaultPolicy")
    ]
    rights = {
        action: json.dumps(statement["Resource"])
        for statement in policy["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
        if "Tracing" in json.dumps(statement["Resource"])
    }
    assert set(rights) == {"secretsmanager:GetSecretValue", "ssm:GetParameter"}


def test_nobody_else_reads_the_tracing_keys(deployed: Any) -> None:
    """SEC-13: the API, which the internet reaches, has no business with them."""
    readers = {
        key.split("Role")[0]
        for key, policy in deployed.of_type("AWS::IAM::Policy").items()
        for statement in policy["PolicyDocument"]["Statement"]
        if "TracingKeys" in json.dumps(statement["Resource"])
    }
    assert readers == {f"Agents/{name}" for name in TRACED}


def test_clients_content_leaves_no_production(assembly: Callable[[str], Any]) -> None:
    """OBS-23, GUARD-09: of real clients only forms, counts and hashes reach a tracing service."""
    for name in ("staging", "prod", "prod-dr"):
        for key, function in assembly(name).of_type("AWS::Lambda::Function").items():
            variables = function.get("Environment", {}).get("Variables", {})
            assert variables.get("TRACING_CONTENT", "redacted") in {"redacted", "hash"}, key
