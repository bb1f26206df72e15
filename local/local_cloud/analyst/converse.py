"""Bedrock's Converse protocol around the analyst's rules: one request in, one response (or error) out."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from local_cloud.analyst import charts, classify, report, retirement
from local_cloud.analyst.faults import FaultPlan

LABEL = "Simulated analyst"
SIMULATED = "simulated"
CHARACTERS_PER_TOKEN = 4
"""Rough, as the domain's estimate: the usage figures of local runs are estimates, and so is their cost."""

SLOW_MS, HUGE_CHARACTERS = 11_000, 10_000_000
"""Slower than the platform's breakers allow, and longer than its answers may be."""

BLOCKED = {
    "inputAssessment": {
        "local": {"topicPolicy": {"topics": [{"name": "Planned-by-a-fault", "type": "DENY", "action": "BLOCKED"}]}}
    }
}

_DATA = re.compile(r"<data>\n(.*?)\n</data>", re.DOTALL)

TOOLS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "classify_instrument": classify.answer,
    "write_report": report.answer,
    "choose_charts": charts.answer,
    "explain_retirement": retirement.answer,
}


class AnalystError(Exception):
    """An error as the service would report it: HTTP ``status``, AWS error ``code``, message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def respond(model_id: str, request: Mapping[str, Any], *, fault: FaultPlan | None = None) -> dict[str, Any]:
    """The Converse response (output, stopReason, usage, metrics, trace) to a Converse request body.

    The answer names who gave it where Bedrock names the model behind a prompt router, so that what is recorded of it
    never looks like the model's. The same request always gets the same answer, unless the fault plan has a failure for
    its tool. Raises AnalystError for planned failures and for requests the service would refuse (400).
    """
    if not model_id:
        raise AnalystError(400, "ValidationException", "a model id is needed in the path")
    answer = _answered(request, fault)
    named = {"promptRouter": {"invokedModelId": f"{SIMULATED}:{model_id}"}}
    return answer | {"trace": answer.get("trace", {}) | named}


def _answered(request: Mapping[str, Any], fault: FaultPlan | None) -> dict[str, Any]:
    """The answer without the word who gave it."""
    tool = _forced_tool(request)
    planned = fault.take(tool or "") if fault else None
    if planned == "throttle":
        raise AnalystError(429, "ThrottlingException", "Too many requests, please wait before trying again.")
    if planned == "timeout":
        raise AnalystError(408, "ModelTimeoutException", "The model took too long to respond.")
    if planned == "guardrail":
        blocked = _response(request, [{"text": "The request was blocked."}], "guardrail_intervened")
        return blocked | {"trace": {"guardrail": BLOCKED}}
    if planned == "prose":
        return _response(request, [{"text": f"{LABEL}: here are some thoughts instead."}], "end_turn")
    if tool is None:
        text = f"{LABEL}: only questions with one forced tool are answered here ({', '.join(sorted(TOOLS))})."
        return _response(request, [{"text": text}], "end_turn")
    value = _planned_value(planned) or _value(tool, request)
    use_id = "tooluse_" + hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()[:22]
    name = "another_tool" if planned == "loop" else tool
    answer = _response(request, [{"toolUse": {"toolUseId": use_id, "name": name, "input": value}}], "tool_use")
    return answer | {"metrics": {"latencyMs": SLOW_MS}} if planned == "slow" else answer


def _planned_value(planned: str | None) -> dict[str, Any] | None:
    """What stands in the tool's input instead of an answer; None for an honest one."""
    if planned == "rubbish":
        return {"unexpected": ["rubbish", None, 42]}
    return {"rationale": "x" * HUGE_CHARACTERS} if planned == "huge" else None


def _forced_tool(request: Mapping[str, Any]) -> str | None:
    """Name of the tool the request forces (or the only one it offers); None without tools."""
    if not isinstance(request.get("messages"), list) or not request["messages"]:
        raise AnalystError(400, "ValidationException", "messages: at least one message is needed")
    config = request.get("toolConfig") or {}
    names = [tool.get("toolSpec", {}).get("name") for tool in config.get("tools", [])]
    forced = (config.get("toolChoice") or {}).get("tool", {}).get("name")
    name = forced or (names[0] if len(names) == 1 else None)
    if name is None:
        return None
    if name not in names:
        raise AnalystError(400, "ValidationException", f"toolChoice: the tool {name!r} is not in tools")
    return str(name)


def _value(tool: str, request: Mapping[str, Any]) -> dict[str, Any]:
    if tool not in TOOLS:
        known = ", ".join(sorted(TOOLS))
        raise AnalystError(400, "ValidationException", f"the simulated analyst knows no tool {tool!r}; known: {known}")
    blocks = _DATA.findall(_first_text(request))
    if len(blocks) != 1:
        raise AnalystError(400, "ValidationException", f"expected one <data> block in the message, found {len(blocks)}")
    try:
        data = json.loads(blocks[0])
        return TOOLS[tool](data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"the <data> block is not what {tool} needs: {type(error).__name__}: {error}"
        raise AnalystError(400, "ValidationException", message) from error


def _first_text(request: Mapping[str, Any]) -> str:
    content = request["messages"][0].get("content", [])
    return "\n".join(block["text"] for block in content if "text" in block)


def _response(request: Mapping[str, Any], content: list[dict[str, Any]], stop: str) -> dict[str, Any]:
    tokens_in = (
        _tokens(request.get("system", [])) + _tokens(request["messages"]) + _tokens(request.get("toolConfig", {}))
    )
    tokens_out = _tokens(content)
    usage = {"inputTokens": tokens_in, "outputTokens": tokens_out, "totalTokens": tokens_in + tokens_out}
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop,
        "usage": usage,
        "metrics": {"latencyMs": 1},
    }


def _tokens(part: object) -> int:
    return max(1, len(json.dumps(part, default=str)) // CHARACTERS_PER_TOKEN)
