"""Human approval as it is deployed: the workflow, who may touch its tokens, and who is told (SYS-38)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from advisor.adapters import environment, review_environment
from advisor.agents.reviewing import NothingToReviewError
from settings import ENVIRONMENTS, load

STACK = "Approvals"


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def deployed(request: Any, assembly: Callable[[str], Any]) -> Any:
    """Each environment in turn."""
    return assembly(request.param)


def function(made: Any, name: str) -> dict[str, Any]:
    found = made.of_type("AWS::Lambda::Function", STACK)
    (properties,) = [p for key, p in found.items() if key.startswith(f"{STACK}/{name}Function")]
    return dict(properties)


def actions(made: Any, name: str, *, stack: str = STACK) -> dict[str, str]:
    """Action -> its resources as text, of a function's own role."""
    found = made.of_type("AWS::IAM::Policy", stack)
    (policy,) = [p for key, p in found.items() if key.startswith(f"{stack}/{name}RoleDefaultPolicy")]
    granted: dict[str, str] = {}
    for statement in policy["PolicyDocument"]["Statement"]:
        listed = statement["Action"]
        for action in [listed] if isinstance(listed, str) else listed:
            granted[action] = granted.get(action, "") + json.dumps(statement["Resource"])
    return granted


def definition(made: Any) -> dict[str, Any]:
    """The workflow with its references as text."""
    (machine,) = made.of_type("AWS::StepFunctions::StateMachine").values()
    parts = machine["DefinitionString"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else json.dumps(part).replace('"', "'") for part in parts)
    return dict(json.loads(text))


def test_the_workflow_waits_for_each_review_as_long_as_it_is_told(deployed: Any) -> None:
    """HITL-01: a waiting task a reason, whose time limit is the business day that the planner computed."""
    states = definition(deployed)["States"]
    waiting = states["AskForReviews"]["ItemProcessor"]["States"]["AskForReview"]
    assert waiting["Resource"].endswith(":states:::lambda:invoke.waitForTaskToken")
    assert waiting["TimeoutSeconds"] == "{% $states.input.seconds %}"
    assert waiting["Arguments"]["Payload"]["token"] == "{% $states.context.Task.Token %}"
    assert waiting["Catch"][0]["ErrorEquals"] == ["States.Timeout", NothingToReviewError.__name__]
    assert waiting["Retry"][0] == {"ErrorEquals": [NothingToReviewError.__name__], "MaxAttempts": 0}
    assert states["AskForReviews"]["Next"] == "Conclude"
    assert states["Conclude"]["End"] is True


def test_the_workflow_is_standard_encrypted_traced_and_logged_without_its_data(deployed: Any) -> None:
    """SEC-06, OBS-29: a token in a log could be used by whoever reads the log."""
    (machine,) = deployed.of_type("AWS::StepFunctions::StateMachine").values()
    assert machine.get("StateMachineType", "STANDARD") == "STANDARD"
    assert machine["EncryptionConfiguration"]["Type"] == "CUSTOMER_MANAGED_KMS_KEY"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


def test_one_function_stores_tokens_one_other_reads_them_and_nobody_else_can(deployed: Any) -> None:
    """HITL-01: whoever has a token can answer for a person; not even the API can read one."""
    review, decision = actions(deployed, "Review"), actions(deployed, "Decision")
    assert "TaskTokens" in review["dynamodb:PutItem"]
    assert "dynamodb:GetItem" not in review
    assert "TaskTokens" in decision["dynamodb:GetItem"]
    assert "TaskTokens" not in decision["dynamodb:PutItem"]
    users = [
        where
        for where, policy in deployed.of_type("AWS::IAM::Policy").items()
        if "TaskTokens" in json.dumps(policy["PolicyDocument"])
    ]
    assert sorted(where.split("Role")[0] for where in users) == [f"{STACK}/Decision", f"{STACK}/Review"]


def test_only_one_function_answers_and_two_start(deployed: Any) -> None:
    """IAM-05, IAM-06: the API passes decisions on through that function, and can neither start nor answer."""
    holders: dict[str, set[str]] = {}
    for where, policy in deployed.of_type("AWS::IAM::Policy").items():
        for action in ("states:SendTaskSuccess", "states:StartExecution"):
            if action in json.dumps(policy["PolicyDocument"]):
                holders.setdefault(action, set()).add(where.split("Role")[0])
    assert holders == {
        "states:SendTaskSuccess": {f"{STACK}/Decision"},
        "states:StartExecution": {"Agents/Planner", "Agents/Sweeper"},
    }
    assert "Decision" in actions(deployed, "Api", stack="Api")["lambda:InvokeFunction"]


@pytest.mark.parametrize(
    ("name", "model"),
    [("Review", review_environment.ReviewEnvironment), ("Decision", review_environment.DecisionEnvironment)],
)
def test_the_functions_are_told_what_they_read(deployed: Any, name: str, model: type[environment.Environment]) -> None:
    """A missing variable would fail the first review, not the deployment."""
    values = {
        key: value if isinstance(value, str) else "https://sqs.example/q" if key.endswith("_URL") else "later"
        for key, value in function(deployed, name)["Environment"]["Variables"].items()
    }
    assert environment.parse(model, values).service == name.lower()


def test_decisions_that_cannot_be_passed_on_are_kept(deployed: Any) -> None:
    """HITL-01: the API does not wait for it, so a failed invocation goes to a queue with an alarm."""
    assert function(deployed, "Decision")["DeadLetterConfig"]["TargetArn"]["Fn::GetAtt"][0].startswith("Decision")


def test_failed_workflows_and_late_reviews_raise_alarms(deployed: Any) -> None:
    """HITL-01, HITL-02: nobody looks at a queue that nobody is called to."""
    names = {alarm["AlarmName"] for alarm in deployed.of_type("AWS::CloudWatch::Alarm", STACK).values()}
    prefix = f"alex-{deployed.environment}"
    wanted = {f"{prefix}-review-failed", f"{prefix}-reviews-expiring", f"{prefix}-reviews-expired"}
    assert wanted | {f"{prefix}-escalations-age"} <= names


def test_the_limits_are_the_settings(deployed: Any) -> None:
    """HITL-01, HITL-02, HITL-03: what the settings say is what the planner judges by."""
    rules = load(deployed.environment).hitl
    found = deployed.of_type("AWS::Lambda::Function", "Agents")
    (planner,) = [p for key, p in found.items() if key.startswith("Agents/PlannerFunction")]
    values = planner["Environment"]["Variables"]
    assert values["REVIEW_VALUE_LIMIT_USD"] == str(rules.approval_threshold_usd) == "1000000"
    assert values["REVIEW_VALUE_BASIS"] == rules.approval_basis == "trade_value"
    assert values["REVIEW_RISK_LIMIT"] == str(rules.risk_score_above) == "7"
    assert float(values["REVIEW_LEAST_CONFIDENCE"]) == rules.least_confidence == 0.8
    assert values["REVIEW_BUSINESS_DAYS"] == str(rules.business_days) == "1"
    assert "REVIEW_EXPIRES_SECONDS" not in values
