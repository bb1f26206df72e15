"""The adapter over recorded wire: what Bedrock really sends, and what models really do wrong (LLM-03, GUARD-14)."""

import json
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from threading import Event
from typing import Any

import boto3
import pytest
from botocore.config import Config

from advisor.adapters.bedrock import BedrockModel, ModelLimits
from advisor.adapters.managed_guardrail import Guardrail
from advisor.domain.usage import Price
from advisor.ports.model import ModelError, Question
from tests.advisor.agents.converse_server import RECORDINGS, Endpoint, Write, frame, recording, serving

QUESTION = Question(
    system="You word.", prompt="Word it.", tool_name="say", tool_description="Say it.",
    schema={"type": "object", "properties": {"word": {"type": "string"}}}, prompt_version="t-1",
)  # fmt: skip
MEGABYTE = 1_000_000


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as made:
        yield made


def model(endpoint: Endpoint, *, streaming: bool, patience: float = 10.0, **options: Any) -> BedrockModel:
    client = boto3.client(
        "bedrock-runtime", region_name="us-east-1", endpoint_url=endpoint.url, aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(read_timeout=patience, connect_timeout=3, retries={"total_max_attempts": 1}),
    )  # fmt: skip
    price = Price(Decimal(2), Decimal(10))
    return BedrockModel(client, "us.example.model-v1:0", price, streaming=streaming, **options)


def outcome(asked: BedrockModel) -> dict[str, Any]:
    """What asking came to, in the form of a recording's ``expected``."""
    try:
        answer = asked.ask(QUESTION)
    except ModelError as error:
        tokens = None if error.usage is None else [error.usage.tokens_in, error.usage.tokens_out]
        found = {"reason": error.reason, "retryable": error.retryable, "tokens": tokens}
        return found | ({"rules": list(error.rules)} if error.rules else {})
    tokens = [answer.input_tokens, answer.output_tokens]
    return {"value": dict(answer.value), "problem": answer.problem, "tokens": tokens}


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_recorded_response_is_understood(name: str, endpoint: Endpoint) -> None:
    """LLM-03, GUARD-14: each shape that the service knows is an answer, a repairable slip, or a named reason with
    the tokens that were billed; anything else would reach the investor, the budget, or nobody."""
    recorded = recording(name)
    endpoint.play(recorded)
    streamed = name.startswith("stream_")
    found, expected = outcome(model(endpoint, streaming=streamed)), recorded["expected"]
    slip = expected.pop("problem", "")
    assert slip in found.pop("problem", "")
    assert bool(slip) == ("value" in expected and not expected["value"])
    assert found == expected
    ((path, _body),) = endpoint.requests
    assert path.endswith("/converse-stream" if streamed else "/converse")


@pytest.mark.parametrize("name", ["throttling", "model_timeout", "access_denied", "validation"])
def test_a_refused_stream_is_refused_like_a_call(name: str, endpoint: Endpoint) -> None:
    """AGENT-12: errors before the first event come as plain HTTP, also for streams."""
    recorded = recording(name)
    endpoint.play(recorded)
    assert outcome(model(endpoint, streaming=True)) == recorded["expected"]


def test_a_guardrails_trace_is_named_and_never_quoted(endpoint: Endpoint) -> None:
    """GUARD-06: whoever looks into an intervention sees which rule, not the words of the investor."""
    endpoint.play(recording("guardrail_intervened"))
    with pytest.raises(ModelError) as error:
        model(endpoint, streaming=False, guardrail=Guardrail("gr-1", "7")).ask(QUESTION)
    assert "jane@example.org" not in json.dumps([str(error.value), *error.value.rules])
    sent = endpoint.requests[0][1]["guardrailConfig"]
    assert sent == {"guardrailIdentifier": "gr-1", "guardrailVersion": "7", "trace": "enabled"}


def test_a_stream_goes_in_step_with_its_guardrail(endpoint: Endpoint) -> None:
    """GUARD-06: asynchronous processing would hand out words before they were judged."""
    endpoint.play(recording("stream_tool_use"))
    model(endpoint, streaming=True, guardrail=Guardrail("gr-1", "7")).ask(QUESTION)
    assert endpoint.requests[0][1]["guardrailConfig"]["streamProcessingMode"] == "sync"


def test_the_wait_for_the_first_word_is_measured(endpoint: Endpoint) -> None:
    """LLM-07: the breaker must tell a slow model from a long answer."""
    endpoint.play(recording("stream_reasoning"), recording("tool_use"))
    ticks = count()
    streamed = model(endpoint, streaming=True, clock=lambda: float(next(ticks))).ask(QUESTION)
    assert streamed.first_word_seconds is not None
    assert 0 < streamed.first_word_seconds < streamed.latency_seconds
    assert model(endpoint, streaming=False).ask(QUESTION).first_word_seconds is None


def _endless(megabytes: int) -> Any:
    def write(out: Write) -> None:
        out(frame("messageStart", {"role": "assistant"}))
        start = {"toolUse": {"toolUseId": "u", "name": "say"}}
        out(frame("contentBlockStart", {"contentBlockIndex": 0, "start": start}))
        piece = frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"toolUse": {"input": "x" * 10_000}}})
        for _ in range(megabytes * 100):
            out(piece)

    return write


def test_a_huge_stream_is_left_at_its_limit(endpoint: Endpoint) -> None:
    """GUARD-04: an answer of 100 MB must not take the function's memory, or its time."""
    endpoint.play(_endless(100))
    asked = model(endpoint, streaming=True, limits=ModelLimits(answer_bytes=MEGABYTE))
    tracemalloc.start()
    try:
        assert outcome(asked) == {"reason": "too_large", "retryable": False, "tokens": None}
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 * MEGABYTE
    assert endpoint.sent < 50 * MEGABYTE


def test_a_huge_whole_answer_is_refused_by_its_length(endpoint: Endpoint) -> None:
    """GUARD-04: 10 MB of an otherwise right answer go no further than the adapter."""
    recorded = recording("tool_use")
    recorded["body"]["output"]["message"]["content"][0]["toolUse"]["input"]["word"] = "x" * 10 * MEGABYTE
    endpoint.play(recorded)
    assert outcome(model(endpoint, streaming=False)) == {"reason": "too_large", "retryable": False, "tokens": None}


def test_a_question_that_is_too_long_is_not_sent(endpoint: Endpoint) -> None:
    """LLM-04: above its size a model has another price, which the budget does not know."""
    asked = model(endpoint, streaming=True, limits=ModelLimits(request_bytes=100))
    with pytest.raises(ModelError) as error:
        asked.worst_cost(QUESTION)
    assert (error.value.reason, endpoint.requests) == ("too_large", [])


@pytest.mark.parametrize("streaming", [False, True])
def test_a_silent_model_is_a_timeout(streaming: bool, endpoint: Endpoint) -> None:
    """AGENT-12: it is tried again, and what it may have billed stays reserved."""
    release = Event()

    def silent(out: Write) -> None:
        out(frame("messageStart", {"role": "assistant"}) if streaming else b"{")
        release.wait(10)

    endpoint.play(silent)
    try:
        found = outcome(model(endpoint, streaming=streaming, patience=0.2))
    finally:
        release.set()
    assert found == {"reason": "timeout", "retryable": True, "tokens": None}


def test_a_dripping_model_is_a_timeout(endpoint: Endpoint) -> None:
    """AGENT-12: each word in time, and no end: no single wait notices that, only the call's own clock."""
    endpoint.play(_endless(1))
    ticks = count(step=30)
    found = outcome(model(endpoint, streaming=True, clock=lambda: float(next(ticks))))
    assert found == {"reason": "timeout", "retryable": True, "tokens": None}
    assert next(ticks) < 300
