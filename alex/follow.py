"""Follows one analysis to its end: asks the API four times a second, shows what each agent is doing."""

import time
import uuid
from collections.abc import Callable, Collection
from typing import Any, Protocol

from alex.client import Api
from alex.errors import CommandError, Exit
from alex.journey import Step, seconds

AGENTS = ("tagger", "reporter", "charter", "retirement")
OVER = frozenset({"completed", "failed", "cancelled"})
OPEN = frozenset({"pending", "running", "awaiting_approval"})
FINAL = OVER | {"awaiting_approval"}
STEPS = {
    "tagging": "classifying instruments",
    "pricing": "fetching prices",
    "agents": "agents at work",
    "compiling": "compiling the result",
    "approval": "asking for approval",
    "done": "done",
}
_STYLES = {"pending": "dim", "running": "bold yellow", "completed": "green", "fallback": "magenta", "skipped": "dim"}
_WORDS = {"pending": "waiting in the queue", "awaiting_approval": "awaiting approval"}
POLL_SECONDS = 0.25


def request(api: Api, *, key: str | None = None) -> str:
    """Start an analysis; returns its job id. The key makes a repeated request answer with the same job."""
    answer = api.post("/api/analyze", {"analysis_type": "portfolio", "options": {}}, key=key or str(uuid.uuid4()))
    return str(answer["job_id"])


def running(api: Api) -> str | None:
    """The user's analysis that is under way or waits for people, if there is one: a second is refused until then."""
    jobs = api.get("/api/jobs").get("jobs", [])
    return next((str(job.get("id") or job.get("job_id")) for job in jobs if job.get("status") in OPEN), None)


class JobReader(Protocol):
    """What following needs of the API."""

    def job(self, job_id: str, /) -> dict[str, Any]:
        """The job as it is now."""
        ...


def follow(
    api: JobReader,
    job_id: str,
    step: Step,
    *,
    final: Collection[str] = FINAL,
    limit: float = 300.0,
    poll: float = POLL_SECONDS,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Wait for the job to end well, or to wait for people; returns it. The rest as `ended`.

    :raises CommandError: the job failed, or did not end in time.
    """
    job = ended(api, job_id, step, final=final, limit=limit, poll=poll, clock=clock, sleep=sleep)
    return _judged(job, job_id)


def ended(
    api: JobReader,
    job_id: str,
    step: Step,
    *,
    final: Collection[str] = FINAL,
    limit: float = 300.0,
    poll: float = POLL_SECONDS,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Wait until the job has one of these statuses, however it ended; returns it.

    :param step: shows the progress.
    :param final: statuses that end the watch.
    :param poll: seconds between two questions.
    :param limit: seconds to wait; the planner itself may run 900, and nothing is lost by not watching.
    :raises CommandError: the job did not end in time.
    """
    began = clock()
    seen: dict[str, str] = {}
    starts: dict[str, float] = {}
    took: dict[str, float] = {}
    said = ""
    while True:
        job = api.job(job_id)
        status, progress = str(job.get("status")), job.get("progress") or {}
        now = clock()
        text = describe(status, progress)
        if text != said:
            step.milestone(text)
            said = text
        states = {agent: str(state) for agent, state in (progress.get("agents") or {}).items()}
        for agent, state in states.items():
            if state == "running":
                starts.setdefault(agent, now)
            elif agent in starts and agent not in took:
                took[agent] = now - starts[agent]
            if seen.get(agent) != state and step.plain and state != "pending":
                step.plain.print(f"        {agent}: {state}", highlight=False, markup=False)
        seen = states
        step.lines(*_lines(states, starts, took, now))
        if status in final:
            return job
        if now - began > limit:
            raise CommandError(
                f"the analysis is still {status} after {seconds(limit)}",
                where=f"job {job_id}",
                remedy=f"it goes on: `alex analyze --follow {job_id}` watches it again; see also `alex logs planner`",
                code=Exit.ANALYSIS_FAILED,
            )
        sleep(poll)


def describe(status: str, progress: dict[str, Any]) -> str:
    """Status and step in words: ``running: agents at work, 45%``."""
    step = STEPS.get(str(progress.get("step")), "")
    if status != "running" or not step:
        return _WORDS.get(status, status)
    return f"{step}, {int(progress.get('progress_pct') or 0)}%"


def _lines(states: dict[str, str], starts: dict[str, float], took: dict[str, float], now: float) -> list[str]:
    order = [agent for agent in AGENTS if agent in states] + sorted(set(states) - set(AGENTS))
    lines = []
    for agent in order:
        state = states[agent]
        spent = took.get(agent, now - starts[agent] if agent in starts and state == "running" else None)
        time_text = f"  [dim]{seconds(spent)}[/dim]" if spent is not None else ""
        style = _STYLES.get(state, "")
        lines.append(
            f"{agent:<11} [{style}]{state}[/{style}]{time_text}" if style else f"{agent:<11} {state}{time_text}"
        )
    return lines


def _judged(job: dict[str, Any], job_id: str) -> dict[str, Any]:
    status = job.get("status")
    if status in {"completed", "awaiting_approval"}:
        return job
    reason = job.get("error_message") or "no reason was recorded"
    raise CommandError(
        f"the analysis {'was cancelled' if status == 'cancelled' else 'failed'}: {reason}",
        where=f"job {job_id}",
        remedy="`alex logs planner` shows its log; `alex analyze` starts a new one",
        code=Exit.ANALYSIS_FAILED,
    )
