"""Bedrock's ApplyGuardrail around the fault plan: the analyst's own texts pass, planned verdicts do not.

No filter runs here: what a managed guardrail finds in a text can only be learnt from the service. What runs is
everything around it, with the service's shapes, units and errors.
"""

from collections.abc import Mapping
from typing import Any

from local_cloud.analyst.converse import AnalystError
from local_cloud.analyst.faults import VERDICT_FAULTS, FaultPlan

UNIT_CHARACTERS, MOST_UNITS = 1000, 25
"""Text units are billed by the thousand characters; a request with more than an account's quota is throttled."""

REFUSAL = "The text was blocked."
PLANNED = {"topicPolicy": {"topics": [{"name": "Planned-by-a-fault", "type": "DENY", "action": "BLOCKED"}]}}


def judge(request: Mapping[str, Any], *, fault: FaultPlan | None = None) -> dict[str, Any]:
    """The response to an ApplyGuardrail request body; raises AnalystError for what the service would refuse."""
    content = request.get("content")
    if request.get("source") not in {"INPUT", "OUTPUT"} or not isinstance(content, list) or not content:
        raise AnalystError(400, "ValidationException", "source is INPUT or OUTPUT, content a list of blocks")
    texts = [str(block["text"]["text"]) for block in content if isinstance(block, Mapping) and "text" in block]
    characters = sum(map(len, texts))
    units = -(-characters // UNIT_CHARACTERS)
    if units > MOST_UNITS:
        raise AnalystError(429, "ThrottlingException", f"{units} text units are over the quota of {MOST_UNITS}")
    planned = fault.take("*", of=VERDICT_FAULTS) if fault else None
    if planned == "guardrail_away":
        raise AnalystError(429, "ThrottlingException", "Too many requests, please wait before trying again.")
    stopped = planned == "guardrail_output"
    return {
        "usage": {
            "topicPolicyUnits": units,
            "contentPolicyUnits": units,
            "wordPolicyUnits": units,
            "sensitiveInformationPolicyUnits": units,
            "sensitiveInformationPolicyFreeUnits": 0,
            "contextualGroundingPolicyUnits": 0,
        },
        "action": "GUARDRAIL_INTERVENED" if stopped else "NONE",
        "actionReason": "Guardrail blocked." if stopped else "No action.",
        "outputs": [{"text": REFUSAL}] if stopped else [],
        "assessments": [PLANNED if stopped else {}],
        "guardrailCoverage": {"textCharacters": {"guarded": characters, "total": characters}},
    }
