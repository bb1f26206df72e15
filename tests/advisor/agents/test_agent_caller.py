"""Calling an agent's function: once, patiently, and with a failure that can be told (AGENT-12)."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from advisor.adapters.agent_caller import READ_TIMEOUT, LambdaAgentCaller, client
from advisor.adapters.patience import Patience
from advisor.ports.work import AgentFailedError


class FakeLambda:
    """Answers invocations from a list: a body, a (body, error) pair, or an exception."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        body, error = answer if isinstance(answer, tuple) else (answer, None)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return {"Payload": io.BytesIO(raw)} | ({"FunctionError": error} if error else {})


def caller(fake: FakeLambda, sleeps: list[float] | None = None) -> LambdaAgentCaller:
    sleep = (sleeps if sleeps is not None else []).append
    return LambdaAgentCaller(fake, {"reporter": "arn:reporter"}, Patience(sleep=sleep))  # type: ignore[arg-type]


def throttled() -> ClientError:
    return ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "rate"}}, "Invoke")


def test_an_answer_is_returned_from_a_synchronous_invocation() -> None:
    """The planner waits for the agent's product."""
    fake = FakeLambda({"success": True, "payload": {"content": "x"}})
    assert caller(fake).call("reporter", {"job_id": "1"})["payload"] == {"content": "x"}
    assert fake.requests == [
        {"FunctionName": "arn:reporter", "InvocationType": "RequestResponse", "Payload": b'{"job_id": "1"}'}
    ]


def test_an_agents_error_is_named_but_its_text_stays_in_its_log() -> None:
    """Error texts may hold portfolio data."""
    fake = FakeLambda(({"errorType": "ValueError", "errorMessage": "secret detail"}, "Unhandled"))
    with pytest.raises(AgentFailedError) as error:
        caller(fake).call("reporter", {})
    assert error.value.error_type == "ValueError"
    assert "secret" not in str(error.value)
    assert len(fake.requests) == 1


def test_a_time_out_is_not_invoked_again() -> None:
    """The first invocation may still be working and costing."""
    fake = FakeLambda(ReadTimeoutError(endpoint_url="https://lambda"))
    with pytest.raises(AgentFailedError) as error:
        caller(fake).call("reporter", {})
    assert error.value.error_type == "ReadTimeoutError"
    assert len(fake.requests) == 1


def test_a_refusal_for_lack_of_capacity_waits_and_tries_again() -> None:
    """What never ran may be asked again, 2 to 10 seconds later."""
    sleeps: list[float] = []
    fake = FakeLambda(throttled(), ({"errorType": "UnavailableError"}, "Unhandled"), {"success": True})
    assert caller(fake, sleeps).call("reporter", {}) == {"success": True}
    assert len(sleeps) == 2
    assert all(2 <= wait <= 10 for wait in sleeps)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"success": false}', b'{"statusCode": 500}'])
def test_an_answer_without_success_is_a_failure(body: bytes) -> None:
    """Defect 3 of the earlier system: jobs became completed although agents had failed."""
    with pytest.raises(AgentFailedError):
        caller(FakeLambda(body)).call("reporter", {})


def test_the_client_waits_longer_than_an_agent_runs_and_never_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore's default of 60 seconds and four retries would run one agent several times at once."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    config: Any = client().meta.config
    assert config.read_timeout == READ_TIMEOUT
    assert READ_TIMEOUT > 300
    assert config.retries["total_max_attempts"] == 1
