"""Portfolio and job storage."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from advisor.domain.audit_trail import Archived, Trail
from advisor.domain.models import AuditEntry, Instrument, Job, Portfolio
from advisor.domain.vocabulary import JobStatus


class JobStore(Protocol):
    """Jobs; every write is conditional on the status before it and says whether it happened."""

    def get(self, job_id: UUID) -> Job | None: ...

    def transition(
        self, job_id: UUID, *, before: Sequence[JobStatus], after: JobStatus, error_message: str | None = None
    ) -> bool:
        """Set the status when it is one of ``before``; stamps started_at (running) or completed_at (final)."""
        ...

    def claim(self, job_id: UUID, *, stale_after_seconds: int) -> Job | None:
        """pending (or a running one whose owner died: stale) -> running with attempt + 1; None when not claimable."""
        ...

    def record_progress(self, job_id: UUID, progress: Mapping[str, Any]) -> None: ...

    def record_payloads(self, job_id: UUID, payloads: Mapping[str, Mapping[str, Any]]) -> None:
        """Store some of report/charts/retirement/summary/quality (keys ``report_payload`` ...) of a running job."""
        ...


class PortfolioStore(Protocol):
    """Portfolios and instruments; one query a call, never one a position (PERF-06)."""

    def portfolio(self, user_id: str) -> Portfolio | None: ...

    def save_classification(self, instrument: Instrument) -> None: ...

    def save_prices(self, prices: Mapping[str, tuple[Decimal, date]]) -> None: ...


class AuditWriter(Protocol):
    """Append-only decisions of a job's agents, planner and reviewers."""

    def append(self, entry: AuditEntry) -> AuditEntry:
        """Chain the entry to the job's last one and store it; returns it with its place and hashes."""
        ...


class AuditLog(AuditWriter, Protocol):
    """The decisions, for those who also read them."""

    def append_unless(self, entry: AuditEntry, done: Callable[[Sequence[AuditEntry]], bool]) -> AuditEntry | None:
        """Append the entry unless the job's entries say that it is ``done``; whoever else appends meanwhile, it is
        appended behind those that were looked at, or not (None)."""
        ...

    def entries(self, job_id: str) -> list[AuditEntry]: ...

    def trail(self, job_id: str) -> Trail:
        """The job's entries as they are stored, with the links that are kept apart from them."""
        ...


class AuditArchive(Protocol):
    """Entries that nobody can overwrite or delete before their time (COMP-16)."""

    def put(self, entry: AuditEntry) -> bool:
        """Keep a sealed entry; False when it was kept before. Raises UnavailableError."""
        ...

    def named(self, job_id: str, days: Iterable[date]) -> list[Archived]:
        """What is kept of a job on these days, by name only. Raises UnavailableError."""
        ...
