"""Who may see and change whose records: the owner, their adviser, and compliance for reading (AUTH-04, IAM-11)."""

from typing import Literal

from advisor.domain.errors import NotPermittedError
from advisor.handlers.api.operations import Call, Caller

COMPLIANCE = "compliance"
Purpose = Literal["read", "write"]


def entitled(caller: Caller, *, owner_id: str, advisor_id: str | None, purpose: Purpose) -> bool:
    """The rule."""
    if caller.user_id in {owner_id, advisor_id}:
        return True
    return purpose == "read" and COMPLIANCE in caller.roles


def require(call: Call, *, owner_id: str, advisor_id: str | None, purpose: Purpose, resource: str) -> None:
    """Raises NotPermittedError, and says so in the log, unless the caller is entitled."""
    if not entitled(call.caller, owner_id=owner_id, advisor_id=advisor_id, purpose=purpose):
        call.services.telemetry.event("ACCESS_DENIED", agent="api", warning=True, resource=resource, purpose=purpose)
        raise NotPermittedError()
