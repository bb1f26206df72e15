"""Amazon Bedrock's Converse API as the language model: one tool a call, its input is the answer.

No agent framework: structured output by a tool is about a hundred lines and starts three times faster. Older models are
forced to use the tool (``forced``, with temperature 0). Claude's 5.5 generation refuses a forced tool and sampling
parameters, and thinks before it answers: it is offered the one tool and told to answer by it (``auto``); prose instead
of the tool is a malformed answer, which the caller's repair turn handles.

One call is one request: neither botocore nor this adapter tries again. Who asks, how often, and on whose budget, is
decided in `model_chain`; a hidden second request would be one that nobody reserved money for.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.config import Config
from botocore.eventstream import ParserError
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    HTTPClientError,
    ReadTimeoutError,
)
from botocore.exceptions import ConnectionError as NotConnectedError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError as StreamError
from urllib3.exceptions import ReadTimeoutError as StreamTimeoutError

from advisor.adapters.converse_stream import TooLateError, TooLongError, collect
from advisor.adapters.converse_wire import answer_of, converse_request, model_error, refuse_stop
from advisor.adapters.managed_guardrail import Guardrail, OutputCheck
from advisor.domain.usage import Price, Usage
from advisor.ports.model import ModelAnswer, ModelError, Question

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

CONNECT_SECONDS, CALL_SECONDS, SILENT_SECONDS = 3, 100, 45
"""A full report takes the larger models more than a minute. A whole answer comes without a byte before its end; a
stream is never silent for long."""


@dataclass(frozen=True, kw_only=True)
class ModelLimits:
    """What may be sent and answered: bytes of a request and of an answer, tokens of an answer, seconds of a call."""

    request_bytes: int = 400_000
    answer_bytes: int = 1_000_000
    max_tokens: int = 16_000
    seconds: float = CALL_SECONDS


def client(*, streaming: bool) -> "BedrockRuntimeClient":
    """A client that asks once, and waits for a whole answer or gives up on a silent stream."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=SILENT_SECONDS if streaming else CALL_SECONDS,
        retries={"total_max_attempts": 1},
    )
    return boto3.client("bedrock-runtime", config=config)


@dataclass(frozen=True)
class BedrockModel:
    """PricedModel over Converse; every failure becomes a ModelError with a reason of the closed list."""

    client: "BedrockRuntimeClient"
    model_id: str
    price: Price
    tool_choice: Literal["auto", "forced"] = "auto"
    guardrail: Guardrail | None = None
    check: OutputCheck | None = None
    streaming: bool = False
    limits: ModelLimits = ModelLimits()
    clock: Callable[[], float] = time.monotonic

    @property
    def guardrail_version(self) -> str | None:
        """``id:version`` of the guardrail in force."""
        return f"{self.guardrail.guardrail_id}:{self.guardrail.version}" if self.guardrail else None

    def worst_cost(self, question: Question) -> Decimal:
        """See PricedModel."""
        request = self._request(question)
        size = len(json.dumps(request, ensure_ascii=False).encode())
        if size > self.limits.request_bytes:
            message = f"the question has {size} bytes, the model takes {self.limits.request_bytes}"
            raise ModelError(message, retryable=False, reason="too_large")
        asked = self.price.worst(request_bytes=size, max_tokens=request["inferenceConfig"]["maxTokens"])
        return asked + (self.check.worst_cost if self.check else 0)

    def ask(self, question: Question) -> ModelAnswer:
        """One answer of one request, judged by the guardrail where there is a check; raises ModelError."""
        answer = self._asked(question)
        return self.check.passed(answer) if self.check else answer

    def _asked(self, question: Question) -> ModelAnswer:
        started, request = self.clock(), self._request(question)
        try:
            if self.streaming:
                return self._streamed(request, question, started=started)
            response: Mapping[str, Any] = self.client.converse(**request)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            raise model_error(code, latency=self.clock() - started, streaming=code[:1].islower()) from error
        except TooLongError as error:
            raise _lost("the answer is too long", "too_large", retryable=False) from error
        except (ReadTimeoutError, StreamTimeoutError, TooLateError) as error:
            raise _lost("the model did not answer in time", "timeout") from error
        except ConnectTimeoutError as error:
            raise ModelError("the model could not be reached", retryable=True, reason="timeout") from error
        except NotConnectedError as error:
            raise ModelError("the model could not be reached", retryable=True, reason="unavailable") from error
        except (HTTPClientError, StreamError, ParserError, ResponseParserError, UnicodeDecodeError) as error:
            raise _lost("the answer was lost or could not be read", "unavailable") from error
        except BotoCoreError as error:
            message = f"the model request was not accepted: {type(error).__name__}"
            raise ModelError(message, retryable=False, reason="invalid_request") from error
        self._refuse_length(response)
        return self._answer(response, question, latency=self.clock() - started)

    def _streamed(self, request: Mapping[str, Any], question: Question, *, started: float) -> ModelAnswer:
        stream = self.client.converse_stream(**request)["stream"]
        try:
            collected = collect(
                stream,
                most_bytes=self.limits.answer_bytes,
                until=started + self.limits.seconds,
                clock=self.clock,
            )
        finally:
            stream.close()
        first = None if collected.first_word_at is None else collected.first_word_at - started
        return self._answer(collected.response, question, latency=self.clock() - started, first_word=first)

    def _request(self, question: Question) -> dict[str, Any]:
        request = converse_request(
            question, model_id=self.model_id, tool_choice=self.tool_choice, max_tokens=self.limits.max_tokens
        )
        if self.guardrail:
            request["guardrailConfig"] = {
                "guardrailIdentifier": self.guardrail.guardrail_id,
                "guardrailVersion": self.guardrail.version,
                "trace": "enabled",
                # In step with the guardrail: no part of an answer arrives before it was judged.
                **({"streamProcessingMode": "sync"} if self.streaming else {}),
            }
        return request

    def _refuse_length(self, response: Mapping[str, Any]) -> None:
        """A whole answer is read before it can be measured; it is not looked at when it is too long."""
        headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        if int(headers.get("content-length", 0)) > self.limits.answer_bytes:
            raise _lost("the answer is too long", "too_large", retryable=False)

    def _answer(
        self, response: Mapping[str, Any], question: Question, *, latency: float, first_word: float | None = None
    ) -> ModelAnswer:
        counted, stop = response.get("usage"), str(response.get("stopReason", ""))
        if not isinstance(counted, Mapping) or not stop:
            raise _lost("the answer has no end", "unavailable")
        tokens_in, tokens_out = int(counted.get("inputTokens", 0)), int(counted.get("outputTokens", 0))
        usage = Usage(
            1, tokens_in, tokens_out, latency, self.price.of(input_tokens=tokens_in, output_tokens=tokens_out)
        )
        refuse_stop(stop, response, usage)
        # A value of the wrong form is an answer, only a wrong one: the caller's repair turn shows it to the model.
        value, problem = answer_of(response, question.tool_name)
        return ModelAnswer(
            value=value,
            model_id=answered_by(response, asked=self.model_id),
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            latency_seconds=latency,
            stop_reason=stop,
            cost_usd=usage.cost_usd,
            problem=problem,
            first_word_seconds=first_word,
        )


def _lost(message: str, reason: str, *, retryable: bool = True) -> ModelError:
    """The error of an answer that was made, at least in part, and whose cost nobody knows."""
    return ModelError(message, retryable=retryable, reason=reason, usage=None)


def answered_by(response: Mapping[str, Any], *, asked: str) -> str:
    """The model that answered: behind a prompt router another than the one that was asked (XAI-04).

    The local analyst names itself there, so that no record of a simulated answer looks like a model's.
    """
    routed = (response.get("trace") or {}).get("promptRouter") or {}
    return str(routed.get("invokedModelId") or asked)
