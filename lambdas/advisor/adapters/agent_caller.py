"""Invoking an agent's function and waiting for its answer.

No client-side retry of an invocation: after a time-out the agent may still be at work, and a second one would cost the
same again. Tried again (2 to 10 seconds, AGENT-12) is only what certainly did not run, a refusal for lack of capacity,
and what the agent itself reports as temporary; agents are idempotent.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from advisor.adapters.patience import Patience
from advisor.ports.work import AgentFailedError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

READ_TIMEOUT = 310
"""Seconds: a little longer than an agent may run, so that its own time-out is what is reported."""

TEMPORARY = frozenset({"TooManyRequestsException", "UnavailableError", "ServiceException", "ResourceNotReadyException"})


def client() -> "LambdaClient":
    """A client that waits as long as an agent may take and never sends an invocation twice."""
    config = Config(connect_timeout=3, read_timeout=READ_TIMEOUT, retries={"mode": "standard", "total_max_attempts": 1})
    return boto3.client("lambda", config=config)


@dataclass(frozen=True)
class LambdaAgentCaller:
    """AgentCaller by synchronous invocation; ``functions`` maps agent names to function ARNs.

    ``carried`` is what every request carries beside its payload: the trace it belongs to.
    """

    client: "LambdaClient"
    functions: Mapping[str, str]
    patience: Patience = field(default_factory=Patience)
    carried: Callable[[], Mapping[str, str]] = dict

    def call(self, agent: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """The agent's answer; raises AgentFailedError with the error's type, never its text."""
        return self.patience.run(
            lambda: self._once(agent, payload),
            retryable=lambda error: isinstance(error, AgentFailedError) and error.error_type in TEMPORARY,
        )

    def _once(self, agent: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            response = self.client.invoke(
                FunctionName=self.functions[agent],
                InvocationType="RequestResponse",
                Payload=json.dumps({**payload, **self.carried()}).encode(),
            )
            body = json.loads(response["Payload"].read())
        except ClientError as error:
            raise AgentFailedError(agent, error.response.get("Error", {}).get("Code", "ClientError")) from error
        except (BotoCoreError, ValueError, KeyError) as error:
            raise AgentFailedError(agent, type(error).__name__) from error
        if "FunctionError" in response:
            # The function's own error class; its message may hold internals and stays in the function's log.
            raise AgentFailedError(
                agent, str(body.get("errorType", "Unhandled")) if isinstance(body, dict) else "Unhandled"
            )
        if not isinstance(body, dict) or body.get("success") is not True:
            raise AgentFailedError(agent, "UnexpectedAnswer")
        return body
