"""From a review's request to the job's end: decisions, expiry, and everything that comes twice or too late (SYS-38)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from advisor.agents.reviewing import NothingToReviewError, ReviewsOpenError
from advisor.domain.errors import ConflictError, UnavailableError
from advisor.domain.pseudonyms import user_hash
from advisor.domain.review import ReviewState
from advisor.domain.vocabulary import JobStatus


def test_every_reviewer_approves_and_the_job_is_completed(desk: Any) -> None:
    """HITL-01: request, decision, answer, end; every step audited by pseudonym."""
    desk.ask()
    assert [review.reason for review in desk.waiting.asked] == list(desk.reviews)
    desk.decide(desk.first)
    assert desk.decisions.deliver(desk.world.job_id) == 1
    with pytest.raises(ReviewsOpenError):
        desk.steps.conclude(desk.world.job_id)
    desk.decide(desk.second)
    assert desk.decisions.deliver(desk.world.job_id) == 1
    assert desk.waiting.answers == [(f"token-{reason.value}", "approved") for reason in (desk.first, desk.second)]
    assert desk.steps.conclude(desk.world.job_id).status is JobStatus.COMPLETED
    job = desk.world.job()
    assert (job.status, job.error_code, job.progress["progress_pct"]) == (JobStatus.COMPLETED, None, 100)
    assert job.completed_at is not None
    assert {one["state"] for one in desk.advice} == {"approved"}
    senior = user_hash("senior")
    assert desk.trail() == [("requested", "workflow")] * 2 + [("approved", senior)] * 2
    decided = desk.world.office.told.details("REVIEW_DECIDED")
    assert [(one["decision"], one["by"]) for one in decided] == [("approved", senior)] * 2


def test_one_rejection_ends_it(desk: Any) -> None:
    """HITL-01: the others need not look any more, the steps that wait for them are released, the client reads why."""
    desk.ask()
    desk.decide(desk.first, ReviewState.REJECTED)
    assert desk.reviews[desk.second].state is ReviewState.WITHDRAWN
    assert desk.decisions.deliver(desk.world.job_id) == 2
    assert desk.steps.conclude(desk.world.job_id).code == "REJECTED"
    job = desk.world.job()
    assert (job.status, job.error_code) == (JobStatus.FAILED, "REJECTED")
    assert "Too much at once." in job.error_message
    assert {one["state"] for one in desk.advice} == {"rejected"}
    with pytest.raises(ConflictError, match="withdrawn"):
        desk.decide(desk.second)


def test_nobody_decides_and_it_expires(desk: Any) -> None:
    """HITL-01: after its time a decision comes too late, and the client is told what to do."""
    desk.ask()
    desk.decide(desk.first)
    desk.decisions.deliver(desk.world.job_id)
    desk.overdue()
    with pytest.raises(ConflictError, match="expired"):
        desk.decide(desk.second)
    assert desk.steps.conclude(desk.world.job_id).code == "EXPIRED"
    assert desk.steps.conclude(desk.world.job_id).code == "EXPIRED"
    job = desk.world.job()
    assert (job.status, job.error_code) == (JobStatus.FAILED, "EXPIRED")
    assert "start a new analysis" in job.error_message
    assert desk.trail()[-1] == ("expired", "workflow")
    assert [one["decision"] for one in desk.world.office.told.details("REVIEW_DECIDED")] == ["approved", "expired"]
    failed = [name for name, agent, _ in desk.world.office.told.metrics if (name, agent) == ("JobsFailed", "approval")]
    assert len(failed) == 1, "concluding twice counts once"
    assert [review.reason for review in desk.waiting.late] == [desk.second], "a time-out is escalated, once"


def test_what_an_expert_says_becomes_a_labelled_example(desk: Any) -> None:
    """HITL-03: label, comment, the advice and its figures, and no word about who the client is."""
    desk.decide(desk.first, ReviewState.REJECTED)
    (row,) = desk.world.database.query("SELECT * FROM review_feedback")
    assert (row["label"], row["comment"], row["reason"]) == ("rejected", "Too much at once.", desk.first.value)
    example = row["example"]
    assert len(example["recommendations"]) == len(desk.advice)
    assert example["risk_score"] == desk.reviews[desk.first].risk_score
    assert "alice" not in str(row)


def test_an_example_keeps_no_personal_identifier(desk: Any) -> None:
    """HITL-03, GUARD-09: it is for those who improve the advice; the client reads the reviewer's words as written."""
    said = "Call 212-555-0147 or write to ann@example.com: SSN 078-05-1120 is wrong."
    desk.people.decide(desk.reviews[desk.first].id, state=ReviewState.REJECTED, by="senior", comment=said)
    (row,) = desk.world.database.query("SELECT comment FROM review_feedback")
    assert not any(own in row["comment"] for own in ("555", "ann@", "078-05"))
    assert row["comment"].startswith("Call [")
    assert desk.reviews[desk.first].comment == said


def test_deciding_twice_is_refused(desk: Any) -> None:
    """HITL-01: the first decision stands, whoever made it."""
    desk.decide(desk.first, by="first")
    with pytest.raises(ConflictError, match="already been approved"):
        desk.decide(desk.first, ReviewState.REJECTED, by="second")
    assert desk.reviews[desk.first].decided_by == "first"
    assert len(desk.world.database.query("SELECT * FROM review_feedback")) == 1


def test_an_answer_that_fails_after_the_decision_is_given_later(desk: Any) -> None:
    """HITL-01: the decision is in the database; telling the workflow is tried until it succeeds, and then once."""
    desk.ask()
    desk.decide(desk.first)
    desk.waiting.down = True
    with pytest.raises(UnavailableError):
        desk.decisions.deliver(desk.world.job_id)
    desk.waiting.down = False
    assert desk.decisions.deliver(desk.world.job_id) == 1
    assert desk.decisions.deliver(desk.world.job_id) == 0
    assert len(desk.waiting.answers) == 1
    assert [transition for transition, _ in desk.trail()].count("approved") == 1


def test_two_deliveries_at_once_count_a_decision_once(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """HITL-01: the API's call and the sweeper's overlap; the dashboard would count two approvals of one review."""
    desk.ask()
    desk.decide(desk.first)
    found = desk.store.undelivered(desk.world.job_id)
    assert desk.decisions.deliver(desk.world.job_id) == 1
    monkeypatch.setattr(desk.store, "undelivered", lambda _job_id: found)
    assert desk.decisions.deliver(desk.world.job_id) == 0
    assert len(desk.world.office.told.details("REVIEW_DECIDED")) == 1
    assert [name for name, _, _ in desk.world.office.told.metrics].count("ReviewsApproved") == 1
    assert [transition for transition, _ in desk.trail()].count("approved") == 1


def test_a_decision_faster_than_the_workflow_waits_for_its_step(desk: Any) -> None:
    """HITL-01: decided before the step had stored its token; it is told when there is one."""
    desk.decide(desk.first)
    assert desk.decisions.deliver(desk.world.job_id) == 0
    with pytest.raises(NothingToReviewError):
        desk.steps.request(desk.world.job_id, desk.reviews[desk.first].id, "late")
    assert desk.waiting.asked == [], "nobody is asked for what is decided"
    assert desk.decisions.deliver(desk.world.job_id) == 1
    assert [transition for transition, _ in desk.trail()] == ["requested", "approved"]


def test_a_decision_faster_than_the_workflow_is_in_the_trail_before_its_end(desk: Any) -> None:
    """XAI-04: the workflow found everything decided; a trail closed too early would for ever be called not whole."""
    for reason in desk.reviews:
        desk.decide(reason)
    assert desk.steps.conclude(desk.world.job_id).status is JobStatus.COMPLETED
    assert desk.decisions.deliver(desk.world.job_id) == 0, "no step waits for the answer"
    assert _ends(desk) == ["review_approved", "reviews_concluded"]


def _ends(desk: Any) -> list[str]:
    """The last two decisions of the trail."""
    return [entry.decision for entry in desk.world.office.audit.entries(str(desk.world.job_id))[-2:]]


def test_a_client_whose_records_are_gone_is_reviewed_by_nobody(desk: Any) -> None:
    """HITL-01: the workflow ends by itself instead of waiting a day for nothing."""
    review = desk.reviews[desk.first]
    desk.world.database.query("DELETE FROM users WHERE user_id = 'alice'")
    with pytest.raises(NothingToReviewError):
        desk.steps.request(desk.world.job_id, review.id, "token")
    assert desk.decisions.deliver(desk.world.job_id) == 0
    assert desk.steps.conclude(desk.world.job_id).code == "DELETED"


def test_an_answer_to_a_step_that_is_over_is_no_failure(desk: Any) -> None:
    """HITL-01: the workflow timed out a moment before; the database's decision counts, and nobody is told for ever."""
    desk.ask()
    desk.decide(desk.first)
    desk.waiting.over = True
    assert desk.decisions.deliver(desk.world.job_id) == 1
    assert desk.decisions.deliver(desk.world.job_id) == 0


def test_a_step_that_is_tried_again_gets_the_answer(desk: Any) -> None:
    """HITL-01: the newest token counts, and the reviewers' request is audited once."""
    first = desk.reviews[desk.first]
    desk.steps.request(desk.world.job_id, first.id, "old")
    desk.steps.request(desk.world.job_id, first.id, "new")
    desk.decide(desk.first)
    desk.decisions.deliver(desk.world.job_id)
    assert desk.waiting.answers == [("new", "approved")]
    assert [transition for transition, _ in desk.trail()] == ["requested", "approved"]


def test_a_second_analysis_waits_until_the_first_is_decided(desk: Any) -> None:
    """HITL-01: two sets of advice before one person would contradict each other; afterwards a new one may start."""
    request: dict[str, Any] = {"analysis_type": "portfolio", "options": {}}
    with pytest.raises(ConflictError, match="waits for approval"):
        desk.world.jobs.start(user_id="alice", request=request, correlation_id="c")
    desk.overdue()
    desk.steps.conclude(desk.world.job_id)
    assert not desk.world.jobs.start(user_id="alice", request=request, correlation_id="c").repeated


def test_many_reviewers_at_once_make_one_decision_each(desk: Any) -> None:
    """HITL-01: simultaneous approvals and rejections neither lock each other nor both count."""

    def attempt(number: int) -> bool:
        reason = (desk.first, desk.second)[number % 2]
        state = ReviewState.REJECTED if number < 4 else ReviewState.APPROVED
        try:
            desk.decide(reason, state, by=f"senior-{number}")
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(max_workers=8) as pool:
        won = sum(pool.map(attempt, range(8)))
    states = [review.state for review in desk.reviews.values()]
    assert ReviewState.REQUESTED not in states
    assert won == len(desk.world.database.query("SELECT 1 AS one FROM review_feedback"))
    assert won == sum(state in {ReviewState.APPROVED, ReviewState.REJECTED} for state in states)


def test_a_decision_and_the_expiry_cannot_both_happen(desk: Any) -> None:
    """HITL-01: whoever comes first under the job's lock wins; the other changes nothing."""
    desk.decide(desk.second)
    desk.world.database.query("UPDATE reviews SET expires_at = now() + interval '50 milliseconds'")

    def decide() -> bool:
        try:
            desk.decide(desk.first)
        except ConflictError:
            return False
        return True

    def expire() -> str | None:
        while True:
            try:
                code: str | None = desk.steps.conclude(desk.world.job_id).code
                return code
            except ReviewsOpenError:
                continue

    with ThreadPoolExecutor(max_workers=2) as pool:
        ended, decided = pool.submit(expire), pool.submit(decide)
    assert (ended.result() is None) == decided.result()
    assert desk.world.job().error_code == ended.result()
