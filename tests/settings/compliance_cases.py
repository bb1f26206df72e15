"""Settings of the audit baseline that break a rule, by the rule's path."""

from typing import Any

LEFT_OUT = {"owner": "security", "expires": "2999-01-01", "reason": "Nobody would believe this to be a good idea."}

COMPLIANCE_CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "singletons.left_out": ("staging", {"singletons": {"macie": "leave"}}),
    **{
        f"singletons.{name}": ("prod", {"singletons": {name: "leave", "left_out": {name: LEFT_OUT}}})
        for name in ("trail", "config_recorder", "security_hub", "guardduty")
    },
    "compliance.finding_regions": ("prod", {"compliance": {"finding_regions": ["us-east-1"]}}),
    "compliance.data_events": ("prod", {"compliance": {"data_events": False}}),
    "compliance.quarantine": ("dev", {"compliance": {"quarantine": True}, "singletons": {"guardduty": "leave"}}),
}
