"""What is told about the work while it runs: events (structured log lines) and metrics."""

from typing import Any, Literal, Protocol

Unit = Literal["Count", "Milliseconds", "Seconds", "None"]


class Telemetry(Protocol):
    """Telling never fails the work. Event names are the capitals of the field (AGENT_INVOKED, FALLBACK_USED, ...)."""

    def about(self, *, job_id: str, user_id: str, correlation_id: str | None = None) -> None:
        """Whom the events that follow are about; the user id is hashed before it is written."""
        ...

    def event(self, event_type: str, *, agent: str, warning: bool = False, **details: Any) -> None:
        """One event; ``details`` are safe to keep: no prompts, no personal data."""
        ...

    def metric(self, name: str, value: float, *, agent: str, unit: Unit = "Count") -> None:
        """One value of a metric in the namespace of the platform."""
        ...


class Silent:
    """Telemetry of those who need none."""

    def about(self, *, job_id: str, user_id: str, correlation_id: str | None = None) -> None:
        """Nothing."""

    def event(self, event_type: str, *, agent: str, warning: bool = False, **details: Any) -> None:
        """Nothing."""

    def metric(self, name: str, value: float, *, agent: str, unit: Unit = "Count") -> None:
        """Nothing."""
