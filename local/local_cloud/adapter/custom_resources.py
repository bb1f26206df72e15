"""Decision: a custom resource whose function fails is failed at once, with the function's own error.

CloudFormation waits up to an hour for an answer that a crashed function never sends. Locally the error is known
the moment the invocation ends, so it is delivered as the answer; nothing else of the protocol changes.
"""

from __future__ import annotations

from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource


def install() -> None:
    """Watch the invocations that carry a ResponseURL, and answer for the functions that failed."""
    execute = lambda_svc._execute_function_with_config_scope

    def watched(func: dict[str, Any], event: Any) -> Any:
        result = execute(func, event)
        if isinstance(event, dict) and "ResponseURL" in event and isinstance(result, dict) and result.get("error"):
            failure = result.get("body")
            details = failure if isinstance(failure, dict) else {"errorMessage": str(failure)}
            name = (func.get("config") or func).get("FunctionName", "the function")
            reason = f"{name} failed: {details.get('errorType', 'Error')}: {details.get('errorMessage', '')}"
            answer = {"Status": "FAILED", "Reason": reason, "PhysicalResourceId": event.get("PhysicalResourceId")}
            custom_resource.deliver_response(event["ResponseURL"].rsplit("/", 1)[-1], answer)
        return result

    lambda_svc._execute_function_with_config_scope = watched
