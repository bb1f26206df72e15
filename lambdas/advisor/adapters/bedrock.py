"""Amazon Bedrock's Converse API as the language model: one tool a call, its input is the answer.

No agent framework: structured output by a tool is about a hundred lines and starts three times faster. Older models are
forced to use the tool (``forced``, with temperature 0). Claude's 5.5 generation refuses a forced tool and sampling
parameters, and thinks before it answers: it is offered the one tool and told to answer by it (``auto``); prose instead
of the tool is a malformed answer, which the caller's repair turn handles.
botocore's standard retries cover broken connections; throttling waits by our own policy (2 to 10 seconds, AGENT-12).
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, HTTPClientError, ReadTimeoutError

from advisor.adapters.patience import Patience
from advisor.ports.model import ModelAnswer, ModelError, Question

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

CONNECT_TIMEOUT, READ_TIMEOUT = 3, 100
"""Seconds. A full report takes the larger models more than a minute, without a byte before its end."""

THINKING_TOKENS = 8000
"""Room for what a model thinks before it answers: it counts towards the limit of the answer."""

MILLION = Decimal(1_000_000)

_REASONS = {
    "ThrottlingException": ("throttled", True),
    "TooManyRequestsException": ("throttled", True),
    "ServiceQuotaExceededException": ("throttled", True),
    "ModelTimeoutException": ("timeout", True),
    "ModelNotReadyException": ("unavailable", True),
    "ServiceUnavailableException": ("unavailable", True),
    "InternalServerException": ("unavailable", True),
    "ModelErrorException": ("unavailable", True),
    "ValidationException": ("invalid_request", False),
    "AccessDeniedException": ("access_denied", False),
    "ResourceNotFoundException": ("invalid_request", False),
}


@dataclass(frozen=True)
class ModelPrice:
    """US dollars for a million tokens (LLM-04: prices are data)."""

    input_per_mtok: Decimal
    output_per_mtok: Decimal

    def of(self, *, input_tokens: int, output_tokens: int) -> Decimal:
        """Cost of one call in US dollars, 6 places."""
        cost = (input_tokens * self.input_per_mtok + output_tokens * self.output_per_mtok) / MILLION
        return cost.quantize(Decimal("0.000001"))


@dataclass(frozen=True)
class Guardrail:
    """A managed guardrail and its version."""

    guardrail_id: str
    version: str


def client() -> "BedrockRuntimeClient":
    """A Converse client: short connection time-out, one quick second try for broken connections."""
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": 2},
    )
    return boto3.client("bedrock-runtime", config=config)


@dataclass(frozen=True)
class BedrockModel:
    """LanguageModel over Converse; every failure becomes a ModelError with a reason of the closed list."""

    client: "BedrockRuntimeClient"
    model_id: str
    price: ModelPrice
    tool_choice: Literal["auto", "forced"] = "auto"
    guardrail: Guardrail | None = None
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], float] = time.monotonic

    @property
    def guardrail_version(self) -> str | None:
        """``id:version`` of the guardrail in force."""
        return f"{self.guardrail.guardrail_id}:{self.guardrail.version}" if self.guardrail else None

    def ask(self, question: Question) -> ModelAnswer:
        """One answer, with retries where a later try may succeed; raises ModelError."""
        return self.patience.run(
            lambda: self._once(question), retryable=lambda error: isinstance(error, ModelError) and error.retryable
        )

    def _once(self, question: Question) -> ModelAnswer:
        started = self.clock()
        try:
            response: Mapping[str, Any] = self.client.converse(**self._request(question))
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            reason, retryable = _REASONS.get(code, ("unavailable", False))
            raise ModelError(f"the model call failed: {code}", retryable=retryable, reason=reason) from error
        except (ReadTimeoutError, ConnectTimeoutError) as error:
            raise ModelError("the model did not answer in time", retryable=True, reason="timeout") from error
        except HTTPClientError as error:
            raise ModelError("the model could not be reached", retryable=True, reason="unavailable") from error
        except BotoCoreError as error:
            message = f"the model request was not accepted: {type(error).__name__}"
            raise ModelError(message, retryable=False, reason="invalid_request") from error
        return self._answer(response, question, latency=self.clock() - started)

    def _request(self, question: Question) -> dict[str, Any]:
        tool = {
            "name": question.tool_name,
            "description": question.tool_description,
            "inputSchema": {"json": dict(question.schema)},
        }
        forced = self.tool_choice == "forced"
        limits: dict[str, Any] = {"maxTokens": question.max_tokens + (0 if forced else THINKING_TOKENS)}
        request: dict[str, Any] = {
            "modelId": self.model_id,
            "system": [{"text": question.system}],
            "messages": [{"role": "user", "content": _user_turn(question)}],
            "inferenceConfig": limits | ({"temperature": 0.0} if forced else {}),
            "toolConfig": {
                "tools": [{"toolSpec": tool}],
                "toolChoice": {"tool": {"name": question.tool_name}} if forced else {"auto": {}},
            },
        }
        if self.guardrail:
            request["guardrailConfig"] = {
                "guardrailIdentifier": self.guardrail.guardrail_id,
                "guardrailVersion": self.guardrail.version,
            }
        return request

    def _answer(self, response: Mapping[str, Any], question: Question, *, latency: float) -> ModelAnswer:
        stop = str(response.get("stopReason", ""))
        if stop in {"guardrail_intervened", "content_filtered"}:
            raise ModelError("the managed guardrail intervened", retryable=False, reason="guardrail")
        if stop == "max_tokens":
            raise ModelError("the answer was cut at the token limit", retryable=False, reason="truncated")
        blocks = response.get("output", {}).get("message", {}).get("content", [])
        uses = [block["toolUse"] for block in blocks if "toolUse" in block]
        value = next((use.get("input") for use in uses if use.get("name") == question.tool_name), None)
        usage = response.get("usage", {})
        tokens_in, tokens_out = int(usage.get("inputTokens", 0)), int(usage.get("outputTokens", 0))
        # A value of the wrong form is an answer, only a wrong one: the caller's repair turn shows it to the model.
        return ModelAnswer(
            value=value if isinstance(value, Mapping) else {},
            model_id=self.model_id,
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            latency_seconds=latency,
            stop_reason=stop,
            cost_usd=self.price.of(input_tokens=tokens_in, output_tokens=tokens_out),
        )


def _user_turn(question: Question) -> list[dict[str, Any]]:
    """The question; after a refused answer also that answer and why it was refused.

    All in one turn of the user: an earlier turn of the model would have to carry the thoughts it had,
    which are not kept.
    """
    turn: list[dict[str, Any]] = [{"text": question.prompt}]
    if question.refused is not None:
        value = json.dumps(dict(question.refused.value), default=str, sort_keys=True)
        turn.append({"text": f"You answered before:\n{value}\n\n{question.refused.reasons}"})
    return turn
