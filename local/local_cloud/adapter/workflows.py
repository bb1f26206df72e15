"""Decision: a step that waits for a person waits as long in the local cloud as in AWS, and fails as it would there.

Two gaps of ministack's callback tasks are closed: `TimeoutSeconds` as an expression is not evaluated (any wait with
one would end in a type error), and a function that fails before it has handed the token on is ignored (the step would
wait its whole time, where AWS tries again at once).
"""

from __future__ import annotations

import contextvars
from typing import Any

from ministack.services import stepfunctions

_calling_back: contextvars.ContextVar[bool] = contextvars.ContextVar("calling_back", default=False)


class _FunctionFailedError(Exception):
    """Carries the error of a callback's function past the handler that swallows it."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def install() -> None:
    """Wrap the callback task, the call of its function, and the task's time limit."""
    execute, call_back = stepfunctions._execute_task, stepfunctions._invoke_with_callback
    call = stepfunctions._call_lambda

    def execute_task(state_def: dict[str, Any], raw_input: Any, execution: Any, ctx: dict[str, Any]) -> Any:
        return execute(_with_seconds(state_def, raw_input, ctx), raw_input, execution, ctx)

    def invoke_with_callback(resource: str, input_data: Any, token: str, state_def: dict[str, Any]) -> Any:
        mark = _calling_back.set(True)
        try:
            return call_back(resource, input_data, token, state_def)
        except _FunctionFailedError as failed:
            stepfunctions._task_tokens.pop(token, None)
            raise failed.error from None
        finally:
            _calling_back.reset(mark)

    def call_lambda(func_ref: Any, event: Any) -> Any:
        try:
            return call(func_ref, event)
        except stepfunctions._ExecutionError as error:
            if _calling_back.get():
                raise _FunctionFailedError(error) from error
            raise

    stepfunctions._execute_task = execute_task
    stepfunctions._invoke_with_callback = invoke_with_callback
    stepfunctions._call_lambda = call_lambda


def _with_seconds(state_def: dict[str, Any], raw_input: Any, ctx: dict[str, Any]) -> dict[str, Any]:
    """The state with its time limit as the number that its expression gives."""
    if not isinstance(state_def.get("TimeoutSeconds"), str):
        return state_def
    seconds = stepfunctions._jsonata_state_field(state_def, "TimeoutSeconds", "number", raw_input, ctx)
    return {**state_def, "TimeoutSeconds": seconds}
