"""The model behind Converse: what is sent, what is retried, and how every failure is named (LLM-03, AGENT-12)."""

from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.stub import ANY, Stubber

from advisor.adapters.bedrock import BedrockModel, client
from advisor.adapters.converse_wire import REASONS, THINKING_TOKENS
from advisor.adapters.managed_guardrail import Guardrail
from advisor.adapters.model_chain import ModelChain
from advisor.adapters.patience import ENOUGH_SECONDS, Patience
from advisor.domain.retry import RetryPolicy
from advisor.domain.usage import Price
from advisor.ports.model import ModelError, Question, Refused
from tests.advisor.agents.fakes import Purse, Unbroken

MODEL = "us.example.model-v1:0"
PRICE = Price(Decimal("3"), Decimal("15"))
SCHEMA = {"type": "object", "properties": {"word": {"type": "string"}}}
QUESTION = Question(
    system="You word.", prompt="Word it.\n\n<data>\n{}\n</data>", tool_name="say", tool_description="Say it.",
    schema=SCHEMA, prompt_version="t-1",
)  # fmt: skip


def answered(content: list[dict[str, Any]], stop: str = "tool_use") -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop,
        "usage": {"inputTokens": 1000, "outputTokens": 200, "totalTokens": 1200},
        "metrics": {"latencyMs": 5},
    }


def said(value: Any) -> list[dict[str, Any]]:
    return [{"toolUse": {"toolUseId": "u1", "name": "say", "input": value}}]


class Bench:
    """A stubbed client behind a chain of one model, whose sleeps are recorded."""

    def __init__(self, **options: Any) -> None:
        self.client = boto3.client("bedrock-runtime", region_name="us-east-1", aws_access_key_id="x",
                                   aws_secret_access_key="x")  # fmt: skip
        # As in `bedrock.client`: without botocore's own retries.
        self.client.meta.events.unregister("needs-retry.bedrock-runtime")
        self.stub = Stubber(self.client)
        self.stub.activate()
        self.sleeps: list[float] = []
        patience = Patience(
            RetryPolicy(attempts=3),
            sleep=self.sleeps.append,
            rng=lambda: 0.99,
            time_left=options.pop("time_left", lambda: float("inf")),
        )
        self.purse = Purse()
        bedrock = BedrockModel(self.client, MODEL, PRICE, **options)
        self.model = ModelChain((bedrock,), meter=self.purse, breakers=Unbroken(), patience=patience)


def test_one_forced_tool_is_sent_and_its_input_is_the_answer_with_its_cost() -> None:
    """An older model left to choose would answer prose that no schema can check."""
    bench = Bench(tool_choice="forced")
    sent = {
        "modelId": MODEL,
        "system": [{"text": "You word."}],
        "messages": [{"role": "user", "content": [{"text": QUESTION.prompt}]}],
        "inferenceConfig": {"maxTokens": 4096, "temperature": 0.0},
        "toolConfig": {
            "tools": [{"toolSpec": {"name": "say", "description": "Say it.", "inputSchema": {"json": SCHEMA}}}],
            "toolChoice": {"tool": {"name": "say"}},
        },
    }
    bench.stub.add_response("converse", answered(said({"word": "hi"})), sent)
    answer = bench.model.ask(QUESTION)
    assert answer.value == {"word": "hi"}
    assert (answer.input_tokens, answer.output_tokens, answer.stop_reason) == (1000, 200, "tool_use")
    assert answer.cost_usd == Decimal("0.006")  # 1000 x 3/1e6 + 200 x 15/1e6
    bench.stub.assert_no_pending_responses()


def test_a_model_that_refuses_to_be_forced_is_offered_the_tool() -> None:
    """LLM-01: Claude 5.5 answers 400 to a forced tool and to a temperature, and needs room to think."""
    bench = Bench()
    sent: dict[str, Any] = dict.fromkeys(("modelId", "system", "messages", "toolConfig"), ANY)
    sent["inferenceConfig"] = {"maxTokens": QUESTION.max_tokens + THINKING_TOKENS}
    sent["toolConfig"] = {"tools": ANY, "toolChoice": {"auto": {}}}
    bench.stub.add_response("converse", answered(said({"word": "hi"})), sent)
    assert bench.model.ask(QUESTION).value == {"word": "hi"}
    bench.stub.assert_no_pending_responses()


def test_the_guardrail_goes_with_every_call_and_its_intervention_is_final() -> None:
    """An intervention that is retried would be asked until it slips through."""
    bench = Bench(guardrail=Guardrail("gr-1", "7"))
    expected: dict[str, Any] = dict.fromkeys(("modelId", "system", "messages", "inferenceConfig", "toolConfig"), ANY)
    expected["guardrailConfig"] = {"guardrailIdentifier": "gr-1", "guardrailVersion": "7", "trace": "enabled"}
    bench.stub.add_response("converse", answered([{"text": "blocked"}], "guardrail_intervened"), expected)
    with pytest.raises(ModelError) as refused:
        bench.model.ask(QUESTION)
    assert (refused.value.reason, refused.value.retryable) == ("guardrail", False)
    assert bench.sleeps == []
    assert bench.model.guardrail_version == "gr-1:7"


def test_throttling_waits_2_to_10_seconds_and_then_succeeds() -> None:
    """AGENT-12: a busy account costs seconds, not the analysis."""
    bench = Bench()
    for _ in range(2):
        bench.stub.add_client_error("converse", "ThrottlingException", "slow down", 429)
    bench.stub.add_response("converse", answered(said({"word": "hi"})))
    assert bench.model.ask(QUESTION).value == {"word": "hi"}
    assert len(bench.sleeps) == 2
    assert all(2 <= wait <= 10 for wait in bench.sleeps)


def test_throttling_gives_up_after_three_attempts() -> None:
    """Without an end the function's time-out would decide."""
    bench = Bench()
    for _ in range(3):
        bench.stub.add_client_error("converse", "ThrottlingException", "slow down", 429)
    with pytest.raises(ModelError) as error:
        bench.model.ask(QUESTION)
    assert error.value.reason == "throttled"
    bench.stub.assert_no_pending_responses()


def test_no_further_attempt_is_begun_when_the_invocation_is_almost_over() -> None:
    """The fallback needs what time is left."""
    bench = Bench(time_left=lambda: ENOUGH_SECONDS - 1)
    bench.stub.add_client_error("converse", "ThrottlingException", "slow down", 429)
    with pytest.raises(ModelError):
        bench.model.ask(QUESTION)
    assert bench.sleeps == []


@pytest.mark.parametrize("code", [*REASONS, "OddException"])
def test_every_error_code_of_bedrock_is_named_and_retried_only_where_that_may_help(code: str) -> None:
    """AGENT-12: a wrong request stays wrong, and each try costs; a throttled one is tried three times, then named."""
    bench = Bench()
    reason, retryable = REASONS.get(code, ("unavailable", False))
    for _ in range(3 if retryable else 1):
        bench.stub.add_client_error("converse", code, "arn:aws:secret detail", 400)
    with pytest.raises(ModelError) as error:
        bench.model.ask(QUESTION)
    assert (error.value.reason, len(bench.sleeps)) == (reason, 2 if retryable else 0)
    assert "secret detail" not in str(error.value)
    assert reason in ModelError.REASONS
    bench.stub.assert_no_pending_responses()


def test_the_table_of_errors_covers_all_that_the_service_declares() -> None:
    """AGENT-12: an error that nobody thought of would not be tried again, or for ever."""
    bench = Bench()
    service = bench.client.meta.service_model
    for operation in ("Converse", "ConverseStream"):
        assert {shape.name for shape in service.operation_model(operation).error_shapes} <= REASONS.keys()
    output: Any = service.operation_model("ConverseStream").output_shape
    stream = output.members["stream"]
    ends = {name[0].upper() + name[1:] for name in stream.members if name.endswith("Exception")}
    assert ends <= REASONS.keys()
    retried = {code for code, (_reason, retryable) in REASONS.items() if retryable}
    assert retried == {
        "ThrottlingException", "TooManyRequestsException", "ServiceQuotaExceededException", "ModelTimeoutException",
        "ModelNotReadyException", "ServiceUnavailableException", "InternalServerException", "ModelErrorException",
        "ModelStreamErrorException",
    }  # fmt: skip


class Failing:
    """A client whose connection fails."""

    def __init__(self, error: Exception) -> None:
        self.error, self.calls = error, 0

    def converse(self, **_request: Any) -> dict[str, Any]:
        self.calls += 1
        raise self.error


@pytest.mark.parametrize(
    ("error", "reason", "billed"),
    [
        (ReadTimeoutError(endpoint_url="https://x"), "timeout", True),
        (ConnectTimeoutError(endpoint_url="https://x"), "timeout", False),
        (EndpointConnectionError(endpoint_url="https://x"), "unavailable", False),
        (ConnectionClosedError(endpoint_url="https://x"), "unavailable", True),
    ],
)
def test_a_broken_connection_is_tried_again_and_counted_as_if_it_had_cost_the_most(
    error: Exception, reason: str, billed: bool
) -> None:
    """AGENT-12: a hanging connection ends as a named reason, without the address; an answer that got lost on its way
    may have been billed, and the budget must hold all the same."""
    client, money = Failing(error), Purse()
    bedrock = BedrockModel(client, MODEL, PRICE)  # type: ignore[arg-type]
    patience = Patience(sleep=lambda _s: None)
    chain = ModelChain((bedrock,), meter=money, breakers=Unbroken(), patience=patience)
    with pytest.raises(ModelError) as raised:
        chain.ask(QUESTION)
    assert (raised.value.reason, client.calls) == (reason, 3)
    assert "https://x" not in str(raised.value)
    assert money.committed == (3 * bedrock.worst_cost(QUESTION) if billed else 0)


def test_one_call_is_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second request hidden in botocore would be one that nobody reserved money for, and double every time-out."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for streaming in (True, False):
        made: Any = client(streaming=streaming)
        assert made.meta.config.retries == {"total_max_attempts": 1, "mode": "standard"}


def test_a_cut_answer_is_refused() -> None:
    """Half a report must not look like one."""
    bench = Bench()
    bench.stub.add_response("converse", answered(said({"word": "h"}), "max_tokens"))
    with pytest.raises(ModelError, match="token limit"):
        bench.model.ask(QUESTION)


def test_the_repair_turn_shows_the_model_its_refused_answer_and_the_reason() -> None:
    """Without its own words the model cannot know what to correct."""
    bench = Bench()
    turns = [
        {
            "role": "user",
            "content": [
                {"text": QUESTION.prompt},
                {"text": 'You answered before:\n{"n": 1}\n\nword: missing'},
            ],
        }
    ]
    expected = dict.fromkeys(("modelId", "system", "inferenceConfig", "toolConfig"), ANY) | {"messages": turns}
    bench.stub.add_response("converse", answered(said({"word": "hi"})), expected)
    refused = Question(**{**QUESTION.__dict__, "refused": Refused({"n": 1}, "word: missing")})
    assert bench.model.ask(refused).value == {"word": "hi"}
