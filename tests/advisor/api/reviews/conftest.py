"""The API with advice to alice that waits for a senior adviser; dan advises her."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from advisor.adapters.review_store import DataApiReviewStore
from advisor.domain.errors import UnavailableError
from advisor.domain.review import Figures, ReviewReason

if TYPE_CHECKING:
    from tests.advisor.api.conftest import Api

ADVICE = {"recommendation": "Sell half.", "reasoning": "Too much in one.", "impact": "Less risk.", "priority": "High"}
SENIOR: dict[str, Any] = {"user": "senior", "roles": "senior_advisor"}
FIGURES = Figures(Decimal("1250000.00"), Decimal(5_000_000), 8, Decimal("0.93"))


class Told:
    """The way to the workflow: remembers the jobs that it was told of."""

    def __init__(self) -> None:
        self.jobs: list[UUID] = []
        self.down = False

    def deliver(self, job_id: UUID) -> None:
        if self.down:
            raise UnavailableError()
        self.jobs.append(job_id)

    def start(self, job_id: UUID, reviews: Any) -> None:
        raise AssertionError("the API starts no workflow")

    conclude = deliver


class Bench:
    """The API with advice to alice that waits, whose adviser is dan."""

    def __init__(self, api: Api) -> None:
        self.api, self.told = api, Told()
        api.swap(workflow=self.told)
        api.database.query("UPDATE users SET advisor_id = 'dan' WHERE user_id = 'alice'")
        self.store = DataApiReviewStore(api.database)
        self.job_id = self.advise("alice", (ReviewReason.VALUE,))

    def advise(self, user: str, reasons: tuple[ReviewReason, ...], *, seconds: float = 3600) -> UUID:
        """A finished run with one recommendation and these reviews."""
        job_id = UUID(self.api("POST", "/api/analyze", {}, user=user).json["job_id"])
        jobs = self.api.services.jobs
        jobs.claim(job_id, stale_after_seconds=900)
        summary = {"recommendations": [ADVICE], "review_reasons": [reason.value for reason in reasons]}
        jobs.record_payloads(job_id, {"report_payload": {"content": "# Secret"}, "summary_payload": summary})
        job = jobs.get(job_id)
        assert job is not None
        self.store.propose(
            job,
            recommendations=[ADVICE],
            figures=FIGURES,
            reasons=reasons,
            expires_at=datetime.now(UTC) + timedelta(seconds=seconds),
        )
        return job_id

    @property
    def review_id(self) -> UUID:
        return self.store.of_job(self.job_id)[0].id

    def decide(self, decision: str = "approve", comment: str | None = None, **who: Any) -> Any:
        body = {"decision": decision} | ({} if comment is None else {"comment": comment})
        return self.api("POST", f"/api/reviews/{self.review_id}/decision", body, **(who or SENIOR))


@pytest.fixture
def bench(api: Api) -> Bench:
    return Bench(api)
