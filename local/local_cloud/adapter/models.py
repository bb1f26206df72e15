"""Decision: Bedrock's Converse is answered in-process by the local analyst, never by a fixed mock string.

ministack still authenticates, authorises and validates the request; only the answer is ours. The analyst is
deterministic and its texts say that they are simulated. A fault plan, set through the control route, makes the
next calls fail as Bedrock fails: throttled, timed out, stopped by a guardrail, or answered with rubbish.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from typing import Any

from ministack import app
from ministack.core.responses import get_region
from ministack.services import bedrock_runtime

from local_cloud.adapter.access import guardrail_of
from local_cloud.analyst import AnalystError, FaultPlan, respond

_log = logging.getLogger("alex.models")


class Faults:
    """The fault plan in force; `replace` takes the control route's list of {"tool", "fault", "times"}."""

    def __init__(self) -> None:
        self.plan = FaultPlan()

    def replace(self, entries: list[Mapping[str, Any]]) -> None:
        """Put a new plan in force; an empty list ends all faults. Raises ValueError for an unknown fault."""
        self.plan = FaultPlan.from_dict(entries)


def install(faults: Faults) -> None:
    """Replace ministack's Converse by the analyst, with `faults` in front of it."""
    validate, error = bedrock_runtime._validate_converse_request, bedrock_runtime._error

    def converse(model_id: str, headers: Any, body: bytes) -> Any:
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
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    bedrock_runtime._converse = converse


def _may_not_use_guardrail(headers: Any, body: bytes) -> Any:
    """As in AWS, a request with a guardrail needs `bedrock:ApplyGuardrail` on it; the refusal, or None."""
    guardrail = guardrail_of(body, region=get_region())
    if guardrail is None:
        return None
    arn = guardrail.rsplit(":", 1)[0] if guardrail.rsplit("/", 1)[-1].count(":") else guardrail
    action, request_id = "bedrock:ApplyGuardrail", str(uuid.uuid4())
    return app._enforce_data_plane("bedrock-runtime", action, headers, {}, request_id, resource_arn=arn)
