"""Decision: Bedrock's Converse and ConverseStream are answered in-process by the local analyst, never by a
fixed mock string.

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
from local_cloud.analyst import AnalystError, FaultPlan, events, respond

_log = logging.getLogger("alex.models")


class Faults:
    """The fault plan in force; `replace` takes the control route's list of {"tool", "fault", "times"}."""

    def __init__(self) -> None:
        self.plan = FaultPlan()

    def replace(self, entries: list[Mapping[str, Any]]) -> None:
        """Put a new plan in force; an empty list ends all faults. Raises ValueError for an unknown fault."""
        self.plan = FaultPlan.from_dict(entries)


def install(faults: Faults) -> None:
    """Replace ministack's Converse and ConverseStream by the analyst, with `faults` in front of it."""
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

    bedrock_runtime._converse = converse
    bedrock_runtime._converse_stream = converse_stream


def _may_not_use_guardrail(headers: Any, body: bytes) -> Any:
    """As in AWS, a request with a guardrail needs `bedrock:ApplyGuardrail` on it; the refusal, or None."""
    guardrail = guardrail_of(body, region=get_region())
    if guardrail is None:
        return None
    arn = guardrail.rsplit(":", 1)[0] if guardrail.rsplit("/", 1)[-1].count(":") else guardrail
    action, request_id = "bedrock:ApplyGuardrail", str(uuid.uuid4())
    return app._enforce_data_plane("bedrock-runtime", action, headers, {}, request_id, resource_arn=arn)
