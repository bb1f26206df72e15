"""Every few minutes: no job waits or runs for ever.

A pending job that no planner took is handed to the queue again (a message was lost, or the queue had refused it when
the job was requested); a running job whose planner died is failed, and so is one that could not be delivered for
hours, with a text that tells the user to start again. Handing over twice is harmless: the planner's claim decides.
Kept answers of requests with a key are forgotten when their day is over.
What waits for people has a round of its own (`review_sweep`).
"""

from collections.abc import Mapping
from typing import Any

from advisor.adapters.data_api import DataApi
from advisor.adapters.environment import SweeperEnvironment, load
from advisor.adapters.job_sweep import JobSweep
from advisor.adapters.kept_answers import KeptAnswers
from advisor.adapters.queue import SqsJobQueue
from advisor.adapters.telemetry import PowertoolsTelemetry
from advisor.domain.errors import UnavailableError
from advisor.handlers.review_sweep import review_round
from advisor.ports.telemetry import Telemetry
from advisor.ports.work import JobQueue

TOO_LONG = "The analysis took too long and was stopped. Please start it again."
NEVER_STARTED = "The analysis could not be started. Please start it again."


def sweep(
    jobs: JobSweep, queue: JobQueue, telemetry: Telemetry, *, running_limit: int, pending_limit: int
) -> dict[str, int]:
    """One round (limits in seconds); returns how many jobs were requeued, failed as stale, failed as undeliverable."""
    stale = jobs.fail_stale(limit_seconds=running_limit, message=TOO_LONG)
    lost = jobs.fail_undeliverable(limit_seconds=pending_limit, message=NEVER_STARTED)
    delivered = []
    for waiting in jobs.waiting(limit_seconds=pending_limit):
        try:
            queue.send(
                job_id=waiting.job_id,
                user_id=waiting.user_id,
                correlation_id=waiting.correlation_id,
                options=waiting.options,
            )
        except UnavailableError:
            # The next round tries again: nothing was counted, so no job comes closer to being given up.
            telemetry.event("QUEUE_UNAVAILABLE", agent="sweeper", warning=True)
            break
        delivered.append(waiting.job_id)
    jobs.delivered(delivered)
    for event, ids in (("JOB_STALE", stale), ("JOB_UNDELIVERABLE", lost), ("JOB_REQUEUED", delivered)):
        for job_id in ids:
            telemetry.event(event, agent="sweeper", warning=True, swept_job_id=str(job_id))
    telemetry.metric("JobsRequeued", len(delivered), agent="sweeper")
    telemetry.metric("JobsFailed", len(stale) + len(lost), agent="sweeper")
    return {"requeued": len(delivered), "stale": len(stale), "undeliverable": len(lost)}


def handler(_event: Mapping[str, Any], context: Any) -> dict[str, int]:
    """AWS Lambda entry point for the schedule; raises when the database is away, and the next round makes it good."""
    env = load(SweeperEnvironment)
    telemetry = PowertoolsTelemetry(
        service=env.service, environment=env.environment, namespace=env.metrics_namespace, level=env.log_level
    )
    database = DataApi.from_environment(env, remaining=lambda: context.get_remaining_time_in_millis() / 1000)
    try:
        swept = sweep(
            JobSweep(database),
            SqsJobQueue(queue_url=env.queue_url),
            telemetry,
            running_limit=env.running_limit_seconds,
            pending_limit=env.pending_limit_seconds,
        )
        KeptAnswers(database).forget_expired()
        return swept | review_round(database, telemetry).run()
    finally:
        telemetry.flush()
