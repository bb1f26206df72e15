"""A language model that answers by filling one tool's schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol


class ModelError(Exception):
    """The model gave no usable answer; ``retryable`` tells whether a later try may succeed.

    ``reason`` is one of REASONS, a closed list, so that it can be counted and shown.
    """

    REASONS = (
        "throttled",
        "timeout",
        "unavailable",
        "invalid_request",
        "access_denied",
        "guardrail",
        "malformed",
        "truncated",
    )

    def __init__(self, message: str, *, retryable: bool, reason: str) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.reason = reason


@dataclass(frozen=True)
class ModelAnswer:
    """What the model put into the tool, and what it cost (tokens; seconds of latency; US dollars)."""

    value: Mapping[str, Any]
    model_id: str
    input_tokens: int
    output_tokens: int
    latency_seconds: float
    stop_reason: str
    cost_usd: Decimal = Decimal(0)


@dataclass(frozen=True)
class Refused:
    """An answer that was not accepted, and why: the model's next turn is to correct it."""

    value: Mapping[str, Any]
    reasons: str


@dataclass(frozen=True)
class Question:
    """System text, instructions and the one tool whose input is the answer (JSON schema)."""

    system: str
    prompt: str
    tool_name: str
    tool_description: str
    schema: Mapping[str, Any]
    prompt_version: str
    refused: Refused | None = None
    max_tokens: int = 4096


class LanguageModel(Protocol):
    """Converse behind a port; raises ModelError."""

    @property
    def model_id(self) -> str:
        """The model (or inference profile) that is asked, for the audit trail."""
        ...

    @property
    def guardrail_version(self) -> str | None:
        """``id:version`` of the managed guardrail in force, for the audit trail; None without one."""
        ...

    def ask(self, question: Question) -> ModelAnswer: ...
