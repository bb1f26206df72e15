"""Deliveries of a job: duplicates, crashes, outages and the last receive; nothing lost, nothing done twice (SYS-07)."""

from typing import Any
from uuid import uuid4

import pytest

from advisor.agents.attempt import FAILED_TEXT, MARGIN_SECONDS, STALE_AFTER_SECONDS, backoff
from advisor.domain.errors import NotFoundError, NotPermittedError, UnavailableError
from advisor.domain.vocabulary import JobStatus

AGENTS = ("tagger", "reporter", "charter", "retirement")


def test_a_message_delivered_twice_changes_nothing(world: Any) -> None:
    """SQS delivers at least once: no second cost, no other result."""
    world.handle()
    before, calls = world.job(), len(world.staff.calls)
    assert world.handle() == "duplicate"
    assert world.job() == before
    assert len(world.staff.calls) == calls


def test_a_job_that_another_planner_runs_is_left_alone(world: Any, parcel: Any) -> None:
    """Two planners at once would both write."""
    world.jobs.claim(world.job_id, stale_after_seconds=STALE_AFTER_SECONDS)
    delivery = parcel()
    assert world.handle(delivery) == "duplicate"
    assert (world.job().status, world.job().attempt) == (JobStatus.RUNNING, 1)
    assert delivery.returns == []


def test_a_job_whose_planner_died_is_taken_over(world: Any, parcel: Any) -> None:
    """A crashed function leaves a running job; the redelivered message finds it stale."""
    world.jobs.claim(world.job_id, stale_after_seconds=STALE_AFTER_SECONDS)
    world.database.query("UPDATE jobs SET started_at = now() - interval '906 seconds'")
    assert world.handle(parcel(2)) == "completed"
    assert world.job().attempt == 2


def test_while_a_planner_works_its_message_waits_just_longer_than_it_may_run(world: Any, parcel: Any) -> None:
    """After a crash the queue's own 90 minutes would be the user's wait, and less would find the job fresh."""
    delivery = parcel()
    world.handle(delivery)
    assert delivery.returns == [STALE_AFTER_SECONDS + MARGIN_SECONDS]
    assert delivery.returns[0] > STALE_AFTER_SECONDS > 900


class Gone:
    """A database that stops answering once ``statement`` comes up."""

    def __init__(self, rds_data: Any, statement: str) -> None:
        self._client, self._statement, self.gone = rds_data, statement, False

    def execute_statement(self, **request: Any) -> Any:
        if self.gone or self._statement in request["sql"]:
            self.gone = True
            raise UnavailableError()
        return self._client.execute_statement(**request)


def test_a_failed_attempt_gives_the_job_back_and_the_next_one_completes_it(
    world: Any, parcel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Defect 1: every exception was swallowed, so nothing was ever delivered again."""
    store = world.jobs.record_payloads
    monkeypatch.setattr(world.jobs, "record_payloads", _raise(UnavailableError()))
    first = parcel(1)
    with pytest.raises(UnavailableError):
        world.handle(first)
    assert (world.job().status, world.job().error_message) == (JobStatus.PENDING, None)
    assert first.returns[-1] == backoff(1) == 10
    monkeypatch.setattr(world.jobs, "record_payloads", store)
    assert world.handle(parcel(2)) == "completed"
    assert world.job().attempt == 2


def test_the_last_failed_attempt_fails_the_job_with_a_safe_text(
    world: Any, parcel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user learns that it failed, not why; the message goes to the DLQ at once."""
    monkeypatch.setattr(world.jobs, "record_payloads", _raise(RuntimeError("password=hunter2")))
    last = parcel(3)
    with pytest.raises(RuntimeError):
        world.handle(last)
    job = world.job()
    assert (job.status, job.error_message) == (JobStatus.FAILED, FAILED_TEXT)
    assert last.returns[-1] == 0
    assert ("JobsFailed", "planner", 1) in world.office.told.metrics
    assert "hunter2" not in str(world.office.told.events)


@pytest.mark.parametrize("receives", [1, 3])
def test_an_answer_that_is_lost_behind_the_results_fails_nothing(
    world: Any, parcel: Any, monkeypatch: pytest.MonkeyPatch, receives: int
) -> None:
    """XAI-04, AGENT-05: the results are stored and the commit's answer is lost; on the last delivery the audit trail
    would say that a completed analysis was given up, and a failure would be counted."""
    store = world.attempts.planner.approvals.reviews
    propose = store.propose

    def lost(*args: Any, **values: Any) -> Any:
        propose(*args, **values)
        raise UnavailableError()

    monkeypatch.setattr(store, "propose", lost)
    with pytest.raises(UnavailableError):
        world.handle(parcel(receives))
    assert world.job().status is JobStatus.COMPLETED
    assert world.handle(parcel(receives)) == "duplicate"
    closings = [one.decision for one in world.office.audit.entries(str(world.job_id)) if one.kind == "closing"]
    assert closings == ["analysis_completed"]
    assert not [name for name, _agent, _value in world.office.told.metrics if name == "JobsFailed"]


def test_with_the_database_gone_the_message_waits_until_the_job_is_stale(
    world: Any, parcel: Any, rds_data: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Back in 10 seconds it would find a running job, be taken for a duplicate, and be lost."""
    gone = Gone(rds_data, "report_payload = ")
    monkeypatch.setattr(world.database, "_client", gone)
    delivery = parcel(1)
    with pytest.raises(UnavailableError):
        world.handle(delivery)
    assert delivery.returns[-1] >= STALE_AFTER_SECONDS
    monkeypatch.setattr(world.database, "_client", rds_data)
    assert world.job().status is JobStatus.RUNNING
    world.database.query("UPDATE jobs SET started_at = now() - interval '920 seconds'")
    assert world.handle(parcel(2)) == "completed"


def test_an_error_while_claiming_does_not_take_the_job_from_its_planner(
    world: Any, parcel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A duplicate that fails must not give back what it never had."""
    world.jobs.claim(world.job_id, stale_after_seconds=STALE_AFTER_SECONDS)
    monkeypatch.setattr(world.jobs, "claim", _raise(UnavailableError()))
    with pytest.raises(UnavailableError):
        world.handle(parcel(3))
    assert world.job().status is JobStatus.RUNNING


def test_a_job_failed_meanwhile_is_not_reported_completed(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweeper may have failed it: completed only when all is stored in a running job."""
    store = world.jobs.record_payloads

    def swept(job_id: Any, payloads: Any) -> None:
        store(job_id, payloads)
        world.jobs.transition(job_id, before=(JobStatus.RUNNING,), after=JobStatus.FAILED, error_message="swept")

    monkeypatch.setattr(world.jobs, "record_payloads", swept)
    with pytest.raises(Exception, match="stopped running"):
        world.handle()
    assert (world.job().status, world.job().error_message) == (JobStatus.FAILED, "swept")


def test_a_message_for_an_unknown_or_foreign_job_is_refused_without_touching_it(world: Any, parcel: Any) -> None:
    """Whoever can write to the queue cannot run another user's job under their own name."""
    with pytest.raises(NotFoundError):
        world.attempts.handle(uuid4(), delivery=parcel())
    last = parcel(3)
    with pytest.raises(NotPermittedError):
        world.handle(last, user_id="mallory")
    assert world.job().status is JobStatus.PENDING
    assert last.returns == [0]
    assert world.handle(user_id="alice") == "completed"


def test_waits_between_attempts_grow_and_end() -> None:
    """Seconds, not the queue's 90 minutes; never more than five minutes."""
    assert [backoff(n) for n in (1, 2, 3, 4)] == [10, 20, 40, 80]
    assert backoff(50) == 300


def _raise(error: Exception) -> Any:
    def fail(*_args: Any, **_options: Any) -> None:
        raise error

    return fail
