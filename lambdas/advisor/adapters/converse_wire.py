"""The words of Bedrock's Converse: what is sent, what a response's stop and content mean, and what each error is."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from advisor.domain.usage import Usage
from advisor.ports.model import ModelError, Question

THINKING_TOKENS = 8000
"""Room for what a model thinks before it answers: it counts towards the limit of the answer."""

SHOWN_CHARACTERS = 40_000
"""The most of a refused answer that is shown again: a whole report, and not what a model that ran away wrote."""

REASONS = {
    "ThrottlingException": ("throttled", True),
    "TooManyRequestsException": ("throttled", True),
    "ServiceQuotaExceededException": ("throttled", True),
    "ModelTimeoutException": ("timeout", True),
    "ModelNotReadyException": ("unavailable", True),
    "ServiceUnavailableException": ("unavailable", True),
    "InternalServerException": ("unavailable", True),
    "ModelErrorException": ("unavailable", True),
    "ModelStreamErrorException": ("unavailable", True),
    "ValidationException": ("invalid_request", False),
    "ResourceNotFoundException": ("unavailable", False),
    "AccessDeniedException": ("access_denied", False),
}
"""Reason and whether a later try may succeed, by error code. Any other code fails at once, as unavailable."""

BILLED_UNKNOWN = frozenset({"ModelTimeoutException", "ModelErrorException", "ModelStreamErrorException"})
"""Errors after which a part of the answer may have been made, and billed."""


def model_error(code: str, *, latency: float, streaming: bool) -> ModelError:
    """The error of a code; a stream's codes begin with a small letter (``throttlingException``)."""
    known = code[:1].upper() + code[1:]
    reason, retryable = REASONS.get(known, ("unavailable", False))
    unknown = known in BILLED_UNKNOWN or streaming
    usage = None if unknown else Usage(calls=1, latency_seconds=latency)
    return ModelError(f"the model call failed: {known}", retryable=retryable, reason=reason, usage=usage)


def converse_request(
    question: Question, *, model_id: str, tool_choice: Literal["auto", "forced"], max_tokens: int
) -> dict[str, Any]:
    """The request without its guardrail; never more output than ``max_tokens``, the most that the model may write."""
    tool = {
        "name": question.tool_name,
        "description": question.tool_description,
        "inputSchema": {"json": dict(question.schema)},
    }
    forced = tool_choice == "forced"
    wanted = question.max_tokens + (0 if forced else THINKING_TOKENS)
    limits: dict[str, Any] = {"maxTokens": min(wanted, max_tokens)}
    return {
        "modelId": model_id,
        "system": [{"text": question.system}],
        "messages": [{"role": "user", "content": _user_turn(question)}],
        "inferenceConfig": limits | ({"temperature": 0.0} if forced else {}),
        "toolConfig": {
            "tools": [{"toolSpec": tool}],
            "toolChoice": {"tool": {"name": question.tool_name}} if forced else {"auto": {}},
        },
    }


def _user_turn(question: Question) -> list[dict[str, Any]]:
    """The question; after a refused answer also that answer and why it was refused.

    All in one turn of the user: an earlier turn of the model would have to carry the thoughts it had,
    which are not kept.
    """
    turn: list[dict[str, Any]] = [{"text": question.prompt}]
    if question.refused is not None:
        value = json.dumps(dict(question.refused.value), default=str, sort_keys=True)
        if len(value) > SHOWN_CHARACTERS:
            value = f"{value[:SHOWN_CHARACTERS]} ... (cut: {len(value)} characters)"
        turn.append({"text": f"You answered before:\n{value}\n\n{question.refused.reasons}"})
    return turn


def refuse_stop(stop: str, response: Mapping[str, Any], usage: Usage) -> None:
    """Raise ModelError where the model was stopped before it could answer."""
    if stop in {"guardrail_intervened", "content_filtered"}:
        rules = guardrail_rules(response.get("trace", {}))
        message = "the managed guardrail intervened"
        raise ModelError(message, retryable=False, reason="guardrail", usage=usage, rules=rules)
    if stop == "max_tokens":
        raise ModelError("the answer was cut at the token limit", retryable=False, reason="truncated", usage=usage)
    if stop == "model_context_window_exceeded":
        message = "the question does not fit the model"
        raise ModelError(message, retryable=False, reason="too_large", usage=usage)


def answer_of(response: Mapping[str, Any], tool: str) -> tuple[Mapping[str, Any], str]:
    """The tool's input and "", or an empty one and what the model did instead, told so that it can correct it."""
    content = (response.get("output") or {}).get("message", {}).get("content") or []
    uses = [block["toolUse"] for block in content if isinstance(block, Mapping) and "toolUse" in block]
    stop = str(response.get("stopReason", ""))
    if stop.startswith("malformed"):
        return {}, f"The call of {tool} could not be read ({stop})."
    if not uses:
        return {}, f"You wrote text and did not call {tool}."
    if [use.get("name") for use in uses] != [tool]:
        called = ", ".join(str(use.get("name"))[:64] for use in uses[:5])
        return {}, f"You called {called}; call {tool}, once."
    value = uses[0].get("input")
    return (value, "") if isinstance(value, Mapping) else ({}, f"The input of {tool} is not a JSON object.")


def guardrail_rules(trace: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the rules that a guardrail's trace shows to have acted, never the words it acted on."""
    return rules_of(_assessments(trace.get("guardrail") or {}))


def rules_of(assessments: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The same of a guardrail's assessments."""
    found: set[str] = set()
    for assessment in assessments:
        for policy, lists in assessment.items():
            for hits in lists.values() if isinstance(lists, Mapping) else ():
                found |= {_rule(policy, hit) for hit in hits if _acted(hit)} if isinstance(hits, list) else set()
    return tuple(sorted(found))


def _assessments(guardrail: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """One for the input, several for the output, each by the guardrail's id."""
    inputs = list((guardrail.get("inputAssessment") or {}).values())
    outputs = [one for several in (guardrail.get("outputAssessments") or {}).values() for one in several]
    return [one for one in (*inputs, *outputs) if isinstance(one, Mapping)]


def _acted(hit: Any) -> bool:
    return isinstance(hit, Mapping) and hit.get("action") not in {None, "NONE"}


def _rule(policy: str, hit: Mapping[str, Any]) -> str:
    return f"{policy.removesuffix('Policy')}:{hit.get('name') or hit.get('type') or 'match'}"
