"""The functions as Lambda starts them: cheap to import, wired from the environment, errors raised to the caller."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import boto3
import pytest
from moto import mock_aws

from advisor.adapters import bedrock
from advisor.adapters.data_api import DataApi
from advisor.adapters.environment import ConfigurationError, forget
from advisor.adapters.telemetry import PowertoolsTelemetry
from advisor.domain.errors import BadRequestError, NotFoundError
from advisor.handlers import charter, planner, reporter, retirement, specialist, tagger

CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 300_000)
MODEL = {"model_id": "simulated", "max_tokens": 16000, "max_request_bytes": 400000, "max_answer_bytes": 1000000,
         "input_usd_per_mtok": "3", "output_usd_per_mtok": "15"}  # fmt: skip
ENVIRONMENT = {
    "ENVIRONMENT": "test", "POWERTOOLS_SERVICE_NAME": "agent", "DATABASE_CLUSTER_ARN": "arn:cluster",
    "DATABASE_SECRET_ARN": "arn:secret", "DATABASE_NAME": "alex", "AUDIT_TABLE": "audit", "MONTE_CARLO_PATHS": "500",
    "USAGE_TABLE": "usage", "BREAKER_TABLE": "breaker", "JOB_BUDGET_USD": "2", "MODELS": json.dumps([MODEL]),
    "VALUATION_DATE": "2022-12-28", "ANALYSIS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/1/analysis",
    "IDEMPOTENCY_TABLE": "idempotency", "PRICE_SECRET_ARN": "arn:price", "TAGGER_FUNCTION": "arn:tagger",
    "REPORTER_FUNCTION": "arn:reporter", "CHARTER_FUNCTION": "arn:charter", "RETIREMENT_FUNCTION": "arn:retirement",
    "REVIEW_WORKFLOW_ARN": "arn:workflow", "REVIEW_VALUE_LIMIT_USD": "1000000", "REVIEW_VALUE_BASIS": "trade_value",
    "REVIEW_RISK_LIMIT": "7", "REVIEW_LEAST_CONFIDENCE": "0.8", "REVIEW_BUSINESS_DAYS": "1",
    "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
}  # fmt: skip


@pytest.fixture
def function_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    _forget()
    yield
    _forget()


def _forget() -> None:
    forget()
    specialist.specialist.cache_clear()
    planner.wiring.cache_clear()


@pytest.fixture
def audit_table(function_environment: None) -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb")
        names = ("job_id", "entry_id")
        client.create_table(
            TableName="audit",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "job_id", "KeyType": "HASH"},
                {"AttributeName": "entry_id", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        )
        for table in ("usage", "breaker"):
            client.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": "subject", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "subject", "AttributeType": "S"}],
            )
        yield client


@pytest.fixture
def deployed(world: Any, audit_table: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The functions over real PostgreSQL, a DynamoDB in process, and the analyst as the model."""
    monkeypatch.setattr(DataApi, "from_environment", lambda _env, **_options: world.database)
    monkeypatch.setattr(bedrock, "client", lambda **_how: world.office.model.models[0].client)
    return world


HANDLERS = {"tagger": tagger, "reporter": reporter, "charter": charter, "retirement": retirement}


@pytest.mark.parametrize("agent", HANDLERS)
def test_an_agent_answers_an_invocation_and_leaves_its_audit_entry(
    agent: str, deployed: Any, audit_table: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the event to the answer with nothing replaced but the cloud's ends."""
    instruments = [{"symbol": "AMD", "name": "AMD", "instrument_type": None}]
    event = {"job_id": str(deployed.job_id), "user_id": "alice", "instruments": instruments}
    answer = json.loads(json.dumps(HANDLERS[agent].handler(event, CONTEXT)))
    assert (answer["success"], answer["agent"], answer["fallback"]) == (True, agent, False)
    items = audit_table.query(
        TableName="audit",
        KeyConditionExpression="job_id = :j AND entry_id >= :f",
        ExpressionAttributeValues={":j": {"S": str(deployed.job_id)}, ":f": {"S": "0"}},
    )["Items"]
    assert [item["agent"]["S"] for item in items] == [agent]
    assert '"AgentDurationMs"' in capsys.readouterr().out
    used = audit_table.get_item(TableName="usage", Key={"subject": {"S": f"job#{deployed.job_id}"}})["Item"]
    assert used[f"calls:{agent}"]["N"] == "1"
    assert used["committed"] == used[f"cost_usd:{agent}"]


@pytest.mark.parametrize("agent", HANDLERS)
def test_an_agents_error_is_raised_to_the_planner(agent: str, deployed: Any) -> None:
    """An error answered as success would complete a job with nothing in it (defects 1 and 3)."""
    with pytest.raises(BadRequestError):
        HANDLERS[agent].handler({"user_id": "alice"}, CONTEXT)
    if agent != "tagger":
        with pytest.raises(NotFoundError):
            HANDLERS[agent].handler({"job_id": "00000000-0000-4000-8000-000000000000"}, CONTEXT)


def test_a_wrong_environment_names_every_variable(function_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment is repaired in one go."""
    monkeypatch.setenv("MODELS", "[]")
    monkeypatch.delenv("AUDIT_TABLE")
    with pytest.raises(ConfigurationError) as error:
        reporter.handler({"job_id": "x"}, CONTEXT)
    assert "MODELS" in str(error.value)
    assert "AUDIT_TABLE" in str(error.value)


def test_the_planner_is_wired_from_its_environment(function_environment: None) -> None:
    """Names of functions and limits come from the stack, once."""
    wired = planner.wiring()
    caller: Any = wired.attempts.planner.agents
    assert caller.functions == {agent: f"arn:{agent}" for agent in HANDLERS}
    assert wired.attempts.max_receives == 3
    assert wired.attempts.planner.day().isoformat() == "2022-12-28"
    assert planner.wiring() is wired


def test_the_planner_tells_what_the_jobs_calls_used_or_that_nobody_knows(
    audit_table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COST-05: the sum comes from the meter, which also knows of agents that failed; without it the job still ends."""
    events: list[str] = []
    monkeypatch.setattr(PowertoolsTelemetry, "event", lambda _self, name, **_details: events.append(name))
    told = planner.wiring().attempts.planner.used
    job = UUID(int=9)
    counters = {"calls": "2", "tokens_in": "10", "tokens_out": "4", "latency_seconds": "1.5", "cost_usd": "0.02"}
    stored = {f"{name}:reporter": {"N": value} for name, value in counters.items()}
    audit_table.put_item(TableName="usage", Item={"subject": {"S": f"job#{job}"}, **stored})
    usage = told(job)
    assert usage is not None
    assert (usage["calls"], usage["cost_usd"], usage["budget_usd"], usage["simulated"]) == (2, 0.02, 2.0, False)
    assert usage["by_agent"]["reporter"]["tokens_out"] == 4
    audit_table.delete_table(TableName="usage")
    assert told(job) is None
    assert events == ["USAGE_UNKNOWN"]


@pytest.mark.parametrize("agent", ["planner", "tagger", "reporter", "charter"])
def test_importing_a_function_loads_no_numpy_makes_no_client_and_reads_no_settings(agent: str) -> None:
    """numpy is in one bundle only, and every cold start pays for what an import does."""
    code = (
        "import sys, boto3\n"
        "def refuse(*a, **k): raise SystemExit('a client is made at import')\n"
        "boto3.client = boto3.Session.client = refuse\n"
        f"import advisor.handlers.{agent}\n"
        "heavy = {'numpy', 'aws_xray_sdk', 'email_validator'} & set(sys.modules)\n"
        "raise SystemExit(f'imports {heavy}' if heavy else 0)\n"
    )
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
