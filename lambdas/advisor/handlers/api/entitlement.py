"""The entitlement of a request: `advisor.domain.entitlement` decides, a refusal is logged and answered with 403."""

from advisor.domain.entitlement import Act, Content, Owner, entitled
from advisor.domain.errors import NotPermittedError
from advisor.handlers.api.operations import Call


def require(call: Call, act: Act, content: Content, owner: Owner, *, resource: str) -> None:
    """Raises NotPermittedError, and says so in the log, unless the caller is entitled."""
    if not entitled(call.caller, act, content, owner):
        call.services.telemetry.event("ACCESS_DENIED", agent="api", warning=True, resource=resource, purpose=act.value)
        raise NotPermittedError()
