"""Asynchronous work and calls between functions."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID


class JobQueue(Protocol):
    """Hands a job to the planner; raises UnavailableError when the queue does not take it."""

    def send(self, *, job_id: UUID, user_id: str, correlation_id: str, options: Mapping[str, Any]) -> None: ...


class Delivery(Protocol):
    """The queue message that a job came with."""

    @property
    def receives(self) -> int:
        """How many times it has been delivered, this one included."""
        ...

    def return_after(self, seconds: float) -> None:
        """Unless deleted, deliver it again so many seconds from now; best effort: failing changes only the delay."""
        ...


class AgentFailedError(Exception):
    """An agent raised or could not be reached (``error_type`` is its class name)."""

    def __init__(self, agent: str, error_type: str) -> None:
        super().__init__(f"{agent} failed: {error_type}")
        self.agent = agent
        self.error_type = error_type


class AgentCaller(Protocol):
    """Invokes one agent and waits for its answer; raises AgentFailedError."""

    def call(self, agent: str, payload: Mapping[str, Any]) -> Mapping[str, Any]: ...
