"""Decision: Bedrock's Converse, ConverseStream and ApplyGuardrail are answered in-process by the local analyst, never
by a fixed mock string.

ministack still authenticates, authorises and validates the request; only the answer is ours. The analyst is
deterministic and its texts say that they are simulated. A fault plan, set through the control route, makes the
next calls fail as models fail: throttled, timed out, stopped by a guardrail, slow, endless, or answered with rubbish.
An answer takes as long as its ``latencyMs`` says: ministack calls these functions in threads of their own.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Mapping
from typing import Any

from ministack import app
from ministack.core.responses import get_region
from ministack.services import bedrock_runtime

from local_cloud.adapter.access import guardrail_of
from local_cloud.adapter.resources import LEDGER
from local_cloud.analyst import AnalystError, FaultPlan, events, judge, respond

_log = logging.getLogger("alex.models")


class Faults:
    """The fault plan in force; `replace` takes the control route's list of {"tool", "fault", "times"}."""

    def __init__(self) -> None:
        self.plan = FaultPlan()

    def replace(self, entries: list[Mapping[str, Any]]) -> None:
        """Put a new plan in force; an empty list ends all faults. Raises ValueError for an unknown fault."""
        self.plan = FaultPlan.from_dict(entries)


def install(faults: Faults) -> None:
    """Replace ministack's Converse, ConverseStream and ApplyGuardrail by the analyst, with `faults` in front of it."""
    validate, error = bedrock_runtime._validate_converse_request, bedrock_runtime._error
    encode = bedrock_runtime._es_event

    def answered(model_id: str, headers: Any, body: bytes) -> Any:
        """The analyst's response, or ministack's error: a tuple."""
        try:
            request = json.loads(body or b"{}")
        except json.JSONDecodeError:
            return error("ValidationException", "Body is not valid JSON.", 400)
        if refused := validate(request):
            return refused
        if refused := _may_not_use_guardrail(headers, body):
            return refused
        try:
            answer = respond(model_id, request, fault=faults.plan)
        except AnalystError as failure:
            _log.warning("Converse %s answered %s: %s", model_id, failure.code, failure)
            return error(failure.code, str(failure), failure.status)
        time.sleep(answer["metrics"]["latencyMs"] / 1000)
        return answer

    def converse(model_id: str, headers: Any, body: bytes) -> Any:
        answer = answered(model_id, headers, body)
        if isinstance(answer, tuple):
            return answer
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    def converse_stream(model_id: str, headers: Any, body: bytes) -> Any:
        answer = answered(model_id, headers, body)
        if isinstance(answer, tuple):
            return answer
        frames = b"".join(encode(kind, payload) for kind, payload in events(answer))
        return 200, {"Content-Type": "application/vnd.amazon.eventstream"}, frames

    def apply_guardrail(guardrail_id: str, _version: str, body: bytes) -> Any:
        if not _recorded(guardrail_id):
            return error("ResourceNotFoundException", f"Guardrail {guardrail_id} does not exist.", 404)
        try:
            verdict = judge(json.loads(body or b"{}"), fault=faults.plan)
        except json.JSONDecodeError:
            return error("ValidationException", "Body is not valid JSON.", 400)
        except AnalystError as failure:
            return error(failure.code, str(failure), failure.status)
        return 200, {"Content-Type": "application/json"}, json.dumps(verdict).encode()

    bedrock_runtime._apply_guardrail = apply_guardrail
    bedrock_runtime._converse = converse
    bedrock_runtime._converse_stream = converse_stream


def _recorded(guardrail_id: str) -> bool:
    """A template has such a guardrail, by its id or ARN."""
    guardrails = {name for name, one in LEDGER.entries().items() if one["type"] == "AWS::Bedrock::Guardrail"}
    return any(guardrail_id in {name, name.rsplit("/", 1)[-1]} for name in guardrails)


def _may_not_use_guardrail(headers: Any, body: bytes) -> Any:
    """As in AWS, a request with a guardrail needs `bedrock:ApplyGuardrail` on it; the refusal, or None."""
    guardrail = guardrail_of(body, region=get_region())
    if guardrail is None:
        return None
    arn = guardrail.rsplit(":", 1)[0] if guardrail.rsplit("/", 1)[-1].count(":") else guardrail
    action, request_id = "bedrock:ApplyGuardrail", str(uuid.uuid4())
    return app._enforce_data_plane("bedrock-runtime", action, headers, {}, request_id, resource_arn=arn)
