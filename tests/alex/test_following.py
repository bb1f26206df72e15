"""Following an analysis: every state is shown, every end is told from the others."""

import io
from typing import Any

import pytest
from rich.console import Console

from alex import follow
from alex.errors import CommandError, Exit
from alex.journey import Journey


class Jobs:
    """Answers a job's states one after the other; the last one stays."""

    def __init__(self, *states: Any) -> None:
        self.states = list(states)

    def job(self, _job_id: Any) -> Any:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]


def state(status: str, step: Any = None, pct: int = 0, **agents: Any) -> Any:
    """A job as the API returns it."""
    return {
        "id": "j",
        "status": status,
        "progress": {"step": step, "progress_pct": pct, "agents": agents} if step else None,
    }


def followed(*states: Any, limit: float = 60.0) -> Any:
    """Follow these states with a clock that moves a second a poll; the job and what was printed."""
    out = io.StringIO()
    now = iter(range(10_000))
    with Journey(Console(file=out, width=200)) as journey, journey.step("Analyse") as step:
        job = follow.follow(Jobs(*states), "j", step, limit=limit, clock=lambda: float(next(now)), sleep=lambda _: None)
    return job, out.getvalue()


def test_progress_is_told_step_by_step_and_agent_by_agent() -> None:
    """Without a terminal a log must still show which agent ran and when it ended."""
    job, text = followed(
        state("pending"),
        state("running", "tagging", 10, tagger="running"),
        state("running", "agents", 50, tagger="completed", reporter="running", charter="running"),
        state("running", "agents", 70, tagger="completed", reporter="fallback", charter="completed"),
        state("completed", "done", 100, tagger="completed", reporter="fallback", charter="completed"),
    )
    assert job["status"] == "completed"
    for line in ("waiting in the queue", "classifying instruments, 10%", "agents at work, 50%", "tagger: running",
                 "tagger: completed", "reporter: fallback"):  # fmt: skip
        assert line in text
    assert text.count("tagger: completed") == 1


def test_failed_analysis_gives_the_platforms_reason() -> None:
    """A failure must not look like a success, and must say why."""
    failed = state("failed") | {"error_message": "The analysis could not be completed."}
    with pytest.raises(CommandError, match="failed: The analysis could not be completed") as refused:
        followed(state("running", "agents", 50), failed)
    assert refused.value.code is Exit.ANALYSIS_FAILED


def test_job_awaiting_approval_is_an_end() -> None:
    """Watching must not hang on a job that waits for a person (HITL-01)."""
    assert followed(state("awaiting_approval"))[0]["status"] == "awaiting_approval"


def test_watching_ends_and_says_that_the_job_goes_on() -> None:
    """A stuck job must not hold the terminal for ever."""
    with pytest.raises(CommandError, match="still running") as refused:
        followed(state("running", "agents", 50), limit=5.0)
    assert "--follow j" in refused.value.remedy


@pytest.mark.parametrize(
    "progress", [None, {}, {"step": "unknown"}, {"step": "agents", "progress_pct": None, "agents": None}]
)
def test_odd_progress_never_breaks_the_watch(progress: Any) -> None:
    """Progress is a courtesy; whatever it holds, the result matters."""
    assert (
        followed({"id": "j", "status": "running", "progress": progress}, state("completed"))[0]["status"] == "completed"
    )
