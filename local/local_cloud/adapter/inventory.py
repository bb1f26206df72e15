"""Decision: what is deployed is read from the emulator's own stack records, not from what we think we deployed."""

from __future__ import annotations

from typing import Any

from ministack.services import cloudformation

from local_cloud.adapter.resources import LEDGER


def deployed_resources() -> list[dict[str, Any]]:
    """Every resource of every live stack but CDK's own: stack, logical_id, type, physical_id, and recorded.

    `recorded` says that the resource is in the ledger only, and nothing stands behind it.
    """
    recorded = LEDGER.entries()
    return [
        {
            "stack": stack["StackName"],
            "logical_id": logical_id,
            "type": resource.get("ResourceType", ""),
            "physical_id": resource.get("PhysicalResourceId", ""),
            "recorded": resource.get("PhysicalResourceId", "") in recorded,
        }
        for stack in list(cloudformation._stacks._data.values())
        if _is_live(stack)
        for logical_id, resource in stack.get("_resources", {}).items()
    ]


def _is_live(stack: dict[str, Any]) -> bool:
    return not str(stack.get("StackStatus", "")).startswith("DELETE") and stack["StackName"] != "CDKToolkit"
